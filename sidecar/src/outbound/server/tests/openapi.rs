use super::*;
use crate::openapi::{PUBLIC, testing::assert_describes};

#[tokio::test]
async fn every_route_is_documented_and_every_example_is_what_its_schema_says() {
    let router = routes(|_| None, 1, &CancellationToken::new());

    assert_describes(PUBLIC, router, intake::credential::testing::TOKEN, 20).await;
}

#[tokio::test]
async fn the_examples_of_requests_are_taken() {
    let server = plain(1);
    let token = intake::credential::testing::TOKEN;
    let document: Value = serde_json::from_str(PUBLIC).unwrap();
    let operation = &document["paths"]["/v1/events"]["post"];
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
