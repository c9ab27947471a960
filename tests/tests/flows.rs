//! What Flows publish is as durable as what editors save.

use anyhow::Result;
use e2e::{Stack, eventually, story};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_flow_publishes_an_event_of_its_own() -> Result<()> {
    story(async |stack| {
        let flow = active_flow(
            stack,
            json!({
                "trigger": "webhook",
                "options": { "method": "POST", "return": "$last", "error_on_reject": true },
            }),
            json!({
                "type": "loyalty.points_granted",
                "data": { "points": "{{ $trigger.body.points }}", "reason": "first review" },
                "collection": "customers",
                "key": "{{ $trigger.body.customer }}",
                "customer": "{{ $trigger.body.customer }}",
                "context": r#"{ "source": "portal" }"#,
            }),
        )
        .await?;

        let body = json!({ "points": 50, "customer": 2 });
        let answer = trigger(stack, &flow, &body).await?;

        let event = stack.aws.next_event("loyalty.points_granted").await?.detail;
        assert_eq!(event["eventId"], answer["eventId"], "the Flow knows the id of its event");
        assert_eq!(event["subject"], json!({ "collection": "customers", "key": "2" }));
        assert_eq!(event["customerId"], "2");
        assert_eq!(event["data"]["points"], 50);
        assert_eq!(event["context"]["source"], "portal");
        assert_eq!(event["producer"], "directus");
        assert!(event["traceparent"].is_string(), "it belongs to the request that ran the Flow");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_flow_that_an_item_triggers_publishes_about_that_item() -> Result<()> {
    story(async |stack| {
        let scope =
            json!({ "type": "action", "scope": ["items.create"], "collections": ["tickets"] });
        let flow = json!({ "trigger": "event", "options": scope });
        active_flow(stack, flow, json!({ "type": "support.requested", "version": 2 })).await?;

        // The Flow listens a moment after it was saved.
        let event = eventually("the Flow to publish", async || {
            stack.directus.create("tickets", json!({ "subject": "Help!" })).await?;
            let events = stack.aws.other_events().await?;
            Ok(events.into_iter().find(|event| event.event_type == "support.requested"))
        })
        .await?;

        assert_eq!(event.detail["subject"]["collection"], "tickets");
        assert_ne!(event.key(), "");
        assert_eq!(event.detail["version"], 2);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_event_without_a_type_fails_its_flow_before_anything_is_written() -> Result<()> {
    story(async |stack| {
        stack.expect_log("must name the event");
        let flow = active_flow(
            stack,
            json!({ "trigger": "webhook", "options": { "method": "POST", "error_on_reject": true } }),
            json!({ "type": "{{ $trigger.body.nothing }}", "version": 0 }),
        )
        .await?;

        let path = format!("flows/trigger/{flow}");
        let (status, answer) = eventually("the Flow to be there", async || {
            let asked = stack.directus.try_ask(Method::POST, &path, Some(json!({}))).await?;
            Ok((asked.0 != 403).then_some(asked))
        })
        .await?;

        assert!(status >= 400, "{status}: {answer}");
        let events = stack.directus.rows("select id from event_bridge_outbox where kind = 'event'")?;
        assert_eq!(events, Vec::<Value>::new());
        Ok(())
    })
    .await
}

/// Creates an active Flow whose one operation publishes, and returns its id.
async fn active_flow(stack: &Stack, mut flow: Value, options: Value) -> Result<String> {
    flow["name"] = json!("Publishes");
    flow["status"] = json!("active");
    let flow = stack.directus.ask(Method::POST, "flows", Some(flow)).await?;
    let operation = json!({
        "flow": flow["id"], "key": "publish", "name": "Publish", "type": "publish-event",
        "position_x": 19, "position_y": 1, "options": options,
    });
    let operation = stack.directus.ask(Method::POST, "operations", Some(operation)).await?;
    let id = flow["id"].as_str().unwrap_or_default().to_owned();
    let first = json!({ "operation": operation["id"] });
    stack.directus.ask(Method::PATCH, &format!("flows/{id}"), Some(first)).await?;
    Ok(id)
}

/// Runs a Flow, which is there a moment after it was saved, and returns its answer.
async fn trigger(stack: &Stack, flow: &str, body: &Value) -> Result<Value> {
    let path = format!("flows/trigger/{flow}");
    eventually("the Flow to answer", async || {
        let (status, answer) =
            stack.directus.try_ask(Method::POST, &path, Some(body.clone())).await?;
        Ok((status == 200 && answer["eventId"].is_string()).then_some(answer))
    })
    .await
}
