//! The operators, each on the values of one field.

use std::ops::Bound;

use serde_json::{Number, Value};

use super::{
    cidr::Cidr,
    text::{IgnoringCase, Wildcard},
};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Matcher {
    /// Whether there is a value.
    Exists(bool),
    /// One of the values is this.
    Is(Test),
    /// One of the values is none of these.
    IsNot(Vec<Test>),
}

/// A question about one value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    Exactly(Value),
    Prefix(String),
    Suffix(String),
    PrefixIgnoringCase(IgnoringCase),
    SuffixIgnoringCase(IgnoringCase),
    EqualsIgnoringCase(IgnoringCase),
    Wildcard(Wildcard),
    Numeric(Bound<f64>, Bound<f64>),
    Cidr(Cidr),
}

impl Matcher {
    pub(super) fn matches(&self, values: &[&Value]) -> bool {
        match self {
            Self::Exists(exists) => *exists != values.is_empty(),
            Self::Is(test) => values.iter().any(|value| test.holds(value)),
            Self::IsNot(tests) => {
                values.iter().any(|value| !tests.iter().any(|test| test.holds(value)))
            }
        }
    }
}

impl Test {
    fn holds(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Exactly(Value::Number(expected)), Value::Number(number)) => {
                are_equal(expected, number)
            }
            (Self::Exactly(expected), value) => expected == value,
            (Self::Prefix(prefix), Value::String(text)) => text.starts_with(prefix),
            (Self::Suffix(suffix), Value::String(text)) => text.ends_with(suffix),
            (Self::PrefixIgnoringCase(prefix), Value::String(text)) => prefix.begins(text),
            (Self::SuffixIgnoringCase(suffix), Value::String(text)) => suffix.ends(text),
            (Self::EqualsIgnoringCase(whole), Value::String(text)) => whole.equals(text),
            (Self::Wildcard(wildcard), Value::String(text)) => wildcard.matches(text),
            (Self::Cidr(cidr), Value::String(text)) => cidr.contains(text),
            (Self::Numeric(lower, upper), Value::Number(number)) => number
                .as_f64()
                .is_some_and(|number| std::ops::RangeBounds::contains(&(*lower, *upper), &number)),
            _ => false,
        }
    }
}

/// 300 and 300.0 are one number.
fn are_equal(a: &Number, b: &Number) -> bool {
    match (a.as_i128(), b.as_i128()) {
        (Some(a), Some(b)) => a == b,
        _ => a.as_f64() == b.as_f64(),
    }
}
