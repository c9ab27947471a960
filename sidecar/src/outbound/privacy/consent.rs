//! Whether an event may be published, by the customer's consent.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    delivery::Refusal,
    event::{Event, EventType},
    expression::Scope,
    outbound::{change::Change, placed::Placed, privacy::Rules},
};

/// Which events need consent, and how it is found.
#[derive(Debug)]
pub struct Consent {
    /// The events that need it.
    pub events: Vec<EventTypes>,
    /// Its value decides.
    pub decide: Placed,
    /// What an anonymous event does without.
    pub identity: Rules,
}

/// What consent makes of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is published as it is.
    Publish,
    /// It is published without the customer.
    Anonymous,
    /// It is not published.
    Drop,
}

impl Consent {
    /// What a [`Consent::decide`] expression sees.
    pub const VISIBLE: [&str; 16] = {
        let mut visible = [""; 16];
        let mut at = 0;
        while at < Event::FIELDS.len() {
            visible[at] = Event::FIELDS[at];
            at += 1;
        }
        visible[at] = "item";
        visible[at + 1] = "related";
        visible
    };

    /// Decides about an event; `None` when it needs no consent.
    pub(super) fn decide(
        &self,
        event: &Event,
        change: Option<&Change>,
    ) -> Result<Option<Decision>, Refusal> {
        #[derive(Serialize)]
        struct Visible<'event> {
            #[serde(flatten)]
            event: &'event Event,
            item: Option<&'event Value>,
            related: Option<&'event Map<String, Value>>,
        }
        if !self.events.iter().any(|types| types.contain(&event.event_type)) {
            return Ok(None);
        }
        let visible = Visible {
            event,
            item: change.map(|change| &change.item),
            related: change.map(|change| &change.related),
        };
        let answer = self.decide.value(&Scope::new(&visible))?;
        Decision::of(&answer).map(Some).ok_or_else(|| {
            self.decide.refusal(format_args!(
                "is {answer}, and not `publish` (true), `anonymous` or `drop` (false, null)"
            ))
        })
    }
}

impl Decision {
    /// The word in `mappings.toml`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Anonymous => "anonymous",
            Self::Drop => "drop",
        }
    }

    /// Who gave no consent gave none: nothing is taken for a yes.
    fn of(answer: &Value) -> Option<Self> {
        match answer {
            Value::Bool(true) => Some(Self::Publish),
            Value::Bool(false) | Value::Null => Some(Self::Drop),
            Value::String(word) => {
                let all = [Self::Publish, Self::Anonymous, Self::Drop];
                all.into_iter().find(|one| one.as_str() == word)
            }
            _ => None,
        }
    }
}

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
        let invalid =
            || format!("`{text}` is no event type, such as `cart.item_added` or `cart.*`");
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._".contains(c);
        match text.strip_suffix('*') {
            Some(start)
                if start.is_empty() || (start.ends_with('.') && start.chars().all(is_name)) =>
            {
                Ok(Self::All(start.to_owned()))
            }
            Some(_) => Err(invalid()),
            None => EventType::try_from(text.to_owned()).map(Self::One).map_err(|_| invalid()),
        }
    }

    /// Whether `event_type` is one of them.
    pub fn contain(&self, event_type: &EventType) -> bool {
        match self {
            Self::One(one) => one == event_type,
            Self::All(start) => event_type.as_str().starts_with(start),
        }
    }
}
