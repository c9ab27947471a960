//! What was missed is found and made up for, what was there before is announced, and what was
//! refused gets another chance: each of them once.

use std::{collections::BTreeSet, path::Path};

use anyhow::{Context, Result, ensure};
use e2e::{Database, Event, Schema, Setup, Stack, eventually, story};
use jiff::Timestamp;
use serde_json::{Value, json};

#[tokio::test]
async fn a_missing_row_is_found_and_repaired_once_on_sqlite() -> Result<()> {
    a_missing_row_is_found_and_repaired_once(Database::Sqlite).await
}

#[tokio::test]
async fn a_missing_row_is_found_and_repaired_once_on_postgresql() -> Result<()> {
    a_missing_row_is_found_and_repaired_once(Database::Postgres).await
}

async fn a_missing_row_is_found_and_repaired_once(database: Database) -> Result<()> {
    // Without mappings each change bears its collection's name.
    let setup = Setup::default().on(database).mappings("");
    setup
        .tell(async |stack| {
            let began = Timestamp::now();
            let names = ["late", "broken", "lost"].map(|subject| json!({ "subject": subject }));
            let tickets = stack.directus.create_many("tickets", names.into()).await?;
            let key = &tickets[1]["id"];
            let id = key.as_str().unwrap_or_default();
            for status in ["assigned", "closed"] {
                stack.directus.update("tickets", key, json!({ "status": status })).await?;
            }
            stack.aws.next_events("tickets.updated", 2).await?;
            all_is_settled(stack).await?;
            assert_eq!(gap_check(stack, began, &[])?, (0, json!([5, 0, 0])));

            // The first of the two updates never came into the outbox.
            stack.directus.execute(&format!(
                "delete from event_bridge_outbox where id =
                 (select min(id) from event_bridge_outbox where item = '{id}' and action = 'update')"
            ))?;

            assert_eq!(gap_check(stack, began, &[])?, (1, json!([5, 1, 0])));
            assert_eq!(gap_check(stack, began, &["--repair"])?, (0, json!([5, 1, 1])));
            let repaired = stack.aws.next_event("tickets.updated").await?;
            assert_eq!(repaired.key(), id);
            assert_eq!(repaired.detail["context"]["capture"], "repair");
            assert_eq!(repaired.detail["data"]["status"], "closed", "the item as it is now");
            let activity = stack.directus.rows(&format!(
                "select min(id) as id from directus_activity
                 where collection = 'tickets' and item = '{id}' and action = 'update'"
            ))?;
            let row = stack.directus.rows(
                "select activity_id as id from event_bridge_outbox where activity_id is not null",
            )?;
            assert_eq!(row, activity, "the first update was repaired, and not the second");

            assert_eq!(gap_check(stack, began, &["--repair"])?, (0, json!([5, 0, 0])));
            stack.directus.create("tickets", json!({ "subject": "the end" })).await?;
            stack.aws.next_events("tickets.created", 4).await?;
            assert_eq!(stack.aws.other_events().await?.len(), 0, "nothing was doubled");
            Ok(())
        })
        .await
}

