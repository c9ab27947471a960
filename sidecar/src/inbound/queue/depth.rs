//! How many messages a queue holds.

use aws_sdk_sqs::types::QueueAttributeName as Attribute;
use serde::Serialize;

use super::{Queue, transient};
use crate::delivery::DeliveryError;

/// Messages in a queue, as many as SQS thinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Depth {
    /// Whoever asks gets them.
    pub waiting: u64,
    /// Somebody is working on them, or they wait for their next attempt.
    pub hidden: u64,
}

impl Queue {
    /// Asks how many messages there are.
    pub async fn depth(&self) -> Result<Depth, DeliveryError> {
        let (waiting, hidden) = (
            Attribute::ApproximateNumberOfMessages,
            Attribute::ApproximateNumberOfMessagesNotVisible,
        );
        let output = self
            .client
            .get_queue_attributes()
            .queue_url(self.url().await?)
            .attribute_names(waiting.clone())
            .attribute_names(hidden.clone())
            .send()
            .await
            .map_err(|error| transient(&error))?;
        let attributes = output.attributes.unwrap_or_default();
        let count = |name| {
            let count = attributes.get(name).and_then(|count: &String| count.parse().ok());
            count.ok_or_else(|| DeliveryError::Transient(format!("SQS tells no {name}").into()))
        };
        Ok(Depth { waiting: count(&waiting)?, hidden: count(&hidden)? })
    }
}
