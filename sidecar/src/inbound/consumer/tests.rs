mod fairness;
mod presence;
mod script;
mod settling;

use std::{
    num::NonZeroUsize,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use aws_sdk_sqs::{
    Client, error::ErrorMetadata,
    operation::change_message_visibility::ChangeMessageVisibilityError,
};
use aws_smithy_mocks::mock;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::*;
use crate::delivery::RefusalCode;
use script::{Script, limits};

fn body(text: &str) -> String {
    let golden = include_str!("../../../../schemas/examples/valid/feedback.submitted-1.json");
    let mut event: serde_json::Value = serde_json::from_str(golden).unwrap();
    event["data"]["text"] = json!(text);
    json!({ "detail": event }).to_string()
}

fn text(arrival: &Arrival) -> &str {
    arrival.event.data["text"].as_str().unwrap()
}

/// How long a message was hidden, from the log's only `hid` line.
fn hidden_secs(script: &Script) -> u64 {
    let log = script.log();
    let [line] = log.as_slice() else { panic!("one line: {log:?}") };
    line.strip_prefix("hid r0 ").unwrap_or_else(|| panic!("{line}")).parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_message_is_deleted_after_its_work() {
    let script = Script::new(&[&body("fine")], 1);
    let seen = script.clone();

    script
        .run(&script.all(), move |_| {
            let seen = seen.clone();
            async move {
                sleep(Duration::from_secs(5)).await;
                seen.note("a worked".to_owned());
                assert_eq!(seen.log(), ["a worked"]);
                Ok(())
            }
        })
        .await;

    assert_eq!(script.log(), ["a worked", "deleted r0"]);
}

#[tokio::test(start_paused = true)]
async fn a_transient_failure_comes_back_after_the_delay_of_its_receive_count() {
    for (receive_count, delays) in [(1, 3..=5), (2, 450..=900), (5, 450..=900)] {
        let script = Script::new(&[&body("later")], receive_count);

        let handle = |_| async { Err(DeliveryError::Transient("Directus is away".into())) };
        script.run(&script.all(), handle).await;

        let secs = hidden_secs(&script);
        assert!(delays.contains(&secs), "attempt {receive_count}: {secs} s");
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_attempt_leaves_a_dead_letter_with_its_reason() {
    let body = body("once too often");
    let script = Script::new(&[&body], 6);

    let handle = |_| async { Err(DeliveryError::Transient("Directus is away".into())) };
    script.run(&script.all(), handle).await;

    assert_eq!(script.log(), [format!("dead exhausted {body}"), "deleted r0".to_owned()]);
}

#[tokio::test(start_paused = true)]
async fn a_permanent_failure_goes_to_the_dead_letters_at_once() {
    let body = body("never");
    let script = Script::new(&[&body], 1);

    let handle = |_| async { Err(DeliveryError::refused(RefusalCode::Directus, "forbidden")) };
    script.run(&script.all(), handle).await;

    assert_eq!(script.log(), [format!("dead directus {body}"), "deleted r0".to_owned()]);
}

#[tokio::test(start_paused = true)]
async fn a_poison_message_neither_stops_the_consumer_nor_disappears() {
    let fine = body("fine");
    let script = Script::new(&["poison", &fine], 1);

    script.run(&script.all(), |_| async { Ok(()) }).await;

    assert_eq!(script.log(), ["dead undecodable poison", "deleted r0", "deleted r1"]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_costs_one_attempt_of_one_message() {
    let (bad, good) = (body("panic"), body("fine"));
    let script = Script::new(&[&bad, &good], 1);

    let handle = |arrival: Arrival| async move {
        assert!(text(&arrival) != "panic", "the handler's own panic");
        Ok(())
    };
    script.run(&script.all(), handle).await;

    let log = script.log();
    assert_eq!(log[0], "deleted r1");
    assert!(log[1].starts_with("hid r0 "), "{log:?}");
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_that_cannot_be_sent_is_not_deleted() {
    let script = Script::new(&["poison"], 1);
    let send = mock!(Client::send_message).sequence().http_status(500, None).repeatedly().build();

    script
        .run(&[script.receive(), script.delete(), script.hide(), send], |_| async { Ok(()) })
        .await;

    assert!((3..=5).contains(&hidden_secs(&script)));
}

#[tokio::test(start_paused = true)]
async fn a_slow_message_does_not_hold_up_the_others() {
    let bodies: Vec<_> = (0..12).map(|i| body(if i == 0 { "slow" } else { "quick" })).collect();
    let script = Script::new(&bodies.iter().map(String::as_str).collect::<Vec<_>>(), 1);
    let (started, quick) = (Instant::now(), Arc::new(Mutex::new(Vec::new())));
    let done = Arc::clone(&quick);

    let handle = move |arrival: Arrival| {
        let done = Arc::clone(&done);
        async move {
            sleep(Duration::from_secs(if text(&arrival) == "slow" { 20 } else { 1 })).await;
            done.lock().unwrap().push(started.elapsed());
            Ok(())
        }
    };
    script.run(&script.all(), handle).await;

    let quick = quick.lock().unwrap();
    assert_eq!(quick.len(), 12);
    assert!(quick[10] < Duration::from_secs(10), "{quick:?}");
}

#[tokio::test(start_paused = true)]
async fn no_more_messages_are_taken_than_there_are_slots() {
    let body = body("fine");
    let script = Script::new(&vec![body.as_str(); 40], 1);
    let (at_work, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let highest = Arc::clone(&most);

    let handle = move |_| {
        let (at_work, most) = (Arc::clone(&at_work), Arc::clone(&most));
        async move {
            most.fetch_max(at_work.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            sleep(Duration::from_secs(1)).await;
            at_work.fetch_sub(1, Ordering::SeqCst);
            Ok(())
        }
    };
    script.run(&script.all(), handle).await;

    assert_eq!(highest.load(Ordering::SeqCst), 4);
    assert_eq!(script.log().len(), 40);
}

#[tokio::test(start_paused = true)]
async fn work_beyond_its_budget_counts_as_failed() {
    let script = Script::new(&[&body("endless")], 1);
    let started = Instant::now();

    script.run(&script.all(), |_| std::future::pending()).await;

    assert!((3..=5).contains(&hidden_secs(&script)));
    assert_eq!(started.elapsed().as_secs(), limits().handler_budget.as_secs());
}

#[tokio::test(start_paused = true)]
async fn work_not_done_at_the_end_of_the_drain_is_given_back_at_once() {
    let limits = ConsumerLimits { drain: Duration::from_secs(5), ..limits() };
    let script = Script::new(&[&body("endless")], 1);

    script.run_within(limits, &script.all(), |_| std::future::pending()).await;

    assert_eq!(hidden_secs(&script), 0);
}

#[tokio::test(start_paused = true)]
async fn shutdown_waits_for_messages_in_flight() {
    let script = Script::new(&[&body("slow")], 1);
    let started = Instant::now();

    let handle = |_| async {
        sleep(Duration::from_secs(20)).await;
        Ok(())
    };
    script.run(&script.all(), handle).await;

    assert_eq!(script.log(), ["deleted r0"]);
    assert!(started.elapsed() < Duration::from_secs(25));
}

#[tokio::test(start_paused = true)]
async fn a_failing_queue_is_not_asked_in_a_hot_loop_and_hinders_readiness() {
    let script = Script::default();
    let attempts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&attempts);
    let receive = mock!(Client::receive_message)
        .match_requests(move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            true
        })
        .sequence()
        .http_status(403, None)
        .repeatedly()
        .build();
    let (readiness, stop) = (script.readiness.clone(), script.shutdown.clone());
    let watcher = TaskTracker::new();
    let seen = watcher.spawn(async move {
        sleep(Duration::from_mins(2)).await;
        let hindrances = readiness.hindrances();
        stop.cancel();
        hindrances
    });

    script.run(&[receive], |_| async { Ok(()) }).await;

    let hindrances = seen.await.unwrap();
    assert!(hindrances[0].starts_with("queue: delivery failed for now"), "{hindrances:?}");
    let attempts = attempts.load(Ordering::SeqCst);
    assert!((4..30).contains(&attempts), "{attempts} attempts in two minutes");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_became_somebody_elses_is_neither_hidden_nor_given_up() {
    let script = Script::new(&[&body("slow")], 6);
    let limits = ConsumerLimits { handler_budget: Duration::from_hours(1), ..limits() };
    let limits = ConsumerLimits { drain: Duration::from_hours(1), ..limits };
    let lost = mock!(Client::change_message_visibility).then_error(|| {
        let error = ErrorMetadata::builder().code("ReceiptHandleIsInvalid").build();
        ChangeMessageVisibilityError::generic(error)
    });
    let started = Instant::now();

    let rules = [script.receive(), script.delete(), lost, script.send()];
    script.run_within(limits, &rules, |_| std::future::pending()).await;

    assert_eq!(started.elapsed().as_secs(), 110, "the time of the first renewal");
    assert_eq!(script.log(), Vec::<String>::new());
}
