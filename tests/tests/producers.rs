//! External producers → bus: what a shop, a gateway or an app posts.

use std::{collections::BTreeSet, path::Path, process::Command};

use anyhow::{Result, ensure};
use e2e::{Setup, sidecar::SECRET};
use serde_json::{Value, json};

const TOKEN: &str = "c2hvcC10b2tlbi1vZi0zMi1jaGFyYWN0";
const NEW_TOKEN: &str = "bmV3LXRva2VuLW9mLTMyLWNoYXJhY3Q0";
const TOKENS: &str = "SIDECAR__PRODUCERS__SHOP__TOKENS";

/// A sidecar that listens to a shop, too.
fn shop(events: &str) -> Setup {
    Setup::default()
        .sidecar(TOKENS, TOKEN)
        .sidecar("SIDECAR__PRODUCERS__SHOP__EVENTS", events)
        .sidecar("SIDECAR__PRODUCERS__SHOP__TYPE_PREFIX", "com.example.shop")
}

fn item_added() -> Value {
    json!({
        "cartId": "c-900", "productId": "p-31", "name": "Wool sweater",
        "quantity": 2, "unitPrice": 79.9, "currency": "GBP",
    })
}

#[tokio::test]
async fn a_cloud_event_of_a_shop_arrives_as_a_canonical_event_in_either_mode() -> Result<()> {
    shop("cart.*").tell(async |stack| {
        let structured = json!({
            "specversion": "1.0", "id": "order-7", "source": "/shop/de", "subject": "carts/c-900",
            "type": "com.example.shop.cart.item-added.v1", "customerid": "7",
            "time": "2026-11-21T11:30:00+01:00", "region": "eu", "data": item_added(),
        });
        let media_type = ("content-type", "application/cloudevents+json");
        let binary = [
            ("ce-specversion", "1.0"), ("ce-id", "order-7"), ("ce-source", "/shop/de"),
            ("ce-subject", "carts/c-900"), ("ce-type", "com.example.shop.cart.item-added.v1"),
            ("ce-customerid", "7"), ("ce-time", "2026-11-21T11:30:00%2B01:00"),
            ("ce-region", "eu"), ("content-type", "application/json"),
        ];

        let (status, first) =
            stack.sidecar.post_events(TOKEN, &[media_type], structured.to_string()).await?;
        let (_, second) =
            stack.sidecar.post_events(TOKEN, &binary, item_added().to_string()).await?;

        assert_eq!((status, &first["verdicts"][0]["verdict"]), (200, &json!("published")));
        assert_eq!(first, second, "the same event has the same id");
        let events = stack.aws.next_events("cart.item_added", 2).await?;
        let mut detail = events[0].detail.clone();
        assert_eq!(detail, events[1].detail, "both modes say the same");
        assert_eq!(detail["eventId"], first["verdicts"][0]["eventId"]);
        assert_eq!(detail["eventId"], detail["correlationId"]);
        for id in ["eventId", "correlationId"] {
            detail.as_object_mut().unwrap().remove(id);
        }
        let expected = json!({
            "eventType": "cart.item_added", "version": 1, "producer": "shop",
            "occurredAt": "2026-11-21T10:30:00Z", "sequence": null, "customerId": "7",
            "causationId": null, "traceparent": null,
            "subject": { "collection": "carts", "key": "c-900" },
            "context": { "source": "/shop/de", "sourceId": "order-7" },
            "data": item_added(), "properties": { "region": "eu" },
        });
        assert_eq!(detail, expected);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_event_of_a_type_that_is_not_allowed_is_refused_and_seen() -> Result<()> {
    shop("cart.*")
        .tell(async |stack| {
            stack.expect_log("event rejected");
            let post = async |event: Value| {
                let media_type = ("content-type", "application/json");
                stack.sidecar.post_events(TOKEN, &[media_type], event.to_string()).await
            };

            let forged = json!({ "eventType": "payment.failed", "data": { "amount": 1 } });
            let (status, answer) = post(forged).await?;
            let (_, allowed) = post(json!({ "eventType": "cart.emptied", "data": {} })).await?;

            assert_eq!(status, 403, "{answer}");
            assert_eq!(answer["verdicts"][0]["error"]["code"], "forbidden");
            assert_eq!(allowed["verdicts"][0]["verdict"], "published");
            let metrics = stack.sidecar.metrics().await?;
            for verdict in ["rejected", "published"] {
                let counted = format!(
                    "event_bridge_events_total{{producer=\"shop\",verdict=\"{verdict}\"}} 1\n"
                );
                assert!(metrics.contains(&counted), "{counted} is not in {metrics}");
            }
            stack.aws.next_event("cart.emptied").await?;
            assert!(stack.aws.other_events().await?.is_empty(), "only what is allowed");
            Ok(())
        })
        .await
}

#[tokio::test]
async fn a_token_is_replaced_while_the_old_one_still_serves() -> Result<()> {
    shop("cart.*")
        .tell(async |stack| {
            for (tokens, expected) in [
                (TOKEN.to_owned(), [200, 401]),
                (format!("{NEW_TOKEN},{TOKEN}"), [200, 200]),
                (NEW_TOKEN.to_owned(), [401, 200]),
            ] {
                stack.sidecar.stop().await?;
                stack.sidecar.configure(&vec![(TOKENS, tokens)]);
                stack.sidecar.start().await?;
                let mut statuses = Vec::new();
                for token in [TOKEN, NEW_TOKEN] {
                    let event = json!({ "eventType": "cart.emptied", "data": {} }).to_string();
                    let media_type = ("content-type", "application/json");
                    let (status, _) =
                        stack.sidecar.post_events(token, &[media_type], event).await?;
                    statuses.push(status);
                }
                assert_eq!(statuses, expected);
            }
            Ok(())
        })
        .await
}

#[tokio::test]
async fn a_hundred_events_a_line_each_are_a_hundred_events_on_the_bus() -> Result<()> {
    shop("cart.*")
        .tell(async |stack| {
            let line = |n| json!({ "eventType": "cart.counted", "data": { "n": n } }).to_string();
            let lines: Vec<_> = (0..100).map(line).collect();

            let media_type = ("content-type", "application/x-ndjson");
            let (status, answer) =
                stack.sidecar.post_events(TOKEN, &[media_type], lines.join("\n")).await?;

            assert_eq!(status, 200);
            let verdicts = answer["verdicts"].as_array().unwrap();
            let published: BTreeSet<_> = verdicts
                .iter()
                .filter(|answer| answer["verdict"] == "published")
                .map(|answer| answer["eventId"].to_string())
                .collect();
            assert_eq!(published.len(), 100, "{answer}");
            let events = stack.aws.next_events("cart.counted", 100).await?;
            let arrived: BTreeSet<_> =
                events.iter().map(|event| event.detail["eventId"].to_string()).collect();
            assert_eq!(arrived, published);
            Ok(())
        })
        .await
}

#[tokio::test]
async fn the_routes_answer_as_their_description_says_whatever_is_asked() -> Result<()> {
    shop("*")
        .tell(async |stack| {
            stack.expect_log("event rejected");
            stack.expect_log("change rejected");
            // What is made up speaks of customers and items that are not there.
            stack.expect_log("message dead-lettered");
            let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
            let tool = checkout.join("tests/schemathesis");

            let output = Command::new(checkout.join(".cache/schemathesis/bin/schemathesis"))
                .arg("--config-file")
                .arg(tool.join("schemathesis.toml"))
                .args(["run", &format!("{}/openapi.json", stack.sidecar.url())])
                .env_clear()
                .env("HOME", stack.dir())
                .env("PYTHONPATH", &tool)
                .env("PYTHONDONTWRITEBYTECODE", "1")
                .env("PRODUCER_TOKEN", TOKEN)
                .env("DIRECTUS_SECRET", SECRET)
                .current_dir(stack.dir())
                .output()?;

            let said = String::from_utf8_lossy(&output.stdout);
            ensure!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
            Ok(())
        })
        .await
}
