//! Reads items as the service account may.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use reqwest::Method;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use crate::{
    delivery::{DeliveryError, RefusalCode},
    directus::{Directus, availability::Availability},
    event::EventId,
};

/// Items that one question may be answered with.
pub const ITEMS_MAX: u32 = 1_000;

/// Reads from Directus, and learns from it whether Directus is there.
#[derive(Debug, Clone)]
pub struct Reader {
    directus: Directus,
    availability: Availability,
}

/// What is asked for, in the words of Directus' own query.
#[derive(Debug, Clone, Serialize)]
pub struct Query {
    fields: Vec<String>,
    filter: Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sort: Vec<String>,
    limit: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<u32>,
}

/// How Directus wraps every answer.
#[derive(Deserialize)]
struct Answered<Data> {
    data: Data,
}

impl Query {
    /// The items that `filter` takes, [`ITEMS_MAX`] at most, with these fields.
    pub fn of<Name: Into<String>>(fields: impl IntoIterator<Item = Name>, filter: Value) -> Self {
        let fields = fields.into_iter().map(Into::into).collect();
        Self { fields, filter, sort: Vec::new(), limit: ITEMS_MAX, page: None }
    }

    /// In the order of these fields; `-field` turns it round.
    #[must_use]
    pub fn sorted<Name: Into<String>>(mut self, by: impl IntoIterator<Item = Name>) -> Self {
        self.sort = by.into_iter().map(Into::into).collect();
        self
    }

    /// The first so many of them.
    #[must_use]
    pub fn limited(mut self, limit: u32) -> Self {
        self.limit = limit.min(ITEMS_MAX);
        self
    }

    /// Those of this page, counted from 1.
    #[must_use]
    pub fn page(mut self, page: u32) -> Self {
        self.page = Some(page);
        self
    }
}

impl Reader {
    /// Reads from `directus` and tells `availability` how that went.
    pub fn new(directus: Directus, availability: Availability) -> Self {
        Self { directus, availability }
    }

    /// The items of a collection that a query asks for.
    pub async fn items(
        &self,
        collection: &str,
        query: &Query,
    ) -> Result<Vec<Map<String, Value>>, DeliveryError> {
        self.search(collection, json!(query)).await
    }

    /// How many items of a collection a filter takes.
    pub async fn count(&self, collection: &str, filter: &Value) -> Result<u64, DeliveryError> {
        #[derive(Deserialize)]
        struct Counted {
            count: Value,
        }
        let query = json!({ "aggregate": { "count": "*" }, "filter": filter });
        let [Counted { count }] = self.search(collection, query).await?;
        number(&count)
    }

    /// How many of the items that a filter takes have which value of a field: [`ITEMS_MAX`] values at
    /// most. What has none is left out.
    pub async fn counts(
        &self,
        collection: &str,
        field: &str,
        filter: &Value,
    ) -> Result<BTreeMap<String, u64>, DeliveryError> {
        let query = json!({
            "aggregate": { "count": "*" }, "groupBy": [field], "filter": filter,
            "limit": ITEMS_MAX,
        });
        let groups: Vec<Map<String, Value>> = self.search(collection, query).await?;
        let named = groups.iter().filter_map(|group| {
            Some((
                group.get(field)?.as_str()?.to_owned(),
                group.get("count").unwrap_or(&Value::Null),
            ))
        });
        named.map(|(value, count)| Ok((value, number(count)?))).collect()
    }

    /// Which of these events have an item under their own id.
    pub async fn there(
        &self,
        collection: &str,
        ids: &[EventId],
    ) -> Result<BTreeSet<EventId>, DeliveryError> {
        let mut there = BTreeSet::new();
        for ids in ids.chunks(ITEMS_MAX as usize) {
            let query = Query::of(["id"], json!({ "id": { "_in": ids } }));
            let rows = self.items(collection, &query).await?;
            let id = |row: Map<String, Value>| EventId::parse(row.get("id")?.as_str()?);
            there.extend(rows.into_iter().filter_map(id));
        }
        Ok(there)
    }

    /// The values of one field among the items that a filter takes, each once, in order: one page of
    /// [`ITEMS_MAX`] at most, counted from 1.
    pub async fn values(
        &self,
        collection: &str,
        field: &str,
        filter: &Value,
        page: u32,
    ) -> Result<Vec<Value>, DeliveryError> {
        let query = json!({
            "aggregate": { "count": "*" }, "groupBy": [field], "sort": [field], "filter": filter,
            "limit": ITEMS_MAX, "page": page,
        });
        let groups: Vec<Map<String, Value>> = self.search(collection, query).await?;
        Ok(groups.into_iter().filter_map(|mut group| group.remove(field)).collect())
    }

    /// In a body and not in the address, which ends in access logs.
    async fn search<Data: DeserializeOwned>(
        &self,
        collection: &str,
        query: Value,
    ) -> Result<Data, DeliveryError> {
        if !is_name(collection) {
            let reason = "the collection's name is none";
            return Err(DeliveryError::refused(RefusalCode::Mapping, reason));
        }
        let method = Method::from_bytes(b"SEARCH").expect("the word is one");
        let request = self.directus.request(method, &format!("items/{collection}"));
        let answer = Directus::answer(request.json(&json!({ "query": query }))).await;
        self.availability.record(&answer);
        answer.map(|Answered { data }| data)
    }
}

/// The moment that a field holds. One of the type `dateTime` has no time zone; what we wrote there was
/// UTC.
pub fn moment(text: &str) -> Option<Timestamp> {
    let local = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
    text.parse().ok().or_else(|| local().map(|zoned| zoned.timestamp()))
}

/// PostgreSQL's big numbers come as text.
fn number(count: &Value) -> Result<u64, DeliveryError> {
    let number = count.as_u64().or_else(|| count.as_str()?.parse().ok());
    number.ok_or_else(|| DeliveryError::Transient("Directus counted no number".into()))
}

/// Whether it can be a collection's name and nothing else in an address.
fn is_name(collection: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    !collection.is_empty() && collection.chars().all(is_plain)
}

#[cfg(test)]
mod tests;
