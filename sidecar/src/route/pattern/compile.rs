//! From the JSON of a pattern to its alternatives.

use std::{collections::BTreeMap, ops::Bound};

use serde_json::{Map, Value};

use super::{
    Condition, Fields,
    cidr::Cidr,
    matcher::{Matcher, Test},
    text::{IgnoringCase, Wildcard},
};

/// EventBridge's limit for what `$or` multiplies to.
const ALTERNATIVES_MAX: usize = 1_000;
const OR: &str = "$or";

/// What EventBridge would not take, or not as it was meant.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct InvalidPattern {
    place: String,
    reason: String,
}

/// The alternatives of a pattern.
pub(super) fn compile(pattern: &Map<String, Value>) -> Result<Vec<Fields>, InvalidPattern> {
    let place = Place::default();
    if combinations(pattern) > ALTERNATIVES_MAX {
        return Err(place.invalid(format!("`$or` makes more than {ALTERNATIVES_MAX} combinations")));
    }
    object(vec![Fields::new()], &place, pattern)
}

/// EventBridge multiplies the lengths of all `$or`, even of those that exclude each other.
fn combinations(object: &Map<String, Value>) -> usize {
    let of_value = |(key, value): (&String, &Value)| match value {
        Value::Object(object) => combinations(object),
        Value::Array(branches) if key == OR => {
            let inner = branches.iter().filter_map(Value::as_object).map(combinations);
            inner.fold(branches.len().max(1), usize::saturating_mul)
        }
        _ => 1,
    };
    object.iter().map(of_value).fold(1, usize::saturating_mul)
}

/// The names that lead to a condition.
#[derive(Clone, Default)]
struct Place(Vec<String>);

impl Place {
    /// A dot joins names: `{"a.b": …}` and `{"a": {"b": …}}` are one to EventBridge.
    fn below(&self, name: &str) -> Self {
        Self(self.0.iter().cloned().chain(name.split('.').map(str::to_owned)).collect())
    }

    fn invalid(&self, reason: impl Into<String>) -> InvalidPattern {
        let place = if self.0.is_empty() { "pattern".to_owned() } else { self.0.join(".") };
        InvalidPattern { place, reason: reason.into() }
    }
}

/// Adds what an object demands to each of the alternatives so far.
fn object(
    mut alternatives: Vec<Fields>,
    place: &Place,
    object: &Map<String, Value>,
) -> Result<Vec<Fields>, InvalidPattern> {
    if object.is_empty() {
        return Err(place.invalid("an empty object demands nothing"));
    }
    for (name, value) in object {
        let inner = place.below(name);
        alternatives = match value {
            _ if name == OR => any_of(&alternatives, place, value)?,
            Value::Object(object) => self::object(alternatives, &inner, object)?,
            Value::Array(values) => {
                let matchers = matchers(&inner, values)?;
                for fields in &mut alternatives {
                    demand(fields, &inner, &inner.0, &matchers)?;
                }
                alternatives
            }
            _ => return Err(inner.invalid("is no array of values, and no object")),
        };
    }
    Ok(alternatives)
}

fn any_of(
    alternatives: &[Fields],
    place: &Place,
    branches: &Value,
) -> Result<Vec<Fields>, InvalidPattern> {
    let place = place.below(OR);
    let branches = branches.as_array().filter(|branches| branches.len() >= 2);
    let branches = branches.ok_or_else(|| place.invalid("is no array of two or more objects"))?;
    let mut of_all = Vec::new();
    for branch in branches {
        let branch = branch.as_object().ok_or_else(|| place.invalid("is no array of objects"))?;
        let reserved = |name: &&String| OPERATORS.contains(&name.as_str());
        if let Some(name) = branch.keys().find(reserved) {
            return Err(
                place.invalid(format!("`{name}` is an operator, and a branch names fields"))
            );
        }
        let outer = Place(place.0[..place.0.len() - 1].to_vec());
        of_all.extend(object(alternatives.to_vec(), &outer, branch)?);
    }
    Ok(of_all)
}

fn demand(
    fields: &mut Fields,
    place: &Place,
    path: &[String],
    matchers: &[Matcher],
) -> Result<(), InvalidPattern> {
    let twice = || place.invalid("is demanded twice, and EventBridge would see only one of them");
    match path {
        [] => Err(twice()),
        [name] => match fields.insert(name.clone(), Condition::Value(matchers.to_vec())) {
            None => Ok(()),
            Some(_) => Err(twice()),
        },
        [name, rest @ ..] => {
            let inner = || Condition::Object(BTreeMap::new());
            match fields.entry(name.clone()).or_insert_with(inner) {
                Condition::Object(fields) => demand(fields, place, rest, matchers),
                Condition::Value(_) => Err(twice()),
            }
        }
    }
}

fn matchers(place: &Place, values: &[Value]) -> Result<Vec<Matcher>, InvalidPattern> {
    if values.is_empty() {
        return Err(place.invalid("an empty array matches nothing"));
    }
    let matcher = |value: &Value| match value {
        Value::Object(expression) => {
            let [(operator, operand)] = expression.iter().collect::<Vec<_>>()[..] else {
                return Err("an operator is an object with one key".to_owned());
            };
            matcher(operator, operand).map_err(|reason| format!("{operator}: {reason}"))
        }
        Value::Array(_) => Err("an array in an array is no value".to_owned()),
        value => Ok(Matcher::Is(Test::Exactly(value.clone()))),
    };
    values.iter().map(|value| matcher(value).map_err(|reason| place.invalid(reason))).collect()
}

