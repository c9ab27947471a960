//! EventBridge, as far as this crate uses it. No type of its SDK leaves this file and its folder.

pub mod archive;

use std::{sync::Arc, time::Duration};

use aws_config::{SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_eventbridge::{
    Client,
    config::Builder,
    error::{DisplayErrorContext, ProvideErrorMetadata as _},
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
    outbound::trace::xray_header,
};

/// Entries that one call takes.
pub const ENTRIES_MAX: usize = 10;
/// The size EventBridge counts for an entry's `Time`.
const TIME_BYTES: usize = 14;
/// The codes by which EventBridge asks for less, of a call or of an entry.
const THROTTLED: [&str; 3] = ["ThrottlingException", "Throttling", "TooManyRequestsException"];
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
    trace_header: Option<String>,
    detail: String,
    bytes: usize,
}

impl Entry {
    /// The entry whose detail is `document`, the event as JSON, as `source` sends it.
    pub fn new(event: &Event, source: &str, document: String) -> Self {
        let event_type = event.event_type.clone();
        let resource = format!("directus:{}/{}", event.subject.collection, event.subject.key);
        let parts = [source, event_type.as_str(), &resource, &document];
        Self {
            bytes: TIME_BYTES + parts.iter().map(|part| part.len()).sum::<usize>(),
            event_type,
            time_ms: event.occurred_at.as_millisecond(),
            resource,
            trace_header: event.traceparent.as_deref().and_then(xray_header),
            detail: document,
        }
    }

    /// Its size by EventBridge's own rule, which does not count the trace header.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

/// What one call came to.
#[derive(Debug)]
pub struct Put {
    /// What became of each entry, in order.
    pub outcomes: Vec<Result<(), DeliveryError>>,
    /// Whether EventBridge asked for less: of the call, or of most entries in it.
    pub is_throttled: bool,
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

    /// Puts at most [`ENTRIES_MAX`] entries.
    pub async fn put(&self, entries: &[Arc<Entry>]) -> Put {
        assert!(entries.len() <= ENTRIES_MAX, "the publisher splits batches");
        let requests = entries.iter().map(|entry| self.request(entry)).collect();
        match self.client.put_events().set_entries(Some(requests)).send().await {
            Ok(output) if output.entries().len() == entries.len() => {
                let codes = output.entries().iter().map(PutEventsResultEntry::error_code);
                let throttled = codes.filter(|code| is_throttling(*code)).count();
                Put {
                    outcomes: output.entries().iter().map(verdict).collect(),
                    is_throttled: throttled * 2 > entries.len(),
                }
            }
            Ok(_) => Put {
                outcomes: all(entries, "the answer does not have a verdict for each entry"),
                is_throttled: false,
            },
            Err(error) => Put {
                is_throttled: is_throttling(error.code()),
                outcomes: all(entries, &DisplayErrorContext(error).to_string()),
            },
        }
    }

    fn request(&self, entry: &Entry) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(&self.source)
            .detail_type(entry.event_type.as_str())
            .time(DateTime::from_millis(entry.time_ms))
            .resources(&entry.resource)
            .set_trace_header(entry.trace_header.clone())
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

fn is_throttling(code: Option<&str>) -> bool {
    code.is_some_and(|code| THROTTLED.contains(&code))
}

/// Nothing is known to have been accepted.
fn all(entries: &[Arc<Entry>], reason: &str) -> Vec<Result<(), DeliveryError>> {
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
mod tests;
