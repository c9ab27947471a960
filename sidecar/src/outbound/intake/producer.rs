//! Who an external producer is, and what it may say.

use crate::{
    delivery::{Refusal, RefusalCode},
    event::{EventType, EventTypes},
};

/// One configured producer.
#[derive(Debug)]
pub struct Producer {
    /// Its name in events, logs and metrics.
    pub name: String,
    /// The types it may publish.
    pub events: Vec<EventTypes>,
    /// Further names that it may write into `producer`.
    pub aliases: Vec<String>,
    /// What is taken off the front of a CloudEvent's type, such as `com.example.shop`.
    pub type_prefix: String,
}

impl Producer {
    /// Refuses an event of a type that this producer may not publish.
    pub fn admit(&self, event_type: &EventType) -> Result<(), Refusal> {
        if self.events.iter().any(|types| types.contain(event_type)) {
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

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// A shop that may publish what happens to carts, and logins.
    pub(crate) fn shop() -> Producer {
        Producer {
            name: "shop".to_owned(),
            events: ["cart.*", "login.failed"]
                .map(|text| EventTypes::parse(text).unwrap())
                .to_vec(),
            aliases: vec!["shop-app".to_owned()],
            type_prefix: "com.example.shop".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
