//! Watches how much comes in, and tells when it is unlike its own recent past.

mod count;
mod finding;
mod watch;

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use tracing::warn;

use self::{
    finding::Finding,
    watch::{Watch, WrittenWatch},
};
use crate::{
    delivery::{DeliveryError, chain},
    directus::effects::{Effect, Operation},
    event::{DERIVED_PRODUCER, Event, EventId, EventType, Subject},
    reaction::{Action, Context, Needs, Page, Reacted, Reaction, Round},
};

/// What of an announcement stands in its item; the key is the event's id.
const RECORDED: [(&str, &str); 8] = [
    ("kind", "kind"),
    ("event_type", "eventType"),
    ("observed", "observed"),
    ("expected", "expected"),
    ("deviation", "deviation"),
    ("window_start", "windowStart"),
    ("window_end", "windowEnd"),
    ("explanation", "explanation"),
];

/// `[anomaly.<route>]` in `reactions.toml`, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnomalySettings {
    /// The event that tells it.
    announce: EventType,
    /// The collection of what was told: for people, and so that it is told once.
    record: String,
    /// How often the windows that are over are looked at.
    #[serde(with = "humantime_serde")]
    look_round: Duration,
    #[serde(default)]
    watches: Vec<WrittenWatch>,
}

/// The compiled reaction.
///
/// Invariant: it remembers no episode. What it tells follows from the counts, what it told stands in
/// Directus.
#[derive(Debug)]
pub struct Anomaly {
    announce: EventType,
    record: String,
    look_round: Duration,
    watches: Vec<Watch>,
}

impl Anomaly {
    /// Compiles the settings, or lists every mistake in them.
    pub fn compile(settings: AnomalySettings) -> Result<Self, Vec<String>> {
        let (mut watches, mut problems, mut names) = (Vec::new(), Vec::new(), BTreeSet::new());
        if settings.look_round < Duration::from_secs(1) {
            problems.push("look_round: a second is the least".to_owned());
        }
        for written in settings.watches {
            let name = written.name.clone();
            if !names.insert(name.clone()) {
                problems.push(format!("watches: {name}: there is another of this name"));
            }
            match written.compile() {
                Ok(watch) => watches.push(watch),
                Err(mistakes) => {
                    problems.extend(mistakes.iter().map(|it| format!("watches: {name}: {it}")));
                }
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let AnomalySettings { announce, record, look_round, .. } = settings;
        Ok(Self { announce, record, look_round, watches })
    }

    /// What a watch finds and was not told before.
    async fn news(&self, watch: &Watch, context: &Context) -> Result<Vec<Event>, DeliveryError> {
        let findings = watch.findings(&context.directus, context.now).await?;
        let events = findings.iter().map(|finding| self.event(finding, context.now));
        let events: Vec<_> = events.collect();
        let ids: Vec<_> = events.iter().map(|event| event.event_id).collect();
        let told = context.directus.there(&self.record, &ids).await?;
        Ok(events.into_iter().filter(|event| !told.contains(&event.event_id)).collect())
    }

    /// The event that tells it: about the item that will record it.
    fn event(&self, finding: &Finding, now: Timestamp) -> Event {
        let id = EventId::anomaly(&finding.anomaly_id());
        Event {
            event_id: id,
            event_type: self.announce.clone(),
            version: 1,
            producer: DERIVED_PRODUCER.to_owned(),
            occurred_at: now,
            sequence: None,
            customer_id: None,
            correlation_id: id,
            causation_id: None,
            traceparent: None,
            subject: Subject { collection: self.record.clone(), key: id.to_string() },
            context: Map::new(),
            data: finding.data(),
            properties: Map::new(),
        }
    }
}

impl Reaction for Anomaly {
    const NAME: &str = "anomaly";
    const REBUILDS: bool = true;

    fn announces(&self) -> Vec<&EventType> {
        vec![&self.announce]
    }

    fn add_needs(&self, _subjects: &[&str], needs: &mut Needs) {
        needs.add(&self.record, Action::Read, ["id"]);
        let recorded = RECORDED.iter().map(|(field, _)| *field);
        needs.add(&self.record, Action::Create, recorded.chain(["id"]));
        for watch in &self.watches {
            watch.add_needs(needs);
        }
    }

    /// What was told comes back by the bus, and is recorded: no look tells it again.
    async fn react(&self, event: &Event, _context: &Context) -> Result<Reacted, DeliveryError> {
        if event.event_type != self.announce {
            return Ok(Reacted::default());
        }
        let field = |(field, name): (&str, &str)| {
            (field.to_owned(), event.data.get(name).cloned().unwrap_or(Value::Null))
        };
        let data = RECORDED.map(field).into_iter().collect();
        let key = event.event_id.to_string();
        let subject = Subject { collection: self.record.clone(), key };
        let recorded = Effect::on(event, Self::NAME, subject, Operation::Create, data);
        Ok(Reacted { effects: vec![recorded], events: Vec::new() })
    }

    fn looks_round_every(&self) -> Option<Duration> {
        (!self.watches.is_empty()).then_some(self.look_round)
    }

    /// One watch a page. One that cannot be looked at, because its collection is missing for instance,
    /// does not silence the others: nothing is lost by it, since every look goes back as far.
    async fn look_round(&self, round: &Round, context: &Context) -> Result<Page, DeliveryError> {
        let Some(watch) = self.watches.get(round.page as usize - 1) else {
            return Ok(Page::default());
        };
        let events = self.news(watch, context).await.unwrap_or_else(|error| {
            let name = watch.name();
            warn!(watch = name, error = chain(&error), "could not watch, will try again");
            Vec::new()
        });
        Ok(Page { events, more: (round.page as usize) < self.watches.len() })
    }
}

#[cfg(test)]
mod tests;
