//! Personal data stays in Directus' database: none of it reaches the bus, a queue, a dead letter or a log.

mod scan;

use anyhow::{Context, Result, ensure};
use e2e::{Setup, Stack, eventually, sidecar::SECRET};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::scan::Scan;

const EMAIL: &str = "mara.planted@example.test";
const NAME: &str = "Mara Plantedova";
const CARD: &str = "4000-1234-5678-9010";
const CONFESSION: &str = "my neighbour Zebulon steals my parcels";
const PLANTED: [&str; 4] = [EMAIL, NAME, CARD, CONFESSION];
/// Planted, too, but nobody's secret: a scan that does not find it is blind.
const HARMLESS: &str = "planted-where-everybody-may-read";

const QUEUE: &str = "event-bridge-feedback";
const JSON: [(&str, &str); 1] = [("content-type", "application/json")];
const TOKEN: &str = "a-token-of-the-shop-of-thirty-two-characters";

#[tokio::test]
async fn planted_personal_data_is_found_nowhere_outside_the_database() -> Result<()> {
    let setup = Setup::default()
        .mappings(include_str!("mappings.toml"))
        .sidecar("SIDECAR__OUTBOUND__PSEUDONYM_KEY", "a key of the story, thirty-two bytes")
        .sidecar("SIDECAR__PRODUCERS__SHOP__TOKENS", TOKEN)
        .sidecar("SIDECAR__PRODUCERS__SHOP__EVENTS", "cart.*")
        // Everything that it could say.
        .sidecar("SIDECAR__LOG__LEVEL", "info,sidecar=trace");
    setup
        .tell(async |stack| {
            let mut scan = Scan::default();
            changes(stack, &mut scan).await?;
            events_of_others(stack, &mut scan).await?;
            refusals(stack, &mut scan).await?;
            dead_letters(stack, &mut scan).await?;

            scan.read("metrics", stack.sidecar.metrics().await?);
            scan.read_logs(stack.dir())?;
            assert_eq!(
                scan.places_of(HARMLESS),
                ["bus", "dead letters"],
                "the scan sees what is there"
            );
            for planted in PLANTED {
                assert_eq!(scan.places_of(planted), [""; 0], "{planted} is out");
            }
            Ok(())
        })
        .await
}

/// Mapped and unmapped ones, with every treatment and every consent.
async fn changes(stack: &mut Stack, scan: &mut Scan) -> Result<()> {
    let directus = &stack.directus;
    for (consent, rating) in [("publish", 1), ("publish", 2), ("anonymous", 3), ("drop", 4)] {
        directus.create("feedback", feedback(consent, rating)).await?;
    }
    let mara = json!({ "name": NAME, "email": EMAIL, "tier": "free" });
    let mara = directus.create("customers", mara).await?["id"].take();
    let ticket =
        json!({ "subject": format!("{NAME}, {CARD}"), "body": CONFESSION, "customer": mara });
    let ticket = directus.create("tickets", ticket).await?["id"].take();
    directus.update("tickets", &ticket, json!({ "body": format!("{CONFESSION}!") })).await?;
    directus.delete("tickets", &ticket).await?;
    directus.delete("customers", &mara).await?;

    let feedbacks = stack.aws.next_events("feedback.submitted", 3).await?;
    let [first, second, anonymous] = [0, 1, 2].map(|n| &feedbacks[n].detail);
    let pseudonym = first["data"]["userEmail"].as_str().context("a pseudonym")?;
    ensure!(pseudonym.len() >= 32, "{pseudonym} is no pseudonym");
    assert_eq!(second["data"]["userEmail"], pseudonym, "the same one for the same address");
    assert_eq!(first["data"]["text"], "***");
    assert_eq!(first["customerId"], "1");
    assert!(anonymous["customerId"].is_null(), "{anonymous}");
    assert!(anonymous["data"].get("userEmail").is_none(), "{anonymous}");
    assert!(anonymous["data"].get("userId").is_none(), "{anonymous}");
    assert_eq!(anonymous["data"]["rating"], 3, "the rest is told");

    let customer = stack.aws.next_event("customers.created").await?;
    assert_eq!(customer.detail["data"]["email"], pseudonym, "wherever it stands");
    assert!(customer.detail["data"].get("name").is_none(), "{customer:?}");
    for event_type in ["tickets.created", "tickets.updated", "tickets.deleted", "customers.deleted"]
    {
        scan.read_event(&stack.aws.next_event(event_type).await?);
    }
    feedbacks.iter().chain([&customer]).for_each(|event| scan.read_event(event));
    Ok(())
}

