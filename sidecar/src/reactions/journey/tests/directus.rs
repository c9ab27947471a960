//! A Directus with a timeline, as far as a journey asks it.

use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{method, path},
};

use super::*;

/// A Directus with a timeline: it takes effects into it and answers the questions that are asked here.
pub(super) async fn directus(stored: &[Event]) -> MockServer {
    timeline(stored, true).await
}

/// The same, which knows every removal as one of before.
pub(super) async fn directus_that_keeps(stored: &[Event]) -> MockServer {
    timeline(stored, false).await
}

async fn timeline(stored: &[Event], removes: bool) -> MockServer {
    let server = MockServer::start().await;
    let rows = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    rows.lock().unwrap().extend(stored.iter().map(row));
    let written = std::sync::Arc::clone(&rows);
    Mock::given(method("POST"))
        .and(path("/event-bridge/effects"))
        .respond_with(move |request: &Request| {
            let effects: Vec<Value> = request.body_json().unwrap();
            let mut written = written.lock().unwrap();
            let verdicts = effects.iter().map(|effect| {
                if effect["op"] == "delete" {
                    let verdict = if removes { "applied" } else { "duplicate" };
                    written.retain(|row: &Value| !removes || row["id"] != effect["key"]);
                    return json!({ "effectId": effect["effectId"], "verdict": verdict });
                }
                let mut row = effect["data"].clone();
                row["id"] = effect["key"].clone();
                row["occurred_at"] = json!(in_milliseconds(&row["occurred_at"]));
                if effect["op"] == "create" && !written.contains(&row) {
                    written.push(row);
                }
                json!({ "effectId": effect["effectId"], "verdict": "applied" })
            });
            let verdicts: Vec<_> = verdicts.collect();
            ResponseTemplate::new(200).set_body_json(json!({ "verdicts": verdicts }))
        })
        .mount(&server)
        .await;
    Mock::given(method("SEARCH"))
        .and(path("/items/customer_events"))
        .respond_with(move |request: &Request| {
            let asked: Value = request.body_json().unwrap();
            let rows = rows.lock().unwrap();
            let data: Vec<Value> = answer(&asked["query"], &rows);
            ResponseTemplate::new(200).set_body_json(json!({ "data": data }))
        })
        .mount(&server)
        .await;
    server
}

/// As much of a time as SQLite keeps.
fn in_milliseconds(time: &Value) -> Timestamp {
    let time: Timestamp = time.as_str().unwrap().parse().unwrap();
    Timestamp::from_millisecond(time.as_millisecond()).unwrap()
}

pub(super) fn row(event: &Event) -> Value {
    let effect = shipped().rows.append(event, "7");
    let mut row = Value::Object(effect.data().clone());
    row["id"] = json!(event.event_id);
    row
}

/// As much of Directus' filters as these questions use.
fn answer(query: &Value, rows: &[Value]) -> Vec<Value> {
    if query.get("groupBy").is_some() {
        let any = rows.iter().any(|row| takes(&query["filter"], row));
        return any.then(|| json!({ "customer": "7", "count": 1 })).into_iter().collect();
    }
    let mut taken: Vec<_> =
        rows.iter().filter(|row| takes(&query["filter"], row)).cloned().collect();
    taken.sort_by_key(|row| row["occurred_at"].to_string());
    if query["sort"][0].as_str().is_some_and(|by| by.starts_with('-')) {
        taken.reverse();
    }
    taken.truncate(usize::try_from(query["limit"].as_u64().unwrap()).unwrap());
    taken
}

fn takes(filter: &Value, row: &Value) -> bool {
    let time = |value: &Value| value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    filter.as_object().unwrap().iter().all(|(name, wanted)| match name.as_str() {
        "_and" => wanted.as_array().unwrap().iter().all(|it| takes(it, row)),
        "_or" => wanted.as_array().unwrap().iter().any(|it| takes(it, row)),
        field => {
            wanted.as_object().unwrap().iter().all(|(operator, operand)| match operator.as_str() {
                "_eq" => row[field] == *operand,
                "_in" => operand.as_array().unwrap().contains(&row[field]),
                "_gte" => time(&row[field]) >= time(operand),
                "_lte" => time(&row[field]) <= time(operand),
                "_lt" => time(&row[field]) < time(operand),
                other => panic!("{other} is not asked here"),
            })
        }
    })
}
