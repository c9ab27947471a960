//! `OpenAPI` 3.1 of the listeners, written by hand; tests compare each document with the routes that it
//! describes, and its examples with its schemas.

use axum::{
    http::header::CONTENT_TYPE,
    response::IntoResponse,
    routing::{MethodRouter, get},
};

/// What the listener for Directus and external producers answers.
pub const PUBLIC: &str = include_str!("../api/openapi.json");
/// What the listener of the admin API answers.
pub const ADMIN: &str = include_str!("../api/admin.json");

/// `GET` of a document.
pub fn document<S: Clone + Send + Sync + 'static>(document: &'static str) -> MethodRouter<S> {
    get(move || async move { ([(CONTENT_TYPE, "application/json")], document).into_response() })
}

#[cfg(test)]
pub(crate) mod testing {
    use std::collections::BTreeSet;

    use axum::{
        Router,
        http::{StatusCode, header::AUTHORIZATION},
    };
    use axum_test::TestServer;
    use serde_json::Value;

    /// The paths of a document, with their operations.
    fn paths(document: &Value) -> Vec<(String, Value)> {
        let paths = document["paths"].as_object().unwrap();
        paths.iter().map(|(path, operations)| (path.clone(), operations.clone())).collect()
    }

    /// Fails unless the router has the document's routes with the document's methods, serves the document
    /// as it is, and the document's examples, `examples_min` at least, are what its schemas say. Whoever asks
    /// shows `token`.
    pub(crate) async fn assert_describes(
        text: &str,
        router: Router,
        token: &str,
        examples_min: usize,
    ) {
        let document = serde_json::from_str(text).unwrap();
        assert_routes(&document, &router);
        let mut server = TestServer::new(router);
        server.add_header(AUTHORIZATION, format!("Bearer {token}"));
        let answer = server.get("/openapi.json").await;
        assert_eq!((answer.status_code(), answer.text().as_str()), (StatusCode::OK, text));
        assert_eq!(answer.header("content-type"), "application/json");
        assert_methods(&document, &server).await;
        assert_examples(&document, examples_min);
    }

    fn assert_routes(document: &Value, router: &Router) {
        // axum has no list of routes but in what it prints.
        let printed = format!("{router:?}");
        let fallbacks = ["/", "/{*__private__axum_fallback}"];
        let is_route = |text: &&str| text.starts_with('/') && !fallbacks.contains(text);
        let served: BTreeSet<&str> = printed.split('"').filter(is_route).collect();
        assert!(served.contains("/openapi.json"), "routes are no longer printed: {printed}");
        let documented = paths(document);
        assert_eq!(served, documented.iter().map(|(path, _)| path.as_str()).collect());
    }

    async fn assert_methods(document: &Value, server: &TestServer) {
        for (path, operations) in paths(document) {
            for method in ["GET", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE"] {
                let status = server.method(method.parse().unwrap(), &path).await.status_code();
                let is_documented = operations.get(method.to_lowercase()).is_some();
                let is_served = status != StatusCode::METHOD_NOT_ALLOWED;
                assert_eq!(is_documented, is_served, "{method} {path} answers {status}");
            }
        }
    }

    fn assert_examples(document: &Value, examples_min: usize) {
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
        let resolved = |value: &'_ Value| match value["$ref"].as_str() {
            Some(place) => document.pointer(&place[1..]).expect("what is referred to").clone(),
            None => value.clone(),
        };
        for (path, operations) in paths(document) {
            for (method, operation) in operations.as_object().unwrap() {
                let place = format!("{method} {path}");
                check(&place, &resolved(&operation["requestBody"])["content"]);
                for (status, response) in operation["responses"].as_object().unwrap() {
                    check(&format!("{place} {status}"), &resolved(response)["content"]);
                }
            }
        }
        assert!(checked >= examples_min, "only {checked} examples were found");
    }
}
