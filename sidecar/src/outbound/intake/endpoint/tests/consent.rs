use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_json, path},
};

use super::*;

const ASKS_DIRECTUS: &str = r#"
[consent]
events = ["cart.opened"]
decide = "customer.consent"
customer = { collection = "customers", fields = ["consent"] }
"#;

/// A Directus in which 7 agrees and 8 does not; it is asked about both at once.
async fn directus_with_consent() -> MockServer {
    let server = MockServer::start().await;
    let query = json!({
        "fields": ["consent", "id"], "filter": { "id": { "_in": ["7", "8"] } }, "limit": 1_000,
    });
    let data = json!([{ "id": 7, "consent": true }, { "id": 8, "consent": false }]);
    Mock::given(path("/items/customers"))
        .and(body_json(json!({ "query": query })))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "data": data })))
        .expect(2)
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn consent_is_what_directus_says_now_of_the_customer_whom_an_event_names() {
    let directus = directus_with_consent().await;
    let intake = intake_of(ASKS_DIRECTUS, &directus.uri(), &CancellationToken::new());
    let server = TestServer::new(intake.router());
    let of = |customer: Value| {
        let mut event = event("cart.opened");
        event["customerId"] = customer;
        event
    };
    let body = json!([of(json!("7")), of(json!("8")), of(Value::Null), event("cart.closed")]);

    // Twice: what was said before is not remembered.
    for _ in 0..2 {
        let answer: Value = post(&server, body.clone()).await.json();

        let verdicts = answer["verdicts"].as_array().unwrap().iter();
        let verdicts: Vec<_> = verdicts.map(|it| it["verdict"].as_str().unwrap()).collect();
        assert_eq!(verdicts, ["published", "ignored", "ignored", "published"]);
    }
}

#[tokio::test]
async fn without_an_answer_about_consent_an_event_is_to_be_sent_again_and_others_are_published() {
    let intake = intake_of(ASKS_DIRECTUS, "http://127.0.0.1:9", &CancellationToken::new());
    let server = TestServer::new(intake.router());
    let mut cart = event("cart.opened");
    cart["customerId"] = json!("7");

    let answer: Value = post(&server, json!([cart, event("cart.closed")])).await.json();

    assert_eq!(answer["verdicts"][0]["verdict"], "retry", "{answer}");
    assert_eq!(answer["verdicts"][0]["error"]["code"], "directus_unavailable");
    assert_eq!(answer["verdicts"][1]["verdict"], "published");
}
