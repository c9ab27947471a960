use serde_json::json;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_partial_json, path},
};

use super::*;
use crate::{config::Reactions, reaction::testing::context_of};

/// Tells what it was told, and the same at a look round.
#[derive(Debug)]
struct Echo(Event);

impl Reaction for Echo {
    const NAME: &str = "echo";

    fn announces(&self) -> Vec<&EventType> {
        vec![&self.0.event_type]
    }

    async fn react(&self, event: &Event, _context: &Context) -> Result<Reacted, DeliveryError> {
        Ok(Reacted { events: vec![event.clone()], ..Reacted::default() })
    }

    async fn look_round(&self, _: &Round, _: &Context) -> Result<Page, DeliveryError> {
        let of_others = Event { customer_id: Some("8".to_owned()), ..self.0.clone() };
        Ok(Page { events: vec![self.0.clone(), of_others], more: true })
    }
}

fn event() -> Event {
    let golden = include_str!("../../../../schemas/examples/valid/feedback.submitted-1.json");
    Event { customer_id: Some("7".to_owned()), ..serde_json::from_str(golden).unwrap() }
}

fn consenting() -> Consenting {
    let settings = r#"
        collection = "customers"
        filter = { id = { _eq = "$customer" }, consent = { _eq = true } }
    "#;
    Consenting::compile(Arc::new(Echo(event())), toml::from_str(settings).unwrap()).unwrap()
}

/// Each answer once, in this order.
async fn asked_about_seven(answers: &[u64]) -> MockServer {
    let server = MockServer::start().await;
    let filter = json!({ "id": { "_eq": "7" }, "consent": { "_eq": true } });
    for answer in answers {
        let data = json!({ "data": [{ "count": answer }] });
        Mock::given(path("/items/customers"))
            .and(body_partial_json(json!({ "query": { "filter": filter } })))
            .respond_with(ResponseTemplate::new(200).set_body_json(data))
            .up_to_n_times(1)
            .expect(1)
            .mount(&server)
            .await;
    }
    server
}

#[tokio::test]
async fn each_event_asks_anew_so_that_a_change_of_mind_takes_effect_at_once() {
    let server = asked_about_seven(&[1, 0, 1]).await;
    let (consenting, context) = (consenting(), context_of(&server.uri()));

    let mut told = Vec::new();
    for _ in 0..3 {
        told.push(consenting.react(&event(), &context).await.unwrap().events.len());
    }

    assert_eq!(told, [1, 0, 1]);
}

#[tokio::test]
async fn an_event_of_nobody_asks_nobody() {
    let nobody = Event { customer_id: None, ..event() };

    let reacted = consenting().react(&nobody, &context_of("http://127.0.0.1:9")).await.unwrap();

    assert_eq!(reacted.events, [nobody]);
}

#[tokio::test]
async fn without_an_answer_it_is_tried_again_and_not_taken_for_a_yes() {
    let outcome = consenting().react(&event(), &context_of("http://127.0.0.1:9")).await;

    assert!(outcome.unwrap_err().is_transient());
}

#[tokio::test]
async fn a_look_round_tells_nothing_of_those_who_do_not_agree() {
    let server = asked_about_seven(&[1]).await;
    Mock::given(path("/items/customers"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "data": [{ "count": 0 }] })))
        .with_priority(9)
        .mount(&server)
        .await;
    let context = context_of(&server.uri());
    let round = Round { since: context.now, page: 1 };

    let page = consenting().look_round(&round, &context).await.unwrap();

    assert_eq!(page.events, [event()], "and nothing of 8");
    assert!(page.more);
}

#[test]
fn every_mistake_is_reported_at_once() {
    let problems = Reactions::compile(
        r#"
        [erase.erasures]
        announce = "customer.erased"
        collections = []

        [consent.erasures]
        collection = "customers"
        filter = { consent = { _eq = true } }

        [consent.nowhere]
        collection = "customers"
        filter = { id = { _eq = "$customer" } }
        "#,
    )
    .unwrap_err();

    insta::assert_snapshot!(problems.join("\n"), @r"
    consent.erasures: an erasure waits for nobody's consent
    consent.erasures: filter: without `$customer` it asks nobody
    consent.nowhere: no reaction has a section for this route
    ");
}
