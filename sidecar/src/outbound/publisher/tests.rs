mod waiting;

use std::sync::Mutex;

use aws_sdk_eventbridge::{
    Client,
    operation::put_events::{PutEventsInput, PutEventsOutput},
    types::PutEventsResultEntry,
};
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use futures_util::future::join;
use serde_json::json;

use super::{
    testing::{LIMITS, start},
    *,
};

/// How a bus answers the entry with this detail in its nth call.
type Answer = fn(call: usize, detail: &str) -> Option<&'static str>;

const ACCEPTS: Answer = |_, _| None;
const THROTTLES: Answer = |_, _| Some("ThrottlingException");
const FAILS: Answer = |_, _| Some("InternalFailure");

/// A bus that answers each entry by rule, and the sizes of the calls it got.
fn bus(answer: Answer) -> (Client, Arc<Mutex<Vec<usize>>>) {
    let calls = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&calls);
    let put = mock!(Client::put_events).then_compute_output(move |input: &PutEventsInput| {
        let call = {
            let mut seen = seen.lock().unwrap();
            seen.push(input.entries().len());
            seen.len()
        };
        let entries = input.entries().iter().map(|entry| {
            PutEventsResultEntry::builder()
                .set_error_code(answer(call, entry.detail().unwrap()).map(str::to_owned))
                .build()
        });
        PutEventsOutput::builder().set_entries(Some(entries.collect())).build()
    });
    (mock_client!(aws_sdk_eventbridge, RuleMode::MatchAny, [&put]), calls)
}

fn publisher(answer: Answer) -> (Publisher, Arc<Mutex<Vec<usize>>>) {
    let (client, calls) = bus(answer);
    (testing::publisher(client), calls)
}

/// A publisher in whose queue one batch has a place.
fn narrow(answer: Answer) -> (Publisher, Arc<Mutex<Vec<usize>>>) {
    let limits = PublisherLimits { queue_max: NonZeroUsize::new(ENTRIES_MAX).unwrap(), ..LIMITS };
    let (client, calls) = bus(answer);
    (start(client, limits, &TaskTracker::new(), CancellationToken::new()), calls)
}

fn event(text: &str) -> Event {
    let golden = include_str!("../../../../schemas/examples/valid/feedback.submitted-1.json");
    let mut event: Event = serde_json::from_str(golden).unwrap();
    event.data.insert("text".to_owned(), json!(text));
    event
}

fn events(count: usize) -> Vec<Event> {
    vec![event("short"); count]
}

fn assert_refused(outcome: &Outcome, code: RefusalCode) {
    match outcome {
        Err(DeliveryError::Permanent(refusal)) => assert_eq!(refusal.code, code),
        other => panic!("expected a refusal, got {other:?}"),
    }
}

fn all_may_come_again(outcomes: &[Outcome]) -> bool {
    outcomes.iter().all(|outcome| outcome.as_ref().is_err_and(DeliveryError::is_transient))
}

#[tokio::test(start_paused = true)]
async fn events_leave_in_full_batches() {
    let (publisher, calls) = publisher(ACCEPTS);

    let outcomes = publisher.publish(&events(23)).await;

    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(*calls.lock().unwrap(), [10, 10, 3]);
}

#[tokio::test(start_paused = true)]
async fn requests_share_batches() {
    let (publisher, calls) = publisher(ACCEPTS);

    let (fours, sixes) =
        join(publisher.publish(&events(4)), publisher.publish(&vec![event("other"); 6])).await;

    assert!(fours.iter().chain(&sixes).all(Result::is_ok));
    assert_eq!((fours.len(), sixes.len()), (4, 6));
    assert_eq!(*calls.lock().unwrap(), [10]);
}

#[tokio::test(start_paused = true)]
async fn every_request_gets_the_outcomes_of_its_own_events_in_order() {
    let (publisher, _) = publisher(|_, detail| detail.contains("bad").then_some("MalformedDetail"));
    let (first, second) = ([event("bad"), event("good")], [event("good"), event("bad")]);

    let (first, second) = join(publisher.publish(&first), publisher.publish(&second)).await;

    assert_refused(&first[0], RefusalCode::Bus);
    assert!(first[1].is_ok() && second[0].is_ok());
    assert_refused(&second[1], RefusalCode::Bus);
}

#[tokio::test(start_paused = true)]
async fn a_batch_stays_below_the_size_that_the_bus_takes() {
    let (publisher, calls) = publisher(ACCEPTS);
    let large = vec![event(&"x".repeat(4_000)); 2];

    let (first, second) = join(publisher.publish(&large), publisher.publish(&large)).await;

    assert!(first.iter().chain(&second).all(Result::is_ok));
    assert_eq!(*calls.lock().unwrap(), [2, 2]);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_too_large_is_refused_with_its_size_and_the_others_flow_on() {
    let (publisher, _) = publisher(ACCEPTS);

    let outcomes = publisher.publish(&[event("a"), event(&"x".repeat(20_000))]).await;

    assert!(outcomes[0].is_ok());
    assert_refused(&outcomes[1], RefusalCode::TooLarge);
    let reason = outcomes[1].as_ref().unwrap_err();
    let reason = crate::delivery::chain(reason);
    assert!(reason.contains("20") && reason.contains("the bus takes 10000"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn only_the_failed_entry_is_sent_again() {
    let (publisher, calls) =
        publisher(|call, detail| (call == 1 && detail.contains("slow")).then_some("Throttling"));

    let outcomes = publisher.publish(&[event("quick"), event("slow")]).await;

    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(*calls.lock().unwrap(), [2, 1]);
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_fails_holds_up_no_other_request() {
    let (publisher, _) =
        publisher(|_, detail| detail.contains("slow").then_some("InternalFailure"));
    let (slow, quick) = ([event("slow")], [event("quick")]);
    let started = Instant::now();

    let quick = async {
        let outcomes = publisher.publish(&quick).await;
        (outcomes, started.elapsed())
    };
    let (slow, (quick, quick_took)) = join(publisher.publish(&slow), quick).await;

    assert!(quick[0].is_ok() && all_may_come_again(&slow));
    assert_eq!(quick_took, Duration::ZERO);
    assert!(started.elapsed() >= Duration::from_millis(200));
}

#[tokio::test(start_paused = true)]
async fn an_entry_refused_for_good_is_sent_once() {
    let (publisher, calls) = publisher(|_, _| Some("MalformedDetail"));

    let outcomes = publisher.publish(&[event("bad")]).await;

    assert_refused(&outcomes[0], RefusalCode::Bus);
    assert_eq!(*calls.lock().unwrap(), [1]);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_breaks_its_contract_is_never_sent() {
    let (publisher, calls) = publisher(ACCEPTS);
    let mut broken = event("fine");
    broken.data.insert("rating".to_owned(), json!(9));

    let outcomes = publisher.publish(&[broken, event("fine")]).await;

    assert_refused(&outcomes[0], RefusalCode::Contract);
    assert!(outcomes[1].is_ok());
    assert_eq!(*calls.lock().unwrap(), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_throttles_for_ever_is_given_up_within_the_budget() {
    let (publisher, _) = narrow(THROTTLES);
    let started = Instant::now();

    let outcomes = publisher.publish(&events(200)).await;

    assert_eq!(outcomes.len(), 200);
    assert!(all_may_come_again(&outcomes));
    assert!(started.elapsed() <= LIMITS.budget);
}
