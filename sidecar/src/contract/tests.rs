use std::{fs, path::Path, sync::LazyLock};

use super::*;
use crate::config::read_documents;

fn schemas() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas"))
}

fn contracts() -> &'static Contracts {
    static SHIPPED: LazyLock<Contracts> =
        LazyLock::new(|| Contracts::compile(&read_documents(schemas()).unwrap()).unwrap());
    &SHIPPED
}

/// The contracts of single types, each with its name and its schema.
fn data_contracts() -> Vec<(EventType, u32, Value)> {
    read_documents(schemas())
        .unwrap()
        .into_iter()
        .filter_map(|document| match document.of {
            ContractName::Data(event_type, version) => {
                Some((event_type, version, serde_json::from_str(&document.text).unwrap()))
            }
            ContractName::Envelope => None,
        })
        .collect()
}

fn examples(kind: &str) -> Vec<(String, Value)> {
    let examples: Vec<_> = fs::read_dir(schemas().join("examples").join(kind))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap())
        })
        .collect();
    assert!(!examples.is_empty(), "no examples in {kind}");
    examples
}

#[test]
fn every_valid_example_is_accepted() {
    for (name, event) in examples("valid") {
        contracts().parse(event).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
    }
}

#[test]
fn every_invalid_example_is_refused_in_each_of_its_places() {
    for (name, example) in examples("invalid") {
        let refusal = contracts().check(&example["event"]).expect_err(&name);

        for path in example["violations"].as_array().unwrap() {
            let place = format!("{}: ", path.as_str().unwrap());
            assert!(refusal.detail.contains(&place), "{name}: {place} not in {refusal}");
        }
    }
}

#[test]
fn a_refusal_does_not_repeat_what_stood_there() {
    let (_, mut event) = examples("valid").remove(0);
    event["eventType"] = "feedback.submitted".into();
    event["data"] = serde_json::json!({ "text": ["ada@example.com"] });

    let refusal = contracts().check(&event).unwrap_err();

    assert!(!refusal.detail.contains("ada@example.com"), "{refusal}");
}

#[test]
fn an_unknown_version_of_a_known_type_is_refused() {
    let (_, mut event) = examples("valid").remove(0);
    event["eventType"] = "feedback.submitted".into();
    event["version"] = 7.into();

    assert_eq!(contracts().check(&event).unwrap_err().path.as_deref(), Some("/version"));
}

#[test]
fn a_schema_that_is_none_is_named() {
    let of = ContractName::Data(EventType::try_from("a.b".to_owned()).unwrap(), 1);
    let text = r#"{"$schema": "http://json-schema.org/draft-04/schema#", "type": "no such type"}"#
        .to_owned();

    let problems = Contracts::compile(&[Document { of, text }]).unwrap_err();

    assert!(problems[0].starts_with("a.b/1.json: "), "{problems:?}");
}

#[test]
fn a_schema_that_the_registry_would_not_take_is_named() {
    let problem = |schema: String| {
        let of = ContractName::Data(EventType::try_from("a.b".to_owned()).unwrap(), 1);
        Contracts::compile(&[Document { of, text: schema }]).unwrap_err().remove(0)
    };
    let other_draft = r#"{"$schema": "http://json-schema.org/draft-07/schema#"}"#;
    let elsewhere = r#"{"$schema": "http://json-schema.org/draft-04/schema#", "properties": {
        "price": {"$ref": "https://example.com/money.json"}}}"#;
    let long = format!(
        r#"{{"$schema": "http://json-schema.org/draft-04/schema#", "description": "{}"}}"#,
        "ä".repeat(100_000)
    );

    let no_draft = "a.b/1.json: $schema: is not `http://json-schema.org/draft-04/schema#`";
    assert_eq!(problem("{}".to_owned()), no_draft);
    assert_eq!(problem(other_draft.to_owned()), no_draft);
    let remote = problem(elsewhere.to_owned());
    assert!(
        remote.starts_with("a.b/1.json: Resource 'https://example.com/money.json'"),
        "{remote}"
    );
    let bound = "a.b/1.json: 100073 characters, and the schema registry takes 100000";
    assert_eq!(problem(long), bound);
}

