//! Whether an event may be published, by the customer's consent.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    delivery::Refusal,
    event::{Event, EventType, EventTypes},
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
    /// What is read of the customer whom an event of others names.
    pub customer: Option<CustomerFields>,
}

/// Fields of a customer's own item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerFields {
    /// Where customers are.
    pub collection: String,
    /// The field that the event's `customerId` is the value of.
    pub key: String,
    /// What is read.
    pub fields: Vec<String>,
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
    pub const VISIBLE: [&str; 17] = {
        let mut visible = [""; 17];
        let mut at = 0;
        while at < Event::FIELDS.len() {
            visible[at] = Event::FIELDS[at];
            at += 1;
        }
        visible[at] = "item";
        visible[at + 1] = "related";
        visible[at + 2] = "customer";
        visible
    };

    /// Whether events of this type need consent.
    pub fn asks_about(&self, event_type: &EventType) -> bool {
        self.events.iter().any(|types| types.contain(event_type))
    }

    /// Decides about an event; `None` when it needs no consent.
    pub(super) fn decide(
        &self,
        event: &Event,
        change: Option<&Change>,
        customer: Option<&Value>,
    ) -> Result<Option<Decision>, Refusal> {
        #[derive(Serialize)]
        struct Visible<'event> {
            #[serde(flatten)]
            event: &'event Event,
            item: Option<&'event Value>,
            related: Option<&'event Map<String, Value>>,
            customer: Option<&'event Value>,
        }
        if !self.asks_about(&event.event_type) {
            return Ok(None);
        }
        let visible = Visible {
            event,
            item: change.map(|change| &change.item),
            related: change.map(|change| &change.related),
            customer,
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
