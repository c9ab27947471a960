use wiremock::{Mock, MockServer, ResponseTemplate, matchers::body_json};

use super::*;
use crate::{
    delivery::{Hindrance, RefusalCode},
    readiness::Readiness,
};

fn availability() -> Availability {
    Availability::new(AvailabilityLimits {
        failures_max: NonZeroU32::new(3).unwrap(),
        failure_window: NonZeroUsize::new(6).unwrap(),
        probe_interval: Duration::from_millis(1),
    })
}

fn failed() -> Result<(), DeliveryError> {
    Err(DeliveryError::Transient("connection refused".into()))
}

/// After these requests, true for each that failed.
fn presence_after(requests: &[bool]) -> Presence {
    let availability = availability();
    for is_failure in requests {
        availability.record(&if *is_failure { failed() } else { Ok(()) });
    }
    *availability.watch().borrow()
}

#[test]
fn directus_is_away_after_some_failures_in_a_row() {
    assert_eq!(presence_after(&[true, true, false, true, true]), Presence::Here);
    assert_eq!(presence_after(&[true, true, false, true, true, true]), Presence::Away);
}

#[test]
fn directus_is_away_when_half_of_the_requests_fail() {
    let mostly_good = [true, false, false, true, false, false, true, false, false];
    assert_eq!(presence_after(&mostly_good), Presence::Here);

    let half = [true, false, true, false, true];
    assert_eq!(presence_after(&half), Presence::Here, "too few to judge");
    assert_eq!(presence_after(&[true, false, true, false, false, true]), Presence::Away);
}

#[test]
fn an_absence_ends_by_a_good_answer_and_one_message_that_worked() {
    let availability = availability();
    let watched = availability.watch();
    (0..3).for_each(|_| availability.record(&failed()));

    availability.record(&Ok(()));
    assert_eq!(*watched.borrow(), Presence::Away, "a straggler ends no absence");

    availability.answered(&Ok(()));
    assert_eq!(*watched.borrow(), Presence::Doubtful);

    availability.record(&failed());
    assert_eq!(*watched.borrow(), Presence::Away, "one failure is enough for who is doubtful");

    availability.answered(&Ok(()));
    availability.record(&Ok(()));
    assert_eq!(*watched.borrow(), Presence::Here);

    (0..2).for_each(|_| availability.record(&failed()));
    assert_eq!(*watched.borrow(), Presence::Here, "what was before does not count");
}

#[rstest::rstest]
#[case::an_account_that_is_suspended(Until::Mended, 6)]
#[case::a_limit_of_requests(Until::Rested(Duration::from_millis(20)), 40)]
#[case::a_rest_shorter_than_the_interval(Until::Rested(Duration::ZERO), 1)]
#[test]
fn what_hinders_everything_stops_all_at_once_and_is_asked_for_later(
    #[case] until: Until,
    #[case] delay_ms: u64,
) {
    let availability = availability();
    let readiness = Readiness::default();
    let hindrance = Hindrance { reason: "answers 403, USER_SUSPENDED".into(), until };

    availability.record::<()>(&Err(hindrance.into()));

    assert_eq!(*availability.watch().borrow(), Presence::Away);
    assert_eq!(availability.probe_delay(), Duration::from_millis(delay_ms));
    availability.tell(&readiness.part("directus"));
    let hindrance = "directus: delivery failed for now: answers 403, USER_SUSPENDED";
    assert_eq!(readiness.hindrances(), [hindrance]);
}

#[test]
fn a_refusal_is_an_answer() {
    let availability = availability();
    (0..3).for_each(|_| availability.record(&failed()));
    availability.answered(&Ok(()));

    availability.record::<()>(&Err(DeliveryError::refused(RefusalCode::Directus, "answers 400")));

    assert_eq!(*availability.watch().borrow(), Presence::Here);
}

#[tokio::test]
async fn an_absent_directus_is_asked_until_it_is_back() {
    let server = MockServer::start().await;
    let empty: [(); 0] = [];
    let away = ResponseTemplate::new(503);
    Mock::given(body_json(empty)).respond_with(away).up_to_n_times(2).mount(&server).await;
    let back = ResponseTemplate::new(200).set_body_json(serde_json::json!({ "verdicts": [] }));
    Mock::given(body_json(empty)).respond_with(back).mount(&server).await;
    let (url, timeout) = (server.uri().parse().unwrap(), Duration::from_secs(5));
    let directus = Directus::connect(&url, "token".to_owned().into(), timeout).unwrap();
    let (availability, tasks, shutdown) =
        (availability(), TaskTracker::new(), CancellationToken::new());
    let readiness = Readiness::default();
    let part = readiness.part("directus");
    availability.start_probing(directus, part, &tasks, shutdown.clone());

    (0..3).for_each(|_| availability.record(&failed()));
    let mut watched = availability.watch();
    watched.wait_for(|presence| *presence == Presence::Here).await.unwrap();

    assert_eq!(server.received_requests().await.unwrap().len(), 4);
    shutdown.cancel();
    tasks.close();
    tasks.wait().await;
}
