//! EventBridge, as far as this crate uses it. No type of its SDK leaves this file.

use std::time::Duration;

use aws_config::{SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_eventbridge::{
    Client,
    config::Builder,
    error::DisplayErrorContext,
    operation::create_event_bus::CreateEventBusError,
    primitives::DateTime,
    types::{
        DeadLetterConfig, PutEventsRequestEntry, PutEventsResultEntry, RetryPolicy, RuleState,
        Target,
    },
};

use crate::{
    delivery::{DeliveryError, RefusalCode},
    event::{Event, EventType},
};

/// Entries that one call takes.
pub const ENTRIES_MAX: usize = 10;
/// The size EventBridge counts for an entry's `Time`.
const TIME_BYTES: usize = 14;
/// How long EventBridge tries to reach a queue, and how often, before the dead-letter queue.
const TARGET_AGE_SECS_MAX: i32 = 24 * 60 * 60;
const TARGET_ATTEMPTS_MAX: i32 = 185;
/// The one target of each of our rules.
const TARGET_ID: &str = "queue";

/// An event as `PutEvents` takes it.
#[derive(Debug, Clone)]
pub struct Entry {
    event_type: EventType,
    time_ms: i64,
    resource: String,
    detail: String,
}

impl Entry {
    /// The entry whose detail is `document`, the event as JSON.
    pub fn new(event: &Event, document: String) -> Self {
        Self {
            event_type: event.event_type.clone(),
            time_ms: event.occurred_at.as_millisecond(),
            resource: format!("directus:{}/{}", event.subject.collection, event.subject.key),
            detail: document,
        }
    }

    /// Its size by EventBridge's own rule.
    pub fn bytes(&self, source: &str) -> usize {
        TIME_BYTES
            + source.len()
            + self.event_type.as_str().len()
            + self.detail.len()
            + self.resource.len()
    }
}

/// One event bus.
#[derive(Debug, Clone)]
pub struct Bus {
    client: Client,
    name: String,
    source: String,
}

impl Bus {
    /// The bus `name`, on which we are `source`. A call that takes longer than `timeout` failed.
    pub fn connect(aws: &SdkConfig, name: String, source: String, timeout: Duration) -> Self {
        let config = Builder::from(aws)
            // The publisher retries single entries; retries beneath it would multiply with them.
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().operation_timeout(timeout).build())
            .build();
        Self { client: Client::from_conf(config), name, source }
    }

    /// Who we are on the bus.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Puts at most [`ENTRIES_MAX`] entries, and tells what became of each, in order.
    pub async fn put(&self, entries: &[Entry]) -> Vec<Result<(), DeliveryError>> {
        assert!(entries.len() <= ENTRIES_MAX, "the publisher splits batches");
        let requests = entries.iter().map(|entry| self.request(entry)).collect();
        match self.client.put_events().set_entries(Some(requests)).send().await {
            Ok(output) if output.entries().len() == entries.len() => {
                output.entries().iter().map(verdict).collect()
            }
            Ok(_) => all(entries, "the answer does not have a verdict for each entry"),
            Err(error) => all(entries, &DisplayErrorContext(error).to_string()),
        }
    }

    fn request(&self, entry: &Entry) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(&self.source)
            .detail_type(entry.event_type.as_str())
            .time(DateTime::from_millis(entry.time_ms))
            .resources(&entry.resource)
            .detail(&entry.detail)
            .build()
    }

    /// Creates the bus unless it is there.
    pub async fn provision(&self) -> Result<(), DeliveryError> {
        match self.client.create_event_bus().name(&self.name).send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(CreateEventBusError::ResourceAlreadyExistsException(_)) => Ok(()),
                _ => Err(transient(error)),
            },
        }
    }

    /// Creates or updates the rule and returns its ARN, which the queues' policies name.
    pub async fn put_rule(&self, rule: &str, pattern: &str) -> Result<String, DeliveryError> {
        let output = self
            .client
            .put_rule()
            .event_bus_name(&self.name)
            .name(rule)
            .event_pattern(pattern)
            .state(RuleState::Enabled)
            .send()
            .await
            .map_err(transient)?;
        output.rule_arn.ok_or_else(|| DeliveryError::Transient("a rule without an ARN".into()))
    }

    /// Points the rule at a queue, and at the dead-letter queue for what cannot reach it.
    pub async fn put_target(
        &self,
        rule: &str,
        queue_arn: &str,
        dead_letter_arn: &str,
    ) -> Result<(), DeliveryError> {
        let target = Target::builder()
            .id(TARGET_ID)
            .arn(queue_arn)
            .retry_policy(
                RetryPolicy::builder()
                    .maximum_event_age_in_seconds(TARGET_AGE_SECS_MAX)
                    .maximum_retry_attempts(TARGET_ATTEMPTS_MAX)
                    .build(),
            )
            .dead_letter_config(DeadLetterConfig::builder().arn(dead_letter_arn).build())
            .build()
            .expect("id and ARN are set");
        let output = self
            .client
            .put_targets()
            .event_bus_name(&self.name)
            .rule(rule)
            .targets(target)
            .send()
            .await
            .map_err(transient)?;
        // The call succeeds even when the target was refused.
        match output.failed_entries() {
            [] => Ok(()),
            [refused, ..] => {
                let reason = refused.error_message().unwrap_or("no reason given");
                Err(DeliveryError::refused(RefusalCode::Bus, format!("target of {rule}: {reason}")))
            }
        }
    }
}

