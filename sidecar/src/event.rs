//! The canonical event: the one data type that both directions share.

mod event_type;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

pub use self::event_type::{EventType, EventTypes, InvalidEventType};

/// All derived ids are name-based UUIDs (version 5) in this namespace, so that doing a thing twice names it alike.
const NAMESPACE: Uuid = Uuid::from_u128(0xa6a0_77e8_5375_58a5_ad5a_b3f9_099c_1beb);

/// The identity of an event: what consumers deduplicate by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(pub Uuid);

impl EventId {
    /// Names the further event of type `event_type` that the same change becomes.
    #[must_use]
    pub fn also(self, event_type: &EventType) -> Self {
        Self(named(&[&self.to_string(), event_type.as_str()]))
    }

    /// A new name, like no other.
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::now_v7())
    }

    /// The id that a text spells as UUIDs are usually written.
    pub fn parse(text: &str) -> Option<Self> {
        const LENGTH: usize = 36;
        (text.len() == LENGTH).then(|| Uuid::parse_str(text).ok().map(Self)).flatten()
    }

    /// Names the event that `producer` knows as `id`, unique within one of its sources. Another
    /// producer cannot make the same name, whatever it calls its sources and events.
    #[must_use]
    pub fn of_producer(producer: &str, source: &str, id: &str) -> Self {
        // None of the three has a line break, so that no other three read the same.
        Self(Uuid::new_v5(&NAMESPACE, [producer, source, id].join("\n").as_bytes()))
    }

    /// Names what `pattern` finds about a customer in one episode, which has no `/` in its name: whoever
    /// finds it again, from whatever event, names it alike.
    #[must_use]
    pub fn found(pattern: &str, customer: &str, episode: &str) -> Self {
        Self(named(&["pattern", pattern, customer, episode]))
    }

    /// Names what tells of an episode, by the episode's own name: whoever finds it again names it alike.
    #[must_use]
    pub fn anomaly(episode: &str) -> Self {
        Self(named(&["anomaly", episode]))
    }

    /// Names the event of type `event_type` that `reaction` derives from this one.
    #[must_use]
    pub fn derived(self, reaction: &str, event_type: &EventType) -> Self {
        Self(named(&[reaction, &self.to_string(), event_type.as_str()]))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The identity of one effect of one reaction to one event on one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EffectId(pub Uuid);

impl EffectId {
    /// Names the effect; the same arguments give the same id, which is what makes it idempotent.
    pub fn new(event: EventId, reaction: &str, subject: &Subject) -> Self {
        Self(named(&[&event.to_string(), reaction, &subject.collection, &subject.key]))
    }
}

fn named(parts: &[&str]) -> Uuid {
    Uuid::new_v5(&NAMESPACE, parts.join("/").as_bytes())
}

/// The item an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// The Directus collection.
    pub collection: String,
    /// The item's primary key, as text.
    pub key: String,
}

impl Subject {
    /// The identity of the one thing that `reaction` makes for this item, however often it does.
    pub fn derived(&self, reaction: &str) -> Uuid {
        named(&[reaction, &self.collection, &self.key])
    }
}

/// A fact, as it travels on the bus. `schemas/envelope.json` is its contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Stable for ever: a change keeps its id through every retry.
    pub event_id: EventId,
    /// What happened.
    pub event_type: EventType,
    /// The version of the contract that `data` obeys.
    pub version: u32,
    /// Who says so, such as `directus-webform`.
    pub producer: String,
    /// When it happened, by the producer's clock.
    pub occurred_at: Timestamp,
    /// The outbox row's number: for one item, a later change has a higher one.
    #[serde(default)]
    pub sequence: Option<u64>,
    /// The customer this concerns.
    #[serde(default)]
    pub customer_id: Option<String>,
    /// The first event of the chain.
    pub correlation_id: EventId,
    /// The event this one follows from.
    #[serde(default)]
    pub causation_id: Option<EventId>,
    /// W3C trace context. EventBridge forwards only X-Ray's header, so it travels in the body.
    #[serde(default)]
    pub traceparent: Option<String>,
    /// The item this is about.
    pub subject: Subject,
    /// Where it came from: device, session, source.
    #[serde(default)]
    pub context: Map<String, Value>,
    /// Obeys `schemas/<eventType>/<version>.json`.
    pub data: Map<String, Value>,
    /// Free.
    #[serde(default)]
    pub properties: Map<String, Value>,
}

