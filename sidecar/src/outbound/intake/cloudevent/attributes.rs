//! The attributes of a CloudEvent, with the rules that the specification gives for each.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::undecodable;
use crate::{delivery::Refusal, outbound::intake::body::is_json};

/// Context attributes by name; whatever was taken is no longer there, and what is left at the end
/// are extensions that nobody knows.
#[derive(Debug)]
pub(super) struct Attributes(BTreeMap<String, Value>);

impl Attributes {
    /// Checks names and values; null is as if it were not there.
    pub(super) fn new(members: Map<String, Value>) -> Result<Self, Refusal> {
        let mut attributes = BTreeMap::new();
        for (name, value) in members {
            let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            if name.is_empty() || !name.chars().all(is_name) {
                let reason = "an attribute's name has lower-case letters and digits only";
                return Err(undecodable(reason).at(name));
            }
            match &value {
                Value::Null => continue,
                Value::Bool(_) => (),
                Value::Number(number) if is_integer(number) => (),
                Value::String(text) if !text.chars().any(is_forbidden) => (),
                Value::String(_) => {
                    return Err(undecodable("has characters that no attribute has").at(name));
                }
                _ => {
                    let reason = "is neither a text, nor a boolean, nor an integer of 32 bits";
                    return Err(undecodable(reason).at(name));
                }
            }
            attributes.insert(name, value);
        }
        Ok(Self(attributes))
    }

    pub(super) fn check_specversion(&mut self) -> Result<(), Refusal> {
        match self.0.remove("specversion") {
            Some(Value::String(version)) if version == "1.0" => Ok(()),
            Some(_) => Err(undecodable("is not \"1.0\"").at("specversion")),
            None => Err(undecodable("is missing").at("specversion")),
        }
    }

    pub(super) fn id(&self) -> Result<&str, Refusal> {
        self.required("id")
    }

    pub(super) fn event_type(&self) -> Result<&str, Refusal> {
        self.required("type")
    }

    pub(super) fn source(&self) -> Result<&str, Refusal> {
        let source = self.required("source")?;
        if is_uri_reference(source) {
            Ok(source)
        } else {
            Err(undecodable("is no URI reference").at("source"))
        }
    }

    pub(super) fn time(&mut self) -> Result<Option<Timestamp>, Refusal> {
        let Some(text) = self.take_text("time")? else { return Ok(None) };
        let time = is_rfc3339(&text).then(|| text.to_ascii_uppercase().parse().ok()).flatten();
        time.map(Some).ok_or_else(|| undecodable("is no time as RFC 3339 writes it").at("time"))
    }

    /// The schema's address; it stays, and ends up among the properties.
    pub(super) fn dataschema(&self) -> Result<Option<&str>, Refusal> {
        match self.0.get("dataschema") {
            None => Ok(None),
            Some(Value::String(uri)) if has_scheme(uri) && is_uri_reference(uri) => Ok(Some(uri)),
            Some(_) => Err(undecodable("is no URI").at("dataschema")),
        }
    }

    /// Refuses data that is not JSON. What does not say so is.
    pub(super) fn require_json(&self) -> Result<(), Refusal> {
        match self.0.get("datacontenttype") {
            None => Ok(()),
            Some(Value::String(media_type)) if is_json(media_type) => Ok(()),
            Some(_) => Err(undecodable("only JSON is taken").at("datacontenttype")),
        }
    }

    /// Takes an optional text, which must not be empty. An integer is one, too: a header does not
    /// tell them apart.
    pub(super) fn take_text(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(undecodable("is no text, or an empty one").at(name)),
        }
    }

    /// The extensions that nobody took.
    pub(super) fn rest(mut self) -> Result<Map<String, Value>, Refusal> {
        self.dataschema()?;
        for taken in ["id", "source", "type", "datacontenttype"] {
            self.0.remove(taken);
        }
        Ok(self.0.into_iter().collect())
    }

    fn required(&self, name: &str) -> Result<&str, Refusal> {
        match self.0.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text),
            Some(_) => Err(undecodable("is no text, or an empty one").at(name)),
            None => Err(undecodable("is missing").at(name)),
        }
    }
}

/// CloudEvents' Integer is of 32 bits.
fn is_integer(number: &serde_json::Number) -> bool {
    number.as_i64().is_some_and(|number| i32::try_from(number).is_ok())
}

/// Control characters, and the code points that are no characters.
fn is_forbidden(c: char) -> bool {
    c.is_control() || matches!(u32::from(c), 0xFDD0..=0xFDEF) || u32::from(c) & 0xFFFE == 0xFFFE
}

/// Whether RFC 3986 allows its characters, and every `%` is followed by two digits.
fn is_uri_reference(text: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c);
    let is_encoded =
        |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|b| b.is_ascii_hexdigit());
    text.chars().all(is_allowed) && text.split('%').skip(1).all(is_encoded)
}

fn has_scheme(uri: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    uri.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(is_allowed)
    })
}

/// `2026-11-21T10:30:00.5+01:00`: the parser takes more than RFC 3339 does.
fn is_rfc3339(text: &str) -> bool {
    let shape: String = text
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c.to_ascii_uppercase() })
        .collect();
    let Some(rest) = shape.strip_prefix("0000-00-00T00:00:00") else { return false };
    let offset = match rest.strip_prefix('.') {
        Some(fraction) if fraction.starts_with('0') => fraction.trim_start_matches('0'),
        Some(_) => return false,
        None => rest,
    };
    matches!(offset, "Z" | "+00:00" | "-00:00")
}
