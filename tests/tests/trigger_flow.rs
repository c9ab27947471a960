//! A Flow that a route runs is as durable as any other reaction.

use anyhow::Result;
use e2e::{Setup, Stack, eventually};
use reqwest::Method;
use serde_json::{Value, json};

const FLOW: &str = "6d1d5a0e-7f0a-4c1f-9d57-5b1f3a6f0c11";
const ROUTES: &str = r#"{
    "praise": {
        "description": "Whoever is delighted is thanked.",
        "reaction": "trigger_flow",
        "pattern": {
            "detail-type": ["feedback.submitted"],
            "detail": { "data": { "rating": [{ "numeric": ["=", 5] }] } }
        }
    }
}"#;
const REACTIONS: &str = r#"
    [trigger_flow.praise]
    flow = "6d1d5a0e-7f0a-4c1f-9d57-5b1f3a6f0c11"
"#;

#[tokio::test]
async fn a_flow_that_fails_leaves_a_dead_letter_and_runs_when_it_is_mended() -> Result<()> {
    Setup::default()
        .reactions(ROUTES, REACTIONS)
        .sidecar("SIDECAR__INBOUND__RECEIVES_MAX", "2")
        .sidecar("SIDECAR__INBOUND__REDELIVERY_DELAYS", "1s")
        .tell(async |stack| {
            stack.expect_log("attempt failed, the queue will try again");
            stack.expect_log("message dead-lettered");
            // Directus warns of whatever a Flow throws.
            stack.expect_log("the mail server of ada@example.com is full");
            let thrown = json!({ "code": "MAIL", "status": "502", "message": "the mail server of ada@example.com is full" });
            let operation = a_flow(stack, json!({ "type": "throw-error", "options": thrown })).await?;

            let feedback = json!({ "text": "Delightful!", "rating": 5 });
            stack.directus.create("feedback", feedback).await?;

            let letter = eventually("the dead letter", async || {
                let listed = stack.sidecar.command(&["dead-letters", "list", "--json"])?;
                Ok(serde_json::from_str::<Vec<Value>>(&listed)?.pop())
            })
            .await?;
            assert_eq!(letter["reason"], "exhausted");
            let detail = letter["detail"].as_str().unwrap_or_default();
            assert!(detail.contains("the mail server of ada@example.com is full"), "{letter}");
            let log = std::fs::read_to_string(stack.dir().join("sidecar.log"))?;
            assert!(!log.contains("ada@example.com"), "they may speak of somebody");

            let ticket = json!({ "subject": "Thank: {{ $trigger.body.data.text }}" });
            let options = json!({ "collection": "tickets", "payload": ticket, "permissions": "$full", "emitEvents": true });
            let mended = json!({ "type": "item-create", "options": options });
            stack.directus.ask(Method::PATCH, &format!("operations/{operation}"), Some(mended)).await?;
            stack.sidecar.command(&["dead-letters", "redrive", "--all"])?;

            let created = stack.aws.next_event("ticket.created").await?;
            let thanked = stack.directus.item("tickets", &created.detail["subject"]["key"]).await?;
            assert_eq!(thanked["subject"], "Thank: Delightful!");
            Ok(())
        })
        .await
}

/// An active Flow as a route needs it, with one operation, of which it returns the id.
async fn a_flow(stack: &Stack, mut operation: Value) -> Result<String> {
    let flow = json!({
        "id": FLOW, "name": "Thank for praise", "status": "active", "trigger": "webhook",
        "options": { "method": "POST", "async": false, "error_on_reject": true, "return": "$last" },
    });
    stack.directus.ask(Method::POST, "flows", Some(flow)).await?;
    let place =
        json!({ "flow": FLOW, "key": "first", "name": "First", "position_x": 19, "position_y": 1 });
    for (key, value) in place.as_object().into_iter().flatten() {
        operation[key] = value.clone();
    }
    let operation = stack.directus.ask(Method::POST, "operations", Some(operation)).await?;
    let first = json!({ "operation": operation["id"] });
    stack.directus.ask(Method::PATCH, &format!("flows/{FLOW}"), Some(first)).await?;
    Ok(operation["id"].as_str().unwrap_or_default().to_owned())
}
