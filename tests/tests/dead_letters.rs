//! What was given up can be looked at, sent again and discarded.

use anyhow::Result;
use e2e::story;
use serde_json::{Value, json};
use uuid::Uuid;

const QUEUE: &str = "event-bridge-feedback";
const DEAD_LETTERS: &str = "event-bridge-feedback-dlq";

#[tokio::test]
async fn dead_letters_are_listed_by_cause_redriven_and_discarded() -> Result<()> {
    story(async |stack| {
        stack.expect_log("message dead-lettered");
        let feedback = stack.directus.create("feedback", json!({ "text": "Good." })).await?;
        stack.directus.enriched(&feedback["id"]).await?;
        let sound = stack.aws.next_event("feedback.submitted").await?;
        // As SQS moves a message whose consumer was killed again and again: without a reason.
        let abandoned = sound.forged(|detail| detail["eventId"] = json!(Uuid::now_v7()))?;
        stack.aws.send(DEAD_LETTERS, &abandoned).await?;
        for poison in ["{ first", "{ second"] {
            stack.aws.send(QUEUE, poison).await?;
        }
        stack.aws.is_done(QUEUE).await?;

        let listed = stack.sidecar.command(&["dead-letters", "list", "--json"])?;
        let letters: Vec<Value> = serde_json::from_str(&listed)?;
        assert_eq!(letters.len(), 3, "{listed}");
        let grouped = stack.sidecar.command(&["dead-letters", "list"])?;
        assert_eq!(grouped.lines().count(), 3, "a heading and two groups:\n{grouped}");
        let first = letters[0]["id"].as_str().unwrap_or_default();
        let shown = stack.sidecar.command(&["dead-letters", "show", first])?;
        assert!(shown.contains(letters[0]["reason"].as_str().unwrap_or("no reason")), "{shown}");

        stack.sidecar.command(&["dead-letters", "redrive", "--reason", "abandoned"])?;
        stack.aws.is_done(QUEUE).await?;
        let effects = stack.directus.rows("select effect_id from event_bridge_effects")?;
        assert_eq!(effects.len(), 2, "the letter had its effect");

        let dry = ["dead-letters", "discard", "--reason", "undecodable", "--dry-run"];
        assert_eq!(stack.sidecar.command(&dry)?, "2 dead letter(s) would be discarded\n");
        stack.sidecar.command(&["dead-letters", "discard", "--reason", "undecodable"])?;
        assert_eq!(stack.sidecar.command(&["dead-letters", "list"])?, "no dead letters\n");
        Ok(())
    })
    .await
}
