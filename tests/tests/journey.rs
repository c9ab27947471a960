//! What happens with a customer is one timeline, and what it shows is told once.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use e2e::{Setup, Stack, eventually, story};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

const QUEUE: &str = "event-bridge-journey";
/// Ada.
const CUSTOMER: &str = "1";

#[tokio::test]
async fn the_churn_story_in_the_wrong_order_and_twice_is_told_once_with_its_proof() -> Result<()> {
    story(async |stack| {
        let failed = happened("payment.failed", 20)?;
        let angry = happened("ticket.enriched", 19)?;
        let dropped = happened("usage.dropped", 12)?;

        for event in [&dropped, &angry, &angry, &failed, &dropped, &failed] {
            stack.aws.send(QUEUE, &event.to_string()).await?;
        }

        let risk = stack.aws.next_event("customer.churn_risk.detected").await?.detail;
        let proof: Vec<_> =
            [&failed, &angry, &dropped].map(|it| it["detail"]["eventId"].clone()).into();
        assert_eq!(risk["data"]["evidence"], json!(proof));
        assert_eq!(risk["data"]["pattern"], "failed_payment_then_angry_then_quiet");
        assert_eq!(risk["subject"], json!({ "collection": "customers", "key": CUSTOMER }));

        // It comes back by the bus, and what it leads to stands on the customer.
        let customer = eventually("the customer to be at risk", async || {
            let customer = stack.directus.item("customers", &json!(1)).await?;
            Ok((customer["segments"] != Value::Null).then_some(customer))
        })
        .await?;
        assert_eq!(customer["segments"], json!(["at_risk"]));
        assert_eq!(customer["interests"], json!([]));
        stack.aws.is_done(QUEUE).await?;

        let expected = [
            "customer.churn_risk.detected",
            "customer.segment.changed",
            "payment.failed",
            "ticket.enriched",
            "usage.dropped",
        ];
        assert_eq!(types_in_the_timeline(stack)?, expected, "each event once");
        let others = stack.aws.other_events().await?;
        let risks: BTreeSet<_> = others
            .iter()
            .filter(|event| event.event_type == "customer.churn_risk.detected")
            .map(|event| event.detail["eventId"].to_string())
            .collect();
        assert!(risks.is_subset(&[risk["eventId"].to_string()].into()), "one risk: {risks:?}");

        let report = rehearsed(stack, "failed_payment_then_angry_then_quiet")?;
        assert_eq!(report["found"], 1, "{report}");
        assert_eq!(report["findings"][0]["eventId"], risk["eventId"]);
        assert_eq!(report["findings"][0]["evidence"], json!(proof));
        assert_eq!(report["findings"][0]["customerId"], CUSTOMER);
        Ok(())
    })
    .await
}

const ROUTES: &str =
    r#"{ "journey": { "reaction": "journey", "pattern": { "detail-type": ["login.failed"] } } }"#;
const KEEPS_A_MONTH: &str = r#"
[journey.journey]
timeline = "customer_events"
late = "1h"
look_round = "1s"
keep = "30days"
"#;

#[tokio::test]
async fn the_timeline_lets_go_of_what_it_kept_for_long_enough_and_stays_so() -> Result<()> {
    Setup::default()
        .reactions(ROUTES, KEEPS_A_MONTH)
        .tell(async |stack| {
            stack.sidecar.stop().await?;
            let rows = (0..250).map(|row| timeline_row(if row < 10 { 29 } else { 31 + row }));
            let account = &stack.directus.service_account;
            account.create_many("customer_events", rows.collect()).await?;
            stack.sidecar.start().await?;

            eventually("only what is young to be left", async || {
                let rows = stack.directus.rows("select id from customer_events")?;
                Ok((rows.len() <= 10).then_some(()))
            })
            .await?;

            let old = happened("login.failed", 31)?;
            let young = happened("login.failed", 29)?;
            for event in [&old, &young] {
                stack.aws.send(QUEUE, &event.to_string()).await?;
            }
            stack.aws.is_done(QUEUE).await?;
            let rows = stack.directus.rows("select id from customer_events")?;
            assert_eq!(rows.len(), 11, "the ten that are young, and one that came late");
            let counted = eventually("the removed events to be counted", async || {
                let metrics = stack.sidecar.metrics().await?;
                let line = metrics
                    .lines()
                    .find(|it| it.starts_with("event_bridge_timeline_expired_total"));
                Ok(line.map(str::to_owned))
            })
            .await?;
            assert!(counted.ends_with(" 240"), "{counted}");
            let told = stack.aws.other_events().await?;
            assert!(told.is_empty(), "nobody hears of it: {told:?}");
            Ok(())
        })
        .await
}

fn timeline_row(days_ago: i64) -> Value {
    let at = Timestamp::now() - SignedDuration::from_hours(24 * days_ago);
    json!({
        "id": Uuid::now_v7(), "customer": CUSTOMER, "event_type": "login.failed", "occurred_at": at,
        "subject_collection": "customers", "subject_key": CUSTOMER, "data": {},
    })
}

/// What `sidecar patterns test` says of one pattern.
fn rehearsed(stack: &Stack, pattern: &str) -> Result<Value> {
    let arguments = ["patterns", "test", "--since", "30d", "--pattern", pattern, "--json"];
    Ok(serde_json::from_str(&stack.sidecar.command(&arguments)?)?)
}

fn types_in_the_timeline(stack: &Stack) -> Result<Vec<String>> {
    let rows = stack.directus.rows("select event_type from customer_events order by event_type")?;
    let name = |row: &Value| row["event_type"].as_str().map(str::to_owned);
    rows.iter().map(|row| name(row).context("a type")).collect()
}

/// The example of a type as a rule delivers it, as if it had happened so many days ago.
fn happened(event_type: &str, days_ago: i64) -> Result<Value> {
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/examples/valid");
    let example = std::fs::read_to_string(format!("{examples}/{event_type}-1.json"))?;
    let mut detail: Value = serde_json::from_str(&example)?;
    let (id, at) = (Uuid::now_v7(), Timestamp::now() - SignedDuration::from_hours(24 * days_ago));
    detail["eventId"] = json!(id);
    detail["customerId"] = json!(CUSTOMER);
    detail["occurredAt"] = json!(at);
    Ok(
        json!({ "id": id, "source": "directus", "detail-type": event_type, "time": at, "detail": detail }),
    )
}
