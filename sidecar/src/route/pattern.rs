//! EventBridge's event patterns, to say without AWS which routes an event takes. Pure.
//!
//! What is accepted here means what it means to EventBridge. Two things that EventBridge takes are
//! refused, because what it makes of them is not what they say: a field that is constrained inside
//! and outside of `$or`, where the later one wins, and a `$or` that is no list of conditions, which
//! it takes for the name of a field.

mod cidr;
mod compile;
mod matcher;
mod text;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub use self::compile::InvalidPattern;
use self::matcher::Matcher;

/// A compiled pattern: it matches what one of its alternatives matches. `$or` makes several.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern(Vec<Fields>);

/// All of these fields have to match.
type Fields = BTreeMap<String, Condition>;

#[derive(Debug, Clone, PartialEq)]
enum Condition {
    /// One of these matches one of the values.
    Value(Vec<Matcher>),
    /// An object in which all of these match.
    Object(Fields),
}

impl Pattern {
    /// Compiles a pattern, or says what EventBridge would not take.
    pub fn compile(pattern: &Map<String, Value>) -> Result<Self, InvalidPattern> {
        compile::compile(pattern).map(Self)
    }

    /// Whether an event, with the envelope that EventBridge puts around it, matches.
    pub fn matches(&self, event: &Value) -> bool {
        self.0.iter().any(|fields| all_match(fields, event))
    }
}

fn all_match(fields: &Fields, object: &Value) -> bool {
    fields.iter().all(|(name, condition)| {
        let mut values = Vec::new();
        object.get(name).into_iter().for_each(|value| flatten(value, &mut values));
        match condition {
            Condition::Value(matchers) => {
                // An object is no value, and neither is an empty array.
                values.retain(|value| !value.is_object());
                matchers.iter().any(|matcher| matcher.matches(&values))
            }
            Condition::Object(fields) => {
                values.retain(|value| value.is_object());
                // Each element has to match by itself, and where there is none, `exists` may still.
                if values.is_empty() {
                    return all_match(fields, &Value::Null);
                }
                values.into_iter().any(|element| all_match(fields, element))
            }
        }
    })
}

/// An array offers each of its elements.
fn flatten<'event>(value: &'event Value, values: &mut Vec<&'event Value>) {
    match value {
        Value::Array(elements) => elements.iter().for_each(|element| flatten(element, values)),
        value => values.push(value),
    }
}

#[cfg(test)]
mod tests;