const OPERATORS: [&str; 9] = [
    "exists",
    "anything-but",
    "prefix",
    "suffix",
    "equals-ignore-case",
    "wildcard",
    "numeric",
    "cidr",
    "exactly",
];

fn matcher(operator: &str, operand: &Value) -> Result<Matcher, String> {
    match operator {
        "exists" => operand.as_bool().map(Matcher::Exists).ok_or("is not true or false".to_owned()),
        "anything-but" => anything_but(operand).map(Matcher::IsNot),
        "exactly" => Ok(Matcher::Is(Test::Exactly(text(operand)?.into()))),
        "numeric" => numeric(operand).map(Matcher::Is),
        "cidr" => Ok(Matcher::Is(Test::Cidr(Cidr::parse(text(operand)?)?))),
        _ => about_text(operator, operand).map(Matcher::Is),
    }
}

/// The operators that `anything-but` takes, too.
fn about_text(operator: &str, operand: &Value) -> Result<Test, String> {
    const IGNORING_CASE: &str = "equals-ignore-case";
    let ignoring_case = operand.as_object().filter(|inner| inner.len() == 1);
    match (operator, ignoring_case.and_then(|inner| inner.get(IGNORING_CASE))) {
        ("prefix", Some(inner)) => {
            text(inner).map(|text| Test::PrefixIgnoringCase(IgnoringCase::new(text)))
        }
        ("suffix", Some(inner)) => {
            text(inner).map(|text| Test::SuffixIgnoringCase(IgnoringCase::new(text)))
        }
        ("prefix", None) => text(operand).map(|text| Test::Prefix(text.to_owned())),
        ("suffix", None) => text(operand).map(|text| Test::Suffix(text.to_owned())),
        (IGNORING_CASE, _) => {
            text(operand).map(|text| Test::EqualsIgnoringCase(IgnoringCase::new(text)))
        }
        ("wildcard", _) => Ok(Test::Wildcard(Wildcard::parse(text(operand)?)?)),
        _ => Err("there is no such operator".to_owned()),
    }
}

fn anything_but(operand: &Value) -> Result<Vec<Test>, String> {
    let one_or_more = |operand: &Value| match operand {
        Value::Array(values) if values.is_empty() => {
            Err("an empty array excludes nothing".to_owned())
        }
        Value::Array(values) => Ok(values.clone()),
        value => Ok(vec![value.clone()]),
    };
    if let Value::Object(expression) = operand {
        let [(operator, operand)] = expression.iter().collect::<Vec<_>>()[..] else {
            return Err("an operator is an object with one key".to_owned());
        };
        let test = |value: &Value| {
            // Every text begins with nothing, so that nothing would match.
            if text(value)?.is_empty() && matches!(operator.as_str(), "prefix" | "suffix") {
                return Err("an empty text excludes every text".to_owned());
            }
            about_text(operator, value)
        };
        return one_or_more(operand)?
            .iter()
            .map(|value| test(value).map_err(|reason| format!("{operator}: {reason}")))
            .collect();
    }
    let values = one_or_more(operand)?;
    if values.iter().all(Value::is_string) || values.iter().all(|value| number(value).is_ok()) {
        Ok(values.into_iter().map(Test::Exactly).collect())
    } else {
        Err("excludes texts or numbers, and not both".to_owned())
    }
}

/// One comparison, or a lower and an upper bound.
fn numeric(operand: &Value) -> Result<Test, String> {
    let wrong = || "is no comparison such as [\">\", 0] or [\">\", 0, \"<=\", 5]".to_owned();
    let range = operand.as_array().ok_or_else(wrong)?;
    let lower = |operator: &str, number| match operator {
        ">" => Some(Bound::Excluded(number)),
        ">=" => Some(Bound::Included(number)),
        _ => None,
    };
    let upper = |operator: &str, number| match operator {
        "<" => Some(Bound::Excluded(number)),
        "<=" => Some(Bound::Included(number)),
        _ => None,
    };
    match range.as_slice() {
        [Value::String(operator), value] => {
            let number = number(value)?;
            let bounds = match operator.as_str() {
                "=" => Some((Bound::Included(number), Bound::Included(number))),
                operator => lower(operator, number)
                    .map(|lower| (lower, Bound::Unbounded))
                    .or_else(|| upper(operator, number).map(|upper| (Bound::Unbounded, upper))),
            };
            bounds.map(|(lower, upper)| Test::Numeric(lower, upper)).ok_or_else(wrong)
        }
        [Value::String(from), bottom, Value::String(to), top] => {
            let (bottom, top) = (number(bottom)?, number(top)?);
            if bottom >= top {
                return Err("the lower bound is not below the upper".to_owned());
            }
            let bounds = lower(from, bottom).zip(upper(to, top));
            bounds.map(|(lower, upper)| Test::Numeric(lower, upper)).ok_or_else(wrong)
        }
        _ => Err(wrong()),
    }
}

/// A number that stays what it is as EventBridge compares it, which is as a double.
fn number(value: &Value) -> Result<f64, String> {
    const EXACT_MAX: u64 = 1 << 53;
    let inexact = value.as_i64().is_some_and(|number| number.unsigned_abs() > EXACT_MAX)
        || value.as_u64().is_some_and(|number| number > EXACT_MAX);
    let number = value.as_f64().ok_or_else(|| "is no number".to_owned())?;
    if inexact { Err(format!("{value} has too many digits to compare")) } else { Ok(number) }
}

fn text(operand: &Value) -> Result<&str, String> {
    operand.as_str().ok_or_else(|| "is no text".to_owned())
}
