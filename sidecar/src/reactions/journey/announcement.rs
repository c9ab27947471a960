//! What is told when a pattern is found.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Map;

use crate::{
    delivery::DeliveryError,
    event::{DERIVED_PRODUCER, Event, EventId, EventType, Subject},
    expression::Scope,
    insight::pattern::{Found, Moment, Pattern},
    reactions::values::{Compiler, Values},
};

/// What the data's expressions see.
const VISIBLE: [&str; 8] =
    ["pattern", "customerId", "evidence", "events", "first", "last", "windowStart", "windowEnd"];

/// `announce = { event = "…", about = "…", data = { … } }`, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenAnnouncement {
    event: EventType,
    #[serde(default)]
    about: About,
    data: BTreeMap<String, String>,
}

/// Which item the told event is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum About {
    /// The customer.
    #[default]
    Customer,
    /// What the last of the proving events is about.
    Event,
}

#[derive(Debug)]
pub(super) struct Announcement {
    pub(super) event_type: EventType,
    about: About,
    data: Values,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'found> {
    pattern: &'found str,
    customer_id: &'found str,
    evidence: Vec<EventId>,
    events: &'found [&'found Moment],
    first: &'found Moment,
    last: &'found Moment,
    window_start: Timestamp,
    window_end: Timestamp,
}

impl WrittenAnnouncement {
    pub(super) fn compile(self) -> Result<Announcement, Vec<String>> {
        let mut compiler = Compiler::default();
        let data = compiler.values("announce.data", &self.data, &VISIBLE);
        compiler.finish(Announcement { event_type: self.event, about: self.about, data })
    }
}

impl Announcement {
    /// The event that tells it. What was found when an event came goes on that event's story.
    pub(super) fn event(
        &self,
        pattern: &Pattern,
        found: &Found<'_>,
        cause: Option<&Event>,
        customers: Option<&str>,
        now: Timestamp,
    ) -> Result<Event, DeliveryError> {
        let (first, last) = (found.evidence[0], found.evidence[found.evidence.len() - 1]);
        let data = self.data.of(&Scope::new(&Told {
            pattern: &pattern.name,
            customer_id: &last.customer_id,
            evidence: found.evidence.iter().map(|it| it.event_id).collect(),
            events: &found.evidence,
            first,
            last,
            window_start: first.occurred_at,
            window_end: found.at,
        }))?;
        let subject = match (self.about, customers) {
            (About::Customer, Some(customers)) => {
                Subject { collection: customers.to_owned(), key: last.customer_id.clone() }
            }
            _ => last.subject.clone(),
        };
        Ok(Event {
            event_id: found.id,
            event_type: self.event_type.clone(),
            version: 1,
            producer: DERIVED_PRODUCER.to_owned(),
            occurred_at: now,
            sequence: None,
            customer_id: Some(last.customer_id.clone()),
            correlation_id: cause.map_or(last.event_id, |cause| cause.correlation_id),
            causation_id: Some(last.event_id),
            traceparent: cause.and_then(|cause| cause.traceparent.clone()),
            subject,
            context: Map::new(),
            data,
            properties: Map::new(),
        })
    }
}
