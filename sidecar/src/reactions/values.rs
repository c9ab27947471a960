//! What reactions read out of an event with expressions.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    delivery::{DeliveryError, RefusalCode},
    event::{Event, EventType},
    expression::{Expression, Scope},
};

/// Compiles the expressions of a section, and keeps every mistake for the one report.
#[derive(Debug, Default)]
pub struct Compiler {
    problems: Vec<String>,
}

impl Compiler {
    /// Compiles one expression that sees `visible`. After a mistake it goes on with another.
    pub fn expression(&mut self, place: &str, source: &str, visible: &[&str]) -> Expression {
        Expression::compile(source, visible).unwrap_or_else(|error| {
            self.problem(place, &format!("`{source}`: {error}"));
            Expression::compile("none", &[]).expect("`none` is an expression")
        })
    }

    /// Compiles the expressions of a table.
    pub fn values(
        &mut self,
        place: &str,
        written: &BTreeMap<String, String>,
        visible: &[&str],
    ) -> Values {
        let compiled = written.iter().map(|(name, source)| {
            (name.clone(), self.expression(&format!("{place}.{name}"), source, visible))
        });
        Values(compiled.collect())
    }

    /// Compiles what is said in an event.
    pub fn announcement(
        &mut self,
        place: &str,
        written: &WrittenAnnouncement,
        visible: &[&str],
    ) -> Announcement {
        let data = self.values(&format!("{place}.data"), &written.data, visible);
        Announcement { event_type: written.event.clone(), data }
    }

    /// Takes note of a mistake.
    pub fn problem(&mut self, place: &str, problem: &str) {
        self.problems.push(format!("{place}: {problem}"));
    }

    /// What was compiled, if it was without a mistake.
    pub fn finish<T>(self, compiled: T) -> Result<T, Vec<String>> {
        if self.problems.is_empty() { Ok(compiled) } else { Err(self.problems) }
    }
}

/// Named values, each an expression: the fields of an item, or the data of an event.
#[derive(Debug, Default)]
pub struct Values(BTreeMap<String, Expression>);

impl Values {
    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Their values in `scope`.
    pub fn of(&self, scope: &Scope) -> Result<Map<String, Value>, DeliveryError> {
        let value = |(name, expression): (&String, &Expression)| {
            Ok((name.clone(), value(expression, scope)?))
        };
        self.0.iter().map(value).collect()
    }
}

/// `{ event = "…", data = { … } }`, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenAnnouncement {
    event: EventType,
    data: BTreeMap<String, String>,
}

/// The event that tells what a reaction did.
#[derive(Debug)]
pub struct Announcement {
    /// Its type.
    pub event_type: EventType,
    data: Values,
}

impl Announcement {
    /// The data that it tells.
    pub fn data(&self, scope: &Scope) -> Result<Map<String, Value>, DeliveryError> {
        self.data.of(scope)
    }
}

/// The value of an expression. An event that it fails on will not change.
pub fn value(expression: &Expression, scope: &Scope) -> Result<Value, DeliveryError> {
    expression.value(scope).map_err(|error| refused(expression, &error.to_string()))
}

/// The text that an expression gives, if it gives anything.
pub fn text(expression: &Expression, scope: &Scope) -> Result<Option<String>, DeliveryError> {
    match value(expression, scope)? {
        Value::String(text) => Ok(Some(text)),
        Value::Null => Ok(None),
        _ => Err(refused(expression, "is no text")),
    }
}

/// Whether an expression holds.
pub fn holds(expression: &Expression, scope: &Scope) -> Result<bool, DeliveryError> {
    expression.holds(scope).map_err(|error| refused(expression, &error.to_string()))
}

fn refused(expression: &Expression, reason: &str) -> DeliveryError {
    DeliveryError::refused(RefusalCode::Mapping, format!("`{}` {reason}", expression.source()))
}

/// What every expression of a reaction sees, and these names besides.
pub fn visible<'name>(besides: &[&'name str]) -> Vec<&'name str> {
    Event::FIELDS.iter().chain(besides).copied().collect()
}
