//! What holds for every change.

use proptest::prelude::*;

use super::*;

/// Expressions that fail on most items.
const GREEDY: &str = r#"
    [consent]
    events = ["feedback.praised"]
    decide = "item.consent or 'anonymous'"
    identity = ["data.text", "data.who.*"]

    [[mapping]]
    collection = "feedback"
    when = "item.a or changed | length > 2"
    event = "feedback.praised"
    also = true
    customer = "item.b"
    privacy = { data.text = "mask", "data.*.a" = "drop" }
    data = { text = "item.text ~ previous.a", who = { a = "item.a + 1", b = "item.b | number" } }

    [[mapping]]
    collection = "feedback"
    on = ["update", "delete"]
    event = "feedback.changed"
    context = { first = "changed[0] | upper", all = "item | list | join(',')" }
"#;

fn anything() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    scalar.prop_recursive(3, 16, 4, |inner| {
        let name = prop_oneof![
            Just("a".to_owned()),
            Just("b".to_owned()),
            Just("text".to_owned()),
            ".{0,4}"
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..4)
                .prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn mapping_never_panics_and_names_its_events_alike_every_time(
        item in anything(),
        previous in anything(),
        related in anything(),
        changed in prop::collection::vec(".{0,4}", 0..4),
        collection in prop_oneof![Just("feedback".to_owned()), Just("tickets".to_owned()), ".{0,12}"],
        action in prop::sample::select(Action::ALL.to_vec()),
        mappings in prop::sample::select(vec![SHIPPED, GREEDY, ""]),
    ) {
        let [mut change, ..] = golden();
        change.related = related.as_object().cloned().unwrap_or_default();
        change = Change { collection, action, item, previous, changed, ..change };
        let mappings = Mappings::compile(mappings).unwrap();
        let once = || -> Result<Vec<_>, Refusal> {
            let considered = mappings.consider(&change)?.into_iter();
            Ok(considered.filter_map(Considered::publishable).collect())
        };

        let events = once();

        prop_assert_eq!(&events, &once());
        let events = events.unwrap_or_default();
        let ids: std::collections::BTreeSet<_> = events.iter().map(|event| event.event_id.0).collect();
        prop_assert_eq!(ids.len(), events.len());
        prop_assert!(events.iter().all(|event| event.correlation_id == change.event_id));
    }
}
