use rstest::rstest;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{bearer_token, body_json, method, path},
};

use super::*;
use crate::directus::testing::connection;

fn reader(url: &str) -> Reader {
    let (directus, availability) = connection(url);
    Reader::new(directus, availability)
}

async fn directus(collection: &str, query: Value, answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("SEARCH"))
        .and(path(format!("/items/{collection}")))
        .and(bearer_token("token"))
        .and(body_json(json!({ "query": query })))
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

fn data(data: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({ "data": data }))
}

#[tokio::test]
async fn a_query_returns_the_items_in_directus_own_words() {
    let filter = json!({ "customer": { "_eq": 7 } });
    let asked =
        json!({ "fields": ["id", "status"], "filter": filter, "sort": ["-id"], "limit": 2 });
    let server = directus("tickets", asked, data(&json!([{ "id": 2 }, { "id": 1 }]))).await;
    let query = Query::of(["id", "status"], filter).sorted(["-id"]).limited(2);

    let items = reader(&server.uri()).items("tickets", &query).await.unwrap();

    assert_eq!(json!(items), json!([{ "id": 2 }, { "id": 1 }]));
}

#[test]
fn no_query_asks_for_more_than_may_be_answered() {
    let query = Query::of(["id"], json!({})).limited(u32::MAX);

    assert_eq!(json!(query)["limit"], ITEMS_MAX);
}

#[rstest]
#[case::sqlite(json!(3))]
#[case::postgresql(json!("3"))]
#[tokio::test]
async fn items_are_counted_on_every_database(#[case] count: Value) {
    let filter = json!({ "status": { "_neq": "closed" } });
    let asked = json!({ "aggregate": { "count": "*" }, "filter": filter });
    let server = directus("tickets", asked, data(&json!([{ "count": count }]))).await;

    let counted = reader(&server.uri()).count("tickets", &filter).await.unwrap();

    assert_eq!(counted, 3);
}

#[tokio::test]
async fn items_are_counted_by_the_value_of_a_field() {
    let filter = json!({ "event_type": { "_in": ["a.b", "c.d"] } });
    let asked = json!({
        "aggregate": { "count": "*" }, "groupBy": ["event_type"], "filter": filter,
        "limit": ITEMS_MAX,
    });
    let groups = json!([
        { "event_type": "a.b", "count": 3 }, { "event_type": "c.d", "count": "4" },
        { "event_type": null, "count": 1 },
    ]);
    let server = directus("customer_events", asked, data(&groups)).await;

    let counts =
        reader(&server.uri()).counts("customer_events", "event_type", &filter).await.unwrap();

    assert_eq!(json!(counts), json!({ "a.b": 3, "c.d": 4 }));
}

#[rstest]
#[case::busy(503, true)]
#[case::forbidden_until_an_admin_mends_it(403, true)]
#[case::wrong_query(400, false)]
#[tokio::test]
async fn a_question_that_fails_says_whether_it_can_pass_later(
    #[case] status: u16,
    #[case] transient: bool,
) {
    let asked = json!({ "fields": ["id"], "filter": {}, "limit": ITEMS_MAX });
    let server = directus("tickets", asked, ResponseTemplate::new(status)).await;
    let query = Query::of(["id"], json!({}));

    let error = reader(&server.uri()).items("tickets", &query).await.unwrap_err();

    assert_eq!(error.is_transient(), transient, "{error}");
}

#[rstest]
#[case("")]
#[case("tickets/../users")]
#[case("tickets?limit=-1")]
#[tokio::test]
async fn what_is_no_collections_name_is_not_asked_for(#[case] name: &str) {
    let query = Query::of(["id"], json!({}));

    let error = reader("http://127.0.0.1:9").items(name, &query).await.unwrap_err();

    assert!(!error.is_transient());
}
