use proptest::prelude::*;
use serde_json::{Map, json};

use super::*;
use crate::{
    event::EventTypes,
    expression::Expression,
    outbound::{change::ChangeBatch, placed::Placed, privacy::path::Segment},
};

const KEY: &[u8] = b"a key of more than 24 bytes";

fn event(data: &Value) -> Event {
    let golden = include_str!("../../../../schemas/examples/valid/feedback.submitted-1.json");
    let mut event: Event = serde_json::from_str(golden).unwrap();
    event.data = data.as_object().unwrap().clone();
    event
}

fn rule(path: &str, treatment: Treatment) -> Rule {
    Rule { path: Path::parse(path).unwrap(), treatment, place: String::new() }
}

fn policy() -> Policy {
    Policy { consent: None, pseudonyms: Some(Pseudonyms::new(KEY)) }
}

/// The event after the rules, and the paths at which they found something.
fn treat(event: Event, rules: &[(&str, Treatment)]) -> (Event, Vec<String>) {
    let rules = Rules::new(rules.iter().map(|(path, treatment)| rule(path, *treatment)));
    let policy = policy();
    let considered = policy.consider(event, &rules, None, None).unwrap();
    let paths = considered.treated.iter().map(|rule| rule.path.to_string()).collect();
    (considered.publishable().unwrap(), paths)
}

#[test]
fn a_value_is_dropped_masked_or_given_a_name() {
    let data = json!({ "card": "4242", "email": "ada@example.com", "phone": 4930, "name": "Ada" });
    let rules = [
        ("data.card", Treatment::Drop),
        ("data.email", Treatment::Mask),
        ("data.phone", Treatment::Mask),
        ("data.name", Treatment::Pseudonymize),
        ("data.absent", Treatment::Drop),
    ];

    let (event, treated) = treat(event(&data), &rules);

    // Python's `hmac` says the same.
    let name = "742fe15e489e0af193d90eddc3a3f69e4eb462d787a6f9be972bcadcc4bf373b";
    let expected = json!({ "email": "***", "phone": null, "name": name });
    assert_eq!(Value::Object(event.data), expected);
    assert_eq!(treated, ["data.name", "data.email", "data.phone", "data.card"]);
}

#[test]
fn a_path_reaches_into_objects_and_every_element_of_an_array() {
    let data = json!({
        "items": [{ "email": "a@b.c", "n": 1 }, { "n": 2 }, "text", [{ "email": "d@e.f" }]],
        "by_key": { "one": { "email": "g@h.i" }, "two": { "email": "j@k.l" } },
        "tags": ["a", "b"],
    });
    let rules = [
        ("data.items.*.email", Treatment::Drop),
        ("data.by_key.*.email", Treatment::Mask),
        ("data.tags.*", Treatment::Mask),
    ];

    let (explicit, _) = treat(event(&data), &rules);
    let (implicit, _) = treat(event(&data), &[("data.items.email", Treatment::Drop)]);

    assert_eq!(
        Value::Object(explicit.data),
        json!({
            "items": [{ "n": 1 }, { "n": 2 }, "text", [{}]],
            "by_key": { "one": { "email": "***" }, "two": { "email": "***" } },
            "tags": ["***", "***"],
        }),
    );
    assert_eq!(implicit.data["items"], json!([{ "n": 1 }, { "n": 2 }, "text", [{}]]));
}

#[test]
fn rules_reach_the_customer_the_context_and_the_properties() {
    let mut told = event(&json!({}));
    told.customer_id = Some("7".to_owned());
    told.context = Map::from_iter([("sessionId".to_owned(), json!("s-1"))]);
    told.properties = Map::from_iter([("ip".to_owned(), json!("192.0.2.7"))]);
    let rules = [
        ("customerId", Treatment::Pseudonymize),
        ("context.sessionId", Treatment::Mask),
        ("properties.ip", Treatment::Drop),
    ];

    let (treated, _) = treat(told, &rules);

    assert_eq!(treated.customer_id, Some(Pseudonyms::new(KEY).of("7")));
    assert_eq!(treated.context["sessionId"], "***");
    assert!(treated.properties.is_empty());
}

