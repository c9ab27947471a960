use std::{
    num::NonZeroU32,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use aws_sdk_sqs::{
    Client,
    operation::{
        change_message_visibility::{ChangeMessageVisibilityInput, ChangeMessageVisibilityOutput},
        delete_message_batch::{DeleteMessageBatchInput, DeleteMessageBatchOutput},
        receive_message::{ReceiveMessageInput, ReceiveMessageOutput},
        send_message::{SendMessageInput, SendMessageOutput},
    },
    types::{DeleteMessageBatchResultEntry, MessageSystemAttributeName as Attribute},
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::*;
use crate::{
    config::read_documents, delivery::RefusalCode, inbound::queue::testing, readiness::Readiness,
};

/// A queue that gives its messages once, then tells the consumer to stop; and what was done to it.
#[derive(Clone, Default)]
struct Script {
    messages: Arc<Mutex<Vec<(String, u32)>>>,
    shutdown: CancellationToken,
    readiness: Readiness,
    available: Available,
    log: Arc<Mutex<Vec<String>>>,
}

/// Whether effects can be written; at first they can.
#[derive(Clone)]
struct Available(watch::Sender<bool>);

impl Default for Available {
    fn default() -> Self {
        Self(watch::Sender::new(true))
    }
}

impl Script {
    /// One message for each body, received the `receive_count`th time.
    fn new(bodies: &[&str], receive_count: u32) -> Self {
        let messages = bodies.iter().map(|body| ((*body).to_owned(), receive_count)).collect();
        Self { messages: Arc::new(Mutex::new(messages)), ..Self::default() }
    }

    fn note(&self, line: String) {
        self.log.lock().unwrap().push(line);
    }

    fn log(&self) -> Vec<String> {
        let mut log = self.log.lock().unwrap().clone();
        log.sort();
        log
    }

    fn receive(&self) -> Rule {
        let script = self.clone();
        mock!(Client::receive_message).then_compute_output(move |input: &ReceiveMessageInput| {
            let count = usize::try_from(input.max_number_of_messages().unwrap()).unwrap();
            let mut left = script.messages.lock().unwrap();
            if left.is_empty() {
                script.shutdown.cancel();
            }
            let taken = left.len().min(count);
            let messages = left.drain(..taken).enumerate().map(|(index, (body, receive_count))| {
                aws_sdk_sqs::types::Message::builder()
                    .message_id(format!("m{index}"))
                    .receipt_handle(format!("r{index}"))
                    .body(body)
                    .attributes(Attribute::ApproximateReceiveCount, receive_count.to_string())
                    .build()
            });
            ReceiveMessageOutput::builder().set_messages(Some(messages.collect())).build()
        })
    }

    fn delete(&self) -> Rule {
        let script = self.clone();
        mock!(Client::delete_message_batch).then_compute_output(
            move |input: &DeleteMessageBatchInput| {
                let deleted = input.entries().iter().map(|entry| {
                    script.note(format!("deleted {}", entry.receipt_handle()));
                    DeleteMessageBatchResultEntry::builder().id(entry.id()).build().unwrap()
                });
                let output =
                    DeleteMessageBatchOutput::builder().set_successful(Some(deleted.collect()));
                output.set_failed(Some(vec![])).build().unwrap()
            },
        )
    }

    fn hide(&self) -> Rule {
        let script = self.clone();
        mock!(Client::change_message_visibility).then_compute_output(
            move |input: &ChangeMessageVisibilityInput| {
                let (receipt, secs) = (input.receipt_handle(), input.visibility_timeout());
                script.note(format!("hid {} {}", receipt.unwrap(), secs.unwrap()));
                ChangeMessageVisibilityOutput::builder().build()
            },
        )
    }

    fn send(&self) -> Rule {
        let script = self.clone();
        mock!(Client::send_message).then_compute_output(move |input: &SendMessageInput| {
            let reason = input.message_attributes().unwrap()["reason"].string_value().unwrap();
            script.note(format!("dead {reason} {}", input.message_body().unwrap()));
            SendMessageOutput::builder().build()
        })
    }

    /// Consumes until the messages are used up, and drains.
    async fn run<Work>(
        &self,
        rules: &[Rule],
        handle: impl Fn(Event) -> Work + Clone + Send + Sync + 'static,
    ) where
        Work: Future<Output = Result<(), DeliveryError>> + Send + 'static,
    {
        self.run_within(limits(), rules, handle).await;
    }

    async fn run_within<Work>(
        &self,
        limits: ConsumerLimits,
        rules: &[Rule],
        handle: impl Fn(Event) -> Work + Clone + Send + Sync + 'static,
    ) where
        Work: Future<Output = Result<(), DeliveryError>> + Send + 'static,
    {
        let queue = testing::queue(mock_client!(aws_sdk_sqs, RuleMode::MatchAny, rules));
        let schemas = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas");
        let documents = read_documents(schemas.as_ref()).unwrap();
        let consumer = Consumer {
            dead_letters: queue.clone(),
            queue,
            reaction: "enrich",
            contracts: Arc::new(Contracts::compile(&documents).unwrap()),
            limits,
            available: self.available.0.subscribe(),
            readiness: self.readiness.part("queue"),
        };
        consumer.run(self.shutdown.clone(), handle).await;
    }

    fn all(&self) -> [Rule; 4] {
        [self.receive(), self.delete(), self.hide(), self.send()]
    }
}

fn limits() -> ConsumerLimits {
    ConsumerLimits {
        in_flight_max: NonZeroUsize::new(4).unwrap(),
        receive_wait: Duration::from_secs(20),
        visibility: VisibilityLimits {
            visibility: Duration::from_mins(2),
            total_max: Duration::from_mins(15),
        },
        handler_budget: Duration::from_secs(22),
        redelivery: RedeliveryDelays::new(vec![Duration::from_secs(5), Duration::from_mins(15)]),
        receive_pause_min: Duration::from_secs(1),
        receive_pause_max: Duration::from_secs(30),
        settle_linger: Duration::from_millis(200),
        settle_retry: RetryPolicy {
            delay_min: Duration::from_millis(200),
            delay_max: Duration::from_secs(1),
            attempts_max: NonZeroU32::new(4).unwrap(),
        },
        drain: Duration::from_secs(25),
    }
}

fn body(text: &str) -> String {
    let golden = include_str!("../../../../schemas/examples/valid/feedback.submitted-1.json");
    let mut event: serde_json::Value = serde_json::from_str(golden).unwrap();
    event["data"]["text"] = json!(text);
    json!({ "detail": event }).to_string()
}

fn text(event: &Event) -> &str {
    event.data["text"].as_str().unwrap()
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
        .run(&script.all(), move |_event| {
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
    for (receive_count, delays) in [(1, 3..=5), (2, 450..=900), (9, 450..=900)] {
        let script = Script::new(&[&body("later")], receive_count);

        let handle = |_| async { Err(DeliveryError::Transient("Directus is away".into())) };
        script.run(&script.all(), handle).await;

        let secs = hidden_secs(&script);
        assert!(delays.contains(&secs), "attempt {receive_count}: {secs} s");
    }
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

    let handle = |event: Event| async move {
        assert!(text(&event) != "panic", "the handler's own panic");
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

    let handle = move |event: Event| {
        let done = Arc::clone(&done);
        async move {
            sleep(Duration::from_secs(if text(&event) == "slow" { 20 } else { 1 })).await;
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
async fn nothing_is_received_while_effects_cannot_be_written() {
    let script = Script::new(&[&body("patient")], 1);
    script.available.0.send_replace(false);
    let (observed, watcher) = (script.clone(), TaskTracker::new());
    let before = watcher.spawn(async move {
        sleep(Duration::from_hours(1)).await;
        let before = (observed.readiness.hindrances(), observed.messages.lock().unwrap().len());
        observed.available.0.send_replace(true);
        before
    });

    script.run(&script.all(), |_| async { Ok(()) }).await;

    let (hindrances, waiting) = before.await.unwrap();
    assert_eq!(hindrances, ["queue: effects cannot be written"]);
    assert_eq!(waiting, 1);
    assert_eq!(script.log(), ["deleted r0"]);
}
