use std::{num::NonZeroU32, time::Duration};

use serde_json::json;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{bearer_token, method, path, query_param},
};

use super::*;
use crate::directus::testing::connection;

pub(crate) fn administrator(url: &str) -> Administrator {
    let retry = RetryPolicy {
        delay_min: Duration::from_millis(1),
        delay_max: Duration::from_millis(1),
        attempts_max: NonZeroU32::new(2).unwrap(),
    };
    Administrator::new(connection(url).0, retry, CancellationToken::new())
}

fn refused(status: u16, code: &str) -> ResponseTemplate {
    let errors = json!({ "errors": [{ "message": "no more", "extensions": { "code": code } }] });
    ResponseTemplate::new(status).set_body_json(errors)
}

#[tokio::test]
async fn rows_are_asked_for_as_the_administrator() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/roles"))
        .and(query_param("limit", "-1"))
        .and(bearer_token("token"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "data": [{ "id": "a" }] })))
        .mount(&server)
        .await;

    let rows = administrator(&server.uri()).rows("roles", &[("limit", "-1")]).await.unwrap();

    assert_eq!(json!(rows), json!([{ "id": "a" }]));
}

#[tokio::test]
async fn what_the_licence_is_against_is_told_apart_from_what_is_wrong() {
    let server = MockServer::start().await;
    for (place, status, code) in [
        ("/collections", 403, "LIMIT_EXCEEDED"),
        ("/permissions", 403, "RESOURCE_RESTRICTED"),
        ("/roles", 400, "INVALID_PAYLOAD"),
    ] {
        Mock::given(path(place)).respond_with(refused(status, code)).expect(1).mount(&server).await;
    }
    let directus = administrator(&server.uri());
    let change = async |place: &str| directus.change(Change::create(place, json!({}))).await;

    assert!(
        matches!(change("collections").await, Err(Declined::ByLicence(why)) if why.contains("no more"))
    );
    assert!(matches!(change("permissions").await, Err(Declined::ByLicence(_))));
    let wrong = change("roles").await.unwrap_err();
    assert_eq!(wrong.to_string(), "Directus answers 400 Bad Request: no more");
}

#[tokio::test]
async fn a_busy_directus_is_asked_again_and_a_failed_change_is_not_made_twice() {
    let server = MockServer::start().await;
    Mock::given(path("/roles"))
        .respond_with(refused(503, "SERVICE_UNAVAILABLE"))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(path("/roles"))
        .respond_with(ResponseTemplate::new(204))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(path("/users"))
        .respond_with(refused(500, "INTERNAL"))
        .expect(1)
        .mount(&server)
        .await;
    let directus = administrator(&server.uri());

    assert!(directus.change(Change::create("roles", json!({}))).await.is_ok());
    assert!(directus.change(Change::create("users", json!({}))).await.is_err());
}