#[test]
fn a_pseudonym_is_the_same_for_a_key_as_number_and_as_text_and_another_with_another_key() {
    let pseudonyms = Pseudonyms::new(KEY);

    let replaced = pseudonyms.replace(json!({ "number": 7, "text": "7", "list": [7, null] }));

    let name = pseudonyms.of("7");
    assert_eq!(replaced, json!({ "number": name, "text": name, "list": [name, null] }));
    assert_ne!(Pseudonyms::new(b"another key of 24 bytes.").of("7"), name);
    assert!(!format!("{pseudonyms:?}").contains("a key"));
}

#[test]
fn where_rules_meet_the_strictest_holds() {
    let data = json!({ "email": "ada@example.com", "who": { "name": "Ada", "email": "a@b.c" } });
    let loose =
        [rule("data.email", Treatment::Pseudonymize), rule("data.who.name", Treatment::Mask)];
    let strict = [rule("data.email", Treatment::Drop), rule("data.who", Treatment::Pseudonymize)];
    let policy = policy();
    let [loose, strict] = [loose, strict].map(Rules::new);

    for rules in [loose.with(&strict), strict.with(&loose)] {
        let treated =
            policy.consider(event(&data), &rules, None, None).unwrap().publishable().unwrap();

        assert_eq!(treated.data.get("email"), None);
        assert_eq!(treated.data["who"]["name"], "***");
        assert_eq!(treated.data["who"]["email"].as_str().unwrap().len(), 64);
    }
}

#[test]
fn without_a_key_nothing_leaves_that_should_have_another_name() {
    let rules = Rules::new([rule("data.name", Treatment::Pseudonymize)]);

    let policy = Policy::default();
    let treated = policy.consider(event(&json!({ "name": "Ada" })), &rules, None, None).unwrap();

    assert_eq!(treated.publishable().unwrap().data["name"], "***");
}

fn asking(decide: &str) -> Policy {
    let decide = Expression::compile(decide, &Consent::VISIBLE).unwrap();
    let identity = ["customerId", "data.userEmail"].map(|path| rule(path, Treatment::Drop));
    let consent = Consent {
        events: vec![EventTypes::parse("feedback.*").unwrap()],
        decide: Placed::new(decide, "mappings.toml:7: consent: decide".to_owned()),
        identity: Rules::new(identity),
        customer: None,
    };
    Policy { consent: Some(consent), ..policy() }
}

fn person() -> Event {
    let mut event = event(&json!({ "userEmail": "ada@example.com", "text": "Hello" }));
    event.customer_id = Some("7".to_owned());
    event
}

#[rstest::rstest]
#[case("'publish'", Decision::Publish)]
#[case("data.text == 'Hello'", Decision::Publish)]
#[case("'anonymous' if item is none else 'drop'", Decision::Anonymous)]
#[case("'drop'", Decision::Drop)]
#[case("false", Decision::Drop)]
#[case("related.customer.consent", Decision::Drop)]
fn consent_decides(#[case] decide: &str, #[case] expected: Decision) {
    let (policy, rules) = (asking(decide), Rules::default());

    let considered = policy.consider(person(), &rules, None, None).unwrap();

    assert_eq!(considered.consent, Some(expected));
    let known = |event: &Event| (event.customer_id.is_some(), event.data.contains_key("userEmail"));
    let expected = match expected {
        Decision::Publish => Some((true, true)),
        Decision::Anonymous => Some((false, false)),
        Decision::Drop => None,
    };
    let event = considered.publishable();
    assert_eq!(event.as_ref().map(known), expected);
    assert!(event.is_none_or(|event| event.correlation_id == person().correlation_id));
}

#[test]
fn consent_looks_at_the_change_and_before_the_rules_take_anything_away() {
    let golden = include_str!("../../../../schemas/examples/changes.json");
    let batch: ChangeBatch = serde_json::from_str(golden).unwrap();
    let change: Change = serde_json::from_str(batch.changes[1].get()).unwrap();
    let policy = asking("data.userEmail and item.rating == 1 and related.customer.tier == 'gold'");
    let rules = Rules::new([rule("data.userEmail", Treatment::Drop)]);

    let considered = policy.consider(person(), &rules, Some(&change), None).unwrap();

    assert_eq!(considered.consent, Some(Decision::Publish));
    assert!(!considered.publishable().unwrap().data.contains_key("userEmail"));
}

