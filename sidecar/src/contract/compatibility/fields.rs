//! The fields that a schema names, however deep.

use std::collections::BTreeMap;

use serde_json::Value;

/// What a schema says about the inside of a value.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// Where the schema speaks of it first.
    pointer: String,
    /// The fields of an object.
    named: BTreeMap<String, Fields>,
    /// What is inside without a name of its own, such as the items of an array, by the keyword
    /// that speaks of it.
    unnamed: BTreeMap<String, Fields>,
}

impl Fields {
    /// The fields of a whole schema.
    pub(super) fn of(root: &Value) -> Self {
        Self::at(root, "")
    }

    /// The fields of the part of a schema that stands at `pointer`.
    pub(super) fn at(root: &Value, pointer: &str) -> Self {
        let mut fields = Self::default();
        Collector { root, references: Vec::new() }.collect(pointer, &mut fields);
        fields
    }

    /// Pointers to the fields that are named here and not in `new`, outermost only.
    pub(super) fn lost(&self, new: &Self) -> Vec<String> {
        let named = self.named.iter().flat_map(|(name, field)| match new.named.get(name) {
            Some(kept) => field.lost(kept),
            None => vec![field.pointer.clone()],
        });
        // Only names can be lost: items that nobody speaks of any more are merely free.
        let nothing = Self::default();
        let unnamed = self.unnamed.iter().flat_map(|(keyword, inside)| {
            inside.lost(new.unnamed.get(keyword).unwrap_or(&nothing))
        });
        named.chain(unnamed).collect()
    }

    /// Whether a field of this name was no part of the promise: others are named, and nothing is
    /// said about the rest.
    pub(super) fn leaves_free(&self, name: &str) -> bool {
        let speaks_of_the_rest = |keyword: &String| keyword.ends_with("Properties");
        !self.named.is_empty()
            && !self.named.contains_key(name)
            && !self.unnamed.keys().any(speaks_of_the_rest)
    }
}

/// A name as a step of a JSON pointer.
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

struct Collector<'schema> {
    root: &'schema Value,
    /// Those being followed; what refers to itself names nothing new.
    references: Vec<&'schema str>,
}

impl Collector<'_> {
    fn collect(&mut self, pointer: &str, into: &mut Fields) {
        let Some(schema) = self.root.pointer(pointer).and_then(Value::as_object) else { return };
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            if let Some(target) = reference.strip_prefix('#')
                && !self.references.contains(&target)
            {
                self.references.push(target);
                self.collect(target, into);
                self.references.pop();
            }
            return;
        }
        for (keyword, value) in schema {
            let parts: Vec<String> = match value {
                Value::Object(members) => members.keys().map(|name| escaped(name)).collect(),
                Value::Array(parts) => (0..parts.len()).map(|index| index.to_string()).collect(),
                _ => continue,
            };
            let parts = parts.iter().map(|part| (part, format!("{pointer}/{keyword}/{part}")));
            match (keyword.as_str(), value) {
                ("properties", Value::Object(members)) => {
                    for (name, (_, place)) in members.keys().zip(parts) {
                        self.inside(&place, into.named.entry(name.clone()).or_default());
                    }
                }
                ("items" | "additionalProperties", Value::Object(_)) => {
                    let inside = into.unnamed.entry(keyword.clone()).or_default();
                    self.inside(&format!("{pointer}/{keyword}"), inside);
                }
                ("items", Value::Array(_)) | ("patternProperties", Value::Object(_)) => {
                    for (part, place) in parts {
                        let key = format!("{part} {keyword}");
                        self.inside(&place, into.unnamed.entry(key).or_default());
                    }
                }
                ("allOf" | "anyOf" | "oneOf", Value::Array(_))
                | ("dependencies", Value::Object(_)) => {
                    for (_, place) in parts {
                        self.collect(&place, into);
                    }
                }
                _ => {}
            }
        }
    }

    fn inside(&mut self, place: &str, fields: &mut Fields) {
        if fields.pointer.is_empty() {
            place.clone_into(&mut fields.pointer);
        }
        self.collect(place, fields);
    }
}
