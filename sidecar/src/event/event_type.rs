//! The name of what happened, and sets of such names.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What happened, such as `feedback.submitted`: dotted, lower case, at most 128 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EventType(String);

impl EventType {
    /// EventBridge's limit for a `DetailType`.
    const LENGTH_MAX: usize = 128;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for EventType {
    type Error = InvalidEventType;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        let word = |word: &str| {
            !word.is_empty()
                && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        let starts_with_letter = name.starts_with(|c: char| c.is_ascii_lowercase());
        let dotted = name.contains('.') && name.split('.').all(word);
        if starts_with_letter && dotted && name.len() <= Self::LENGTH_MAX {
            Ok(Self(name))
        } else {
            Err(InvalidEventType(name))
        }
    }
}

impl From<EventType> for String {
    fn from(event_type: EventType) -> Self {
        event_type.0
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A name that cannot be an event type.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no event type: lower-case words joined by dots, such as `order.shipped`")]
pub struct InvalidEventType(String);

/// One event type, or all that begin alike: `cart.*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventTypes {
    /// That one.
    One(EventType),
    /// All whose name begins with this, up to and with a dot; all there are when it is empty.
    All(String),
}

impl EventTypes {
    /// Reads `cart.item_added`, `cart.*` or `*`.
    pub fn parse(text: &str) -> Result<Self, String> {
        // What stands before the star must begin a type: with one word more it is one.
        let begins = |start: &str| {
            start.ends_with('.') && EventType::try_from(format!("{start}word")).is_ok()
        };
        let types = match text.strip_suffix('*') {
            Some(start) => (start.is_empty() || begins(start)).then(|| Self::All(start.to_owned())),
            None => EventType::try_from(text.to_owned()).ok().map(Self::One),
        };
        let invalid =
            || format!("`{text}` is no event type, such as `cart.item_added` or `cart.*`");
        types.ok_or_else(invalid)
    }

    /// Whether `event_type` is one of them.
    pub fn contain(&self, event_type: &EventType) -> bool {
        match self {
            Self::One(one) => one == event_type,
            Self::All(start) => event_type.as_str().starts_with(start),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("cart.item_added", "cart.item_added", true)]
    #[case("cart.item_added", "cart.item", false)]
    #[case("cart.item_added", "cart.item_added.twice", false)]
    #[case("cart.*", "cart.item.added", true)]
    #[case("cart.*", "carton.opened", false)]
    #[case("cart.item.*", "cart.emptied", false)]
    #[case("*", "cart.item_added", true)]
    fn event_types_are_one_or_all_that_begin_alike(
        #[case] types: &str,
        #[case] of: &str,
        #[case] contained: bool,
    ) {
        let event_type = of.to_owned().try_into().unwrap();

        assert_eq!(EventTypes::parse(types).unwrap().contain(&event_type), contained);
    }

    #[rstest::rstest]
    #[case("cart*")]
    #[case("Cart.*")]
    #[case("cart.*.added")]
    #[case("*.added")]
    #[case("cart")]
    #[case("**")]
    #[case(".*")]
    #[case("")]
    fn what_is_no_event_type_is_refused(#[case] types: &str) {
        assert!(EventTypes::parse(types).is_err(), "{types} was accepted");
    }

    #[rstest::rstest]
    #[case("feedback")]
    #[case("Feedback.submitted")]
    #[case("feedback..submitted")]
    #[case(".submitted")]
    #[case("9.lives")]
    #[case("feedback.submitted!")]
    fn a_name_that_is_no_event_type_is_refused(#[case] name: &str) {
        assert!(EventType::try_from(name.to_owned()).is_err(), "{name} was accepted");
    }
}