#[rstest::rstest]
#[case("data.text / 2")]
#[case("'perhaps'")]
#[case("7")]
fn a_decision_that_fails_is_a_refusal(#[case] decide: &str) {
    let (policy, rules) = (asking(decide), Rules::default());

    let refusal = policy.consider(person(), &rules, None, None).unwrap_err();

    assert_eq!(refusal.path.as_deref(), Some("mappings.toml:7: consent: decide"));
}

#[test]
fn an_event_that_needs_no_consent_is_not_asked_about() {
    let (policy, rules) = (asking("'drop'"), Rules::default());
    let mut other = person();
    other.event_type = "order.placed".to_owned().try_into().unwrap();

    let considered = policy.consider(other, &rules, None, None).unwrap();

    assert!(considered.consent.is_none() && considered.publishable().is_some());
}

/// Data with a planted value somewhere in it, and a path that leads there.
fn planted() -> impl Strategy<Value = (Value, Vec<Segment>)> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|b| json!(b)),
        "[a-z]{0,4}".prop_map(Value::from)
    ];
    let other = leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-c]", inner, 0..3)
                .prop_map(|fields| fields.into_iter().collect()),
        ]
    });
    let plant =
        prop_oneof![Just(json!(PLANTED)), Just(json!([PLANTED])), Just(json!({ "x": PLANTED }))];
    let start = (plant, Just(Vec::new())).boxed();
    let deeper = |(value, path): (Value, Vec<Segment>),
                  (name, around, how): (String, Value, u8)| {
        let step =
            |segment| std::iter::once(segment).chain(path.iter().cloned()).collect::<Vec<_>>();
        // `*` before an array stands for its elements.
        let is_implicit = how == 0 && path.first() != Some(&Segment::Every);
        match how {
            _ if is_implicit => (json!([around, value]), path),
            0 | 1 => (json!([around, value]), step(Segment::Every)),
            2 => (json!({ "other": around, &name: value }), step(Segment::Every)),
            _ => (json!({ "other": around, &name: value }), step(Segment::Field(name.clone()))),
        }
    };
    let steps = prop::collection::vec(("[d-f]", other, 0..4_u8), 0..4);
    (start, steps, "[d-f]").prop_map(move |(start, steps, name)| {
        let inner = steps.into_iter().fold(start, deeper);
        deeper(inner, (name, Value::Null, 3))
    })
}

const PLANTED: &str = "ada.planted@example.com";

proptest! {
    #[test]
    fn what_a_rule_names_is_never_serialized(
        (data, path) in planted(),
        treatment in prop::sample::select(vec![Treatment::Drop, Treatment::Mask, Treatment::Pseudonymize]),
    ) {
        let rules = Rules::new([Rule {
            path: Path::In(path::Part::Data, path),
            treatment,
            place: String::new(),
        }]);
        let policy = policy();

        let considered = policy.consider(event(&data), &rules, None, None).unwrap();

        prop_assert_eq!(considered.treated.len(), 1);
        let sent = serde_json::to_string(&considered.publishable()).unwrap();
        prop_assert!(!sent.contains(PLANTED), "{sent}");
    }

    #[test]
    fn different_values_have_different_pseudonyms(a in ".*", b in ".*") {
        let pseudonyms = Pseudonyms::new(KEY);

        prop_assert_eq!(a == b, pseudonyms.of(&a) == pseudonyms.of(&b));
        prop_assert!(a.is_empty() || !pseudonyms.of(&a).contains(&a) || a.len() < 3);
    }

    #[test]
    fn a_path_is_written_as_it_was_read(path in "(data|context|properties)(\\.[a-z_]{1,4}|\\.\\*){1,4}") {
        prop_assert_eq!(Path::parse(&path).unwrap().to_string(), path);
    }
}
