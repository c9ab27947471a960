//! Creating queues, and saying what they are to be like.

use std::{collections::HashMap, time::Duration};

use aws_sdk_sqs::types::QueueAttributeName;

use super::{Queue, secs, transient};
use crate::delivery::DeliveryError;

impl Queue {
    /// Creates the queue unless it is there, and returns its ARN.
    pub async fn provision(&self) -> Result<String, DeliveryError> {
        // Without attributes: creating a queue that has other ones would fail.
        let created = self.client.create_queue().queue_name(&self.name).send();
        let created = created.await.map_err(|error| transient(&error))?;
        let url = created.queue_url.unwrap_or_default();
        let output = self
            .client
            .get_queue_attributes()
            .queue_url(url)
            .attribute_names(QueueAttributeName::QueueArn)
            .send()
            .await
            .map_err(|error| transient(&error))?;
        output
            .attributes
            .and_then(|attributes| attributes.get(&QueueAttributeName::QueueArn).cloned())
            .ok_or_else(|| DeliveryError::Transient("a queue without an ARN".into()))
    }

    /// Sets what the queue is to be like; doing it again changes nothing.
    pub async fn configure(&self, attributes: QueueAttributes) -> Result<(), DeliveryError> {
        self.client
            .set_queue_attributes()
            .queue_url(self.url().await?)
            .set_attributes(Some(attributes.into_sdk()))
            .send()
            .await
            .map(drop)
            .map_err(|error| transient(&error))
    }
}

/// What a queue is to be like.
#[derive(Debug, Clone)]
pub struct QueueAttributes {
    /// How long a message waits for a consumer before it is lost.
    pub retention: Duration,
    /// How long a delivery stays hidden by default.
    pub visibility: Duration,
    /// Who may send: the policy document.
    pub policy: String,
    /// Where a message goes after this many deliveries: the dead-letter queue's ARN.
    pub redrive: Option<(String, u32)>,
}

impl QueueAttributes {
    fn into_sdk(self) -> HashMap<QueueAttributeName, String> {
        let mut attributes = HashMap::from([
            (QueueAttributeName::MessageRetentionPeriod, secs(self.retention).to_string()),
            (QueueAttributeName::VisibilityTimeout, secs(self.visibility).to_string()),
            (QueueAttributeName::Policy, self.policy),
        ]);
        if let Some((arn, receives_max)) = self.redrive {
            let redrive = serde_json::json!({
                "deadLetterTargetArn": arn,
                "maxReceiveCount": receives_max,
            });
            attributes.insert(QueueAttributeName::RedrivePolicy, redrive.to_string());
        }
        attributes
    }
}
