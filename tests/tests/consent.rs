//! Who withdraws consent is left alone from the next event on, and who gives it is heard again.

use anyhow::{Context, Result};
use e2e::{Setup, Stack, eventually};
use serde_json::{Value, json};
use uuid::Uuid;

const TOKEN: &str = "a-token-of-the-shop-of-thirty-two-characters";
const JOURNEY: &str = "event-bridge-journey";

#[tokio::test]
async fn consent_that_is_withdrawn_or_given_takes_effect_with_the_next_event() -> Result<()> {
    let mappings = concat!(
        include_str!("../../sidecar/config/mappings.toml"),
        "[consent]\nevents = ['feedback.*', 'page.*']\n",
        "decide = 'related.customer.consent if related else customer.consent'\n",
        "customer = { collection = 'customers', fields = ['consent'] }\n",
    );
    let reactions = concat!(
        include_str!("../../sidecar/config/reactions.toml"),
        "[consent.journey]\ncollection = 'customers'\n",
        "filter = { id = { _eq = '$customer' }, consent = { _eq = true } }\n",
    );
    let setup = Setup::default()
        .directus("EVENT_BRIDGE_FIELDS", "feedback: * customer.consent")
        .sidecar("SIDECAR__PRODUCERS__SHOP__TOKENS", TOKEN)
        .sidecar("SIDECAR__PRODUCERS__SHOP__EVENTS", "page.*")
        .mappings(mappings)
        .reactions(include_str!("../../sidecar/config/routes.json"), reactions);
    setup
        .tell(async |stack| {
            assert_eq!(visits(stack).await?, "ignored", "she was never asked");
            ada_decides(stack, true).await?;
            assert_eq!(visits(stack).await?, "published");
            let first = feedback(stack).await?;
            let submitted = stack.aws.next_event("feedback.submitted").await?;
            assert_eq!(json!(submitted.key()), json!(first.to_string()));
            is_in_the_timeline(stack, &submitted.detail).await?;

            ada_decides(stack, false).await?;
            assert_eq!(visits(stack).await?, "ignored");
            let second = feedback(stack).await?;
            assert_eq!(stack.directus.settled_row(&second).await?["state"], "ignored");
            // What was on its way when she changed her mind.
            let late = Uuid::now_v7();
            let on_its_way = submitted.forged(|detail| detail["eventId"] = json!(late))?;
            stack.aws.send(JOURNEY, &on_its_way).await?;
            withheld(stack).await?;

            ada_decides(stack, true).await?;
            assert_eq!(visits(stack).await?, "published");
            let third = feedback(stack).await?;
            let submitted = stack.aws.next_event("feedback.submitted").await?;
            assert_eq!(submitted.key(), third.to_string(), "and the second one never came");
            is_in_the_timeline(stack, &submitted.detail).await?;
            stack.aws.is_done(JOURNEY).await?;
            assert_eq!(timeline(stack, &json!(late))?, 0, "it stays away");
            Ok(())
        })
        .await
}

/// Returns when the bus knows; Directus knows at once.
async fn ada_decides(stack: &mut Stack, consent: bool) -> Result<()> {
    stack.directus.update("customers", &json!(1), json!({ "consent": consent })).await?;
    let told = stack.aws.next_event("customer.consent_changed").await?.detail;
    assert_eq!(told["data"]["decision"], if consent { "granted" } else { "withdrawn" });
    assert_eq!(told["customerId"], "1");
    Ok(())
}

/// The shop tells of a visit of hers and knows nothing of consent: the verdict.
async fn visits(stack: &Stack) -> Result<String> {
    let visit =
        json!({ "eventType": "page.visited", "customerId": "1", "data": { "path": "/sweaters" } });
    let headers = [("content-type", "application/json")];
    let (_, answer) = stack.sidecar.post_events(TOKEN, &headers, visit.to_string()).await?;
    Ok(answer["verdicts"][0]["verdict"].as_str().context("a verdict")?.to_owned())
}

async fn feedback(stack: &Stack) -> Result<Value> {
    let words = json!({ "text": "The parcel came.", "rating": 3, "customer": 1 });
    Ok(stack.directus.create("feedback", words).await?["id"].take())
}

async fn is_in_the_timeline(stack: &Stack, event: &Value) -> Result<()> {
    let id = &event["eventId"];
    eventually("the event in the timeline", async || Ok((timeline(stack, id)? == 1).then_some(())))
        .await
}

fn timeline(stack: &Stack, id: &Value) -> Result<usize> {
    let id = id.as_str().context("an id")?;
    Ok(stack.directus.rows(&format!("select id from customer_events where id = '{id}'"))?.len())
}

/// Waits until the journey was told that it may not.
async fn withheld(stack: &Stack) -> Result<()> {
    stack.aws.is_done(JOURNEY).await?;
    eventually("something to be withheld", async || {
        let metrics = stack.sidecar.metrics().await?;
        let counted = metrics.lines().any(|line| line.starts_with("event_bridge_withheld_total{"));
        Ok(counted.then_some(()))
    })
    .await
}
