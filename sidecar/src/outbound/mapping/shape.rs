//! Objects that are made of expressions.

use serde_json::{Map, Value};

use crate::{delivery::Refusal, expression::Scope, outbound::placed::Placed};

/// An object whose values are expressions.
#[derive(Debug, Default)]
pub struct Shape(pub Vec<(String, Slot)>);

/// One value of a [`Shape`].
#[derive(Debug)]
pub enum Slot {
    /// Computed.
    Value(Placed),
    /// An object of its own.
    Object(Shape),
}

impl Shape {
    pub(super) fn fill(&self, scope: &Scope) -> Result<Map<String, Value>, Refusal> {
        let fill = |slot: &Slot| match slot {
            Slot::Value(expression) => expression.value(scope),
            Slot::Object(shape) => Ok(Value::Object(shape.fill(scope)?)),
        };
        self.0.iter().map(|(name, slot)| Ok((name.clone(), fill(slot)?))).collect()
    }
}
