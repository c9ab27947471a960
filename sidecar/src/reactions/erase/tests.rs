use std::sync::{Arc, Mutex};

use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::path};

use super::*;
use crate::{
    config::Reactions, contract::testing::contracts, delivery::DeliveryError,
    reaction::testing::context_of,
};

const SHIPPED: &str = include_str!("../../../config/reactions.toml");

fn requested() -> Event {
    let golden =
        include_str!("../../../../schemas/examples/valid/customer.erasure_requested-1.json");
    serde_json::from_str(golden).unwrap()
}

/// A Directus with two items of the customer in every collection, until they are erased; and what it
/// was told, in order.
async fn directus() -> (MockServer, Arc<Mutex<Vec<String>>>) {
    let (server, told) = (MockServer::start().await, Arc::new(Mutex::new(Vec::new())));
    let log = Arc::clone(&told);
    let remember = move |_: &Request| {
        log.lock().unwrap().push("remember".to_owned());
        ResponseTemplate::new(200).set_body_json(json!({ "erased": true }))
    };
    Mock::given(path("/event-bridge/erasures")).respond_with(remember).mount(&server).await;
    let log = Arc::clone(&told);
    let apply = move |request: &Request| {
        let effects: Vec<Value> = request.body_json().unwrap();
        let mut log = log.lock().unwrap();
        let verdicts: Vec<_> = effects
            .iter()
            .map(|effect| {
                let [collection, key, op] =
                    ["collection", "key", "op"].map(|name| effect[name].as_str().unwrap());
                log.push(format!("{op} {collection}/{key}"));
                json!({ "effectId": effect["effectId"], "verdict": "applied" })
            })
            .collect();
        ResponseTemplate::new(200).set_body_json(json!({ "verdicts": verdicts }))
    };
    Mock::given(path("/event-bridge/effects")).respond_with(apply).mount(&server).await;
    let log = Arc::clone(&told);
    let search = move |request: &Request| {
        let collection = request.url.path().rsplit('/').next().unwrap();
        let erased = log.lock().unwrap().iter().any(|it| it.contains(&format!("{collection}/")));
        let items = if erased { json!([]) } else { json!([{ "id": 1 }, { "id": "b" }]) };
        ResponseTemplate::new(200).set_body_json(json!({ "data": items }))
    };
    Mock::given(wiremock::matchers::method("SEARCH")).respond_with(search).mount(&server).await;
    (server, told)
}

#[tokio::test]
async fn a_customer_is_remembered_by_a_hash_before_anything_is_erased() {
    let (server, told) = directus().await;
    let reactions = Reactions::compile(SHIPPED).unwrap();

    let reacted =
        reactions.of("erasures").react(&requested(), &context_of(&server.uri())).await.unwrap();

    let told = told.lock().unwrap();
    assert_eq!(told[0], "remember");
    assert!(told.contains(&"delete customer_events/1".to_owned()), "{told:?}");
    assert!(told.contains(&"update feedback/b".to_owned()), "{told:?}");
    let [erased] = reacted.events.as_slice() else { panic!("one event: {reacted:?}") };
    assert_eq!(erased.customer_id, None);
    assert_eq!(json!(erased.subject.key), erased.data["customerHash"]);
    let timeline = json!({ "collection": "customer_events", "deleted": 2, "cleared": 0 });
    assert!(erased.data["collections"].as_array().unwrap().contains(&timeline));
    contracts().parse(json!(erased)).unwrap();
}

#[test]
fn only_items_that_still_have_something_to_lose_are_looked_for() {
    let part: Part = toml::from_str(
        r#"
        collection = "feedback"
        filter = { customer = { _eq = "$customer" } }
        clear = ["user_email"]
        set = { text = "erased" }
        "#,
    )
    .unwrap();

    let expected = json!({ "_and": [
        { "customer": { "_eq": "7" } },
        { "_or": [
            { "user_email": { "_nnull": true } },
            { "_or": [{ "text": { "_neq": "erased" } }, { "text": { "_null": true } }] },
        ] },
    ] });
    assert_eq!(part.left("7"), expected);
}

#[tokio::test]
async fn an_event_that_names_nobody_is_refused() {
    let reactions = Reactions::compile(SHIPPED).unwrap();
    let event = Event { customer_id: None, ..requested() };

    let outcome = reactions.of("erasures").react(&event, &context_of("http://127.0.0.1:9")).await;

    assert!(matches!(outcome, Err(DeliveryError::Permanent(_))), "{outcome:?}");
}

#[test]
fn every_mistake_is_reported_at_once() {
    let problems = Reactions::compile(
        r#"
        [erase.a]
        announce = "customer.erased"
        collections = [
            { collection = "x", filter = {} },
            { collection = "x", filter = {}, delete = true },
            { collection = "y", filter = {}, delete = true, clear = ["z"] },
        ]
        "#,
    )
    .unwrap_err();

    insta::assert_snapshot!(problems.join("\n"), @r"
    erase.a: collections: x: delete, or clear and set
    erase.a: collections: x: is there twice
    erase.a: collections: y: delete, or clear and set
    ");
}
