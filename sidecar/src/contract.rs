//! The contracts: what an event of each type must look like. Pure; somebody else reads the files.

pub mod compatibility;
mod envelope;

use std::{collections::BTreeMap, fmt};

use jsonschema::{Draft, Validator};
use serde_json::Value;

use crate::{
    delivery::{Refusal, RefusalCode},
    event::{Event, EventType},
};

/// How many violations a refusal lists. An event can break its contract in as many places as it has.
const VIOLATIONS_MAX: usize = 10;
/// What EventBridge's schema registry takes.
const SCHEMA_CHARS_MAX: usize = 100_000;
/// The draft that EventBridge's schema registry takes.
const DRAFT: &str = "http://json-schema.org/draft-04/schema#";

/// The text of one schema file.
#[derive(Debug, Clone)]
pub struct Document {
    /// What it is the contract of.
    pub of: ContractName,
    /// JSON Schema, draft 4.
    pub text: String,
}

/// What a schema is the contract of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContractName {
    /// Of every event.
    Envelope,
    /// Of the `data` of one version of one event type.
    Data(EventType, u32),
}

impl fmt::Display for ContractName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Envelope => formatter.write_str("envelope.json"),
            Self::Data(event_type, version) => write!(formatter, "{event_type}/{version}.json"),
        }
    }
}

/// All contracts, compiled.
#[derive(Debug)]
pub struct Contracts {
    envelope: Validator,
    /// Whether the envelope is the one that `envelope.rs` knows by heart.
    knows_envelope: bool,
    data: BTreeMap<String, BTreeMap<u32, Validator>>,
}

impl Contracts {
    /// Compiles every document, or says what is wrong with each that cannot be.
    pub fn compile(documents: &[Document]) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let (mut envelope, mut knows_envelope) = (None, false);
        let mut data: BTreeMap<String, BTreeMap<u32, Validator>> = BTreeMap::new();
        for document in documents {
            let validator = match compile(&document.text) {
                Ok(validator) => validator,
                Err(problem) => {
                    problems.push(format!("{}: {problem}", document.of));
                    continue;
                }
            };
            match &document.of {
                ContractName::Envelope => {
                    envelope = Some(validator);
                    knows_envelope = envelope::is_known(&document.text);
                }
                ContractName::Data(event_type, version) => {
                    data.entry(event_type.to_string()).or_default().insert(*version, validator);
                }
            }
        }
        match envelope {
            Some(envelope) if problems.is_empty() => Ok(Self { envelope, knows_envelope, data }),
            Some(_) => Err(problems),
            None => {
                problems.push("envelope.json: missing or unusable".to_owned());
                Err(problems)
            }
        }
    }

    /// How many there are, the envelope included.
    pub fn count(&self) -> usize {
        1 + self.data.values().map(BTreeMap::len).sum::<usize>()
    }

    /// Whether events of this type and version can pass: there is a contract, or the type has none
    /// in any version and only the envelope binds it.
    pub fn admits(&self, event_type: &EventType, version: u32) -> bool {
        self.data.get(event_type.as_str()).is_none_or(|versions| versions.contains_key(&version))
    }

    /// Whether the event's type has a contract of its own.
    pub fn binds(&self, event: &Event) -> bool {
        self.data.contains_key(event.event_type.as_str())
    }

    /// Parses a document into an event that obeys its contracts.
    pub fn parse(&self, document: Value) -> Result<Event, Refusal> {
        self.check(&document)?;
        serde_json::from_value(document)
            .map_err(|error| Refusal::new(RefusalCode::Contract, error.to_string()))
    }

    /// Checks an event that is not a document yet. One that obeys, and nearly all do, is known to
    /// without becoming one.
    pub fn check_event(&self, event: &Event) -> Result<(), Refusal> {
        if self.surely_takes(event) {
            return Ok(());
        }
        self.check(&serde_json::to_value(event).expect("an event is plain data"))
    }

    fn surely_takes(&self, event: &Event) -> bool {
        let versions = self.data.get(event.event_type.as_str());
        self.knows_envelope
            && envelope::obeys(event)
            && versions.is_none_or(|versions| {
                versions
                    .get(&event.version)
                    .is_some_and(|contract| contract.is_valid(&event.data.clone().into()))
            })
    }

    /// Checks an event, as the document that goes on the wire, against the envelope and the
    /// contract of its type.
    pub fn check(&self, event: &Value) -> Result<(), Refusal> {
        let contract = self.contract_of(event);
        // Nearly all events obey, and without reasons that is known sooner.
        if let Ok(contract) = &contract
            && self.envelope.is_valid(event)
            && contract.is_none_or(|contract| contract.is_valid(&event["data"]))
        {
            return Ok(());
        }
        let mut violations = violations(&self.envelope, event, "");
        match contract {
            Ok(None) => (),
            Ok(Some(contract)) => {
                violations.extend(self::violations(contract, &event["data"], "/data"));
            }
            Err(violation) => violations.push(violation),
        }
        match violations.as_slice() {
            [] => Ok(()),
            [first, ..] => {
                let listed = violations
                    .iter()
                    .take(VIOLATIONS_MAX)
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join("; ");
                Err(Refusal::new(RefusalCode::Contract, listed).at(first.path.clone()))
            }
        }
    }

    /// The contract of an event's `data`; nothing when its type has none in any version.
    fn contract_of(&self, event: &Value) -> Result<Option<&Validator>, Violation> {
        let event_type = event["eventType"].as_str();
        let Some(versions) = event_type.and_then(|event_type| self.data.get(event_type)) else {
            return Ok(None);
        };
        let version = event["version"].as_u64().and_then(|version| u32::try_from(version).ok());
        version.and_then(|version| versions.get(&version)).map(Some).ok_or_else(|| Violation {
            path: "/version".to_owned(),
            reason: "there is no contract of this version".to_owned(),
        })
    }
}

fn compile(text: &str) -> Result<Validator, String> {
    let chars = text.chars().count();
    if chars > SCHEMA_CHARS_MAX {
        return Err(format!(
            "{chars} characters, and the schema registry takes {SCHEMA_CHARS_MAX}"
        ));
    }
    let schema: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if schema["$schema"] != DRAFT {
        return Err(format!("$schema: is not `{DRAFT}`"));
    }
    // Nothing is fetched: a reference to elsewhere is a mistake.
    jsonschema::options()
        .with_draft(Draft::Draft4)
        .build(&schema)
        .map_err(|error| error.to_string())
}

/// One place where an event breaks its contract.
struct Violation {
    path: String,
    reason: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.path, self.reason)
    }
}

/// The reasons are masked: a contract speaks of places and rules, and what stood there may be
/// personal.
fn violations(contract: &Validator, document: &Value, root: &str) -> Vec<Violation> {
    contract
        .iter_errors(document)
        .map(|error| Violation {
            path: format!("{root}{}", error.instance_path()),
            reason: error.masked().to_string(),
        })
        .collect()
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use crate::config::read_documents;

    /// The contracts of the project.
    pub(crate) fn contracts() -> Contracts {
        let schemas = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas");
        Contracts::compile(&read_documents(schemas.as_ref()).unwrap()).unwrap()
    }
}

#[cfg(test)]
mod tests;
