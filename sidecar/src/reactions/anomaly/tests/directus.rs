//! A Directus that counts, as far as an anomaly asks it.

use std::sync::{Arc, Mutex};

use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{method, path, path_regex},
};

use super::*;

/// What is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stored {
    Negative,
    Positive,
    Order,
    Payment,
}

impl Stored {
    fn row(self, at: Timestamp) -> (&'static str, Value) {
        match self {
            Self::Negative => ("feedback", json!({ "date_created": at, "sentiment": "negative" })),
            Self::Positive => ("feedback", json!({ "date_created": at, "sentiment": "positive" })),
            Self::Order => {
                ("customer_events", json!({ "occurred_at": at, "event_type": "order.placed" }))
            }
            Self::Payment => {
                ("customer_events", json!({ "occurred_at": at, "event_type": "payment.succeeded" }))
            }
        }
    }
}

/// A Directus with these items, and with a collection of what was told.
pub(super) async fn directus(stored: &[(Stored, Timestamp)]) -> MockServer {
    let server = MockServer::start().await;
    let rows: Vec<_> = stored.iter().map(|(what, at)| what.row(*at)).collect();
    let anomalies = Arc::new(Mutex::new(Vec::<Value>::new()));
    let recorded = Arc::clone(&anomalies);
    let apply = move |request: &Request| {
        let effects: Vec<Value> = request.body_json().unwrap();
        let verdicts = effects.iter().map(|effect| {
            assert_eq!(
                (&effect["op"], &effect["collection"]),
                (&json!("create"), &json!("anomalies"))
            );
            recorded.lock().unwrap().push(json!({ "id": effect["key"] }));
            json!({ "effectId": effect["effectId"], "verdict": "applied" })
        });
        let verdicts: Vec<_> = verdicts.collect();
        ResponseTemplate::new(200).set_body_json(json!({ "verdicts": verdicts }))
    };
    Mock::given(path("/event-bridge/effects")).respond_with(apply).mount(&server).await;
    let told = move |_: &Request| {
        ResponseTemplate::new(200).set_body_json(json!({ "data": *anomalies.lock().unwrap() }))
    };
    Mock::given(path("/items/anomalies")).respond_with(told).mount(&server).await;
    let answer = move |request: &Request| {
        let collection = request.url.path().rsplit('/').next().unwrap();
        let rows: Vec<_> =
            rows.iter().filter(|(of, _)| *of == collection).map(|(_, row)| row).collect();
        let asked: Value = request.body_json().unwrap();
        ResponseTemplate::new(200).set_body_json(json!({ "data": answer(&asked["query"], &rows) }))
    };
    Mock::given(method("SEARCH"))
        .and(path_regex("^/items/(feedback|customer_events)$"))
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

/// As much of Directus' queries as are asked here.
fn answer(query: &Value, rows: &[&Value]) -> Value {
    let taken: Vec<_> = rows.iter().filter(|row| takes(&query["filter"], row)).collect();
    if query.get("aggregate").is_none() {
        let field = query["sort"][0].as_str().unwrap();
        let first = taken.into_iter().min_by_key(|row| row[field].to_string());
        return json!(first.into_iter().collect::<Vec<_>>());
    }
    let Some(field) = query.get("groupBy").map(|fields| fields[0].as_str().unwrap()) else {
        return json!([{ "count": taken.len() }]);
    };
    let mut groups = std::collections::BTreeMap::<_, usize>::new();
    for row in taken {
        *groups.entry(row[field].as_str().unwrap()).or_default() += 1;
    }
    groups.iter().map(|(value, count)| json!({ field: value, "count": count })).collect()
}

fn takes(filter: &Value, row: &Value) -> bool {
    let time = |value: &Value| value.as_str().unwrap().parse::<Timestamp>().unwrap();
    filter.as_object().unwrap().iter().all(|(name, wanted)| {
        if name == "_and" {
            return wanted.as_array().unwrap().iter().all(|it| takes(it, row));
        }
        let value = &row[name];
        wanted.as_object().unwrap().iter().all(|(operator, operand)| match operator.as_str() {
            "_eq" => value == operand,
            "_in" => operand.as_array().unwrap().contains(value),
            "_nnull" => !value.is_null(),
            "_gte" => time(value) >= time(operand),
            "_lt" => time(value) < time(operand),
            other => panic!("{other} is not asked here"),
        })
    })
}
