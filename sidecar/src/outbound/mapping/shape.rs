//! Objects that are made of expressions.

use serde_json::{Map, Value};

use crate::{delivery::Refusal, expression::Visible, outbound::placed::Placed};

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
    pub(super) fn fill(&self, visible: &dyn Visible) -> Result<Map<String, Value>, Refusal> {
        let fill = |slot: &Slot| match slot {
            Slot::Value(expression) => expression.value(visible),
            Slot::Object(shape) => Ok(Value::Object(shape.fill(visible)?)),
        };
        self.0.iter().map(|(name, slot)| Ok((name.clone(), fill(slot)?))).collect()
    }
}