/// Of a shop, and of a Flow.
async fn events_of_others(stack: &mut Stack, scan: &mut Scan) -> Result<()> {
    let added = |consent: &str, quantity: u32| {
        json!({
            "eventType": "cart.item_added", "customerId": "1",
            "context": { "address": EMAIL, "source": HARMLESS },
            "data": {
                "cartId": "c-1", "productId": "p-1", "quantity": quantity,
                "email": EMAIL, "contact": { "phone": CARD },
            },
            "properties": { "note": CONFESSION, "consent": consent },
        })
    };
    let carts = json!([added("publish", 1), added("drop", 2), added("anonymous", 3)]);
    let (status, answer) = stack.sidecar.post_events(TOKEN, &JSON, carts.to_string()).await?;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["verdicts"][1]["verdict"], "ignored", "{answer}");
    let carts = stack.aws.next_events("cart.item_added", 2).await?;
    assert_eq!(carts[0].detail["context"]["address"], "***");
    assert_eq!(carts[1].detail["customerId"], Value::Null);

    let event = json!({
        "eventType": "loyalty.points_granted", "version": 1, "producer": null, "customerId": "1",
        "correlationId": null, "causationId": null,
        "data": { "points": 50, "email": EMAIL, "contact": { "phone": CARD } },
        "context": { "address": NAME }, "properties": { "note": CONFESSION },
    });
    let row = json!({
        "kind": "event", "eventId": Uuid::now_v7(), "sequence": 1_000_000, "collection": "customers",
        "key": "1", "occurredAt": "2026-11-21T10:34:00.000Z", "userId": null, "traceparent": null,
        "event": event,
    });
    let batch = json!({ "project": "directus", "changes": [row] });
    let (status, answer) =
        stack.sidecar.post_changes(SECRET, std::time::SystemTime::now(), batch.to_string()).await?;
    assert_eq!(answer["verdicts"][0]["verdict"], "published", "{status} {answer}");
    let granted = stack.aws.next_event("loyalty.points_granted").await?;
    assert_eq!(granted.detail["data"]["email"], carts[0].detail["data"]["email"], "stable");
    carts.iter().chain([&granted]).for_each(|event| scan.read_event(event));
    Ok(())
}

/// What breaks its contract is kept, with its reason, where it came from.
async fn refusals(stack: &mut Stack, scan: &mut Scan) -> Result<()> {
    stack.expect_log("rejected");
    let refused = stack.directus.create("feedback", feedback("publish", 9)).await?;
    let row = stack.directus.settled_row(&refused["id"]).await?;
    assert_eq!(row["state"], "rejected", "{row}");
    // Whoever asks for consent by an expression is told what it came to; the log must not be.
    let undecided = stack.directus.create("feedback", feedback(CONFESSION, 5)).await?;
    let row = stack.directus.settled_row(&undecided["id"]).await?;
    assert_eq!(row["state"], "rejected", "{row}");

    let broken = json!({
        "eventType": "cart.item_added", "data": { "cartId": CONFESSION, "quantity": NAME, "email": EMAIL },
        "properties": { "consent": "publish" },
    });
    let (_, answer) = stack.sidecar.post_events(TOKEN, &JSON, broken.to_string()).await?;
    assert_eq!(answer["verdicts"][0]["verdict"], "rejected", "{answer}");

    // And Directus itself refuses: what it says of it is its own, but nothing of ours.
    let unknown = json!({ "text": CONFESSION, "user_email": EMAIL, "customer": 4711 });
    let (status, _) = stack.directus.try_ask(Method::POST, "items/feedback", Some(unknown)).await?;
    assert_eq!(status, 400);
    scan.read_events(stack.aws.other_events().await?);
    Ok(())
}

/// An event that breaks its contract on the way, and an effect that cannot be written.
async fn dead_letters(stack: &mut Stack, scan: &mut Scan) -> Result<()> {
    stack.expect_log("message dead-lettered");
    stack.directus.create("feedback", feedback("publish", 5)).await?;
    let sound = stack.aws.next_event("feedback.submitted").await?;
    let broken = sound.forged(|detail| detail["data"]["rating"] = json!(9))?;
    stack.aws.send(QUEUE, &broken).await?;

    let letter = stack.aws.next_dead_letter("event-bridge-feedback-dlq").await?;
    assert_eq!(letter.attributes["reason"], "contract");
    scan.read("dead letters", format!("{letter:?}"));
    stack.aws.is_done(QUEUE).await?;
    eventually("the findings on the bus", async || {
        let events = stack.aws.other_events().await?;
        let found = events.iter().any(|event| event.event_type == "feedback.sentiment.calculated");
        scan.read_events(events);
        Ok(found.then_some(()))
    })
    .await
}

fn feedback(consent: &str, rating: u32) -> Value {
    json!({
        "text": format!("{CONFESSION}, says {NAME} with {CARD}"), "rating": rating, "category": consent,
        "source": HARMLESS, "user_email": EMAIL, "customer": 1,
    })
}
