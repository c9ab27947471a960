//! Where what is there differs from what is wanted. Pure.

use serde_json::Value;

use super::{Kind, Wanted};
use crate::directus::administrator::Row;

/// The places that differ. What is there and not spoken of in `wanted` is nobody's business.
pub(super) fn between(row: &Row, wanted: &Wanted) -> Vec<String> {
    let mut places = Vec::new();
    for (field, value) in &wanted.body {
        if !wanted.kind.incomparable().contains(&field.as_str()) {
            compare(field, row.get(field).unwrap_or(&Value::Null), value, &mut places);
        }
    }
    places
}

/// Whether this row is the wanted thing, as it is or changed.
pub(super) fn is_meant(kind: Kind, row: &Row, body: &Row) -> bool {
    let value = |row: &Row, key: &str| row.get(key).cloned().unwrap_or_default();
    kind.identity().iter().all(|key| value(row, key) == value(body, key))
}

fn compare(place: &str, there: &Value, wanted: &Value, places: &mut Vec<String>) {
    let matches = match (there, wanted) {
        (Value::Object(there), Value::Object(wanted)) => {
            for (field, value) in wanted {
                let there = there.get(field).unwrap_or(&Value::Null);
                compare(&format!("{place}.{field}"), there, value, places);
            }
            true
        }
        // To what a field was given, Directus adds how its database has to be read.
        (Value::Array(there), Value::Array(wanted)) if place == "meta.special" => {
            wanted.iter().all(|special| there.contains(special))
        }
        (Value::Array(there), Value::Array(wanted)) if are_rows(wanted) => {
            rows(place, there, wanted, places);
            true
        }
        (Value::Array(there), Value::Array(wanted)) => {
            for (index, (there, wanted)) in there.iter().zip(wanted).enumerate() {
                compare(&format!("{place}[{index}]"), there, wanted, places);
            }
            there.len() == wanted.len()
        }
        (Value::Number(there), Value::Number(wanted)) => there.as_f64() == wanted.as_f64(),
        (there, wanted) => there == wanted,
    };
    if !matches {
        places.push(place.to_owned());
    }
}

/// Rows with ids come in any order.
fn rows(place: &str, there: &[Value], wanted: &[Value], places: &mut Vec<String>) {
    for wanted in wanted {
        let row = there.iter().find(|row| row["id"] == wanted["id"]).unwrap_or(&Value::Null);
        let name = wanted["key"].as_str().or(wanted["name"].as_str()).unwrap_or_default();
        compare(&format!("{place}.{name}"), row, wanted, places);
    }
    if there.len() > wanted.len() {
        places.push(place.to_owned());
    }
}

fn are_rows(values: &[Value]) -> bool {
    !values.is_empty() && values.iter().all(|value| value["id"].is_string())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn differing(kind: Kind, there: Value, wanted: Value) -> Vec<String> {
        let row = |value: Value| value.as_object().cloned().unwrap();
        between(&row(there), &Wanted { kind, body: row(wanted) })
    }

    #[rstest]
    #[case::the_same(json!({ "name": "a" }), json!({ "name": "a" }), &[])]
    #[case::more_is_there(json!({ "name": "a", "color": "red" }), json!({ "name": "a" }), &[])]
    #[case::null_and_nothing(json!({}), json!({ "color": null }), &[])]
    #[case::a_whole_number(json!({ "width": 10.0 }), json!({ "width": 10 }), &[])]
    #[case::another_value(json!({ "name": "b" }), json!({ "name": "a" }), &["name"])]
    #[case::further_down(
        json!({ "options": { "filter": { "a": 1, "b": 2 } } }),
        json!({ "options": { "filter": { "a": 1, "b": 3 } } }),
        &["options.filter.b"]
    )]
    #[case::a_longer_list(json!({ "fields": ["a", "b"] }), json!({ "fields": ["a"] }), &["fields"])]
    #[case::another_order_of_values(
        json!({ "fields": ["b", "a"] }), json!({ "fields": ["a", "b"] }), &["fields[0]", "fields[1]"]
    )]
    fn only_what_is_spoken_of_is_compared(
        #[case] there: Value,
        #[case] wanted: Value,
        #[case] places: &[&str],
    ) {
        assert_eq!(differing(Kind::Panels, there, wanted), places);
    }

    #[test]
    fn operations_are_known_by_their_ids() {
        let operation = |id: &str, key: &str| json!({ "id": id, "key": key, "type": "log" });
        let wanted = json!({ "operations": [operation("1", "first"), operation("2", "second")] });
        let swapped = json!({ "operations": [operation("2", "second"), operation("1", "first")] });
        let mut changed = swapped.clone();
        changed["operations"][0]["type"] = json!("exec");
        let without = json!({ "operations": [operation("1", "first")] });

        assert_eq!(differing(Kind::Flows, swapped, wanted.clone()), Vec::<String>::new());
        assert_eq!(differing(Kind::Flows, changed, wanted.clone()), ["operations.second.type"]);
        assert_eq!(differing(Kind::Flows, without, wanted), ["operations.second"]);
    }

    #[test]
    fn what_a_database_adds_to_a_field_is_no_difference() {
        let wanted = json!({ "type": "decimal", "meta": { "special": ["date-created"] } });
        let there =
            json!({ "type": "float", "meta": { "special": ["date-created", "cast-timestamp"] } });
        let other = json!({ "type": "float", "meta": { "special": ["uuid"] } });

        assert_eq!(differing(Kind::Fields, there, wanted.clone()), Vec::<String>::new());
        assert_eq!(differing(Kind::Fields, other, wanted), ["meta.special"]);
    }

    #[test]
    fn a_token_is_never_compared_because_it_is_never_shown() {
        let there = json!({ "email": "a@example.com", "token": "**********" });
        let wanted = json!({ "email": "a@example.com", "token": "secret" });

        assert_eq!(differing(Kind::Users, there, wanted), Vec::<String>::new());
    }
}
