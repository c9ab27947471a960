//! Places in an event.

use std::fmt;

use serde_json::{Map, Value};

use crate::event::Event;

/// A place in an event, such as `data.items.*.email`.
///
/// `*` stands for every element of an array and every field of an object. An array is also gone
/// through where no `*` says so: a rule that misses a value because it came twice protects nobody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Path {
    /// The customer.
    CustomerId,
    /// A place in one of the event's objects.
    In(Part, Vec<Segment>),
}

/// The objects of an event that hold what its producer said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the fields of an event")]
pub enum Part {
    Data,
    Context,
    Properties,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// The field of that name.
    Field(String),
    /// `*`
    Every,
}

impl Path {
    /// Reads a path as it is written in `mappings.toml`.
    pub fn parse(text: &str) -> Result<Self, InvalidPath> {
        if text == CUSTOMER_ID {
            return Ok(Self::CustomerId);
        }
        let (part, rest) = text.split_once('.').ok_or(InvalidPath::Root)?;
        let part = Part::ALL.into_iter().find(|known| known.as_str() == part);
        let segments = rest.split('.').map(|name| match name {
            "*" => Ok(Segment::Every),
            name if name.is_empty() || name.trim() != name => Err(InvalidPath::Blank),
            name if name.bytes().all(|byte| byte.is_ascii_digit()) => Err(InvalidPath::Index),
            name => Ok(Segment::Field(name.to_owned())),
        });
        Ok(Self::In(part.ok_or(InvalidPath::Root)?, segments.collect::<Result<_, _>>()?))
    }

    /// Puts `treat`'s answer in the place of every value found here; `None` takes the value away.
    /// Tells whether there was one.
    pub(super) fn replace(
        &self,
        event: &mut Event,
        treat: &impl Fn(Value) -> Option<Value>,
    ) -> bool {
        match self {
            Self::CustomerId => {
                let Some(key) = event.customer_id.take() else { return false };
                let treated = treat(Value::String(key));
                event.customer_id = treated.and_then(|key| key.as_str().map(str::to_owned));
                true
            }
            Self::In(part, segments) => in_object(part.of(event), segments, treat),
        }
    }
}

const CUSTOMER_ID: &str = "customerId";

impl Part {
    const ALL: [Self; 3] = [Self::Data, Self::Context, Self::Properties];

    fn as_str(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Context => "context",
            Self::Properties => "properties",
        }
    }

    fn of(self, event: &mut Event) -> &mut Map<String, Value> {
        match self {
            Self::Data => &mut event.data,
            Self::Context => &mut event.context,
            Self::Properties => &mut event.properties,
        }
    }
}

fn in_object(
    fields: &mut Map<String, Value>,
    path: &[Segment],
    treat: &impl Fn(Value) -> Option<Value>,
) -> bool {
    let Some((segment, rest)) = path.split_first() else { return false };
    match segment {
        Segment::Field(name) if rest.is_empty() => {
            let Some(value) = fields.remove(name) else { return false };
            fields.extend(treat(value).map(|value| (name.clone(), value)));
            true
        }
        Segment::Field(name) => {
            fields.get_mut(name).is_some_and(|value| in_value(value, rest, treat))
        }
        Segment::Every if rest.is_empty() => {
            let before = std::mem::take(fields);
            let found = !before.is_empty();
            let treated =
                before.into_iter().filter_map(|(name, value)| Some((name, treat(value)?)));
            fields.extend(treated);
            found
        }
        Segment::Every => any(fields.values_mut().map(|value| in_value(value, rest, treat))),
    }
}

fn in_value(value: &mut Value, path: &[Segment], treat: &impl Fn(Value) -> Option<Value>) -> bool {
    match value {
        Value::Object(fields) => in_object(fields, path, treat),
        Value::Array(elements) => match path {
            [Segment::Every] => {
                let found = !elements.is_empty();
                *elements = std::mem::take(elements).into_iter().filter_map(treat).collect();
                found
            }
            [Segment::Every, rest @ ..] | rest => {
                any(elements.iter_mut().map(|element| in_value(element, rest, treat)))
            }
        },
        _ => false,
    }
}

/// Unlike `Iterator::any` it does not stop at the first.
fn any(found: impl Iterator<Item = bool>) -> bool {
    found.fold(false, |any, found| any | found)
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CustomerId => formatter.write_str(CUSTOMER_ID),
            Self::In(part, segments) => {
                formatter.write_str(part.as_str())?;
                segments.iter().try_for_each(|segment| match segment {
                    Segment::Field(name) => write!(formatter, ".{name}"),
                    Segment::Every => formatter.write_str(".*"),
                })
            }
        }
    }
}

/// Text that is no place in an event.
#[derive(Debug, thiserror::Error)]
pub enum InvalidPath {
    /// It begins elsewhere.
    #[error("a path is `customerId`, or starts with `data.`, `context.` or `properties.`")]
    Root,
    /// A step has no name.
    #[error("a path has a name, or `*`, between its dots")]
    Blank,
    /// It picks one element.
    #[error("a number would pick one element of an array; `*` stands for all of them")]
    Index,
}