/// An operator can mend a policy or create a bus, and then the same call passes.
fn transient(error: impl std::error::Error) -> DeliveryError {
    DeliveryError::Transient(DisplayErrorContext(error).to_string().into())
}

/// Nothing is known to have been accepted.
fn all(entries: &[Entry], reason: &str) -> Vec<Result<(), DeliveryError>> {
    entries.iter().map(|_| Err(DeliveryError::Transient(reason.to_owned().into()))).collect()
}

/// Permanent means that this entry can never pass. EventBridge also documents permission failures
/// as not retryable, but an operator can mend those, and then the same entry passes.
fn verdict(entry: &PutEventsResultEntry) -> Result<(), DeliveryError> {
    let Some(code) = entry.error_code() else { return Ok(()) };
    let reason = format!("{code}: {}", entry.error_message().unwrap_or_default());
    match code {
        "InvalidArgument" | "MalformedDetail" => {
            Err(DeliveryError::refused(RefusalCode::Bus, reason))
        }
        _ => Err(DeliveryError::Transient(reason.into())),
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// A bus whose SDK client answers by rule.
    pub(crate) fn bus(client: Client) -> Bus {
        Bus { client, name: "event-bridge".to_owned(), source: "directus".to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_eventbridge::operation::put_events::PutEventsOutput;
    use aws_smithy_mocks::{mock, mock_client};

    use super::*;

    fn entry() -> Entry {
        let golden = include_str!("../../../schemas/examples/valid/feedback.submitted-1.json");
        let event: Event = serde_json::from_str(golden).unwrap();
        Entry::new(&event, golden.to_owned())
    }

    fn refused(code: &str) -> PutEventsResultEntry {
        PutEventsResultEntry::builder().error_code(code).build()
    }

    #[tokio::test]
    async fn entry_refused_inside_a_successful_call_is_reported_in_its_place() {
        let put = mock!(Client::put_events).then_output(|| {
            PutEventsOutput::builder()
                .failed_entry_count(2)
                .entries(PutEventsResultEntry::builder().event_id("accepted").build())
                .entries(refused("ThrottlingException"))
                .entries(refused("MalformedDetail"))
                .build()
        });
        let bus = testing::bus(mock_client!(aws_sdk_eventbridge, [&put]));

        let verdicts = bus.put(&[entry(), entry(), entry()]).await;

        assert!(verdicts[0].is_ok());
        assert!(matches!(verdicts[1], Err(DeliveryError::Transient(_))));
        assert!(matches!(verdicts[2], Err(DeliveryError::Permanent(_))));
    }

    #[tokio::test]
    async fn an_answer_that_lacks_verdicts_leaves_every_entry_undecided() {
        let put = mock!(Client::put_events).then_output(|| PutEventsOutput::builder().build());
        let bus = testing::bus(mock_client!(aws_sdk_eventbridge, [&put]));

        let verdicts = bus.put(&[entry(), entry()]).await;

        assert_eq!(verdicts.len(), 2);
        assert!(verdicts.iter().all(|verdict| matches!(verdict, Err(DeliveryError::Transient(_)))));
    }

    #[test]
    fn an_entry_is_as_large_as_eventbridge_counts() {
        let entry = entry();
        let parts = ["directus", "feedback.submitted", "directus:feedback/42", &entry.detail];

        let expected = 14 + parts.iter().map(|part| part.len()).sum::<usize>();

        assert_eq!(entry.bytes("directus"), expected);
    }
}
