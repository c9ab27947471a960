//! Bus → Directus: every message ends well, and its effect is there once.

use std::time::{Duration, Instant};

use anyhow::Result;
use e2e::story;
use serde_json::json;
use uuid::Uuid;

const QUEUE: &str = "event-bridge-feedback";
const DEAD_LETTERS: &str = "event-bridge-feedback-dlq";

#[tokio::test]
async fn a_feedback_comes_back_enriched_within_five_seconds() -> Result<()> {
    story(async |stack| {
        let saved = Instant::now();
        let praise = json!({ "text": "I love the new dark mode!", "rating": 5, "customer": 1 });
        let feedback = stack.directus.create("feedback", praise).await?;

        let enriched = stack.directus.enriched(&feedback["id"]).await?;

        assert!(saved.elapsed() < Duration::from_secs(5), "took {:?}", saved.elapsed());
        assert_eq!(enriched["sentiment"], "positive");
        assert!(enriched["sentiment_score"].as_f64() > Some(0.5), "{enriched}");
        assert_eq!(enriched["detected_language"], "en");
        let submitted = stack.aws.next_event("feedback.submitted").await?.detail;
        let calculated = stack.aws.next_event("feedback.sentiment.calculated").await?.detail;
        assert_eq!(submitted["customerId"], "1");
        assert_eq!(calculated["causationId"], submitted["eventId"]);
        assert_eq!(calculated["correlationId"], submitted["correlationId"]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_text_that_is_rewritten_in_another_language_is_judged_anew() -> Result<()> {
    story(async |stack| {
        let praise = json!({ "text": "I love the new dark mode!" });
        let feedback = stack.directus.create("feedback", praise).await?;
        stack.directus.enriched(&feedback["id"]).await?;

        let german = json!({ "text": "Die App stürzt seit gestern ständig ab." });
        stack.directus.update("feedback", &feedback["id"], german).await?;

        stack.aws.next_events("feedback.sentiment.calculated", 2).await?;
        let judged = stack.directus.item("feedback", &feedback["id"]).await?;
        assert_eq!(judged["sentiment"], "unscored");
        assert_eq!(judged["sentiment_score"], json!(null));
        assert_eq!(judged["detected_language"], "de");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_message_delivered_twice_has_one_effect() -> Result<()> {
    story(async |stack| {
        let feedback =
            stack.directus.create("feedback", json!({ "text": "Works as it says." })).await?;
        stack.directus.enriched(&feedback["id"]).await?;
        let submitted = stack.aws.next_event("feedback.submitted").await?;

        stack.aws.send(QUEUE, &submitted.message).await?;

        stack.aws.is_done(QUEUE).await?;
        assert_eq!(stack.directus.write_backs()?, [(submitted.key(), 1)].into());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_older_event_after_a_newer_one_changes_nothing() -> Result<()> {
    story(async |stack| {
        let feedback =
            stack.directus.create("feedback", json!({ "text": "This is wonderful!" })).await?;
        stack.directus.enriched(&feedback["id"]).await?;
        let newer = stack.aws.next_event("feedback.submitted").await?;

        let older = newer.forged(|detail| {
            detail["eventId"] = json!(Uuid::now_v7());
            detail["sequence"] = json!(0);
            detail["data"]["text"] = json!("This is horrible, I hate it!");
        })?;
        stack.aws.send(QUEUE, &older).await?;

        stack.aws.is_done(QUEUE).await?;
        let unchanged = stack.directus.item("feedback", &feedback["id"]).await?;
        assert_eq!(unchanged["sentiment"], "positive", "the newer stays");
        assert_eq!(stack.directus.write_backs()?, [(newer.key(), 1)].into());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_write_back_starts_no_new_event() -> Result<()> {
    story(async |stack| {
        let feedback = stack.directus.create("feedback", json!({ "text": "Fine so far." })).await?;
        stack.directus.enriched(&feedback["id"]).await?;
        let another = stack.directus.create("feedback", json!({ "text": "Me again." })).await?;
        stack.directus.enriched(&another["id"]).await?;

        stack.aws.next_events("feedback.submitted", 2).await?;
        stack.aws.next_events("feedback.sentiment.calculated", 2).await?;
        assert_eq!(stack.aws.other_events().await?.len(), 0, "nothing else was announced");
        let recorded = stack.directus.rows("select item from event_bridge_outbox")?;
        assert_eq!(recorded.len(), 2, "and nothing else was recorded: {recorded:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_message_that_cannot_be_decoded_is_dead_lettered_at_once_and_the_others_flow_on()
-> Result<()> {
    story(async |stack| {
        stack.expect_log("message dead-lettered");
        let sent = Instant::now();
        stack.aws.send(QUEUE, "{ this is no event").await?;
        let feedback = stack.directus.create("feedback", json!({ "text": "And me?" })).await?;

        let letter = stack.aws.next_dead_letter(DEAD_LETTERS).await?;

        assert!(sent.elapsed() < Duration::from_secs(5), "took {:?}", sent.elapsed());
        assert_eq!(letter.body, "{ this is no event");
        assert_eq!(letter.attributes["reason"], "undecodable");
        assert_eq!(letter.attributes["attempts"], "1");
        assert!(letter.attributes["detail"].contains("JSON"), "{letter:?}");
        stack.directus.enriched(&feedback["id"]).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_message_that_breaks_its_contract_is_dead_lettered_at_once_with_the_field() -> Result<()>
{
    story(async |stack| {
        stack.expect_log("message dead-lettered");
        stack.directus.create("feedback", json!({ "text": "Three stars.", "rating": 3 })).await?;
        let sound = stack.aws.next_event("feedback.submitted").await?;

        let broken = sound.forged(|detail| detail["data"]["rating"] = json!(9))?;
        stack.aws.send(QUEUE, &broken).await?;

        let letter = stack.aws.next_dead_letter(DEAD_LETTERS).await?;
        assert_eq!(letter.body, broken);
        assert_eq!(letter.attributes["reason"], "contract");
        assert_eq!(letter.attributes["attempts"], "1");
        assert!(letter.attributes["detail"].contains("/data/rating"), "{letter:?}");
        Ok(())
    })
    .await
}
