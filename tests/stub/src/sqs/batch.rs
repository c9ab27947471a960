//! What the three batch operations share: the rules for entries, and a verdict for each.

use std::collections::HashSet;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    faults::Faults,
    operation::{Answer, AwsError, Operation, json},
};

const ENTRIES_MAX: usize = 10;
const ID_CHARS_MAX: usize = 80;

/// Does each entry by itself, and tells what became of it.
pub(super) fn each<Entry: DeserializeOwned, Done: Serialize>(
    operation: Operation,
    entries: Vec<Value>,
    faults: &Faults,
    act: impl Fn(Entry) -> Result<Done, AwsError>,
) -> Answer {
    let ids = ids(&entries)?;
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for (id, entry) in ids.into_iter().zip(entries) {
        let done = match faults.on_entry(operation) {
            Some(code) => Err(AwsError::new(&code, "refused on command")),
            None => serde_json::from_value(entry)
                .map_err(|error| AwsError::new("InvalidParameterValue", error.to_string()))
                .and_then(&act),
        };
        match done {
            Ok(done) => {
                let mut done = serde_json::to_value(done).expect("answers are plain data");
                done["Id"] = id.into();
                successful.push(done);
            }
            Err(AwsError { code, message, .. }) => {
                let is_ours = ["InternalError", "InternalFailure", "ServiceUnavailable"];
                let sender_fault = !is_ours.contains(&code.as_str());
                failed.push(json!({
                    "Id": id, "Code": code, "Message": message, "SenderFault": sender_fault,
                }));
            }
        }
    }
    json(&json!({ "Successful": successful, "Failed": failed }))
}

fn ids(entries: &[Value]) -> Result<Vec<String>, AwsError> {
    if entries.is_empty() {
        let message = "The batch request doesn't contain any entries.";
        return Err(AwsError::new("EmptyBatchRequest", message));
    }
    if entries.len() > ENTRIES_MAX {
        let message = format!("Maximum number of entries per request are {ENTRIES_MAX}.");
        return Err(AwsError::new("TooManyEntriesInBatchRequest", message));
    }
    let ids: Vec<_> =
        entries.iter().map(|entry| entry["Id"].as_str().unwrap_or_default().to_owned()).collect();
    let is_allowed = |char: char| char.is_ascii_alphanumeric() || "-_".contains(char);
    let is_valid =
        |id: &String| (1..=ID_CHARS_MAX).contains(&id.len()) && id.chars().all(is_allowed);
    if !ids.iter().all(is_valid) {
        let message = "A batch entry id can only contain alphanumeric characters, hyphens and \
                       underscores. It can be at most 80 letters long.";
        return Err(AwsError::new("InvalidBatchEntryId", message));
    }
    if ids.iter().collect::<HashSet<_>>().len() < ids.len() {
        let message = "Two or more batch entries in the request have the same Id.";
        return Err(AwsError::new("BatchEntryIdsNotDistinct", message));
    }
    Ok(ids)
}
