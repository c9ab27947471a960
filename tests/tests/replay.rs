//! The archive rebuilds what was lost, and tells nobody a second time.

use anyhow::Result;
use e2e::{Setup, Stack, eventually};
use reqwest::Method;
use serde_json::{Value, json};

const FLOW: &str = "6d1d5a0e-7f0a-4c1f-9d57-5b1f3a6f0c12";
const ROUTES: &str = r#"{
    "feedback": {
        "reaction": "enrich",
        "pattern": { "detail-type": ["feedback.submitted"] }
    },
    "praise": {
        "reaction": "trigger_flow",
        "pattern": { "detail-type": ["feedback.submitted"] }
    },
    "results": {
        "reaction": "trigger_flow",
        "pattern": { "detail-type": ["feedback.sentiment.calculated"] }
    }
}"#;
const REACTIONS: &str = r#"
    [enrich.feedback]
    text = "data.text"
    fields = { sentiment = "sentiment.label", sentiment_score = "sentiment.score" }

    [enrich.feedback.announce]
    event = "feedback.sentiment.calculated"

    [enrich.feedback.announce.data]
    feedbackId = "subject.key"
    label = "sentiment.label"
    score = "sentiment.score"
    confidence = "sentiment.confidence"
    language = "language"
    engine = "engine"

    [trigger_flow.praise]
    flow = "6d1d5a0e-7f0a-4c1f-9d57-5b1f3a6f0c12"

    [trigger_flow.results]
    flow = "6d1d5a0e-7f0a-4c1f-9d57-5b1f3a6f0c12"
"#;
const QUEUES: [&str; 3] = ["event-bridge-feedback", "event-bridge-praise", "event-bridge-results"];

#[tokio::test]
async fn a_replay_rebuilds_what_was_lost_and_notifies_nobody_again() -> Result<()> {
    Setup::default()
        .reactions(ROUTES, REACTIONS)
        // Until Directus has heard of the Flow, running it fails.
        .sidecar("SIDECAR__INBOUND__REDELIVERY_DELAYS", "1s")
        .tell(async |stack| {
            stack.expect_log("attempt failed, the queue will try again");
            // Each time it runs it leaves a ticket.
            let flow = json!({
                "id": FLOW, "name": "Tell", "status": "active", "trigger": "webhook",
                "options": { "method": "POST", "async": false, "error_on_reject": true },
            });
            stack.directus.ask(Method::POST, "flows", Some(flow)).await?;
            let ticket = json!({ "subject": "{{ $trigger.body.eventType }}" });
            let options =
                json!({ "collection": "tickets", "payload": ticket, "permissions": "$full" });
            let operation = json!({
                "flow": FLOW, "key": "first", "name": "First", "position_x": 19, "position_y": 1,
                "type": "item-create", "options": options,
            });
            let operation = stack.directus.ask(Method::POST, "operations", Some(operation)).await?;
            let first = json!({ "operation": operation["id"] });
            stack.directus.ask(Method::PATCH, &format!("flows/{FLOW}"), Some(first)).await?;
            let praise = json!({ "text": "I love it!", "rating": 5 });
            let feedback = stack.directus.create("feedback", praise).await?;
            stack.directus.enriched(&feedback["id"]).await?;
            let once = [json!("feedback.sentiment.calculated"), json!("feedback.submitted")];
            eventually("both Flows to run", async || Ok((told(stack)? == once).then_some(())))
                .await?;

            // A backup of the time before: neither the findings are there nor the ledger's rows.
            stack
                .directus
                .execute("update feedback set sentiment = null, sentiment_score = null")?;
            stack.directus.execute("delete from event_bridge_effects")?;
            let dry = stack.sidecar.command(&["replay", "--from", "1h", "--dry-run"])?;
            assert!(dry.contains("left out, because they notify: praise, results"), "{dry}");
            let answer = stack.sidecar.command(&["replay", "--from", "1h", "--json"])?;
            let answer: Value = serde_json::from_str(&answer)?;
            assert_eq!(answer["completed"], true, "{answer}");
            assert_eq!(answer["routes"], json!(["feedback"]));

            let rebuilt = stack.directus.enriched(&feedback["id"]).await?;
            assert_eq!(rebuilt["sentiment"], "positive");
            for queue in QUEUES {
                stack.aws.is_done(queue).await?;
            }
            assert_eq!(told(stack)?, once, "nobody was told again");

            // What is there stays as it is, whatever is replayed.
            let written = stack.directus.write_backs()?;
            let said = stack.sidecar.command(&["replay", "--from", "1h"])?;
            assert!(said.contains("every event was sent again"), "{said}");
            for queue in QUEUES {
                stack.aws.is_done(queue).await?;
            }
            assert_eq!(stack.directus.write_backs()?, written);
            Ok(())
        })
        .await
}

/// What the Flow was run for, each time.
fn told(stack: &Stack) -> Result<Vec<Value>> {
    let tickets = stack.directus.rows("select subject from tickets order by subject")?;
    Ok(tickets.iter().map(|row| row["subject"].clone()).collect())
}
