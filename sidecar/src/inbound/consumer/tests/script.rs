//! A queue that does as it is told, and remembers what was done to it.

use std::{num::NonZeroU32, sync::Mutex};

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
    config::read_documents,
    inbound::{Arrival, consumer::*, queue::testing, visibility::VisibilityLimits},
    readiness::Readiness,
    retry::{RedeliveryDelays, RetryPolicy},
};

/// A queue that gives its messages once, then tells the consumer to stop; and what was done to it.
#[derive(Clone, Default)]
pub(super) struct Script {
    pub(super) messages: Arc<Mutex<Vec<(String, u32)>>>,
    pub(super) shutdown: CancellationToken,
    pub(super) readiness: Readiness,
    pub(super) available: Available,
    log: Arc<Mutex<Vec<String>>>,
}

/// Whether effects can be written; at first they can.
#[derive(Clone)]
pub(super) struct Available(pub(super) watch::Sender<bool>);

impl Default for Available {
    fn default() -> Self {
        Self(watch::Sender::new(true))
    }
}

impl Script {
    /// One message for each body, received the `receive_count`th time.
    pub(super) fn new(bodies: &[&str], receive_count: u32) -> Self {
        let messages = bodies.iter().map(|body| ((*body).to_owned(), receive_count)).collect();
        Self { messages: Arc::new(Mutex::new(messages)), ..Self::default() }
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
        handle: impl Fn(Arrival) -> Work + Clone + Send + Sync + 'static,
    ) where
        Work: Future<Output = Result<(), DeliveryError>> + Send + 'static,
    {
        self.run_within(limits(), rules, handle).await;
    }

    pub(super) async fn run_within<Work>(
        &self,
        limits: ConsumerLimits,
        rules: &[Rule],
        handle: impl Fn(Arrival) -> Work + Clone + Send + Sync + 'static,
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

    pub(super) fn all(&self) -> [Rule; 4] {
        [self.receive(), self.delete(), self.hide(), self.send()]
    }
}

pub(super) fn limits() -> ConsumerLimits {
    ConsumerLimits {
        in_flight_max: NonZeroUsize::new(4).unwrap(),
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
