use std::collections::BTreeSet;

use super::*;
use crate::outbound::openapi::DOCUMENT;

fn document() -> Value {
    serde_json::from_str(DOCUMENT).unwrap()
}

fn paths() -> Vec<(String, Value)> {
    document()["paths"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(path, operations)| (path.clone(), operations.clone()))
        .collect()
}

#[tokio::test]
async fn the_document_is_served_as_it_is() {
    let response = plain(1).get("/openapi.json").await;

    response.assert_status_ok();
    assert_eq!(response.header("content-type"), "application/json");
    assert_eq!(response.text(), DOCUMENT);
}

#[tokio::test]
async fn every_route_is_documented() {
    // axum has no list of routes but in what it prints.
    let printed = format!("{:?}", routes(|_| None, 1, &CancellationToken::new()));

    let fallbacks = ["/", "/{*__private__axum_fallback}"];
    let is_route = |text: &&str| text.starts_with('/') && !fallbacks.contains(text);
    let routes: BTreeSet<&str> = printed.split('"').filter(is_route).collect();

    assert!(routes.contains("/v1/changes"), "the routes are no longer printed: {printed}");
    let documented = paths();
    assert_eq!(routes, documented.iter().map(|(path, _)| path.as_str()).collect());
}

#[tokio::test]
async fn every_documented_method_is_served_and_no_other() {
    let server = plain(1);
    for (path, operations) in paths() {
        for method in ["GET", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE"] {
            let status = server.method(method.parse().unwrap(), &path).await.status_code();

            let is_documented = operations.get(method.to_lowercase()).is_some();
            let is_served = status != StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(is_documented, is_served, "{method} {path} answers {status}");
        }
    }
}

#[test]
fn every_example_is_what_its_schema_says() {
    let document = document();
    let mut checked = 0;
    let mut check = |place: &str, content: &Value| {
        for (media_type, content) in content.as_object().into_iter().flatten() {
            let mut schema = content["schema"].clone();
            schema["components"] = document["components"].clone();
            let schema = jsonschema::options().build(&schema).unwrap();
            for (name, example) in content["examples"].as_object().expect("an example") {
                let mistakes: Vec<_> = schema
                    .iter_errors(&example["value"])
                    .map(|mistake| format!("{}: {mistake}", mistake.instance_path()))
                    .collect();
                assert!(mistakes.is_empty(), "{place} {media_type} {name}: {mistakes:?}");
                checked += 1;
            }
        }
    };
    for (path, operations) in paths() {
        for (method, operation) in operations.as_object().unwrap() {
            check(&format!("{method} {path}"), &operation["requestBody"]["content"]);
            for (status, response) in operation["responses"].as_object().unwrap() {
                check(&format!("{method} {path} {status}"), &response["content"]);
            }
        }
    }
    assert!(checked > 20, "only {checked} examples were found");
}

#[tokio::test]
async fn the_examples_of_requests_are_taken() {
    let server = plain(1);
    let token = intake::credential::testing::TOKEN;
    let operation = &document()["paths"]["/v1/events"]["post"];
    for (media_type, content) in operation["requestBody"]["content"].as_object().unwrap() {
        for (name, example) in content["examples"].as_object().unwrap() {
            let value = &example["value"];
            let body = value.as_str().map_or_else(|| value.to_string(), str::to_owned);

            let response = server
                .post("/v1/events")
                .add_header("authorization", format!("Bearer {token}"))
                .text(body)
                .content_type(media_type)
                .await;

            response.assert_status_ok();
            let answer: Value = response.json();
            let verdicts = answer["verdicts"].as_array().unwrap();
            let published = verdicts.iter().filter(|answer| answer["verdict"] == "published");
            assert_eq!(published.count(), verdicts.len(), "{media_type} {name}: {answer}");
        }
    }
}
