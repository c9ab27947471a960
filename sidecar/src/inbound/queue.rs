//! SQS, as far as this crate uses it. No type of its SDK leaves this file and its folder.

mod depth;
mod provision;

pub use depth::Depth;
pub use provision::QueueAttributes;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use aws_config::{SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_sqs::{
    Client,
    config::Builder,
    error::{DisplayErrorContext, ProvideErrorMetadata as _, SdkError},
    types::{
        BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry,
        DeleteMessageBatchRequestEntry, MessageAttributeValue,
        MessageSystemAttributeName as SystemAttribute,
    },
};
use jiff::Timestamp;
use tokio::sync::OnceCell;

use crate::delivery::DeliveryError;

/// Messages that one call takes or gives.
pub const BATCH_MAX: usize = 10;
/// One call that does not wait for messages.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);
/// How SQS says that a receipt is not valid any more.
const LOST: [&str; 3] = ["MessageNotInflight", "ReceiptHandleIsInvalid", "InvalidParameterValue"];
/// What a receive may take beyond the wait it asked for.
const RECEIVE_SLACK: Duration = Duration::from_secs(5);

/// One delivery of a message.
#[derive(Debug, Clone)]
pub struct Message {
    /// The queue's name for the message.
    pub id: String,
    /// As EventBridge sent it.
    pub body: String,
    /// Names this delivery, in order to settle it.
    pub receipt: ReceiptHandle,
    /// How often it was delivered, this time included. The queue counts, across all copies.
    pub receive_count: u32,
    /// When it was first delivered.
    pub first_received_at: Option<Timestamp>,
    /// When it was put into this queue.
    pub sent_at: Option<Timestamp>,
    /// The text attributes that its sender gave it.
    pub attributes: BTreeMap<String, String>,
}

/// Names one delivery of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptHandle(String);

/// Why a delivery is not hidden.
#[derive(Debug, thiserror::Error)]
pub enum HideError {
    /// Its receipt is not valid any more: the message is visible, deleted, or somebody else's.
    #[error("the delivery is no longer ours")]
    Lost,
    /// It may be asked again.
    #[error(transparent)]
    Failed(#[from] DeliveryError),
}

/// One queue.
///
/// The SDK's futures take more than ten kilobytes each. They are boxed, so that a task that may call
/// needs no room for calls that it does not make, and can be moved.
#[derive(Debug, Clone)]
pub struct Queue {
    client: Client,
    name: String,
    url: Arc<OnceCell<String>>,
}

impl Queue {
    /// The queue `name`; whether it exists shows at the first call.
    pub fn connect(aws: &SdkConfig, name: String) -> Self {
        let config = Builder::from(aws)
            .retry_config(RetryConfig::standard())
            .timeout_config(
                TimeoutConfig::builder().operation_attempt_timeout(CALL_TIMEOUT).build(),
            )
            .build();
        Self { client: Client::from_conf(config), name, url: Arc::default() }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Looks the queue up, which is also the proof that it is there and may be used.
    pub async fn url(&self) -> Result<&str, DeliveryError> {
        let found = self.url.get_or_try_init(|| async {
            let request = self.client.get_queue_url().queue_name(&self.name);
            let output = Box::pin(request.send()).await.map_err(|error| transient(&error))?;
            output.queue_url.ok_or_else(|| DeliveryError::Transient("a queue without a URL".into()))
        });
        found.await.map(String::as_str)
    }

    /// Waits up to `wait` for at most `count` messages, and hides them for `visibility`.
    pub async fn receive(
        &self,
        count: usize,
        wait: Duration,
        visibility: Duration,
    ) -> Result<Vec<Message>, DeliveryError> {
        let timeouts =
            TimeoutConfig::builder().operation_attempt_timeout(wait + RECEIVE_SLACK).build();
        let request = self
            .client
            .receive_message()
            .queue_url(self.url().await?)
            .max_number_of_messages(int(count.min(BATCH_MAX)))
            .wait_time_seconds(secs(wait))
            .visibility_timeout(secs(visibility))
            .message_system_attribute_names(SystemAttribute::ApproximateReceiveCount)
            .message_system_attribute_names(SystemAttribute::ApproximateFirstReceiveTimestamp)
            .message_system_attribute_names(SystemAttribute::SentTimestamp)
            .message_attribute_names("All")
            .customize()
            .config_override(aws_sdk_sqs::config::Config::builder().timeout_config(timeouts));
        let output = Box::pin(request.send()).await.map_err(|error| transient(&error))?;
        Ok(output.messages.unwrap_or_default().into_iter().filter_map(message).collect())
    }

    /// Deletes at most [`BATCH_MAX`] deliveries and tells what became of each, in order.
    pub async fn delete(&self, receipts: &[ReceiptHandle]) -> Vec<Result<(), DeliveryError>> {
        assert!(receipts.len() <= BATCH_MAX, "the consumer splits batches");
        let entries = receipts.iter().enumerate().map(|(index, receipt)| {
            DeleteMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .receipt_handle(&receipt.0)
                .build()
                .expect("id and handle are set")
        });
        let sent = async {
            let request = self.client.delete_message_batch().queue_url(self.url().await?);
            let sent = Box::pin(request.set_entries(Some(entries.collect())).send()).await;
            Ok(sent.map_err(|error| transient(&error))?.failed)
        };
        verdicts(receipts, sent).await
    }

    /// Gives at most [`BATCH_MAX`] deliveries back at once and tells what became of each, in order.
    pub async fn give_back(&self, receipts: &[ReceiptHandle]) -> Vec<Result<(), DeliveryError>> {
        assert!(receipts.len() <= BATCH_MAX, "the caller splits batches");
        let entries = receipts.iter().enumerate().map(|(index, receipt)| {
            ChangeMessageVisibilityBatchRequestEntry::builder()
                .id(index.to_string())
                .receipt_handle(&receipt.0)
                .visibility_timeout(0)
                .build()
                .expect("id and handle are set")
        });
        let sent = async {
            let request =
                self.client.change_message_visibility_batch().queue_url(self.url().await?);
            let sent = Box::pin(request.set_entries(Some(entries.collect())).send()).await;
            Ok(sent.map_err(|error| transient(&error))?.failed)
        };
        verdicts(receipts, sent).await
    }

    /// Hides a delivery for `visibility` from now on; zero gives it back at once.
    pub async fn hide(
        &self,
        receipt: &ReceiptHandle,
        visibility: Duration,
    ) -> Result<(), HideError> {
        let request = self
            .client
            .change_message_visibility()
            .queue_url(self.url().await?)
            .receipt_handle(&receipt.0)
            .visibility_timeout(secs(visibility));
        Box::pin(request.send()).await.map(drop).map_err(|error| match error.code() {
            Some(code) if LOST.iter().any(|lost| code.ends_with(lost)) => HideError::Lost,
            _ => HideError::Failed(transient(&error)),
        })
    }

    /// Sends a message with text attributes.
    pub async fn send(
        &self,
        body: &str,
        attributes: &[(&str, String)],
    ) -> Result<(), DeliveryError> {
        let attributes = attributes.iter().map(|(name, text)| {
            let value = MessageAttributeValue::builder().data_type("String").string_value(text);
            ((*name).to_owned(), value.build().expect("the data type is set"))
        });
        let request = self
            .client
            .send_message()
            .queue_url(self.url().await?)
            .message_body(body)
            .set_message_attributes(Some(attributes.collect()));
        Box::pin(request.send()).await.map(drop).map_err(|error| transient(&error))
    }
}

/// What a batch call means for each delivery. It succeeds even when entries failed, which are named by
/// their place in the batch.
async fn verdicts(
    receipts: &[ReceiptHandle],
    sent: impl Future<Output = Result<Vec<BatchResultErrorEntry>, DeliveryError>>,
) -> Vec<Result<(), DeliveryError>> {
    let failed = match sent.await {
        Ok(failed) => failed,
        Err(error) => return receipts.iter().map(|_| Err(error.spread())).collect(),
    };
    let codes: HashMap<&str, &str> =
        failed.iter().map(|entry| (entry.id(), entry.code())).collect();
    (0..receipts.len())
        .map(|index| match codes.get(index.to_string().as_str()) {
            Some(code) => Err(DeliveryError::Transient((*code).into())),
            None => Ok(()),
        })
        .collect()
}

/// A message without a body or a receipt could be neither worked on nor settled; SQS sends none.
fn message(message: aws_sdk_sqs::types::Message) -> Option<Message> {
    let number =
        |name: SystemAttribute| message.attributes.as_ref()?.get(&name)?.parse::<i64>().ok();
    let time = |name| number(name).and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let receive_count = number(SystemAttribute::ApproximateReceiveCount);
    let text = |(name, value): (_, MessageAttributeValue)| Some((name, value.string_value?));
    Some(Message {
        receive_count: receive_count.and_then(|count| count.try_into().ok()).unwrap_or(1),
        first_received_at: time(SystemAttribute::ApproximateFirstReceiveTimestamp),
        sent_at: time(SystemAttribute::SentTimestamp),
        attributes: message.message_attributes.into_iter().flatten().filter_map(text).collect(),
        id: message.message_id?,
        body: message.body?,
        receipt: ReceiptHandle(message.receipt_handle?),
    })
}

fn int(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// SQS counts in whole seconds; rounding up keeps a short delay from becoming none.
fn secs(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis().div_ceil(1_000)).unwrap_or(i32::MAX)
}

/// Everything SQS refuses may pass later: an operator can mend a policy, a queue can be created.
fn transient<Error, Response>(error: &SdkError<Error, Response>) -> DeliveryError
where
    SdkError<Error, Response>: std::error::Error,
{
    DeliveryError::Transient(DisplayErrorContext(error).to_string().into())
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// A queue whose SDK client answers by rule.
    pub(crate) fn queue(client: Client) -> Queue {
        let url = "http://localhost/queue".to_owned();
        let url = Arc::new(OnceCell::new_with(Some(url)));
        Queue { client, name: "queue".to_owned(), url }
    }

    /// A delivery that a test made up.
    pub(crate) fn receipt(name: &str) -> ReceiptHandle {
        ReceiptHandle(name.to_owned())
    }
}

#[cfg(test)]
mod tests;
