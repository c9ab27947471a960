//! Who an external producer is, and what it may say.

use crate::{
    delivery::{Refusal, RefusalCode},
    event::EventType,
};

/// One configured producer.
#[derive(Debug)]
pub struct Producer {
    /// Its name in events, logs and metrics.
    pub name: String,
    /// The types it may publish.
    pub events: Vec<TypePattern>,
    /// Further names that it may write into `producer`.
    pub aliases: Vec<String>,
    /// What is taken off the front of a CloudEvent's type, such as `com.example.shop`.
    pub type_prefix: String,
}

impl Producer {
    /// Refuses an event of a type that this producer may not publish.
    pub fn admit(&self, event_type: &EventType) -> Result<(), Refusal> {
        if self.events.iter().any(|pattern| pattern.matches(event_type)) {
            return Ok(());
        }
        let reason = format!("{} may not publish {event_type}", self.name);
        Err(Refusal::new(RefusalCode::Forbidden, reason))
    }

    /// The name that an event is published under: the producer's own, or an alias that it asks for.
    pub fn named(&self, asked: Option<String>) -> Result<String, Refusal> {
        match asked {
            None => Ok(self.name.clone()),
            Some(asked) if asked == self.name || self.aliases.contains(&asked) => Ok(asked),
            Some(_) => {
                let reason = format!("{} may not speak for another producer", self.name);
                Err(Refusal::new(RefusalCode::Forbidden, reason).at("producer"))
            }
        }
    }
}

/// Event types by name: `cart.item_added`, all beneath a word as `cart.*`, or all as `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypePattern {
    /// Every type.
    All,
    /// Every type that begins with this, the dot included.
    Beneath(String),
    /// One type.
    One(EventType),
}

impl TypePattern {
    /// Parses a pattern.
    pub fn parse(text: &str) -> Result<Self, InvalidPattern> {
        if text == "*" {
            return Ok(Self::All);
        }
        // What stands before the star must be the beginning of a type: try it with a word after it.
        let sample = text.strip_suffix('*').map(|beginning| format!("{beginning}x"));
        match (sample, text.strip_suffix('*')) {
            (Some(sample), Some(beginning)) if beginning.ends_with('.') => {
                EventType::try_from(sample).map_err(|_| InvalidPattern)?;
                Ok(Self::Beneath(beginning.to_owned()))
            }
            (Some(_), _) => Err(InvalidPattern),
            (None, _) => {
                let event_type = EventType::try_from(text.to_owned());
                event_type.map(Self::One).map_err(|_| InvalidPattern)
            }
        }
    }

    fn matches(&self, event_type: &EventType) -> bool {
        match self {
            Self::All => true,
            Self::Beneath(beginning) => event_type.as_str().starts_with(beginning),
            Self::One(one) => event_type == one,
        }
    }
}

/// A text that names no event types.
#[derive(Debug, thiserror::Error)]
#[error("is neither an event type, nor `word.*`, nor `*`")]
pub struct InvalidPattern;

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// A shop that may publish what happens to carts, and logins.
    pub(crate) fn shop() -> Producer {
        Producer {
            name: "shop".to_owned(),
            events: ["cart.*", "login.failed"]
                .map(|text| TypePattern::parse(text).unwrap())
                .to_vec(),
            aliases: vec!["shop-app".to_owned()],
            type_prefix: "com.example.shop".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("cart.*", "cart.item_added", true)]
    #[case("cart.*", "cart.item.added", true)]
    #[case("cart.*", "cartoon.watched", false)]
    #[case("cart.item.*", "cart.emptied", false)]
    #[case("*", "anything.at_all", true)]
    #[case("login.failed", "login.failed", true)]
    #[case("login.failed", "login.failed.twice", false)]
    fn a_pattern_is_a_type_or_what_lies_beneath_a_word(
        #[case] pattern: &str,
        #[case] event_type: &str,
        #[case] expected: bool,
    ) {
        let event_type = EventType::try_from(event_type.to_owned()).unwrap();

        assert_eq!(TypePattern::parse(pattern).unwrap().matches(&event_type), expected);
    }

    #[rstest::rstest]
    #[case("")]
    #[case("cart")]
    #[case("cart*")]
    #[case("*.added")]
    #[case("cart.*.added")]
    #[case("Cart.*")]
    #[case("**")]
    #[case(".*")]
    fn what_names_no_types_is_no_pattern(#[case] text: &str) {
        assert!(TypePattern::parse(text).is_err(), "{text} was accepted");
    }

    #[test]
    fn a_producer_speaks_for_itself_and_its_aliases_only() {
        let shop = testing::shop();

        assert_eq!(shop.named(None).unwrap(), "shop");
        assert_eq!(shop.named(Some("shop-app".to_owned())).unwrap(), "shop-app");
        let refusal = shop.named(Some("directus-webform".to_owned())).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::Forbidden);
        assert!(!refusal.detail.contains("directus-webform"), "a refusal repeats no input");
    }
}
