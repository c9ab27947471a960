//! What waits for the bus: how much may, and what becomes of it.

use super::*;

#[tokio::test(start_paused = true)]
async fn no_more_waits_for_the_bus_than_there_are_places() {
    let (publisher, calls) = narrow(FAILS);
    let (first, second) = (events(10), events(10));

    let full = async {
        tokio::task::yield_now().await;
        (publisher.congestion(), calls.lock().unwrap().clone())
    };
    let (outcomes, (congestion, sent)) =
        join(join(publisher.publish(&first), publisher.publish(&second)), full).await;

    assert!(matches!(congestion, Some(Congestion::Full(_))), "{congestion:?}");
    assert!(sent.is_empty() || sent == [10], "{sent:?}");
    assert!(all_may_come_again(&outcomes.0) && all_may_come_again(&outcomes.1));
    assert_eq!(publisher.congestion(), None);
}

#[tokio::test(start_paused = true)]
async fn a_request_larger_than_the_queue_passes_through_it() {
    let (publisher, calls) = narrow(ACCEPTS);

    let outcomes = publisher.publish(&events(25)).await;

    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(calls.lock().unwrap().iter().sum::<usize>(), 25);
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_throttles_closes_the_intake_until_it_takes_something_again() {
    let (publisher, _) = publisher(|call, _| (call < 3).then_some("ThrottlingException"));
    let events = events(1);

    let waiting = async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        publisher.congestion()
    };
    let (outcomes, congestion) = join(publisher.publish(&events), waiting).await;

    let Some(Congestion::Throttled(left)) = congestion else { panic!("{congestion:?}") };
    assert!(left <= Duration::from_millis(300), "{left:?}");
    assert!(outcomes[0].is_ok());
    assert_eq!(publisher.congestion(), None);
}

#[tokio::test(start_paused = true)]
async fn a_single_throttled_entry_closes_nothing() {
    let (publisher, _) =
        publisher(|call, detail| (call == 1 && detail.contains("slow")).then_some("Throttling"));
    let events = [event("quick"), event("quick"), event("slow")];

    let waiting = async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        publisher.congestion()
    };
    let (_, congestion) = join(publisher.publish(&events), waiting).await;

    assert_eq!(congestion, None);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_waits_for_any_more_frees_its_place() {
    let (publisher, calls) = narrow(|call, _| (call == 1).then_some("InternalFailure"));
    let (first, second) = (events(10), events(10));

    // The first request is gone while its entries wait for another attempt, and the second while its
    // entries wait for a place.
    let soon = Duration::from_millis(1);
    let gone = join(
        tokio::time::timeout(soon, publisher.publish(&first)),
        tokio::time::timeout(soon, publisher.publish(&second)),
    )
    .await;
    let outcomes = publisher.publish(&events(10)).await;

    assert!(gone.0.is_err() && gone.1.is_err());
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    // Twice the first request's entries, and never the second's: they had no place yet.
    assert_eq!(*calls.lock().unwrap(), [10, 10, 10]);
}

#[tokio::test(start_paused = true)]
async fn at_shutdown_what_failed_is_told_to_come_again_at_once() {
    let (tasks, shutdown) = (TaskTracker::new(), CancellationToken::new());
    let publisher = start(bus(FAILS).0, LIMITS, &tasks, shutdown.clone());
    let (events, started) = (events(2), Instant::now());

    let stop = async {
        tokio::task::yield_now().await;
        shutdown.cancel();
    };
    let (outcomes, ()) = join(publisher.publish(&events), stop).await;

    assert!(all_may_come_again(&outcomes));
    assert_eq!(started.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn what_was_handed_in_before_shutdown_is_still_published() {
    let (tasks, shutdown) = (TaskTracker::new(), CancellationToken::new());
    let publisher = start(bus(ACCEPTS).0, LIMITS, &tasks, shutdown.clone());

    shutdown.cancel();
    let outcomes = publisher.publish(&events(25)).await;
    drop(publisher);
    tasks.close();
    tasks.wait().await;

    assert!(outcomes.iter().all(Result::is_ok));
}
