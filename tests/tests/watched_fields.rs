//! Of a collection only what the settings name is told, on every database.

use anyhow::{Context as _, Result};
use e2e::{Database, Setup, directus::Directus};
use serde_json::{Value, json};

#[tokio::test]
async fn only_watched_fields_are_told_on_sqlite() -> Result<()> {
    only_watched_fields_are_told_on(Database::Sqlite).await
}

#[tokio::test]
async fn only_watched_fields_are_told_on_postgresql() -> Result<()> {
    only_watched_fields_are_told_on(Database::Postgres).await
}

async fn only_watched_fields_are_told_on(database: Database) -> Result<()> {
    let fields = "tickets: * !body customer.tier; tickts: subject";
    let setup = Setup::default().on(database).directus("EVENT_BRIDGE_FIELDS", fields);
    setup
        .tell(async |stack| {
            stack.expect_log("EVENT_BRIDGE_FIELDS names what is not there: tickts");
            let directus = &stack.directus;
            let ticket = json!({ "subject": "late", "body": "private", "customer": 1 });
            let ticket = directus.create("tickets", ticket).await?;
            let key = &ticket["id"];

            directus.update("tickets", key, json!({ "body": "more private" })).await?;
            directus
                .update("tickets", key, json!({ "body": "still private", "status": "closed" }))
                .await?;
            directus.delete("tickets", key).await?;

            let rows = rows_of(directus, key)?;
            let [created, unwatched, closed, deleted] = rows.as_slice() else {
                panic!("each of the four saves leaves one row: {rows:#?}");
            };
            assert_eq!(created.item, without_body(&ticket), "as the API gives it");
            assert_eq!(unwatched.error["code"], "unwatched_fields");
            assert_eq!((unwatched.state.as_str(), &unwatched.payload), ("ignored", &json!({})));
            assert_eq!(closed.payload["changed"], json!(["status"]));
            assert_eq!(closed.payload["previous"], created.item);
            assert_eq!(deleted.payload["previous"], closed.item);
            for row in [created, closed, deleted] {
                let customer = json!({ "customer": { "id": 1, "tier": "business" } });
                assert_eq!(row.payload["related"], customer, "of the {}", row.action);
                let trace = row.payload["traceparent"].as_str().context("a trace")?;
                assert!(trace.starts_with("00-"), "{trace}");
            }
            let event = stack.aws.next_event("ticket.status_changed").await?;
            assert!(!event.detail.to_string().contains("private"), "the body stays at home");
            Ok(())
        })
        .await
}

/// An outbox row.
#[derive(Debug)]
struct Row {
    action: String,
    state: String,
    error: Value,
    payload: Value,
    item: Value,
}

fn rows_of(directus: &Directus, key: &Value) -> Result<Vec<Row>> {
    let key = key.as_str().unwrap_or_default();
    let query = format!(
        "select action, state, error, payload from event_bridge_outbox
         where collection = 'tickets' and item = '{key}' order by id"
    );
    let row = |row: Value| -> Result<Row> {
        let text = |name: &str| row[name].as_str().unwrap_or("null");
        let payload: Value = serde_json::from_str(text("payload"))?;
        Ok(Row {
            action: text("action").to_owned(),
            state: text("state").to_owned(),
            error: serde_json::from_str(text("error"))?,
            item: payload["item"].clone(),
            payload,
        })
    };
    directus.rows(&query)?.into_iter().map(row).collect()
}

fn without_body(ticket: &Value) -> Value {
    let mut ticket = ticket.clone();
    if let Some(ticket) = ticket.as_object_mut() {
        ticket.remove("body");
    }
    ticket
}
