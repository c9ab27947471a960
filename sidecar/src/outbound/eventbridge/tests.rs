use aws_sdk_eventbridge::{
    error::ErrorMetadata,
    operation::put_events::{PutEventsError, PutEventsOutput},
};
use aws_smithy_mocks::{mock, mock_client};

use super::*;

fn entry() -> Arc<Entry> {
    let golden = include_str!("../../../../schemas/examples/valid/feedback.submitted-1.json");
    let event: Event = serde_json::from_str(golden).unwrap();
    Arc::new(Entry::new(&event, "directus", golden.to_owned()))
}

/// What a call comes to when the bus answers each of its entries by code.
async fn put(codes: &'static [Option<&'static str>]) -> Put {
    let put = mock!(Client::put_events).then_output(|| {
        let entries = codes.iter().map(|code| {
            PutEventsResultEntry::builder().set_error_code(code.map(str::to_owned)).build()
        });
        PutEventsOutput::builder().set_entries(Some(entries.collect())).build()
    });
    let bus = testing::bus(mock_client!(aws_sdk_eventbridge, [&put]));
    bus.put(&vec![entry(); codes.len()]).await
}

#[tokio::test]
async fn entry_refused_inside_a_successful_call_is_reported_in_its_place() {
    let outcomes =
        put(&[None, Some("ThrottlingException"), Some("MalformedDetail")]).await.outcomes;

    assert!(outcomes[0].is_ok());
    assert!(matches!(outcomes[1], Err(DeliveryError::Transient(_))));
    assert!(matches!(outcomes[2], Err(DeliveryError::Permanent(_))));
}

#[tokio::test]
async fn an_answer_that_lacks_verdicts_leaves_every_entry_undecided() {
    let put = mock!(Client::put_events).then_output(|| PutEventsOutput::builder().build());
    let bus = testing::bus(mock_client!(aws_sdk_eventbridge, [&put]));

    let outcomes = bus.put(&[entry(), entry()]).await.outcomes;

    assert_eq!(outcomes.len(), 2);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Err(DeliveryError::Transient(_)))));
}

#[tokio::test]
async fn eventbridge_asks_for_less_when_it_throttles_most_of_a_call() {
    const THROTTLED: Option<&str> = Some("ThrottlingException");

    assert!(put(&[THROTTLED, THROTTLED, None]).await.is_throttled);
    assert!(!put(&[THROTTLED, None]).await.is_throttled);
    assert!(!put(&[Some("InternalFailure"), Some("InternalFailure")]).await.is_throttled);
}

#[tokio::test]
async fn eventbridge_asks_for_less_when_it_throttles_the_call() {
    let put = mock!(Client::put_events).then_error(|| {
        let throttled = ErrorMetadata::builder().code("ThrottlingException").build();
        PutEventsError::generic(throttled)
    });
    let bus = testing::bus(mock_client!(aws_sdk_eventbridge, [&put]));

    let answer = bus.put(&[entry()]).await;

    assert!(answer.is_throttled);
    assert!(matches!(answer.outcomes[0], Err(DeliveryError::Transient(_))));
}

#[tokio::test]
async fn an_entry_says_when_what_and_in_which_trace() {
    let golden = entry();
    let entry = Arc::new(Entry {
        trace_header: xray_header("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ..(*golden).clone()
    });

    let request = testing::bus(mock_client!(aws_sdk_eventbridge, [])).request(&entry);

    assert_eq!(request.time().unwrap().to_millis().unwrap(), entry.time_ms);
    assert_eq!(request.resources(), ["directus:feedback/42"]);
    assert_eq!(
        request.trace_header(),
        Some("Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331;Sampled=1")
    );
}

#[test]
fn an_entry_is_as_large_as_eventbridge_counts() {
    let entry = entry();
    let parts = ["directus", "feedback.submitted", "directus:feedback/42", &entry.detail];

    let expected = 14 + parts.iter().map(|part| part.len()).sum::<usize>();

    assert_eq!(entry.bytes(), expected);
}
