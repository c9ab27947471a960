//! An event that a Flow publishes through the outbox, and the event on the bus that it becomes.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::event::{Event, EventId, EventType, Subject};

/// One row of kind `event`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Announcement {
    /// Made when the row was written.
    pub event_id: EventId,
    /// The outbox row's number.
    pub sequence: u64,
    /// The collection of the item that the event is about.
    pub collection: String,
    /// That item's primary key, as text.
    pub key: String,
    /// When, by the Flow.
    pub occurred_at: Timestamp,
    /// W3C trace context of the request that ran the Flow.
    #[serde(default)]
    pub traceparent: Option<String>,
    /// What is announced.
    pub event: Announced,
}

/// What the Flow says about its event.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the fields of the event that it becomes")]
pub struct Announced {
    pub event_type: EventType,
    pub version: u32,
    #[serde(default)]
    pub producer: Option<String>,
    #[serde(default)]
    pub customer_id: Option<String>,
    #[serde(default)]
    pub correlation_id: Option<EventId>,
    #[serde(default)]
    pub causation_id: Option<EventId>,
    pub data: Map<String, Value>,
    #[serde(default)]
    pub context: Map<String, Value>,
    #[serde(default)]
    pub properties: Map<String, Value>,
}

impl Announcement {
    /// The event itself, from `producer` where the Flow names none.
    pub fn into_event(self, producer: &str) -> Event {
        let Announced { event_type, version, customer_id, causation_id, .. } = self.event;
        Event {
            event_id: self.event_id,
            event_type,
            version,
            producer: self.event.producer.unwrap_or_else(|| producer.to_owned()),
            occurred_at: self.occurred_at,
            sequence: Some(self.sequence),
            customer_id,
            correlation_id: self.event.correlation_id.unwrap_or(self.event_id),
            causation_id,
            traceparent: self.traceparent,
            subject: Subject { collection: self.collection, key: self.key },
            context: self.event.context,
            data: self.event.data,
            properties: self.event.properties,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn golden() -> Value {
        let golden = include_str!("../../../schemas/examples/changes.json");
        serde_json::from_str::<Value>(golden).unwrap()["changes"][3].take()
    }

    #[test]
    fn an_event_of_a_flow_begins_its_own_chain_unless_the_flow_says_otherwise() {
        let mut row = golden();
        let event = |row: &Value| {
            let announcement: Announcement = serde_json::from_value(row.clone()).unwrap();
            announcement.into_event("directus")
        };

        let first = event(&row);
        let cause = EventId(uuid::Uuid::max());
        row["event"]["correlationId"] = cause.to_string().into();
        row["event"]["causationId"] = cause.to_string().into();
        row["event"]["producer"] = "directus-flow".into();
        let following = event(&row);

        assert_eq!(first.producer, "directus");
        assert_eq!((first.correlation_id, first.causation_id), (first.event_id, None));
        assert_eq!(first.subject, Subject { collection: "customers".into(), key: "7".into() });
        assert_eq!(following.producer, "directus-flow");
        assert_eq!((following.correlation_id, following.causation_id), (cause, Some(cause)));
    }
}
