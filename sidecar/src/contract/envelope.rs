//! The envelope's rules that an [`Event`] does not already keep by its type. Pure.
//!
//! An event that we made ourselves need not become a document to be held against
//! `schemas/envelope.json`: that took longer than all the rest of publishing it.

use serde_json::Value;

use crate::event::Event;

/// The contract that [`obeys`] knows by heart.
pub(super) const KNOWN: &str = include_str!("../../../schemas/envelope.json");

const PRODUCER_CHARS_MAX: usize = 256;
/// The first second of the year 0: RFC 3339 has no years before it.
const FIRST_SECOND: i64 = -62_167_219_200;
/// The lengths of the parts of a trace context, all of them lower-case hexadecimal.
const TRACEPARENT: [usize; 4] = [2, 32, 16, 2];

/// Whether `schemas/envelope.json` takes the event.
pub(super) fn obeys(event: &Event) -> bool {
    let text_or_null = |name: &str| {
        event.context.get(name).is_none_or(|value| value.is_string() || value.is_null())
    };
    event.version > 0
        && !event.producer.is_empty()
        && event.producer.chars().take(PRODUCER_CHARS_MAX + 1).count() <= PRODUCER_CHARS_MAX
        && event.occurred_at.as_second() >= FIRST_SECOND
        && event.customer_id.as_ref().is_none_or(|customer| !customer.is_empty())
        && event.traceparent.as_deref().is_none_or(is_traceparent)
        && !event.subject.collection.is_empty()
        && !event.subject.key.is_empty()
        && ["device", "sessionId", "source"].into_iter().all(text_or_null)
}

fn is_traceparent(text: &str) -> bool {
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let mut parts = text.split('-');
    TRACEPARENT.into_iter().all(|length| {
        parts.next().is_some_and(|part| part.len() == length && part.bytes().all(is_hex))
    }) && parts.next().is_none()
}

/// Whether this schema is the one that is known by heart. An operator may have another.
pub(super) fn is_known(schema: &str) -> bool {
    let parse = |text: &str| serde_json::from_str::<Value>(text).ok();
    parse(schema) == parse(KNOWN)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![Just(json!(null)), Just(json!("")), Just(json!("web")), Just(json!(7))]
    }

    prop_compose! {
        fn event()(
            version in 0_u32..3,
            producer in prop_oneof![4 => Just("directus".to_owned()), 1 => "[aß☃]{0,2}", 1 => "[aß☃]{254,258}"],
            seconds in prop_oneof![4 => 0..2_000_000_000_i64, 1 => FIRST_SECOND - 2..FIRST_SECOND + 2],
            customer in prop::option::of("[0-9]{0,2}"),
            traceparent in prop_oneof![
                2 => Just(None),
                3 => "[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}".prop_map(Some),
                1 => "[0-9a-fA-]{2}-?[0-9a-f]{32}-[0-9a-f]{15,16}-[0-9a-f]{2}-?".prop_map(Some),
            ],
            (collection, key) in prop_oneof![
                4 => Just(("feedback".to_owned(), "42".to_owned())),
                1 => ("[a-z]{0,1}", "[a-z]{0,1}"),
            ],
            context in prop::collection::btree_map("device|sessionId|source|other", value(), 0..2),
        ) -> Event {
            let golden =
                include_str!("../../../schemas/examples/valid/feedback.submitted-1.json");
            let mut event: Event = serde_json::from_str(golden).unwrap();
            event.version = version;
            event.producer = producer;
            event.occurred_at = Timestamp::from_second(seconds).unwrap();
            event.customer_id = customer;
            event.traceparent = traceparent;
            event.subject.collection = collection;
            event.subject.key = key;
            event.context = context.into_iter().collect();
            event
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..Default::default() })]

        #[test]
        fn what_is_known_by_heart_is_what_the_envelope_says(event in event()) {
            let envelope = jsonschema::draft4::new(&serde_json::from_str(KNOWN).unwrap()).unwrap();
            let document = serde_json::to_value(&event).unwrap();

            prop_assert_eq!(obeys(&event), envelope.is_valid(&document), "{}", document);
        }
    }

    #[test]
    fn another_envelope_is_told_from_the_known_one() {
        assert!(is_known(&format!("\n{KNOWN}")));
        assert!(!is_known(&KNOWN.replace("256", "64")));
    }
}
