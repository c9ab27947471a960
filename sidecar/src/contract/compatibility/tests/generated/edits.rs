//! Edits of schemas, some of which only widen them.

use proptest::{
    prelude::*,
    sample::{Index, select},
};
use serde_json::{Map, Value, json};

use super::COMBINED;

/// One change of one part of a schema.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edit {
    part: Index,
    detail: Index,
    kind: &'static str,
}

pub(super) const WIDENINGS: [&str; 5] =
    ["forget a keyword", "take null", "lower a bound", "add a field", "require one less"];
pub(super) const EDITS: [&str; 13] = [
    "forget a keyword",
    "take null",
    "lower a bound",
    "add a field",
    "require one less",
    "raise a bound",
    "lose a type",
    "lose a word",
    "lose a field",
    "require one more",
    "close",
    "give a pattern",
    "name a field of the rest",
];

pub(super) fn edits(kinds: &'static [&'static str]) -> impl Strategy<Value = Vec<Edit>> {
    let edit = (any::<Index>(), any::<Index>(), select(kinds))
        .prop_map(|(part, detail, kind)| Edit { part, detail, kind });
    prop::collection::vec(edit, 1..4)
}

impl Edit {
    /// Which one of so many it is done to.
    fn of(self, count: usize) -> usize {
        self.detail.index(count.max(1))
    }
}

/// The schema after an edit; the same where the edit does not apply.
pub(super) fn edited(mut root: Value, edit: Edit) -> Value {
    let parts = parts(&root, String::new());
    let place = &parts[edit.part.index(parts.len())];
    let schema = root.pointer_mut(place).and_then(Value::as_object_mut).unwrap();
    if WIDENINGS.contains(&edit.kind) {
        widen(schema, edit);
    } else {
        narrow(schema, edit);
    }
    root
}

fn widen(schema: &mut Map<String, Value>, edit: Edit) {
    match edit.kind {
        "forget a keyword" => {
            let forgettable = |keyword: &&String| *keyword != "properties";
            let keywords: Vec<_> = schema.keys().filter(forgettable).cloned().collect();
            if let Some(keyword) = keywords.get(edit.of(keywords.len())) {
                // Fields that nobody names any more are a loss, and no widening.
                let names_fields = schema[keyword].to_string().contains("properties");
                if !names_fields {
                    schema.remove(keyword);
                }
                // Draft 4 knows this word only beside the other.
                if keyword == "minimum" {
                    schema.remove("exclusiveMinimum");
                }
            }
        }
        "take null" => {
            if let Some(kinds) = schema.get_mut("type") {
                let mut taken = kinds.as_array().cloned().unwrap_or_else(|| vec![kinds.clone()]);
                if !taken.contains(&"null".into()) {
                    taken.push("null".into());
                }
                *kinds = taken.into();
            }
            if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut)
                && !words.contains(&Value::Null)
            {
                words.push(Value::Null);
            }
        }
        "lower a bound" => move_bounds(schema, -1),
        "add a field" => {
            if !fields_of(schema).is_empty() && !schema.contains_key("additionalProperties") {
                let fields = schema["properties"].as_object_mut().unwrap();
                fields.entry("new").or_insert(json!({ "type": "string" }));
            }
        }
        "require one less" => drop(schema.remove("required")),
        other => unreachable!("{other} widens nothing"),
    }
}

fn narrow(schema: &mut Map<String, Value>, edit: Edit) {
    let fields = fields_of(schema);
    match edit.kind {
        "raise a bound" => move_bounds(schema, 1),
        "lose a type" => {
            if let Some(kinds) = schema.get_mut("type").and_then(Value::as_array_mut)
                && kinds.len() > 1
            {
                kinds.remove(edit.detail.index(kinds.len()));
            }
        }
        "lose a word" => {
            if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut)
                && words.len() > 1
            {
                words.remove(edit.detail.index(words.len()));
            }
        }
        "lose a field" => {
            if let Some(name) = fields.get(edit.of(fields.len())) {
                schema["properties"].as_object_mut().unwrap().remove(name);
            }
        }
        "require one more" => {
            if let Some(name) = fields.get(edit.of(fields.len())) {
                schema.insert("required".to_owned(), json!([name]));
            }
        }
        "close" => drop(schema.insert("additionalProperties".to_owned(), false.into())),
        "name a field of the rest" => {
            if let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut) {
                fields.insert("e".to_owned(), json!({ "type": "string" }));
            }
        }
        "give a pattern" => drop(schema.insert("pattern".to_owned(), "^a".into())),
        other => unreachable!("{other} is no edit"),
    }
}

fn move_bounds(schema: &mut Map<String, Value>, step: i64) {
    for keyword in ["minimum", "minLength", "minItems"] {
        if let Some(bound) = schema.get(keyword).and_then(Value::as_i64) {
            let floor = if keyword == "minimum" { i64::MIN } else { 0 };
            schema.insert(keyword.to_owned(), (bound + step).max(floor).into());
        }
    }
}

fn fields_of(schema: &Map<String, Value>) -> Vec<String> {
    let fields = schema.get("properties").and_then(Value::as_object);
    fields.map(|fields| fields.keys().cloned().collect()).unwrap_or_default()
}

/// Pointers to every schema within a schema, itself included.
fn parts(schema: &Value, place: String) -> Vec<String> {
    let mut found = Vec::new();
    for keyword in ["items", "additionalProperties"] {
        if schema[keyword].is_object() {
            found.extend(parts(&schema[keyword], format!("{place}/{keyword}")));
        }
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        found.extend(parts(field, format!("{place}/properties/{name}")));
    }
    for keyword in COMBINED {
        for (index, part) in schema[keyword].as_array().into_iter().flatten().enumerate() {
            found.extend(parts(part, format!("{place}/{keyword}/{index}")));
        }
    }
    found.push(place);
    found
}
