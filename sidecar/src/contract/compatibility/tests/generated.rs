//! What the checker promises, held against schemas, edits and documents that nobody chose.

mod edits;

use jsonschema::Validator;
use proptest::{
    prelude::*,
    sample::{Index, select, subsequence},
    strategy::ValueTree as _,
    test_runner::TestRunner,
};
use serde_json::{Map, Value, json};

use self::edits::{EDITS, WIDENINGS, edited, edits};
use super::breaks;

const EDITED_SCHEMAS: usize = 400;
const DOCUMENTS_EACH: usize = 40;
const WIDENED_SCHEMAS: usize = 200;

#[test]
fn what_the_former_version_took_a_compatible_one_takes() {
    let mut runner = TestRunner::deterministic();
    let (mut compatible, mut disproven) = (0, 0);
    for _ in 0..EDITED_SCHEMAS {
        let old = pick(&schema(&COMBINED), &mut runner);
        let new = pick(&edits(&EDITS), &mut runner).into_iter().fold(old.clone(), edited);
        let found = breaks(&old, &new);
        let (takes_old, takes_new) = (validator(&old), validator(&new));
        let documents = document(&old);
        let mut documents = (0..DOCUMENTS_EACH).map(|_| pick(&documents, &mut runner));

        let refused = documents.find(|it| takes_old.is_valid(it) && !takes_new.is_valid(it));

        compatible += usize::from(found.is_empty() && old != new);
        disproven += usize::from(refused.is_some());
        assert!(
            refused.is_none() || !found.is_empty(),
            "called compatible:\n{old}\n{new}\nbut the second refuses {}",
            refused.unwrap_or_default()
        );
    }
    // Neither half of the promise went untested.
    assert!(compatible > EDITED_SCHEMAS / 10, "only {compatible} were compatible");
    assert!(disproven > EDITED_SCHEMAS / 20, "only {disproven} were disproven by a document");
}

#[test]
fn a_schema_that_was_only_widened_is_never_refused() {
    let mut runner = TestRunner::deterministic();
    for _ in 0..WIDENED_SCHEMAS {
        let old = pick(&schema(&[]), &mut runner);
        let new = pick(&edits(&WIDENINGS), &mut runner).into_iter().fold(old.clone(), edited);

        assert_eq!(breaks(&old, &new), [], "\n{old}\n{new}");
    }
}

fn pick<T: std::fmt::Debug>(strategy: &impl Strategy<Value = T>, runner: &mut TestRunner) -> T {
    strategy.new_tree(runner).unwrap().current()
}

fn validator(schema: &Value) -> Validator {
    jsonschema::draft4::new(schema).unwrap()
}

const COMBINED: [&str; 3] = ["allOf", "anyOf", "oneOf"];
const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// A schema of three levels at most, its parts combined by `combinators`.
fn schema(combinators: &'static [&'static str]) -> BoxedStrategy<Value> {
    let bound = || prop::option::of(-2_i32..4);
    let text = (prop::option::of(0..2), prop::option::of(2..5), prop::option::of(Just("^[ab]*$")))
        .prop_map(|(min, max, pattern)| {
            with(
                json!({ "type": "string" }),
                [
                    ("minLength", min.map(Value::from)),
                    ("maxLength", max.map(Value::from)),
                    ("pattern", pattern.map(Value::from)),
                ],
            )
        });
    let number = (select(vec!["integer", "number"]), bound(), bound(), any::<bool>()).prop_map(
        |(kind, min, max, excluded)| {
            with(
                json!({ "type": [kind, "null"] }),
                [
                    ("exclusiveMinimum", min.is_some().then(|| excluded.into())),
                    ("minimum", min.map(Value::from)),
                    ("maximum", max.map(|max: i32| (max + 3).into())),
                ],
            )
        },
    );
    let words = subsequence(WORDS.to_vec(), 1..4).prop_map(|words| json!({ "enum": words }));
    let leaf = prop_oneof![text, number, words, Just(json!({ "type": "boolean" }))];
    leaf.prop_recursive(2, 12, 4, move |inner| {
        let list =
            (prop::option::of(inner.clone()), prop::option::of(0..3)).prop_map(|(items, min)| {
                with(
                    json!({ "type": "array" }),
                    [("items", items), ("minItems", min.map(Value::from))],
                )
            });
        let rest = prop_oneof![
            4 => Just(None),
            1 => Just(Some(json!(false))),
            1 => inner.clone().prop_map(Some)
        ];
        let fields = prop::collection::btree_map(select(&NAMES[..]), inner.clone(), 0..4);
        let record = (fields, rest, any::<Index>()).prop_map(|(fields, rest, required)| {
            let names: Vec<_> = fields.keys().copied().collect();
            let required = (!names.is_empty()).then(|| json!([names[required.index(names.len())]]));
            with(
                json!({ "type": "object", "properties": fields }),
                [("additionalProperties", rest), ("required", required)],
            )
        });
        if combinators.is_empty() {
            return prop_oneof![1 => list, 3 => record].boxed();
        }
        let combined = (select(combinators), prop::collection::vec(inner, 1..3))
            .prop_map(|(keyword, parts)| json!({ keyword: parts }));
        prop_oneof![1 => list, 3 => record, 1 => combined].boxed()
    })
    .boxed()
}

