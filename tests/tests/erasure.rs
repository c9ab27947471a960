//! Whoever asks to be forgotten is forgotten.

use anyhow::Result;
use e2e::{Setup, eventually};
use serde_json::{Value, json};

const FEEDBACK: &str = "event-bridge-feedback";

#[tokio::test]
async fn a_customer_is_erased_and_what_comes_later_leaves_no_trace() -> Result<()> {
    Setup::default()
        .sidecar("SIDECAR__OUTBOUND__PSEUDONYM_KEY", "a key of thirty-two bytes, or more")
        .tell(async |stack| {
            let words =
                json!({ "text": "I love it!", "user_email": "ada@example.com", "customer": 1 });
            let key = stack.directus.create("feedback", words).await?["id"].take();
            stack.directus.enriched(&key).await?;
            let submitted = stack.aws.next_event("feedback.submitted").await?;
            let others =
                json!({ "text": "Fine.", "user_email": "jonas@example.com", "customer": 2 });
            let other = stack.directus.create("feedback", others).await?["id"].take();
            stack.directus.enriched(&other).await?;

            stack
                .directus
                .update("customers", &json!(1), json!({ "erasure_requested": true }))
                .await?;

            let erased = stack.aws.next_event("customer.erased").await?.detail;
            assert_eq!(erased["customerId"], Value::Null);
            assert!(!erased.to_string().contains("ada@example.com"));
            let feedback = stack.directus.item("feedback", &key).await?;
            assert_eq!(
                (&feedback["text"], &feedback["user_email"]),
                (&json!("(erased)"), &Value::Null)
            );
            let customer = stack.directus.item("customers", &json!(1)).await?;
            assert_eq!((&customer["name"], &customer["email"]), (&json!("(erased)"), &Value::Null));
            let kept = stack.directus.item("feedback", &other).await?;
            assert_eq!(kept["user_email"], "jonas@example.com", "nobody else is touched");
            let remembered = stack.directus.rows("select customer from event_bridge_erased")?;
            assert_eq!(remembered, [json!({ "customer": erased["data"]["customerHash"] })]);

            // As a late or a replayed message would.
            let late = submitted.forged(|detail| {
                detail["eventId"] = json!(uuid::Uuid::now_v7());
                detail["sequence"] = json!(1_000_000);
                detail["data"]["text"] = json!("I hate it!");
            })?;
            stack.aws.send(FEEDBACK, &late).await?;
            stack.aws.is_done(FEEDBACK).await?;
            let feedback = stack.directus.item("feedback", &key).await?;
            assert_eq!(feedback["sentiment"], "positive", "as it was before");
            let declined = eventually("the effect to be counted", async || {
                let metrics = stack.sidecar.metrics().await?;
                let counted = metrics.lines().find(|line| line.contains("verdict=\"erased\""));
                Ok(counted.map(str::to_owned))
            });
            assert!(declined.await?.ends_with(" 1"));
            Ok(())
        })
        .await
}
