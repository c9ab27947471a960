//! A queue that does as it is told, and remembers what was done to it.

use std::{
    num::{NonZeroU32, NonZeroUsize},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
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

use crate::{
    contract::testing::contracts,
    inbound::{Arrival, consumer::*, queue::testing, visibility::VisibilityLimits},
    readiness::Readiness,
    retry::{RedeliveryDelays, RetryPolicy},
};

/// A queue that gives its messages once, then tells the consumer to stop; and what was done to it.
#[derive(Clone, Default)]
pub(super) struct Script {
    pub(super) messages: Arc<Mutex<Vec<Scripted>>>,
    pub(super) shutdown: CancellationToken,
    pub(super) readiness: Readiness,
    pub(super) presence: Directus,
    newest_wins: bool,
    log: Arc<Mutex<Vec<String>>>,
    delivered: Arc<AtomicUsize>,
}

/// One delivery to come. Each has a receipt of its own: `r0`, `r1` …
#[derive(Clone)]
pub(super) struct Scripted {
    pub(super) id: String,
    pub(super) body: String,
    pub(super) receive_count: u32,
}

/// Whether effects can be written; at first they can.
#[derive(Clone)]
pub(super) struct Directus(pub(super) watch::Sender<Presence>);

impl Default for Directus {
    fn default() -> Self {
        Self(watch::Sender::new(Presence::Here))
    }
}

impl Script {
    /// One message for each body, received the `receive_count`th time.
    pub(super) fn new(bodies: &[&str], receive_count: u32) -> Self {
        let message = |(index, body): (usize, &&str)| Scripted {
            id: format!("m{index}"),
            body: (*body).to_owned(),
            receive_count,
        };
        let messages = bodies.iter().enumerate().map(message).collect();
        Self { messages: Arc::new(Mutex::new(messages)), ..Self::default() }
    }

    /// For a reaction of which only the newest event of an item counts.
    pub(super) fn newest_wins(self) -> Self {
        Self { newest_wins: true, ..self }
    }

    pub(super) fn note(&self, line: String) {
        self.log.lock().unwrap().push(line);
    }

    pub(super) fn log(&self) -> Vec<String> {
        let mut log = self.log.lock().unwrap().clone();
        log.sort();
        log
    }

    pub(super) fn receive(&self) -> Rule {
        let script = self.clone();
        mock!(Client::receive_message).then_compute_output(move |input: &ReceiveMessageInput| {
            let count = usize::try_from(input.max_number_of_messages().unwrap()).unwrap();
            let mut left = script.messages.lock().unwrap();
            if left.is_empty() {
                script.shutdown.cancel();
            }
            let taken = left.len().min(count);
            let messages = left.drain(..taken).map(|message| {
                let receipt = script.delivered.fetch_add(1, Ordering::Relaxed);
                let count = message.receive_count.to_string();
                aws_sdk_sqs::types::Message::builder()
                    .message_id(message.id)
                    .receipt_handle(format!("r{receipt}"))
                    .body(message.body)
                    .attributes(Attribute::ApproximateReceiveCount, count)
                    .build()
            });
            ReceiveMessageOutput::builder().set_messages(Some(messages.collect())).build()
        })
    }

    pub(super) fn delete(&self) -> Rule {
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

    pub(super) fn hide(&self) -> Rule {
        let script = self.clone();
        mock!(Client::change_message_visibility).then_compute_output(
            move |input: &ChangeMessageVisibilityInput| {
                let (receipt, secs) = (input.receipt_handle(), input.visibility_timeout());
                script.note(format!("hid {} {}", receipt.unwrap(), secs.unwrap()));
                ChangeMessageVisibilityOutput::builder().build()
            },
        )
    }

    pub(super) fn send(&self) -> Rule {
        let script = self.clone();
        mock!(Client::send_message).then_compute_output(move |input: &SendMessageInput| {
            let reason = input.message_attributes().unwrap()["reason"].string_value().unwrap();
            script.note(format!("dead {reason} {}", input.message_body().unwrap()));
            SendMessageOutput::builder().build()
        })
    }

    /// Consumes until the messages are used up, and drains.
    pub(super) async fn run<Work>(
        &self,
        rules: &[Rule],
        handle: impl Fn(Arrival) -> Work + Send + Sync + 'static,
    ) where
        Work: Future<Output = Result<(), DeliveryError>> + Send + 'static,
    {
        self.run_within(limits(), rules, handle).await;
    }

    pub(super) async fn run_within<Work>(
        &self,
        limits: ConsumerLimits,
        rules: &[Rule],
        handle: impl Fn(Arrival) -> Work + Send + Sync + 'static,
    ) where
        Work: Future<Output = Result<(), DeliveryError>> + Send + 'static,
    {
        let queue = testing::queue(mock_client!(aws_sdk_sqs, RuleMode::MatchAny, rules));
        let consumer = Consumer {
            dead_letters: queue.clone(),
            queue,
            reaction: "enrich",
            newest_wins: self.newest_wins,
            contracts: Arc::new(contracts()),
            limits,
            presence: self.presence.0.subscribe(),
            readiness: self.readiness.part("queue"),
        };
        consumer.run(self.shutdown.clone(), handle).await;
    }

    pub(super) fn all(&self) -> [Rule; 4] {
        [self.receive(), self.delete(), self.hide(), self.send()]
    }
}

pub(super) fn limits() -> ConsumerLimits {
    ConsumerLimits {
        in_flight_max: NonZeroUsize::new(4).unwrap(),
        customer_in_flight_max: NonZeroUsize::new(4).unwrap(),
        waiting_max: 8,
        receive_wait: Duration::from_secs(20),
        visibility: VisibilityLimits {
            visibility: Duration::from_mins(2),
            total_max: Duration::from_mins(15),
        },
        handler_budget: Duration::from_secs(22),
        redelivery: RedeliveryDelays::new(vec![Duration::from_secs(5), Duration::from_mins(15)]),
        receives_max: 6,
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
