//! What a customer is drawn to and belongs to, from what was told about them. Pure.

use std::collections::BTreeSet;

use super::pattern::Moment;

/// The types of the events that change it.
pub const TYPES: [&str; 2] = [INTEREST, SEGMENT];

const INTEREST: &str = "customer.interest.detected";
const SEGMENT: &str = "customer.segment.changed";

/// What stands on the customer's item.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// In alphabetical order.
    pub interests: BTreeSet<String>,
    /// In alphabetical order.
    pub segments: BTreeSet<String>,
}

/// The profile that follows from these events, in whatever order they come: a customer is in the
/// segments that they entered and did not leave later.
pub fn profile(mut told: Vec<Moment>) -> Profile {
    told.sort_by_key(|moment| (moment.occurred_at, moment.event_id.0));
    let mut profile = Profile::default();
    for moment in &told {
        let text = |name: &str| moment.data.get(name).and_then(|value| value.as_str());
        match (moment.event_type.as_str(), text("interest"), text("segment"), text("change")) {
            (INTEREST, Some(interest), ..) => {
                profile.interests.insert(interest.to_owned());
            }
            (SEGMENT, _, Some(segment), Some("left")) => {
                profile.segments.remove(segment);
            }
            (SEGMENT, _, Some(segment), _) => {
                profile.segments.insert(segment.to_owned());
            }
            _ => {}
        }
    }
    profile
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;
    use crate::event::{EventId, Subject};

    fn told(id: u128, event_type: &str, data: Value) -> Moment {
        let Value::Object(data) = data else { panic!("{data} is no object") };
        Moment {
            event_id: EventId(Uuid::from_u128(id)),
            event_type: event_type.to_owned().try_into().unwrap(),
            occurred_at: Timestamp::from_second(id.try_into().unwrap()).unwrap(),
            customer_id: "7".to_owned(),
            subject: Subject { collection: "customers".to_owned(), key: "7".to_owned() },
            data,
        }
    }

    fn story() -> Vec<Moment> {
        vec![
            told(1, INTEREST, json!({ "interest": "red_sweaters" })),
            told(2, SEGMENT, json!({ "segment": "at_risk", "change": "entered" })),
            told(3, SEGMENT, json!({ "segment": "returning", "change": "entered" })),
            told(4, SEGMENT, json!({ "segment": "at_risk", "change": "left" })),
            told(5, INTEREST, json!({ "interest": "hiking" })),
            told(6, "payment.failed", json!({ "interest": "none", "segment": "none" })),
        ]
    }

    proptest! {
        #[test]
        fn a_profile_is_what_was_told_in_the_order_of_time(story in Just(story()).prop_shuffle()) {
            let profile = profile(story);

            prop_assert!(profile.interests.iter().eq(["hiking", "red_sweaters"]));
            prop_assert!(profile.segments.iter().eq(["returning"]));
        }
    }
}