#[test]
fn every_contract_has_an_example_that_is_named_after_it_and_every_example_a_contract() {
    let expected = data_contracts()
        .into_iter()
        .map(|(event_type, version, _)| format!("{event_type}-{version}.json"));
    let mut named: Vec<_> = examples("valid").into_iter().map(|(name, _)| name).collect();
    named.retain(|name| name != "unmapped-collection-1.json");
    named.sort();

    assert_eq!(named, expected.collect::<Vec<_>>());
    for (name, event) in examples("valid") {
        let (event_type, version) = (&event["eventType"], &event["version"]);
        let expected = format!("{}-{version}.json", event_type.as_str().unwrap());
        let uncontracted = name == "unmapped-collection-1.json";
        assert!(name == expected || uncontracted, "{name} holds {event_type} {version}");
    }
}

#[test]
fn every_contract_is_titled_after_its_type_and_every_field_described() {
    for (event_type, version, schema) in data_contracts() {
        assert_eq!(schema["title"], event_type.as_str());
        for (place, field) in fields(&schema, "") {
            let described = field["description"].as_str().is_some_and(|text| text.len() > 3);
            assert!(described, "{event_type}/{version}.json: {place} has no description");
        }
        assert!(schema["description"].is_string(), "{event_type}/{version}.json");
    }
    let envelope = fs::read_to_string(schemas().join("envelope.json")).unwrap();
    for (place, field) in fields(&serde_json::from_str(&envelope).unwrap(), "") {
        assert!(field["description"].is_string(), "envelope.json: {place} has no description");
    }
}

/// A mapping writes null for what an item lacks.
#[test]
fn whatever_is_not_required_may_be_null() {
    for (event_type, version, schema) in data_contracts() {
        for (place, field) in fields(&schema, "") {
            let nullable =
                field["type"].as_array().is_some_and(|types| types.contains(&"null".into()));
            let required = place.starts_with('!');
            assert!(required || nullable, "{event_type}/{version}.json: {place} cannot be null");
        }
    }
}

/// Whoever adds a field must not break those who sent it before.
#[test]
fn every_contract_is_open() {
    for (event_type, version, schema) in data_contracts() {
        let closed = schema.to_string().contains(r#""additionalProperties":false"#);
        assert!(!closed, "{event_type}/{version}.json");
    }
}

/// Every field of a schema, the nested ones too, by its place; a required one's begins with `!`.
fn fields<'schema>(schema: &'schema Value, place: &str) -> Vec<(String, &'schema Value)> {
    let required = |name: &str| {
        schema["required"].as_array().is_some_and(|names| names.contains(&name.into()))
    };
    let here = schema["properties"].as_object().into_iter().flatten();
    let mut found = Vec::new();
    for (name, field) in here {
        let bare = format!("{}/{name}", place.trim_start_matches('!'));
        let place = if required(name) { format!("!{bare}") } else { bare };
        found.extend(fields(field, &place));
        found.push((place, field));
    }
    if schema["items"].is_object() {
        found.extend(fields(&schema["items"], &format!("{place}/*")));
    }
    found
}

/// The quick way and the thorough way come to one answer.
#[test]
fn an_event_is_checked_like_its_document() {
    for (name, document) in examples("valid") {
        let event = serde_json::from_value(document).unwrap();
        assert!(contracts().surely_takes(&event), "{name} takes the long way");
    }
    let mut refused = 0;
    for (name, example) in examples("invalid") {
        // What is no event at all is refused before, and a local time has become one of the world.
        let Ok(event) = serde_json::from_value::<Event>(example["event"].clone()) else { continue };
        let document = serde_json::to_value(&event).unwrap();
        let verdict = contracts().check_event(&event);
        assert_eq!(verdict, contracts().check(&document), "{name}");
        refused += usize::from(verdict.is_err());
    }
    assert!(refused > 10, "only {refused} were refused");
}

#[test]
fn an_envelope_of_the_operators_own_is_obeyed() {
    let mut documents = read_documents(schemas()).unwrap();
    let envelope = documents.iter_mut().find(|it| it.of == ContractName::Envelope).unwrap();
    envelope.text = envelope.text.replace(r#""maxLength": 256"#, r#""maxLength": 4"#);
    let contracts = Contracts::compile(&documents).unwrap();
    let (_, event) = examples("valid").remove(0);
    let event = serde_json::from_value(event).unwrap();

    assert_eq!(contracts.check_event(&event).unwrap_err().path.as_deref(), Some("/producer"));
}
