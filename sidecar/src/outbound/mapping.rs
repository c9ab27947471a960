//! Change → events, by configuration: the compiled `mappings.toml`. Pure.

mod written;

use serde_json::{Map, Value};

use crate::{
    contract::Contracts,
    delivery::{Refusal, RefusalCode},
    event::{Event, EventType, Subject},
    expression::{Expression, Scope},
    outbound::change::{Action, Capture, Change},
};

/// All mappings, compiled, in the order in which they are tried.
#[derive(Debug)]
pub struct Mappings {
    /// Says who the events come from where no mapping does.
    pub producer: String,
    /// Finds the customer where no mapping does.
    pub customer: Option<Expression>,
    /// The first whose condition holds wins.
    pub mappings: Vec<Mapping>,
}

/// One `[[mapping]]`.
#[derive(Debug)]
pub struct Mapping {
    /// Where it stands in the file, for a person.
    pub name: String,
    /// The collection whose changes it maps.
    pub collection: String,
    /// The actions it maps.
    pub on: Vec<Action>,
    /// The condition; without one it always holds.
    pub when: Option<Expression>,
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
    /// Says who it comes from; the default when absent.
    pub producer: Option<String>,
    /// Finds the customer; the default when absent.
    pub customer: Option<Expression>,
    /// Its data; the whole item when absent.
    pub data: Option<Shape>,
    /// Its context.
    pub context: Shape,
    /// Its properties.
    pub properties: Shape,
}

/// An object whose values are expressions.
#[derive(Debug, Default)]
pub struct Shape(pub Vec<(String, Slot)>);

/// One value of a [`Shape`].
#[derive(Debug)]
pub enum Slot {
    /// Computed.
    Value(Expression),
    /// An object of its own.
    Object(Shape),
}

impl Mappings {
    /// Compiles the text of `mappings.toml`, or lists every mistake in it.
    pub fn compile(text: &str) -> Result<Self, Vec<String>> {
        written::compile(text)
    }

    /// The mappings whose events no contract admits.
    pub fn uncontracted(&self, contracts: &Contracts) -> Vec<String> {
        let templates = self.mappings.iter().filter_map(|mapping| match &mapping.outcome {
            Outcome::Event(template) => Some((&mapping.name, template)),
            Outcome::Nothing => None,
        });
        templates
            .filter(|(_, template)| !contracts.admits(&template.event_type, template.version))
            .map(|(name, template)| {
                let (event_type, version) = (&template.event_type, template.version);
                format!("{name}: {event_type} has contracts, but none of version {version}")
            })
            .collect()
    }

    /// The events that a change becomes; none when a mapping says so.
    pub fn map(&self, change: &Change) -> Result<Vec<Event>, Refusal> {
        let scope = Scope::new(change);
        let mut events: Vec<Event> = Vec::new();
        for mapping in &self.mappings {
            if !mapping.matches(change, &scope)? {
                continue;
            }
            if let Outcome::Event(template) = &mapping.outcome {
                let event = self.event(&mapping.name, template, change, &scope)?;
                // The first event is the change itself and bears its id.
                events.push(if events.is_empty() {
                    event
                } else {
                    Event { event_id: change.event_id.also(&event.event_type), ..event }
                });
            }
            if !mapping.also {
                return Ok(events);
            }
        }
        if events.is_empty() {
            events.push(self.unmapped(change, &scope)?);
        }
        Ok(events)
    }

    fn event(
        &self,
        name: &str,
        template: &Template,
        change: &Change,
        scope: &Scope,
    ) -> Result<Event, Refusal> {
        let customer = template.customer.as_ref().or(self.customer.as_ref());
        let producer = template.producer.as_ref().unwrap_or(&self.producer);
        let mut context = template.context.fill(&format!("{name}: context"), scope)?;
        context.append(&mut provenance(change));
        Ok(Event {
            version: template.version,
            producer: producer.clone(),
            customer_id: customer_id(customer, &format!("{name}: customer"), scope)?,
            context,
            data: match &template.data {
                Some(shape) => shape.fill(&format!("{name}: data"), scope)?,
                None => whole_item(change),
            },
            properties: template.properties.fill(&format!("{name}: properties"), scope)?,
            ..plain(change, template.event_type.clone())
        })
    }

    /// A new collection works without configuration.
    fn unmapped(&self, change: &Change, scope: &Scope) -> Result<Event, Refusal> {
        let collection = change.collection.to_ascii_lowercase().replace(['-', ' ', '.'], "_");
        let name = format!("{collection}.{}", change.action.past_tense());
        let event_type = EventType::try_from(name)
            .map_err(|error| Refusal::new(RefusalCode::Mapping, error.to_string()))?;
        Ok(Event {
            producer: self.producer.clone(),
            customer_id: customer_id(self.customer.as_ref(), "defaults: customer", scope)?,
            context: provenance(change),
            data: whole_item(change),
            ..plain(change, event_type)
        })
    }
}

impl Mapping {
    fn matches(&self, change: &Change, scope: &Scope) -> Result<bool, Refusal> {
        if self.collection != change.collection || !self.on.contains(&change.action) {
            return Ok(false);
        }
        self.when.as_ref().map_or(Ok(true), |when| {
            when.holds(scope).map_err(|error| failed(&format!("{}: when", self.name), when, &error))
        })
    }
}

impl Shape {
    fn fill(&self, place: &str, scope: &Scope) -> Result<Map<String, Value>, Refusal> {
        self.0
            .iter()
            .map(|(name, slot)| {
                let place = format!("{place}.{name}");
                let value = match slot {
                    Slot::Value(expression) => expression
                        .value(scope)
                        .map_err(|error| failed(&place, expression, &error))?,
                    Slot::Object(shape) => Value::Object(shape.fill(&place, scope)?),
                };
                Ok((name.clone(), value))
            })
            .collect()
    }
}

/// What every event has from its change.
fn plain(change: &Change, event_type: EventType) -> Event {
    Event {
        event_id: change.event_id,
        event_type,
        version: 1,
        producer: String::new(),
        occurred_at: change.occurred_at,
        sequence: Some(change.sequence),
        customer_id: None,
        correlation_id: change.event_id,
        causation_id: None,
        traceparent: change.traceparent.clone(),
        subject: Subject { collection: change.collection.clone(), key: change.key.clone() },
        context: Map::new(),
        data: Map::new(),
        properties: Map::new(),
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

/// Keys are numbers or text in Directus, and text on the bus.
fn customer_id(
    customer: Option<&Expression>,
    place: &str,
    scope: &Scope,
) -> Result<Option<String>, Refusal> {
    let Some(customer) = customer else { return Ok(None) };
    match customer.value(scope).map_err(|error| failed(place, customer, &error))? {
        Value::Null => Ok(None),
        Value::String(key) => Ok(Some(key).filter(|key| !key.is_empty())),
        Value::Number(key) => Ok(Some(key.to_string())),
        _ => Err(Refusal::new(RefusalCode::Mapping, "a customer is a key").at(place)),
    }
}

fn failed(place: &str, expression: &Expression, error: &impl std::fmt::Display) -> Refusal {
    Refusal::new(RefusalCode::Mapping, format!("`{}`: {error}", expression.source())).at(place)
}

#[cfg(test)]
mod tests;
