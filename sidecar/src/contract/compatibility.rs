//! Whether a contract keeps what its former version promised. Pure.
//!
//! A contract is kept when every event that obeys the former one obeys it too, so that producers,
//! archives and replays stay good, and when it still names every field, so that consumers find
//! what they read. A field that the former did not name was no part of the promise: adding one is
//! no break. `docs/decisions/0006-compatible-contracts.md` says why.

mod fields;
mod proof;
mod walk;

use std::{collections::BTreeMap, fmt};

use serde_json::Value;

use crate::contract::{ContractName, Document, compatibility::fields::Fields};

/// One place where a contract breaks the promise of the former one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// JSON pointer into the schema: the former one where something was removed.
    pub pointer: String,
    /// What is broken, for a person.
    pub reason: String,
}

impl fmt::Display for Break {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let root = if self.pointer.is_empty() { "/" } else { "" };
        write!(formatter, "{}{root}: {}", self.pointer, self.reason)
    }
}

/// Where the schemas break what their own former versions promised, a line each. A version that is
/// missing in between is one, too: the archive may hold its events.
pub fn between_versions(documents: &[Document]) -> Vec<String> {
    let mut types: BTreeMap<&str, BTreeMap<u32, &Document>> = BTreeMap::new();
    for document in documents {
        if let ContractName::Data(event_type, version) = &document.of {
            types.entry(event_type.as_str()).or_default().insert(*version, document);
        }
    }
    let mut problems = Vec::new();
    for (event_type, versions) in types {
        for (expected, version) in (1..).zip(versions.keys()) {
            if expected != *version {
                problems.push(format!("{event_type}/{expected}.json: is missing"));
                break;
            }
        }
        let pairs = versions.values().zip(versions.values().skip(1));
        problems.extend(pairs.flat_map(|(old, new)| lines(old, new)));
    }
    problems
}

/// Where the schemas break what `former` ones of the same names promised, a line each.
pub fn since(former: &[Document], documents: &[Document]) -> Vec<String> {
    let kept = |old: &Document| documents.iter().find(|document| document.of == old.of);
    let problems = former.iter().flat_map(|old| match kept(old) {
        Some(new) => lines(old, new),
        None => vec![format!("{}: is removed", old.of)],
    });
    problems.collect()
}

fn lines(old: &Document, new: &Document) -> Vec<String> {
    match (serde_json::from_str(&old.text), serde_json::from_str(&new.text)) {
        (Ok(former), Ok(schema)) => {
            let breaks = breaks(&former, &schema);
            breaks.iter().map(|broken| format!("{}: {broken}", new.of)).collect()
        }
        (Err(error), _) => vec![format!("{}: {error}", old.of)],
        (_, Err(error)) => vec![format!("{}: {error}", new.of)],
    }
}

/// Where `new` breaks what `old` promised; both are schemas of draft 4.
pub fn breaks(old: &Value, new: &Value) -> Vec<Break> {
    let removed = Fields::of(old)
        .lost(&Fields::of(new))
        .into_iter()
        .map(|pointer| Break { pointer, reason: "is removed: consumers may read it".to_owned() });
    removed.chain(walk::narrowed(old, new)).collect()
}

#[cfg(test)]
mod tests;
