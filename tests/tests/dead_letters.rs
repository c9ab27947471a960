//! What was given up can be looked at, sent again and discarded.

use anyhow::Result;
use e2e::story;
use reqwest::Method;
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

#[tokio::test]
async fn the_admin_api_shows_how_it_goes_and_does_the_same() -> Result<()> {
    story(async |stack| {
        stack.expect_log("message dead-lettered");
        for poison in ["{ first", "{ second", "{ third"] {
            stack.aws.send(QUEUE, poison).await?;
        }
        stack.aws.is_done(QUEUE).await?;
        let ask = async |method, path: String, body| stack.sidecar.admin(method, &path, body).await;

        let overview = ask(Method::GET, "/v1/overview".into(), None).await?;
        let routes = overview["routes"].as_array().into_iter().flatten();
        let feedback = routes.clone().find(|it| it["route"] == "feedback").unwrap_or(&Value::Null);
        assert_eq!(feedback["deadLetters"]["waiting"], 3, "{overview}");
        assert_eq!(feedback["messages"]["settled"]["dead_lettered"], 3, "{overview}");
        assert_eq!(overview["ready"], true, "{overview}");

        let listed = ask(Method::GET, "/v1/dead-letters?route=feedback".into(), None).await?;
        assert_eq!(listed["groups"][0]["letters"], 3, "{listed}");
        let id = listed["letters"][0]["id"].as_str().unwrap_or_default();
        let letter = ask(Method::GET, format!("/v1/dead-letters/{id}"), None).await?;
        assert!(letter["body"].as_str().is_some_and(|body| body.starts_with('{')), "{letter}");

        let one = Some(json!({ "ids": [id] }));
        assert_eq!(ask(Method::POST, "/v1/dead-letters/discard".into(), one).await?["done"], 1);
        let all = Some(json!({ "all": true }));
        assert_eq!(ask(Method::POST, "/v1/dead-letters/redrive".into(), all).await?["done"], 2);
        stack.aws.is_done(QUEUE).await?;
        let again = ask(Method::GET, "/v1/dead-letters".into(), None).await?;
        assert_eq!(again["letters"].as_array().map(Vec::len), Some(2), "{again}");
        Ok(())
    })
    .await
}
