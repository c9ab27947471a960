//! Change → events, by configuration: the compiled `mappings.toml`. Pure.

mod checks;
mod shape;
mod written;

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Value};

use self::shape::Shape;
use crate::{
    delivery::{Refusal, RefusalCode},
    event::{Event, EventType, Subject},
    outbound::{
        announcement::Announcement,
        change::{Action, Capture, Change},
        placed::Placed,
        privacy::{Considered, Policy, Rules},
    },
};

/// Its name, for whoever has to mend it.
const FILE: &str = "mappings.toml";

/// All that `mappings.toml` says, compiled.
#[derive(Debug)]
pub struct Mappings {
    /// In the order in which they are tried: the first whose condition holds wins.
    pub mappings: Vec<Mapping>,
    /// What holds for every event.
    pub policy: Policy,
    /// For the collections that are not named.
    defaults: Defaults,
    collections: BTreeMap<String, Defaults>,
}

/// What holds for one collection where a mapping says nothing else.
#[derive(Debug, Clone)]
pub struct Defaults {
    producer: String,
    customer: Option<Arc<Placed>>,
    privacy: Arc<Rules>,
}

impl Defaults {
    /// Who the events come from.
    pub fn producer(&self) -> &str {
        &self.producer
    }
}

/// One `[[mapping]]`.
#[derive(Debug)]
pub struct Mapping {
    /// What it is called, for a person.
    pub name: String,
    /// Where it begins in the file.
    pub line: usize,
    /// The collection whose changes it maps.
    pub collection: String,
    /// The actions it maps.
    pub on: Vec<Action>,
    /// The condition; without one it always holds.
    pub when: Option<Placed>,
    /// The event it makes.
    pub outcome: Outcome,
    /// Whether the search goes on after it.
    pub also: bool,
}

/// What a mapping makes of a change.
#[derive(Debug)]
pub enum Outcome {
    /// `event = "none"`.
    Nothing,
    /// An event.
    Event(Box<Template>),
}

/// How to make an event.
#[derive(Debug)]
pub struct Template {
    /// Its type.
    pub event_type: EventType,
    /// The version of its contract.
    pub version: u32,
    /// Who it comes from, whom it concerns, and what of it is private.
    pub defaults: Defaults,
    /// Its data; the whole item when absent.
    pub data: Option<Shape>,
    /// Its context.
    pub context: Shape,
    /// Its properties.
    pub properties: Shape,
}

/// An event, where it comes from, and the rules that hold for it.
struct Meant<'mappings> {
    event: Event,
    mapping: Option<&'mappings Mapping>,
    privacy: &'mappings Rules,
}

impl Mappings {
    /// Compiles the text of `mappings.toml`, or lists every mistake in it.
    pub fn compile(text: &str) -> Result<Self, Vec<String>> {
        written::compile(text)
    }

