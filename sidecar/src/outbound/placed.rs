//! An expression of `mappings.toml` that can say where it stands. Pure.

use std::fmt;

use serde_json::Value;

use crate::{
    delivery::{Refusal, RefusalCode},
    expression::{Expression, Visible},
};

/// An expression and its place, such as `mappings.toml:41: mapping 3 (payments to payment.failed):
/// data.amount`.
#[derive(Debug)]
pub struct Placed {
    expression: Expression,
    place: String,
}

impl Placed {
    /// Says from now on that `expression` stands at `place`.
    pub fn new(expression: Expression, place: String) -> Self {
        Self { expression, place }
    }

    /// The expression as written.
    pub fn source(&self) -> &str {
        self.expression.source()
    }

    /// Its value; what is not there is null.
    pub fn value(&self, visible: &dyn Visible) -> Result<Value, Refusal> {
        self.expression.value(visible).map_err(|error| self.refusal(error))
    }

    /// Whether it holds; null, empty and zero do not.
    pub fn holds(&self, visible: &dyn Visible) -> Result<bool, Refusal> {
        self.expression.holds(visible).map_err(|error| self.refusal(error))
    }

    /// Refuses what it looked at.
    pub fn refusal(&self, reason: impl fmt::Display) -> Refusal {
        let detail = format!("`{}`: {reason}", self.expression.source());
        Refusal::new(RefusalCode::Mapping, detail).at(self.place.clone())
    }
}
