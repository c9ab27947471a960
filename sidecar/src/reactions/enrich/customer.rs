//! What Directus knows of the customer, read when something of theirs is enriched.

use std::{collections::BTreeMap, time::Duration};

use moka::future::Cache;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    delivery::DeliveryError,
    directus::reader::{Query, Reader},
    reaction::{Action, Needs},
    reactions::filter::about,
};

/// Customers that are remembered at once.
const CUSTOMERS_MAX: u64 = 10_000;
/// Items in one list of a context.
const LIST_MAX: u32 = 20;

/// `[enrich.<route>.customer]`, as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CustomerSettings {
    /// Where customers are.
    collection: String,
    /// The field that the event's `customerId` is the value of.
    #[serde(default = "id")]
    key: String,
    /// What is taken from there: name in the context = field.
    #[serde(default)]
    fields: BTreeMap<String, String>,
    /// How many items of a collection meet a filter.
    #[serde(default)]
    counts: BTreeMap<String, Count>,
    /// The latest items of a collection.
    #[serde(default)]
    lists: BTreeMap<String, List>,
    /// For how long what was read is good enough.
    #[serde(default = "ten_seconds", with = "humantime_serde")]
    good_for: Duration,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Count {
    collection: String,
    filter: Value,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    collection: String,
    filter: Value,
    fields: BTreeMap<String, String>,
    sort: Vec<String>,
    limit: u32,
}

fn id() -> String {
    "id".to_owned()
}

fn ten_seconds() -> Duration {
    Duration::from_secs(10)
}

/// The contexts of customers, with a short memory: ten tickets of one customer at once are one
/// question.
#[derive(Debug)]
pub(super) struct Customers {
    settings: CustomerSettings,
    known: Cache<String, Value>,
}

impl Customers {
    /// Knows nobody yet.
    pub(super) fn new(settings: CustomerSettings) -> Self {
        let known =
            Cache::builder().max_capacity(CUSTOMERS_MAX).time_to_live(settings.good_for).build();
        Self { settings, known }
    }

    /// What lists are longer than they may be.
    pub(super) fn problems(&self) -> Vec<String> {
        let long = self.settings.lists.iter().filter(|(_, list)| list.limit > LIST_MAX);
        long.map(|(name, _)| format!("lists.{name}.limit: {LIST_MAX} at most")).collect()
    }

    /// What has to be read for it.
    pub(super) fn add_needs(&self, needs: &mut Needs) {
        let CustomerSettings { collection, key, fields, counts, lists, .. } = &self.settings;
        if !fields.is_empty() {
            needs.add(collection, Action::Read, fields.values().chain([key]));
        }
        for Count { collection, filter } in counts.values() {
            needs.add_filter(collection, filter);
        }
        for List { collection, filter, fields, sort, .. } in lists.values() {
            let sort = sort.iter().map(|field| field.trim_start_matches('-'));
            needs.add(collection, Action::Read, fields.values().map(String::as_str).chain(sort));
            needs.add_filter(collection, filter);
        }
    }

    /// What is known of this customer.
    pub(super) async fn context(
        &self,
        customer: &str,
        directus: &Reader,
    ) -> Result<Value, DeliveryError> {
        let read = self.read(customer, directus);
        self.known.try_get_with_by_ref(customer, read).await.map_err(|error| error.spread())
    }

    async fn read(&self, customer: &str, directus: &Reader) -> Result<Value, DeliveryError> {
        let CustomerSettings { collection, key, fields, counts, lists, .. } = &self.settings;
        let mut context = Map::new();
        if !fields.is_empty() {
            let filter = json!({ key: { "_eq": customer } });
            let query = Query::of(fields.values(), filter).limited(1);
            let item = directus.items(collection, &query).await?.pop().unwrap_or_default();
            context.extend(renamed(fields, &item));
        }
        for (name, count) in counts {
            let filter = about(&count.filter, customer);
            let counted = directus.count(&count.collection, &filter).await?;
            context.insert(name.clone(), json!(counted));
        }
        for (name, list) in lists {
            let filter = about(&list.filter, customer);
            let query = Query::of(list.fields.values(), filter);
            let query = query.sorted(list.sort.iter()).limited(list.limit.min(LIST_MAX));
            let items = directus.items(&list.collection, &query).await?;
            let items = items.iter().map(|item| Value::Object(renamed(&list.fields, item)));
            context.insert(name.clone(), items.collect());
        }
        Ok(Value::Object(context))
    }
}

fn renamed(fields: &BTreeMap<String, String>, item: &Map<String, Value>) -> Map<String, Value> {
    let value = |field: &String| item.get(field).cloned().unwrap_or_default();
    fields.iter().map(|(name, field)| (name.clone(), value(field))).collect()
}

#[cfg(test)]
mod tests {
    use wiremock::{
        Mock, MockServer, ResponseTemplate,
        matchers::{body_partial_json, path},
    };

    use super::*;
    use crate::reaction::testing::context_of;

    fn customers() -> Customers {
        let settings = r#"
            collection = "customers"
            fields = { tier = "tier", lifetimeValue = "value" }
            counts.openTickets = { collection = "tickets", filter = { customer = { _eq = "$customer" } } }

            [lists.lastEvents]
            collection = "customer_events"
            filter = { _and = [{ customer = { _eq = "$customer" } }] }
            fields = { eventId = "id" }
            sort = ["-occurred_at"]
            limit = 2
        "#;
        Customers::new(toml::from_str(settings).unwrap())
    }

    async fn directus() -> MockServer {
        let server = MockServer::start().await;
        for (collection, filter, data) in [
            ("customers", json!({ "id": { "_eq": "7" } }), json!([{ "tier": "gold", "value": 3 }])),
            ("tickets", json!({ "customer": { "_eq": "7" } }), json!([{ "count": 2 }])),
            (
                "customer_events",
                json!({ "_and": [{ "customer": { "_eq": "7" } }] }),
                json!([{ "id": "b" }, { "id": "a" }]),
            ),
        ] {
            Mock::given(path(format!("/items/{collection}")))
                .and(body_partial_json(json!({ "query": { "filter": filter } })))
                .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "data": data })))
                .expect(1)
                .mount(&server)
                .await;
        }
        server
    }

    #[tokio::test]
    async fn a_customer_is_asked_for_once_in_a_while() {
        let server = directus().await;
        let (customers, context) = (customers(), context_of(&server.uri()));

        let first = customers.context("7", &context.directus).await.unwrap();
        let second = customers.context("7", &context.directus).await.unwrap();

        let expected = json!({
            "tier": "gold", "lifetimeValue": 3, "openTickets": 2,
            "lastEvents": [{ "eventId": "b" }, { "eventId": "a" }],
        });
        assert_eq!((&first, &second), (&expected, &expected));
    }

    #[tokio::test]
    async fn a_failed_question_is_not_remembered() {
        let customers = customers();

        let gone = customers.context("7", &context_of("http://127.0.0.1:9").directus).await;
        let server = directus().await;
        let there = customers.context("7", &context_of(&server.uri()).directus).await;

        assert!(gone.unwrap_err().is_transient());
        assert_eq!(there.unwrap()["tier"], "gold");
    }
}
