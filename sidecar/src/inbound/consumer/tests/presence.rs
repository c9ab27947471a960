//! While Directus is away, and when it may be back.

use super::*;

#[tokio::test(start_paused = true)]
async fn nothing_is_received_while_effects_cannot_be_written() {
    let script = Script::new(&[&body("patient")], 1);
    script.presence.0.send_replace(Presence::Away);
    let (observed, watcher) = (script.clone(), TaskTracker::new());
    let before = watcher.spawn(async move {
        sleep(Duration::from_hours(1)).await;
        let before = (observed.readiness.hindrances(), observed.messages.lock().unwrap().len());
        observed.presence.0.send_replace(Presence::Here);
        before
    });

    script.run(&script.all(), |_| async { Ok(()) }).await;

    let (hindrances, waiting) = before.await.unwrap();
    assert_eq!(hindrances, ["queue: effects cannot be written"]);
    assert_eq!(waiting, 1);
    assert_eq!(script.log(), ["deleted r0"]);
}

#[tokio::test(start_paused = true)]
async fn one_message_at_a_time_tries_a_directus_that_may_be_back() {
    let body = body("careful");
    let script = Script::new(&[body.as_str(); 6], 1);
    script.presence.0.send_replace(Presence::Doubtful);
    let at_work = Arc::new(AtomicUsize::new(0));

    let handle = move |_| {
        let at_work = Arc::clone(&at_work);
        async move {
            assert_eq!(at_work.fetch_add(1, Ordering::SeqCst), 0, "it is the only one");
            sleep(Duration::from_secs(1)).await;
            at_work.fetch_sub(1, Ordering::SeqCst);
            Ok(())
        }
    };
    script.run(&script.all(), handle).await;

    assert_eq!(script.log().len(), 6);
    assert!(script.log().iter().all(|line| line.starts_with("deleted")), "{:?}", script.log());
}