impl Event {
    /// The names of its fields on the wire, for expressions over it.
    pub const FIELDS: [&str; 14] = [
        "eventId",
        "eventType",
        "version",
        "producer",
        "occurredAt",
        "sequence",
        "customerId",
        "correlationId",
        "causationId",
        "traceparent",
        "subject",
        "context",
        "data",
        "properties",
    ];

    /// The event that `reaction` derives from this one: its id named after the cause, the cause's
    /// correlation and subject kept.
    #[must_use]
    pub fn derive(
        &self,
        reaction: &str,
        event_type: EventType,
        data: Map<String, Value>,
        now: Timestamp,
    ) -> Self {
        Self {
            event_id: self.event_id.derived(reaction, &event_type),
            event_type,
            version: 1,
            producer: DERIVED_PRODUCER.to_owned(),
            occurred_at: now,
            causation_id: Some(self.event_id),
            data,
            properties: Map::new(),
            ..self.clone()
        }
    }
}

/// The producer of everything a reaction derives.
pub const DERIVED_PRODUCER: &str = "event-bridge";

#[cfg(test)]
mod tests {
    use super::*;

    const SUBMITTED: &str = include_str!("../../schemas/examples/valid/feedback.submitted-1.json");
    const CALCULATED: &str =
        include_str!("../../schemas/examples/valid/feedback.sentiment.calculated-1.json");
    const EFFECTS: &str = include_str!("../../schemas/examples/effects.json");

    #[test]
    fn an_event_survives_the_wire_unchanged() {
        let document: Value = serde_json::from_str(SUBMITTED).unwrap();
        let event: Event = serde_json::from_value(document.clone()).unwrap();

        assert_eq!(serde_json::to_value(event).unwrap(), document);
        let mut fields: Vec<_> = document.as_object().unwrap().keys().collect();
        let mut named = Event::FIELDS;
        fields.sort();
        named.sort_unstable();
        assert_eq!(fields, named);
    }

    #[test]
    fn a_derived_event_names_its_cause_and_keeps_its_correlation() {
        let cause: Event = serde_json::from_str(SUBMITTED).unwrap();
        let golden: Event = serde_json::from_str(CALCULATED).unwrap();

        let derived = cause.derive(
            "enrich",
            golden.event_type.clone(),
            golden.data.clone(),
            golden.occurred_at,
        );

        assert_eq!(derived.event_id, golden.event_id);
        assert_eq!(derived.causation_id, Some(cause.event_id));
        assert_eq!(derived.correlation_id, cause.correlation_id);
        assert_eq!(derived.sequence, cause.sequence);
    }

    #[test]
    fn an_effect_of_the_same_cause_has_the_same_id() {
        let cause: Event = serde_json::from_str(SUBMITTED).unwrap();
        let golden: Value = serde_json::from_str(EFFECTS).unwrap();

        let id = EffectId::new(cause.event_id, "enrich", &cause.subject);

        assert_eq!(serde_json::to_value(id).unwrap(), golden["effects"][0]["effectId"]);
    }

    #[test]
    fn a_further_event_of_the_same_change_has_an_id_of_its_own() {
        let cause: Event = serde_json::from_str(SUBMITTED).unwrap();
        let other = EventType::try_from("feedback.praised".to_owned()).unwrap();

        assert_ne!(cause.event_id.also(&other), cause.event_id);
        assert_eq!(cause.event_id.also(&other), cause.event_id.also(&other));
    }
}
