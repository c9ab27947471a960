//! Forgets a customer: remembers a keyed hash, removes what is theirs, and declines what comes later.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    delivery::{DeliveryError, RefusalCode},
    directus::{
        effects::{Effect, Operation},
        reader::Query,
    },
    event::{Event, EventType, Subject},
    reaction::{Action, Context, Needs, Reacted, Reaction},
    reactions::filter::about,
};

/// One attempt reads a collection this often; what is left is for the next attempt.
const ROUNDS_MAX: usize = 20;

/// `[erase.<route>]` in `reactions.toml`, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EraseSettings {
    /// The event that tells it.
    announce: EventType,
    /// What is removed where, in this order.
    collections: Vec<Part>,
}

/// What becomes of a customer's items in one collection.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    collection: String,
    /// The field of the primary key.
    #[serde(default = "id")]
    key: String,
    /// Directus' own filter, with `$customer` for the customer.
    filter: Value,
    /// The items go.
    #[serde(default)]
    delete: bool,
    /// The items stay without these fields.
    #[serde(default)]
    clear: Vec<String>,
    /// The items stay with these values.
    #[serde(default)]
    set: Map<String, Value>,
}

fn id() -> String {
    "id".to_owned()
}

/// The compiled reaction.
#[derive(Debug)]
pub struct Erase {
    announce: EventType,
    parts: Vec<Part>,
}

impl Erase {
    /// Checks the settings, or lists every mistake in them.
    pub fn compile(settings: EraseSettings) -> Result<Self, Vec<String>> {
        let EraseSettings { announce, collections: parts } = settings;
        let mut problems = Vec::new();
        let mut seen = BTreeSet::new();
        for Part { collection, delete, clear, set, .. } in &parts {
            if !seen.insert(collection) {
                problems.push(format!("collections: {collection}: is there twice"));
            }
            let stays = !clear.is_empty() || !set.is_empty();
            if *delete == stays {
                problems.push(format!("collections: {collection}: delete, or clear and set"));
            }
        }
        if problems.is_empty() { Ok(Self { announce, parts }) } else { Err(problems) }
    }
}

impl Part {
    /// The customer's items that still have something to lose: an attempt goes on where the one
    /// before it ended.
    fn left(&self, customer: &str) -> Value {
        let theirs = about(&self.filter, customer);
        if self.delete {
            return theirs;
        }
        let cleared = self.clear.iter().map(|field| json!({ field: { "_nnull": true } }));
        let set = self.set.iter().map(|(field, value)| {
            json!({ "_or": [{ field: { "_neq": value } }, { field: { "_null": true } }] })
        });
        json!({ "_and": [theirs, { "_or": cleared.chain(set).collect::<Vec<_>>() }] })
    }

    fn effect(&self, event: &Event, key: &Value) -> Effect {
        let key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
        let subject = Subject { collection: self.collection.clone(), key };
        let operation = if self.delete { Operation::Delete } else { Operation::Update };
        let mut data = self.set.clone();
        data.extend(self.clear.iter().map(|field| (field.clone(), Value::Null)));
        Effect::on(event, Erase::NAME, subject, operation, data)
    }

    /// Erases the customer's items and tells how many there were.
    async fn erase(
        &self,
        event: &Event,
        customer: &str,
        context: &Context,
    ) -> Result<usize, DeliveryError> {
        let query = Query::of([&self.key], self.left(customer));
        let mut erased = 0;
        for _ in 0..ROUNDS_MAX {
            let items = context.directus.items(&self.collection, &query).await?;
            if items.is_empty() {
                return Ok(erased);
            }
            erased += items.len();
            let effects = items.iter().map(|item| self.effect(event, &item[&self.key]));
            context.effects.write(effects.collect()).await?;
        }
        Err(DeliveryError::Transient("more is left to erase".into()))
    }
}

impl Reaction for Erase {
    const NAME: &str = "erase";
    /// A restored backup has its customers erased again.
    const REBUILDS: bool = true;

    fn announces(&self) -> Vec<&EventType> {
        vec![&self.announce]
    }

    fn add_needs(&self, _subjects: &[&str], needs: &mut Needs) {
        for Part { collection, key, filter, delete, clear, set } in &self.parts {
            let fields = || clear.iter().chain(set.keys());
            needs.add(collection, Action::Read, fields().chain([key]));
            needs.add_filter(collection, filter);
            match delete {
                true => needs.add(collection, Action::Delete, ["*"]),
                false => needs.add(collection, Action::Update, fields()),
            }
        }
    }

    async fn react(&self, event: &Event, context: &Context) -> Result<Reacted, DeliveryError> {
        let Some(customer) = &event.customer_id else {
            let reason = "the event names no customer";
            return Err(DeliveryError::refused(RefusalCode::Mapping, reason));
        };
        let Some(hash) = context.erasures.hash(customer) else {
            let reason = "outbound.pseudonym_key is not set: the customer could not be remembered";
            return Err(DeliveryError::refused(RefusalCode::Forbidden, reason));
        };
        // First of all, so that nothing is written behind our back.
        context.erasures.remember(&hash).await?;
        let mut collections = Vec::new();
        for part in &self.parts {
            let erased = part.erase(event, customer, context).await?;
            let (deleted, cleared) = if part.delete { (erased, 0) } else { (0, erased) };
            collections.push(json!({
                "collection": part.collection, "deleted": deleted, "cleared": cleared,
            }));
        }

        let mut data = Map::new();
        data.insert("customerHash".to_owned(), json!(hash));
        data.insert("collections".to_owned(), json!(collections));
        let announced = event.derive(Self::NAME, self.announce.clone(), data, context.now);
        let subject = Subject { key: hash.as_str().to_owned(), ..event.subject.clone() };
        let announced = Event { customer_id: None, subject, context: Map::new(), ..announced };
        Ok(Reacted { effects: Vec::new(), events: vec![announced] })
    }
}

#[cfg(test)]
mod tests;
