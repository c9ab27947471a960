//! `PutEvents`: the one operation that must be fast, so it borrows from the body what it can.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{DEFAULT_BUS, EventBridge, Rule, bus_name};
use crate::{
    operation::{Answer, AwsError, Operation, json, parse},
    sqs::{ACCOUNT, REGION, Sqs},
    stub::Cloud,
};

const ENTRIES_MAX: usize = 10;
const DETAIL_TYPE_CHARS_MAX: usize = 128;
/// What EventBridge counts for an entry's time.
const TIME_BYTES: usize = 14;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEvents<'body> {
    #[serde(borrow)]
    entries: Vec<Entry<'body>>,
}

/// An empty text is one that is missing.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry<'body> {
    #[serde(borrow, default)]
    event_bus_name: Cow<'body, str>,
    #[serde(borrow, default)]
    source: Cow<'body, str>,
    #[serde(borrow, default)]
    detail_type: Cow<'body, str>,
    #[serde(borrow, default)]
    detail: Cow<'body, str>,
    #[serde(borrow, default)]
    resources: Vec<Text<'body>>,
    time: Option<f64>,
}

/// Borrows inside a list, which a bare `Cow` does not.
#[derive(Debug, Deserialize, Serialize)]
struct Text<'body>(#[serde(borrow)] Cow<'body, str>);

/// The one member of a detail that the stub looks at. Reading it proves the whole to be JSON.
#[derive(Debug, Deserialize)]
struct Detail<'detail> {
    #[serde(borrow, rename = "eventId")]
    event_id: Option<&'detail RawValue>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Outcome {
    failed_entry_count: usize,
    entries: Vec<Verdict>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Verdict {
    #[serde(rename_all = "PascalCase")]
    Accepted { event_id: Uuid },
    #[serde(rename_all = "PascalCase")]
    Refused { error_code: String, error_message: String },
}

/// A message as a rule sends it to a queue.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Message<'entry> {
    version: &'static str,
    id: Uuid,
    detail_type: &'entry str,
    source: &'entry str,
    account: &'static str,
    time: String,
    region: &'static str,
    resources: &'entry [Text<'entry>],
    detail: &'entry RawValue,
}

impl EventBridge {
    pub(super) fn put_events(&self, body: &[u8], cloud: &Cloud) -> Answer {
        let call: PutEvents = parse(body)?;
        self.check_size(&call.entries)?;
        let entries: Vec<_> = call.entries.iter().map(|entry| self.put(entry, cloud)).collect();
        let is_refused = |verdict: &&Verdict| matches!(verdict, Verdict::Refused { .. });
        let failed_entry_count = entries.iter().filter(is_refused).count();
        json(&Outcome { failed_entry_count, entries })
    }

    fn check_size(&self, entries: &[Entry]) -> Result<(), AwsError> {
        if !(1..=ENTRIES_MAX).contains(&entries.len()) {
            let message = format!(
                "1 validation error detected: Value at 'entries' failed to satisfy constraint: \
                 Member must have length between 1 and {ENTRIES_MAX}, and it has {}",
                entries.len()
            );
            return Err(AwsError::new("ValidationException", message));
        }
        if entries.iter().map(Entry::bytes).sum::<usize>() > self.put_bytes_max {
            let message = "Total size of the entries in the request is over the limit.";
            return Err(AwsError::new("ValidationException", message));
        }
        Ok(())
    }

    fn put(&self, entry: &Entry, cloud: &Cloud) -> Verdict {
        let struck = cloud.faults.on_entry(Operation::PutEvents);
        let checked = match struck {
            Some(code) => Err(AwsError::new(&code, "refused on command")),
            None => entry.check(),
        };
        match checked {
            Ok(event_id) => {
                cloud.seen.accept(event_id);
                let id = Uuid::now_v7();
                if !self.route(entry, id, &cloud.sqs) {
                    cloud.seen.leave_unmatched();
                }
                Verdict::Accepted { event_id: id }
            }
            Err(AwsError { code, message, .. }) => {
                cloud.seen.refuse();
                Verdict::Refused { error_code: code, error_message: message }
            }
        }
    }

    /// Hands the entry to the queues; whether any took it. A bus that does not exist takes every
    /// entry and loses it, as the real one does.
    fn route(&self, entry: &Entry, id: Uuid, sqs: &Sqs) -> bool {
        let name = match bus_name(&entry.event_bus_name) {
            "" => DEFAULT_BUS,
            name => name,
        };
        let buses = self.read();
        let rules = buses.get(name).into_iter().flat_map(|bus| bus.rules.values());
        let taken_by = |rule: &&Rule| {
            let Some(pattern) = &rule.pattern else { return false };
            !rule.is_disabled && pattern.matches(&entry.source, &entry.detail_type, &entry.detail)
        };
        let mut message = None;
        let mut is_routed = false;
        for target in rules.filter(taken_by).flat_map(|rule| rule.targets.values()) {
            let message = message.get_or_insert_with(|| entry.message(id));
            let dead_letters = target.dead_letter_config.as_ref();
            let dead_letters = dead_letters.and_then(|config| config.arn.as_deref());
            is_routed |= sqs.deliver(&target.arn, message)
                || dead_letters.is_some_and(|arn| sqs.deliver(arn, message));
        }
        is_routed
    }
}

impl Entry<'_> {
    /// Its size by EventBridge's own rule.
    fn bytes(&self) -> usize {
        let resources: usize = self.resources.iter().map(|resource| resource.0.len()).sum();
        let time = self.time.map_or(0, |_| TIME_BYTES);
        time + self.source.len() + self.detail_type.len() + self.detail.len() + resources
    }

    /// The id of the event in its detail, if the entry can be taken.
    fn check(&self) -> Result<Option<&str>, AwsError> {
        for (name, text) in
            [("Source", &self.source), ("DetailType", &self.detail_type), ("Detail", &self.detail)]
        {
            if text.is_empty() {
                let message = format!(
                    "Parameter {name} is not valid. Reason: {name} is a required argument."
                );
                return Err(AwsError::new("InvalidArgument", message));
            }
        }
        if self.detail_type.chars().count() > DETAIL_TYPE_CHARS_MAX {
            let message = format!(
                "Parameter DetailType is not valid. Reason: more than {DETAIL_TYPE_CHARS_MAX} characters."
            );
            return Err(AwsError::new("InvalidArgument", message));
        }
        // A list would pass for a struct, and EventBridge takes only objects.
        let detail = Some(&self.detail).filter(|detail| detail.trim_start().starts_with('{'));
        let detail: Option<Detail> = detail.and_then(|detail| serde_json::from_str(detail).ok());
        let Detail { event_id } =
            detail.ok_or_else(|| AwsError::new("MalformedDetail", "Detail is malformed."))?;
        Ok(event_id.and_then(|id| id.get().strip_prefix('"')?.strip_suffix('"')))
    }

    fn message(&self, id: Uuid) -> String {
        #[expect(clippy::cast_possible_truncation, reason = "a time in seconds fits")]
        let asked = self.time.and_then(|time| Timestamp::from_second(time as i64).ok());
        let time = asked.unwrap_or_else(Timestamp::now).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let message = Message {
            version: "0",
            id,
            detail_type: &self.detail_type,
            source: &self.source,
            account: ACCOUNT,
            time,
            region: REGION,
            resources: &self.resources,
            detail: serde_json::from_str(&self.detail).expect("the detail was checked"),
        };
        serde_json::to_string(&message).expect("a message is plain data")
    }
}