const WORDS: [Option<&str>; 4] = [Some("a"), Some("b"), Some("ab"), None];

fn with<const N: usize>(schema: Value, keywords: [(&str, Option<Value>); N]) -> Value {
    let Value::Object(mut schema) = schema else { return schema };
    let given = keywords.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    schema.extend(given);
    schema.into()
}

/// A document in the spirit of the schema: mostly valid, often at a bound, and without fields that
/// the schema leaves unsaid, unless it names none.
fn document(schema: &Value) -> BoxedStrategy<Value> {
    let anything = select(vec![json!(null), json!(""), json!("a"), json!("abab"), json!("x")])
        .prop_union(select(vec![json!(-2), json!(0), json!(1.5), json!(3), json!(7)]))
        .or(select(vec![json!(true), json!([]), json!({})]));
    for keyword in COMBINED {
        if let Some(parts) = schema[keyword].as_array() {
            let parts: Vec<_> = parts.iter().map(document).collect();
            return if keyword == "allOf" {
                parts.prop_map(|parts| parts.into_iter().reduce(merged).unwrap()).boxed()
            } else {
                prop::strategy::Union::new(parts).boxed()
            };
        }
    }
    if let Some(words) = schema["enum"].as_array() {
        return select(words.clone()).boxed();
    }
    let has_type = |name: &str| schema["type"].to_string().contains(name);
    if has_type("array") {
        let items =
            if schema["items"].is_object() { document(&schema["items"]) } else { anything.boxed() };
        return prop::collection::vec(items, 0..4).prop_map(Value::Array).boxed();
    }
    let Some(fields) = schema["properties"].as_object().filter(|_| has_type("object")) else {
        return anything.boxed();
    };
    let mut members: Vec<_> =
        fields.iter().map(|(name, field)| (name.clone(), document(field))).collect();
    if schema["additionalProperties"].is_object() {
        members.push(("e".to_owned(), document(&schema["additionalProperties"])));
    } else if fields.is_empty() {
        members.push(("a".to_owned(), anything.clone().boxed()));
        members.push(("e".to_owned(), anything.boxed()));
    }
    let member = |(name, value): (String, BoxedStrategy<Value>)| {
        (Just(name), prop::option::weighted(0.8, value))
    };
    members
        .into_iter()
        .map(member)
        .collect::<Vec<_>>()
        .prop_map(|members| {
            let given = members.into_iter().filter_map(|(name, value)| Some((name, value?)));
            given.collect::<Map<_, _>>().into()
        })
        .boxed()
}

fn merged(one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::Object(mut one), Value::Object(other)) => {
            one.extend(other);
            one.into()
        }
        (one, _) => one,
    }
}
