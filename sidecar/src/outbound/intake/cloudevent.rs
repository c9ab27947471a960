//! CloudEvents 1.0.2 become canonical events.
//!
//! | CloudEvent | event |
//! |---|---|
//! | `id` | `eventId`: a UUID is kept, any other is named after producer, source and id |
//! | `source` | `context.source`, and an id that is no UUID `context.sourceId` |
//! | `type` | `eventType`, see [`types`] |
//! | `time` | `occurredAt`, else the time of the request |
//! | `subject` | `collection/key`, cut at the first `/`; a key alone is of the type's first word |
//! | `version`, `customerid`, `correlationid`, `causationid`, `traceparent` | the member of that name |
//! | `data`, `data_base64` | `data`: an object |
//! | `dataschema` and all other extensions | `properties` |

mod attributes;
pub mod binary;
mod types;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Map, Value};

use crate::{
    delivery::{Refusal, RefusalCode},
    event::{Event, EventId, Subject},
    outbound::intake::{
        Entry, Receipt, cloudevent::attributes::Attributes, producer::Producer, subject_of,
    },
};

/// Reads an event in the JSON format, alone or out of a batch.
pub fn read(document: Value, producer: &Producer, receipt: &Receipt) -> Entry {
    let Value::Object(mut members) = document else {
        return Entry::nameless(undecodable("is no object"));
    };
    let (data, encoded) = (members.remove("data"), members.remove("data_base64"));
    entry(Attributes::new(members), producer, receipt, |attributes| match (data, encoded) {
        (data, None | Some(Value::Null)) => json_data(attributes, data),
        (None, Some(Value::String(encoded))) => {
            let bytes = BASE64
                .decode(encoded)
                .map_err(|_| undecodable("is no base64").at("data_base64"))?;
            json_bytes(attributes, &bytes).map_err(|refusal| refusal.at("data_base64"))
        }
        (None, Some(_)) => Err(undecodable("is no text").at("data_base64")),
        (Some(_), Some(_)) => Err(undecodable("excludes `data_base64`").at("data")),
    })
}

fn entry(
    attributes: Result<Attributes, Refusal>,
    producer: &Producer,
    receipt: &Receipt,
    data: impl FnOnce(&Attributes) -> Result<Map<String, Value>, Refusal>,
) -> Entry {
    let attributes = match attributes {
        Ok(attributes) => attributes,
        Err(refusal) => return Entry::nameless(refusal),
    };
    let event_id = match event_id(&attributes, producer) {
        Ok(event_id) => event_id,
        Err(refusal) => return Entry::nameless(refusal),
    };
    let event = data(&attributes).and_then(|data| {
        let event = canonical(attributes, event_id, data, producer, receipt)?;
        producer.admit(&event.event_type).map_err(|refusal| refusal.at("type"))?;
        Ok(event)
    });
    Entry { event_id: Some(event_id), event }
}

/// The same event posted twice has the same name.
fn event_id(attributes: &Attributes, producer: &Producer) -> Result<EventId, Refusal> {
    let (source, id) = (attributes.source()?, attributes.id()?);
    Ok(named(id, producer, source))
}

fn named(id: &str, producer: &Producer, source: &str) -> EventId {
    EventId::parse(id).unwrap_or_else(|| EventId::of_producer(&producer.name, source, id))
}

fn canonical(
    mut attributes: Attributes,
    event_id: EventId,
    data: Map<String, Value>,
    producer: &Producer,
    receipt: &Receipt,
) -> Result<Event, Refusal> {
    attributes.check_specversion()?;
    let (source, id) = (attributes.source()?.to_owned(), attributes.id()?.to_owned());
    let (event_type, version) = types::event_type(attributes.event_type()?, &producer.type_prefix)?;
    let version = types::version(&mut attributes, version)?;
    let occurred_at = attributes.time()?.unwrap_or(receipt.at);
    let subject = match attributes.take_text("subject")? {
        None => subject_of(&event_type, event_id.to_string()),
        Some(subject) => match subject.split_once('/') {
            Some((collection, key)) if !collection.is_empty() && !key.is_empty() => {
                Subject { collection: collection.to_owned(), key: key.to_owned() }
            }
            Some(_) => return Err(undecodable("is no `collection/key`").at("subject")),
            None => subject_of(&event_type, subject),
        },
    };
    // A correlation spans sources, a cause is known by the source's own id.
    let correlation_id = attributes
        .take_text("correlationid")?
        .map_or(event_id, |id| named(&id, producer, "correlationid"));
    let causation_id = attributes.take_text("causationid")?.map(|id| named(&id, producer, &source));
    let mut context = Map::new();
    if EventId::parse(&id).is_none() {
        context.insert("sourceId".to_owned(), id.into());
    }
    context.insert("source".to_owned(), source.into());
    Ok(Event {
        event_id,
        event_type,
        version,
        producer: producer.name.clone(),
        occurred_at,
        sequence: None,
        customer_id: attributes.take_text("customerid")?,
        correlation_id,
        causation_id,
        traceparent: attributes.take_text("traceparent")?.or_else(|| receipt.traceparent.clone()),
        subject,
        context,
        data,
        properties: attributes.rest()?,
    })
}

/// `data` as the JSON format has it: a value, not a document within a text.
fn json_data(attributes: &Attributes, data: Option<Value>) -> Result<Map<String, Value>, Refusal> {
    let Some(data) = data else { return Ok(Map::new()) };
    attributes.require_json()?;
    match data {
        Value::Object(data) => Ok(data),
        _ => Err(undecodable("is no object").at("data")),
    }
}

fn json_bytes(attributes: &Attributes, bytes: &[u8]) -> Result<Map<String, Value>, Refusal> {
    attributes.require_json()?;
    serde_json::from_slice(bytes).map_err(|_| undecodable("is no JSON object"))
}

fn undecodable(reason: &str) -> Refusal {
    Refusal::new(RefusalCode::Undecodable, reason)
}

#[cfg(test)]
mod tests;
