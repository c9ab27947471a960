//! What of an event may leave: consent decides whether it does, rules what it then says. Pure.
//!
//! Both come after the mapping and before the contract: what is checked, published, logged and
//! dead-lettered is what was let through here.

pub mod consent;
pub mod contracted;
pub mod path;
pub mod pseudonym;

use serde_json::Value;

use self::{
    consent::{Consent, CustomerFields, Decision},
    path::Path,
    pseudonym::Pseudonyms,
};
use crate::{
    delivery::Refusal,
    event::{Event, EventType},
    outbound::change::Change,
};

/// What becomes of a value. From the mildest to the strictest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Treatment {
    /// A name in its place that is always the same for the same value.
    Pseudonymize,
    /// `***` in the place of text, null in the place of anything else.
    Mask,
    /// Nothing.
    Drop,
}

impl Treatment {
    /// Reads the word of `mappings.toml`.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Pseudonymize, Self::Mask, Self::Drop].into_iter().find(|one| one.as_str() == word)
    }

    /// The word of `mappings.toml`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pseudonymize => "pseudonymize",
            Self::Mask => "mask",
            Self::Drop => "drop",
        }
    }
}

/// One rule: what becomes of the values at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Where they are.
    pub path: Path,
    /// What becomes of them.
    pub treatment: Treatment,
    /// Where the rule stands, for a person.
    pub place: String,
}

/// The rules for one kind of event, the strictest last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules(Vec<Rule>);

impl Rules {
    /// All of `rules`, whatever level they come from: where two meet, the stricter one holds, so that
    /// a rule for one mapping can never loosen a rule for all.
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Self {
        let mut rules: Vec<_> = rules.into_iter().collect();
        rules.sort_by(|a, b| (&a.path, b.treatment).cmp(&(&b.path, a.treatment)));
        rules.dedup_by(|later, kept| later.path == kept.path);
        // The last word is the strictest: a masked object hides the pseudonyms in it.
        rules.sort_by_key(|rule| rule.treatment);
        Self(rules)
    }

    /// These and `others`.
    #[must_use]
    pub fn with(&self, others: &Self) -> Self {
        Self::new(self.0.iter().chain(&others.0).cloned())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The rules, the strictest last.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.0.iter()
    }

    /// Treats the event and names the rules that found something.
    fn apply<'rules>(
        &'rules self,
        event: &mut Event,
        pseudonyms: Option<&Pseudonyms>,
    ) -> Vec<&'rules Rule> {
        let treat = |treatment: Treatment, value: Value| match (treatment, pseudonyms) {
            (Treatment::Drop, _) => None,
            (Treatment::Pseudonymize, Some(pseudonyms)) => Some(pseudonyms.replace(value)),
            // The configuration is refused without the key. Should it be missing all the same,
            // nothing leaves that should not.
            (Treatment::Mask | Treatment::Pseudonymize, _) => Some(mask(&value)),
        };
        self.iter()
            .filter(|rule| rule.path.replace(event, &|value| treat(rule.treatment, value)))
            .collect()
    }
}

/// What text becomes.
const MASK: &str = "***";

fn mask(value: &Value) -> Value {
    if value.is_string() { Value::from(MASK) } else { Value::Null }
}

/// What holds for every event whichever way it came.
#[derive(Debug, Default)]
pub struct Policy {
    /// Decides about the events that need consent.
    pub consent: Option<Consent>,
    /// Makes pseudonyms; there when a rule asks for them.
    pub pseudonyms: Option<Pseudonyms>,
}

/// What the policy made of an event.
#[derive(Debug)]
pub struct Considered<'policy> {
    event: Event,
    /// The decision, for an event that needs one.
    pub consent: Option<Decision>,
    /// The rules that found something.
    pub treated: Vec<&'policy Rule>,
}

impl Considered<'_> {
    /// What may be published; nothing without consent.
    pub fn publishable(self) -> Option<Event> {
        (self.consent != Some(Decision::Drop)).then_some(self.event)
    }

    /// What it is, published or not.
    pub fn event_type(&self) -> &EventType {
        &self.event.event_type
    }
}

impl Policy {
    /// What has to be read of the customer whom an event of others names, before [`Self::consider`].
    pub fn reads_of_customer(&self, event: &Event) -> Option<&CustomerFields> {
        let consent = self.consent.as_ref().filter(|it| it.asks_about(&event.event_type));
        consent?.customer.as_ref()
    }

    /// Lets go what may be published of `event`, whose `customer` was read as
    /// [`Self::reads_of_customer`] says.
    ///
    /// Consent comes first: it decides by what is there, while the rules may take away what it looks
    /// at. A decision that fails refuses the event, so that it is kept and can be sent again.
    pub fn consider<'policy>(
        &'policy self,
        mut event: Event,
        rules: &'policy Rules,
        change: Option<&Change>,
        customer: Option<&Value>,
    ) -> Result<Considered<'policy>, Refusal> {
        let asked = match &self.consent {
            Some(consent) => {
                consent.decide(&event, change, customer)?.map(|decision| (consent, decision))
            }
            None => None,
        };
        let mut treated = Vec::new();
        if let Some((consent, Decision::Anonymous)) = asked {
            treated.extend(consent.identity.apply(&mut event, None));
        }
        treated.extend(rules.apply(&mut event, self.pseudonyms.as_ref()));
        Ok(Considered { event, consent: asked.map(|(_, decision)| decision), treated })
    }
}

#[cfg(test)]
mod tests;
