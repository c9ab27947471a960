//! Directus → bus: what is committed is announced, and nothing else.

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime},
};

use anyhow::Result;
use e2e::{Event, sidecar::SECRET, story};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn two_hundred_feedbacks_in_one_request_are_two_hundred_events_and_enrichments() -> Result<()>
{
    story(async |stack| {
        let many = (1..=200).map(|n| json!({ "text": format!("Idea number {n} is great!") }));

        let feedbacks = stack.directus.create_many("feedback", many.collect()).await?;

        let events = stack.aws.next_events("feedback.submitted", 200).await?;
        let ids: BTreeSet<_> =
            events.iter().map(|event| event.detail["eventId"].as_str()).collect();
        assert_eq!(ids.len(), 200, "every event has an id of its own");
        stack.directus.all_enriched(&feedbacks).await?;
        let write_backs = stack.directus.write_backs()?;
        assert_eq!(write_backs.len(), 200);
        assert!(
            write_backs.values().all(|&times| times == 1),
            "each was written once: {write_backs:?}"
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_patch_of_several_keys_announces_every_key() -> Result<()> {
    story(async |stack| {
        let subjects = ["late", "broken", "lost"].map(|subject| json!({ "subject": subject }));
        let tickets = stack.directus.create_many("tickets", subjects.into()).await?;
        let keys: Vec<_> = tickets.iter().map(|ticket| ticket["id"].clone()).collect();

        let patch = json!({ "keys": keys, "data": { "status": "closed" } });
        stack.directus.ask(Method::PATCH, "items/tickets", Some(patch)).await?;

        let events = stack.aws.next_events("ticket.status_changed", 3).await?;
        let announced: BTreeSet<_> = events.iter().map(Event::key).collect();
        assert_eq!(announced, keys.iter().filter_map(Value::as_str).map(str::to_owned).collect());
        assert!(events.iter().all(|event| event.detail["data"]["status"] == "closed"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_array_patch_whose_second_row_fails_announces_nothing() -> Result<()> {
    story(async |stack| {
        let subjects = ["first", "second", "third"].map(|subject| json!({ "subject": subject }));
        let tickets = stack.directus.create_many("tickets", subjects.into()).await?;
        let [first, second, third] = [0, 1, 2].map(|n| tickets[n]["id"].clone());

        let patch = json!([
            { "id": first, "status": "closed" },
            { "id": second, "customer": "nobody we know" },
        ]);
        let (status, _) =
            stack.directus.try_ask(Method::PATCH, "items/tickets", Some(patch)).await?;

        assert_eq!(status, 400, "the customer does not exist");
        stack.directus.update("tickets", &third, json!({ "status": "closed" })).await?;
        let announced = stack.aws.next_event("ticket.status_changed").await?;
        assert_eq!(Some(announced.key().as_str()), third.as_str(), "only what was committed");
        let open = stack.directus.item("tickets", &first).await?;
        assert_eq!(open["status"], "open");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_change_that_breaks_its_contract_is_kept_with_its_reason_and_the_others_flow_on()
-> Result<()> {
    story(async |stack| {
        stack.expect_log("rejected");
        let items = [
            json!({ "text": "Off the scale", "rating": 9 }),
            json!({ "text": "Lovely, thank you!", "rating": 5 }),
        ];

        let feedbacks = stack.directus.create_many("feedback", items.into()).await?;

        stack.directus.enriched(&feedbacks[1]["id"]).await?;
        let rejected = stack.directus.settled_row(&feedbacks[0]["id"]).await?;
        assert_eq!(rejected["state"], "rejected");
        let reason = rejected["error"].to_string();
        assert!(reason.contains("contract") && reason.contains("/data/rating"), "{reason}");
        assert_eq!(
            stack.directus.item("feedback", &feedbacks[0]["id"]).await?["sentiment"],
            json!(null)
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn calls_that_cannot_be_trusted_are_refused_with_a_reason() -> Result<()> {
    story(async |stack| {
        let stranger = "whsec_YSBzdHJhbmdlcidzIHNlY3JldCBvZiAzMiBieXRlcyE=";
        let (now, empty) = (SystemTime::now(), r#"{ "project": "directus", "changes": [] }"#);
        let an_hour_ago = now - Duration::from_hours(1);

        for (secret, signed_at, body, expected) in [
            (stranger, now, empty.to_owned(), 401),
            (SECRET, an_hour_ago, empty.to_owned(), 401),
            (SECRET, now, " ".repeat(2_000_000), 413),
        ] {
            let (status, answer) = stack.sidecar.post_changes(secret, signed_at, body).await?;

            assert_eq!(status, expected, "{answer}");
            assert!(answer["error"]["code"].is_string(), "{answer}");
            assert!(answer["error"]["detail"].is_string(), "{answer}");
        }
        let (status, answer) = stack.sidecar.post_changes(SECRET, now, empty.to_owned()).await?;
        assert_eq!(status, 200, "{answer}");
        Ok(())
    })
    .await
}
