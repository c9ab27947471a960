//! What is unlike its own recent past is told once.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use e2e::{Setup, Stack, eventually};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

const ROUTES: &str = r#"{ "anomalies": { "reaction": "anomaly", "pattern": { "detail-type": ["anomaly.detected"] } } }"#;
/// The windows are hours, and what is in them lies in the past: nobody waits for one to be over.
const REACTIONS: &str = r#"
[anomaly.anomalies]
announce = "anomaly.detected"
record = "anomalies"
look_round = "1s"

[[anomaly.anomalies.watches]]
name = "negative_feedback"
kind = "spike"
collection = "feedback"
time = "date_created"
filter = { sentiment = { _eq = "negative" } }
of = { sentiment = { _nnull = true } }
window = "1h"
history = 8
minimum = 10
ratio = 2
factor = 4

[[anomaly.anomalies.watches]]
name = "event_rate"
kind = "dip"
collection = "customer_events"
time = "occurred_at"
events = ["order.placed", "login.succeeded"]
window = "1h"
history = 8
minimum = 20
ratio = 2
factor = 4
"#;

#[tokio::test]
async fn a_spike_and_a_dip_are_told_once_however_often_it_is_looked() -> Result<()> {
    let setup = Setup::default().reactions(ROUTES, REACTIONS);
    setup
        .tell(async |stack| {
            stack.sidecar.stop().await?;
            let began = what_happened_meanwhile(stack).await?;
            stack.sidecar.start().await?;

            let told = stack.aws.next_events("anomaly.detected", 2).await?;

            let told: Vec<_> = told.into_iter().map(|event| event.detail).collect();
            let of = |kind: &str| {
                let found = told.iter().find(|event| event["data"]["kind"] == kind);
                found.with_context(|| format!("no {kind} in {told:?}"))
            };
            let (spike, dip) = (of("negative_feedback_spike")?, of("event_rate_dip")?);
            assert_eq!(
                spike["data"]["explanation"],
                "22 of 32 within 1h, where 5.3 would be usual."
            );
            assert_eq!(spike["data"]["windowStart"], json!(began), "and one episode in two hours");
            assert_eq!(dip["data"]["eventType"], "order.placed");
            assert_eq!(
                (&dip["data"]["observed"], &dip["data"]["expected"]),
                (&json!(0), &json!(30.0))
            );
            assert_eq!(dip["data"]["windowStart"], json!(began));

            for event in [spike, dip] {
                let id = event["eventId"].as_str().context("an id")?;
                let query = format!("select kind, explanation from anomalies where id = '{id}'");
                let recorded =
                    eventually("a record", async || Ok(stack.directus.rows(&query)?.pop())).await?;
                assert_eq!(recorded["kind"], event["data"]["kind"]);
                assert_eq!(recorded["explanation"], event["data"]["explanation"]);
            }
            let ids: BTreeSet<_> = [spike, dip].map(|it| it["eventId"].to_string()).into();
            let again = told_ids(stack).await?;
            assert!(again.is_subset(&ids), "until it is recorded, under the same id: {again:?}");
            two_more_looks(stack).await?;
            stack.sidecar.stop().await?;
            stack.sidecar.start().await?;
            two_more_looks(stack).await?;
            assert_eq!(told_ids(stack).await?, BTreeSet::new(), "what is recorded is told");
            assert_eq!(stack.directus.rows("select id from anomalies")?.len(), 2);
            Ok(())
        })
        .await
}

/// Ten usual hours and two that are not: orders end, and more of the feedback is negative. Written by
/// the service account, so that no event is made of it. Returns when the two hours began.
async fn what_happened_meanwhile(stack: &Stack) -> Result<Timestamp> {
    let this_hour = Timestamp::from_second(Timestamp::now().as_second() / 3_600 * 3_600)?;
    let (mut feedback, mut events) = (Vec::new(), Vec::new());
    for ago in 1..=12 {
        let (negative, orders) = if ago > 2 { (2, 30) } else { (22, 0) };
        let at = this_hour - SignedDuration::from_hours(ago);
        feedback.extend(std::iter::repeat_n(("negative", at), negative));
        feedback.extend(std::iter::repeat_n(("positive", at), 10));
        events.extend(std::iter::repeat_n(timeline_row("order.placed", at), orders));
        events.extend(std::iter::repeat_n(timeline_row("login.succeeded", at), 30));
    }
    for event in &mut events {
        event["id"] = json!(Uuid::now_v7());
    }
    // The past comes from the account whose changes are no events; feedback it may not create otherwise.
    let permission = json!({
        "policy": "e7b00000-0000-4000-8000-000000000002", "collection": "feedback",
        "action": "create", "fields": ["*"],
    });
    stack.directus.ask(Method::POST, "permissions", Some(permission)).await?;
    let account = &stack.directus.service_account;
    account.create_many("customer_events", events).await?;
    let items = feedback.iter().map(|(label, _)| json!({ "sentiment": label }));
    let created = account.create_many("feedback", items.collect()).await?;
    // Directus itself says when an item is created.
    let moments = created
        .iter()
        .zip(&feedback)
        .map(|(item, (_, at))| format!("when {} then {}", item["id"], at.as_millisecond()));
    let moments = moments.collect::<Vec<_>>().join(" ");
    stack.directus.execute(&format!("update feedback set date_created = case id {moments} end"))?;
    Ok(this_hour - SignedDuration::from_hours(2))
}

fn timeline_row(event_type: &str, at: Timestamp) -> Value {
    json!({
        "customer": "1", "event_type": event_type, "occurred_at": at, "subject_collection": "orders",
        "subject_key": "1", "data": {},
    })
}

/// What was told since it was last asked.
async fn told_ids(stack: &mut Stack) -> Result<BTreeSet<String>> {
    let events = stack.aws.other_events().await?.into_iter();
    let told = events.filter(|event| event.event_type == "anomaly.detected");
    Ok(told.map(|event| event.detail["eventId"].to_string()).collect())
}

async fn two_more_looks(stack: &Stack) -> Result<()> {
    let looks = async || -> Result<u64> {
        let metrics = stack.sidecar.metrics().await?;
        let line = metrics.lines().find(|line| {
            line.starts_with("event_bridge_looks_total") && line.contains("outcome=\"done\"")
        });
        Ok(line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or(0))
    };
    let before = looks().await?;
    eventually("two more looks", async || Ok((looks().await? >= before + 2).then_some(()))).await
}