    /// What of a change may be published, in the order of its events: none when a mapping says so,
    /// one when it is not mapped at all.
    pub fn consider(&self, change: &Change) -> Result<Vec<Considered<'_>>, Refusal> {
        Ok(self.explain(change)?.into_iter().map(|(_, considered)| considered).collect())
    }

    /// The same, each with the mapping that it comes from.
    pub fn explain(
        &self,
        change: &Change,
    ) -> Result<Vec<(Option<&Mapping>, Considered<'_>)>, Refusal> {
        let consider = |Meant { event, mapping, privacy }| {
            Ok((mapping, self.policy.consider(event, privacy, Some(change), None)?))
        };
        self.map(change)?.into_iter().map(consider).collect()
    }

    /// The event that a Flow announces, before it is considered.
    pub fn announced(&self, announcement: Announcement) -> Event {
        let defaults = self.defaults_of(&announcement.collection);
        announcement.into_event(&defaults.producer)
    }

    /// What of an event that somebody else made may be published, a Flow's among them; `customer` is
    /// what was read of the one whom it names.
    pub fn consider_event(
        &self,
        event: Event,
        customer: Option<&Value>,
    ) -> Result<Considered<'_>, Refusal> {
        let defaults = self.defaults_of(&event.subject.collection);
        self.policy.consider(event, &defaults.privacy, None, customer)
    }

    fn map(&self, change: &Change) -> Result<Vec<Meant<'_>>, Refusal> {
        let mut events: Vec<Meant> = Vec::new();
        for mapping in &self.mappings {
            if !mapping.matches(change)? {
                continue;
            }
            if let Outcome::Event(template) = &mapping.outcome {
                let mut event = template.event(change)?;
                // The first event is the change itself and bears its id.
                if !events.is_empty() {
                    event.event_id = change.event_id.also(&event.event_type);
                }
                let privacy = &template.defaults.privacy;
                events.push(Meant { event, mapping: Some(mapping), privacy });
            }
            if !mapping.also {
                return Ok(events);
            }
        }
        if events.is_empty() {
            events.push(self.unmapped(change)?);
        }
        Ok(events)
    }

    /// A new collection works without configuration.
    fn unmapped(&self, change: &Change) -> Result<Meant<'_>, Refusal> {
        let collection = change.collection.to_ascii_lowercase().replace(['-', ' ', '.'], "_");
        let name = format!("{collection}.{}", change.action.past_tense());
        let event_type = EventType::try_from(name)
            .map_err(|error| Refusal::new(RefusalCode::Mapping, error.to_string()))?;
        let defaults = self.defaults_of(&change.collection);
        let event = Event { data: whole_item(change), ..defaults.event(change, event_type)? };
        Ok(Meant { event, mapping: None, privacy: &defaults.privacy })
    }

    fn defaults_of(&self, collection: &str) -> &Defaults {
        self.collections.get(collection).unwrap_or(&self.defaults)
    }

    fn templates(&self) -> impl Iterator<Item = (&Mapping, &Template)> {
        self.mappings.iter().filter_map(|mapping| Some((mapping, mapping.template()?)))
    }
}

impl Mapping {
    fn template(&self) -> Option<&Template> {
        match &self.outcome {
            Outcome::Event(template) => Some(template),
            Outcome::Nothing => None,
        }
    }

    /// Where it stands, for a person.
    pub fn place(&self) -> String {
        format!("{FILE}:{}: {}", self.line, self.name)
    }

    fn matches(&self, change: &Change) -> Result<bool, Refusal> {
        if self.collection != change.collection || !self.on.contains(&change.action) {
            return Ok(false);
        }
        self.when.as_ref().map_or(Ok(true), |when| when.holds(change))
    }
}

impl Template {
    fn event(&self, change: &Change) -> Result<Event, Refusal> {
        let mut context = self.context.fill(change)?;
        context.append(&mut provenance(change));
        Ok(Event {
            version: self.version,
            context,
            data: match &self.data {
                Some(shape) => shape.fill(change)?,
                None => whole_item(change),
            },
            properties: self.properties.fill(change)?,
            ..self.defaults.event(change, self.event_type.clone())?
        })
    }
}

impl Defaults {
    /// What every event has from its change.
    fn event(&self, change: &Change, event_type: EventType) -> Result<Event, Refusal> {
        Ok(Event {
            event_id: change.event_id,
            event_type,
            version: 1,
            producer: self.producer.clone(),
            occurred_at: change.occurred_at,
            sequence: Some(change.sequence),
            customer_id: self.customer_id(change)?,
            correlation_id: change.event_id,
            causation_id: None,
            traceparent: change.traceparent.clone(),
            subject: Subject { collection: change.collection.clone(), key: change.key.clone() },
            context: provenance(change),
            data: Map::new(),
            properties: Map::new(),
        })
    }

    /// Keys are numbers or text in Directus, and text on the bus.
    fn customer_id(&self, change: &Change) -> Result<Option<String>, Refusal> {
        let Some(customer) = &self.customer else { return Ok(None) };
        match customer.value(change)? {
            Value::Null => Ok(None),
            Value::String(key) => Ok(Some(key).filter(|key| !key.is_empty())),
            Value::Number(key) => Ok(Some(key.to_string())),
            other => Err(customer.refusal(format_args!("is {other}, and a customer is a key"))),
        }
    }
}

/// Tells consumers that a change was not recorded as it was committed, and so may come late, out of
/// order or once more.
fn provenance(change: &Change) -> Map<String, Value> {
    let told = Some(change.capture).filter(|capture| *capture != Capture::Transactional);
    told.map(|capture| ("capture".to_owned(), capture.as_str().into())).into_iter().collect()
}

/// After a delete only the previous item is known.
fn whole_item(change: &Change) -> Map<String, Value> {
    [&change.item, &change.previous]
        .into_iter()
        .find_map(Value::as_object)
        .cloned()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
