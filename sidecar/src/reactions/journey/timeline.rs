//! The timeline in Directus: one row for each event of a customer, under the event's own id.

use std::{collections::BTreeSet, ops::RangeInclusive};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tracing::warn;

use crate::{
    delivery::DeliveryError,
    directus::{
        effects::{Effect, Operation},
        reader::{self, ITEMS_MAX, Query, Reader},
    },
    event::{Event, EventId, EventType, Subject},
    insight::pattern::Moment,
    reaction::{Action, Needs, Reaction},
};

/// Pages of one customer's events that are looked at together; of more, only the latest.
const PAGES_MAX: u32 = 5;
const FIELDS: [&str; 7] =
    ["id", "customer", "event_type", "occurred_at", "subject_collection", "subject_key", "data"];

/// The rows of the timeline.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) collection: String,
}

#[derive(Deserialize)]
struct Row {
    id: EventId,
    customer: Value,
    event_type: EventType,
    occurred_at: String,
    subject_collection: String,
    subject_key: String,
    data: Value,
}

impl Rows {
    pub(super) fn of(collection: String) -> Self {
        Self { collection }
    }

    /// Rows are made and read, never changed, and perhaps let go of.
    pub(super) fn add_needs(&self, lets_go: bool, needs: &mut Needs) {
        if lets_go {
            needs.add(&self.collection, Action::Delete, ["*"]);
        }
        needs.add(&self.collection, Action::Read, FIELDS);
        needs.add(&self.collection, Action::Create, FIELDS.into_iter().chain(["sequence"]));
    }

    /// What writes an event, once.
    pub(super) fn append(&self, event: &Event, customer: &str) -> Effect {
        let key = event.event_id.to_string();
        let subject = Subject { collection: self.collection.clone(), key };
        let Value::Object(data) = json!({
            "customer": customer,
            "event_type": event.event_type,
            "occurred_at": event.occurred_at,
            "sequence": event.sequence,
            "subject_collection": event.subject.collection,
            "subject_key": event.subject.key,
            "data": event.data,
        }) else {
            unreachable!("the literal above is an object")
        };
        Effect::on(event, super::Journey::NAME, subject, Operation::Create, data)
    }

    /// A customer's events of these types in that time.
    pub(super) async fn read(
        &self,
        directus: &Reader,
        customer: &str,
        types: &BTreeSet<&EventType>,
        during: RangeInclusive<Timestamp>,
    ) -> Result<Vec<Moment>, DeliveryError> {
        let filter = json!({ "_and": [
            { "customer": { "_eq": customer } },
            { "event_type": { "_in": types } },
            { "occurred_at": { "_gte": during.start(), "_lte": during.end() } },
        ] });
        let latest = Query::of(FIELDS, filter).sorted(["-occurred_at", "-id"]);
        let mut moments = Vec::new();
        for page in 1..=PAGES_MAX {
            let rows = directus.items(&self.collection, &latest.clone().page(page)).await?;
            let is_last = rows.len() < ITEMS_MAX as usize;
            moments.extend(rows.into_iter().filter_map(moment));
            if is_last {
                return Ok(moments);
            }
        }
        warn!(events = moments.len(), "a customer has more events than are looked at");
        Ok(moments)
    }

    /// When the first event of a customer happened.
    pub(super) async fn known_since(
        &self,
        directus: &Reader,
        customer: &str,
    ) -> Result<Option<Timestamp>, DeliveryError> {
        let filter = json!({ "customer": { "_eq": customer } });
        let first = Query::of(FIELDS, filter).sorted(["occurred_at"]).limited(1);
        let rows = directus.items(&self.collection, &first).await?;
        Ok(rows.into_iter().find_map(moment).map(|moment| moment.occurred_at))
    }

    /// Which of these events are in it.
    pub(super) async fn there(
        &self,
        directus: &Reader,
        ids: &[EventId],
    ) -> Result<BTreeSet<EventId>, DeliveryError> {
        directus.there(&self.collection, ids).await
    }

    /// One page of the customers that have an event which the filter takes, and whether there is
    /// another page.
    pub(super) async fn customers(
        &self,
        directus: &Reader,
        filter: &Value,
        page: u32,
    ) -> Result<(Vec<String>, bool), DeliveryError> {
        let customers = directus.values(&self.collection, "customer", filter, page).await?;
        let more = customers.len() == ITEMS_MAX as usize;
        Ok((customers.into_iter().filter_map(text).collect(), more))
    }
}

/// A row that cannot be read, because somebody changed it by hand for instance, is no event: one odd
/// row must not silence all others.
pub(super) fn moment(row: Map<String, Value>) -> Option<Moment> {
    let row: Row = serde_json::from_value(Value::Object(row)).ok()?;
    let data = match row.data {
        Value::Object(data) => data,
        // Where the field is a text.
        Value::String(text) => serde_json::from_str(&text).ok()?,
        _ => Map::new(),
    };
    Some(Moment {
        event_id: row.id,
        event_type: row.event_type,
        occurred_at: reader::moment(&row.occurred_at)?,
        customer_id: text(row.customer)?,
        subject: Subject { collection: row.subject_collection, key: row.subject_key },
        data,
    })
}

/// A key is a number or a text in Directus and a text on the bus.
fn text(key: Value) -> Option<String> {
    match key {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