#[tokio::test]
async fn a_window_that_cannot_be_proved_is_refused() -> Result<()> {
    story(async |stack| {
        let output = stack.sidecar.try_command(&["gap-check", "--since", "30d"])?;

        assert_eq!(output.status.code(), Some(1));
        let complaint = String::from_utf8(output.stderr)?;
        assert!(complaint.contains("EVENT_BRIDGE_RETENTION"), "{complaint}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn existing_items_are_announced_once_however_often_the_run_is_repeated_on_sqlite()
-> Result<()> {
    existing_items_are_announced_once(Database::Sqlite).await
}

#[tokio::test]
async fn existing_items_are_announced_once_however_often_the_run_is_repeated_on_postgresql()
-> Result<()> {
    existing_items_are_announced_once(Database::Postgres).await
}

/// Keys of each kind: texts, UUIDs and numbers.
async fn existing_items_are_announced_once(database: Database) -> Result<()> {
    let setup = Setup::default().on(database).schema(Schema::Matrix);
    setup
        .tell(async |stack| {
            stack.expect_log("accountability is off for scribbles");
            let products = (1..=5).map(|n| json!({ "sku": format!("it's {n}"), "price": 9.9 }));
            stack.directus.create_many("products", products.collect()).await?;
            let devices = (1..=3).map(|n| json!({ "name": format!("Device {n}") }));
            stack.directus.create_many("devices", devices.collect()).await?;
            let measurement =
                json!({ "label": "warm", "tags": ["a", "b"], "particles": "12345678901" });
            stack.directus.create("measurements", measurement).await?;

            for (collection, items) in [("products", 5), ("devices", 3), ("measurements", 1)] {
                let event_type = format!("{collection}.created");
                let captured = stack.aws.next_events(&event_type, items).await?;

                assert_eq!(backfill(stack, collection, &[])?, json!([items, 0, true]));

                let announced = stack.aws.next_events(&event_type, items).await?;
                assert_eq!(keys(&announced), keys(&captured));
                for event in &announced {
                    let origin = captured.iter().find(|other| other.key() == event.key());
                    let origin = origin.context("every item was captured, too")?;
                    assert_eq!(event.detail["data"], origin.detail["data"]);
                    assert_eq!(event.detail["context"]["capture"], "backfill");
                }
                // Resumed too early, and repeated.
                let first = announced.iter().map(Event::key).min().context("an item")?;
                let resumed = json!([0, items - 1, true]);
                assert_eq!(backfill(stack, collection, &["--after", &first])?, resumed);
                assert_eq!(backfill(stack, collection, &[])?, json!([0, items, true]));
            }
            let [measured] = &stack.directus.rows(
                "select payload from event_bridge_outbox
                where collection = 'measurements' and payload like '%backfill%'",
            )?[..] else {
                panic!("one measurement")
            };
            let payload: Value =
                serde_json::from_str(measured["payload"].as_str().context("a text")?)?;
            assert_eq!(payload["occurredAt"], payload["item"]["created_at"]);

            stack.directus.create("pages", json!({ "title": "the end" })).await?;
            stack.aws.next_event("pages.created").await?;
            assert_eq!(stack.aws.other_events().await?.len(), 0, "nothing was doubled");
            Ok(())
        })
        .await
}

#[tokio::test]
async fn a_rejected_row_is_sent_again_once_the_contract_is_mended() -> Result<()> {
    story(async |stack| {
        stack.expect_log("rejected");
        stack.expect_log("changes wait in the outbox");
        let feedback = json!({ "text": "Off the scale!", "rating": 9 });
        let key = stack.directus.create("feedback", feedback).await?["id"].clone();
        assert_eq!(stack.directus.settled_row(&key).await?["state"], "rejected");
        let listed = stack.sidecar.command(&["outbox", "rejected"])?;
        assert!(listed.contains(&format!("feedback/{key}")), "{listed}");
        assert!(listed.contains("contract") && listed.contains("/data/rating"), "{listed}");

        stack.sidecar.stop().await?;
        let schemas = with_ten_stars(stack.dir())?;
        stack.sidecar.reconfigure("SIDECAR__CONTRACTS__FOLDER", schemas);
        stack.sidecar.start().await?;
        let resend =
            ["outbox", "resend", "--all", "--collection", "feedback", "--code", "contract"];
        let answer = stack.sidecar.command(&resend)?;

        assert_eq!(answer.trim(), "1 row(s) will be sent again");
        let event = stack.aws.next_event("feedback.submitted").await?;
        assert_eq!(event.key(), key.to_string());
        all_is_settled(stack).await?;
        let outbox: Value = serde_json::from_str(&stack.sidecar.command(&["outbox", "--json"])?)?;
        assert_eq!(outbox["outbox"]["rejected"], 0);
        assert_eq!(outbox["outbox"]["published"], 1);
        Ok(())
    })
    .await
}

/// The status of a check since `began`, and what it found: checked, gaps, repaired.
fn gap_check(stack: &Stack, began: Timestamp, more: &[&str]) -> Result<(i32, Value)> {
    let since = began.to_string();
    let arguments = [&["gap-check", "--json", "--since", &since], more].concat();
    let output = stack.sidecar.try_command(&arguments)?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(complaint.is_empty(), "{arguments:?}: {complaint}");
    let report: Value = serde_json::from_slice(&output.stdout)?;
    let figures = json!([report["checked"], report["found"], report["repaired"]]);
    Ok((output.status.code().context("it ended by itself")?, figures))
}

/// What a run came to: recorded, skipped, whether it is complete.
fn backfill(stack: &Stack, collection: &str, more: &[&str]) -> Result<Value> {
    let paced = ["backfill", collection, "--run", "first", "--json", "--rate", "1000/s"];
    let done: Value = serde_json::from_str(&stack.sidecar.command(&[&paced, more].concat())?)?;
    Ok(json!([done["recorded"], done["skipped"], done["complete"]]))
}

async fn all_is_settled(stack: &Stack) -> Result<()> {
    let pending = "select id from event_bridge_outbox where state = 'pending'";
    eventually("nothing to be pending", async || {
        Ok(stack.directus.rows(pending)?.is_empty().then_some(()))
    })
    .await
}

fn keys(events: &[Event]) -> BTreeSet<String> {
    events.iter().map(Event::key).collect()
}

/// The schemas, with a contract of feedback that knows ten stars.
fn with_ten_stars(dir: &Path) -> Result<String> {
    let (from, to) =
        (Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas"), dir.join("schemas"));
    copy(&from, &to)?;
    let contract = to.join("feedback.submitted/1.json");
    let mut schema: Value = serde_json::from_slice(&std::fs::read(&contract)?)?;
    schema["properties"]["rating"]["maximum"] = json!(10);
    std::fs::write(contract, schema.to_string())?;
    Ok(to.display().to_string())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir(to)?;
    for entry in std::fs::read_dir(from)? {
        let (from, to) = (entry?.path(), to);
        let to = to.join(from.file_name().context("an entry has a name")?);
        if from.is_dir() {
            copy(&from, &to)?;
        } else {
            std::fs::copy(&from, &to)?;
        }
    }
    Ok(())
}
