//! The shipped mappings and the catalogue of events fit together.

use serde_json::json;

use super::*;
use crate::contract::testing::contracts;

/// What the shipped mappings make of a change, each checked against its contract.
fn shipped(collection: &str, action: Action, item: Value, previous: Value) -> Vec<Event> {
    let contracts = contracts();
    let [mut change, ..] = golden();
    let fields = item.as_object().into_iter().flat_map(Map::keys);
    let differing = fields.filter(|field| item.get(field) != previous.get(field));
    change.changed = differing.cloned().collect();
    change.collection = collection.to_owned();
    (change.action, change.item, change.previous) = (action, item, previous);
    let events = map(SHIPPED, &change);
    for event in &events {
        contracts.check(&json!(event)).unwrap_or_else(|refusal| panic!("{event:?}: {refusal}"));
    }
    events
}

#[rstest::rstest]
#[case("tickets", json!({ "subject": "Help", "order": 3 }), &["ticket.created"])]
#[case("tickets", json!({}), &["ticket.created"])]
#[case("customers", json!({ "email": "ada@example.com", "tier": "gold" }), &["customer.created"])]
#[case("payments", json!({ "status": "failed", "amount": "12.50", "currency": "EUR", "order": 9 }), &["payment.failed"])]
#[case("payments", json!({ "status": "succeeded", "amount": 12, "currency": "EUR" }), &["payment.succeeded"])]
#[case("payments", json!({ "status": "refunded", "amount": 12, "currency": "EUR" }), &["payment.refunded"])]
#[case("payments", json!({ "status": "pending" }), &["payments.created"])]
#[case("subscriptions", json!({ "plan": "plus", "amount": null }), &["subscription.started"])]
#[case("orders", json!({ "items": [{ "productId": "1", "quantity": 1 }], "total": "9.90", "currency": "EUR" }), &["order.placed"])]
#[case("orders", json!({ "total": "9.90" }), &["orders.created"])]
#[case("returns", json!({ "order": 9, "items": [{ "productId": "1", "quantity": 1 }] }), &["order.return_requested"])]
#[case("products", json!({ "stock": 1, "stock_threshold": 5 }), &["products.created"])]
fn a_new_item_of_a_starter_collection_has_the_event_of_the_catalogue(
    #[case] collection: &str,
    #[case] item: Value,
    #[case] expected: &[&str],
) {
    assert_eq!(types(&shipped(collection, Action::Create, item, Value::Null)), expected);
}

#[rstest::rstest]
#[case("tickets", json!({ "status": "open" }), json!({ "status": "closed" }), &["ticket.status_changed"])]
#[case("tickets", json!({ "status": "open" }), json!({ "status": "closed", "team": 2 }), &["ticket.status_changed", "ticket.updated"])]
#[case("tickets", json!({ "status": "open" }), json!({ "status": null }), &["ticket.updated"])]
#[case("tickets", json!({}), json!({ "body": "More" }), &["ticket.updated"])]
#[case("tickets", json!({ "body": "Same" }), json!({ "body": "Same" }), &["tickets.updated"])]
#[case("customers", json!({ "tier": "free" }), json!({ "tier": "plus" }), &["customer.updated"])]
#[case("payments", json!({ "status": "failed" }), json!({ "status": "failed", "note": "seen" }), &["payments.updated"])]
#[case("subscriptions", json!({ "status": "active" }), json!({ "status": "cancelled" }), &["subscription.cancelled"])]
#[case("subscriptions", json!({ "plan": "free" }), json!({ "plan": "plus" }), &["subscription.plan_changed"])]
#[case("products", json!({ "stock": 9 }), json!({ "stock": 5, "stock_threshold": 5 }), &["inventory.low"])]
#[case("products", json!({ "stock": 5 }), json!({ "stock": 4, "stock_threshold": 5 }), &["products.updated"])]
#[case("products", json!({ "stock": 5 }), json!({ "stock": null }), &["products.updated"])]
fn a_changed_item_of_a_starter_collection_has_the_events_of_the_catalogue(
    #[case] collection: &str,
    #[case] previous: Value,
    #[case] item: Value,
    #[case] expected: &[&str],
) {
    assert_eq!(types(&shipped(collection, Action::Update, item, previous)), expected);
}

#[test]
fn how_to_reach_a_customer_stays_in_directus() {
    let customer =
        json!({ "name": "Ada", "email": "ada@example.com", "phone": "1", "tier": "gold" });

    let created = shipped("customers", Action::Create, customer.clone(), Value::Null);
    let deleted = shipped("customers", Action::Delete, Value::Null, customer);

    for events in [created, deleted] {
        let [event] = events.as_slice() else { panic!("one event: {events:?}") };
        let text = json!(event).to_string();
        assert!(!text.contains("Ada") && !text.contains("ada@example.com"), "{text}");
        assert_eq!(
            (event.customer_id.as_deref(), &event.data["tier"]),
            (Some("42"), &json!("gold"))
        );
    }
}
