//! What a queue is like, by the names and within the limits of AWS.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;

use crate::operation::AwsError;

/// Attributes that are numbers: name, default, least, most.
const NUMBERS: [(&str, u64, u64, u64); 5] = [
    ("DelaySeconds", 0, 0, 900),
    ("MaximumMessageSize", 1_048_576, 1_024, 1_048_576),
    ("MessageRetentionPeriod", 345_600, 60, 1_209_600),
    ("ReceiveMessageWaitTimeSeconds", 0, 0, 20),
    ("VisibilityTimeout", 30, 0, 43_200),
];
/// Attributes that are taken and told and change nothing here.
const WITHOUT_EFFECT: [&str; 3] = ["Policy", "RedriveAllowPolicy", "SqsManagedSseEnabled"];
const REDRIVE_POLICY: &str = "RedrivePolicy";

/// The attributes that may be set.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attributes {
    set: BTreeMap<String, String>,
    redrive: Option<Redrive>,
}

/// Where a message goes that was received too often.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Redrive {
    /// The dead-letter queue's ARN.
    #[serde(rename = "deadLetterTargetArn")]
    pub(crate) target_arn: String,
    /// A number, or one in quotes: AWS takes both.
    #[serde(rename = "maxReceiveCount", deserialize_with = "number")]
    pub(crate) receives_max: u32,
}

impl Attributes {
    /// Sets all of them, or none.
    pub(crate) fn set(&mut self, changes: &BTreeMap<String, String>) -> Result<(), AwsError> {
        let mut redrive = self.redrive.clone();
        for (name, value) in changes {
            let is_valid = if let Some((_, _, least, most)) = number_named(name) {
                value.parse().is_ok_and(|number: u64| (*least..=*most).contains(&number))
            } else if name == REDRIVE_POLICY {
                redrive = serde_json::from_str(value).ok();
                redrive.is_some() || value.is_empty()
            } else if WITHOUT_EFFECT.contains(&name.as_str()) {
                true
            } else {
                let message = format!("Unknown Attribute {name}.");
                return Err(AwsError::new("InvalidAttributeName", message));
            };
            if !is_valid {
                let message = format!("Invalid value for the parameter {name}.");
                return Err(AwsError::new("InvalidAttributeValue", message));
            }
        }
        self.redrive = redrive;
        self.set.extend(changes.clone());
        Ok(())
    }

    /// Whether they are such already.
    pub(crate) fn contains(&self, wanted: &BTreeMap<String, String>) -> bool {
        let all = self.all();
        wanted.iter().all(|(name, value)| all.get(name) == Some(value))
    }

    /// All that have a value, the defaults included.
    pub(crate) fn all(&self) -> BTreeMap<String, String> {
        let defaults = NUMBERS.iter().map(|(name, default, ..)| (*name, default.to_string()));
        let mut all: BTreeMap<_, _> =
            defaults.map(|(name, default)| (name.to_owned(), default)).collect();
        all.extend(self.set.clone());
        all.retain(|_, value| !value.is_empty());
        all
    }

    pub(crate) fn redrive(&self) -> Option<&Redrive> {
        self.redrive.as_ref()
    }

    pub(crate) fn delay(&self) -> Duration {
        Duration::from_secs(self.number("DelaySeconds"))
    }

    pub(crate) fn visibility(&self) -> Duration {
        Duration::from_secs(self.number("VisibilityTimeout"))
    }

    pub(crate) fn retention(&self) -> Duration {
        Duration::from_secs(self.number("MessageRetentionPeriod"))
    }

    pub(crate) fn receive_wait(&self) -> Duration {
        Duration::from_secs(self.number("ReceiveMessageWaitTimeSeconds"))
    }

    pub(crate) fn message_bytes_max(&self) -> usize {
        usize::try_from(self.number("MaximumMessageSize")).unwrap_or(usize::MAX)
    }

    fn number(&self, name: &str) -> u64 {
        let set = self.set.get(name).and_then(|value| value.parse().ok());
        set.or_else(|| number_named(name).map(|(_, default, ..)| *default)).unwrap_or_default()
    }
}

fn number_named(wanted: &str) -> Option<&'static (&'static str, u64, u64, u64)> {
    NUMBERS.iter().find(|(name, ..)| *name == wanted)
}

fn number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Plain(u32),
        Quoted(String),
    }
    match Number::deserialize(deserializer)? {
        Number::Plain(number) => Ok(number),
        Number::Quoted(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(name: &str, value: &str) -> Result<Attributes, AwsError> {
        let mut attributes = Attributes::default();
        attributes.set(&BTreeMap::from([(name.to_owned(), value.to_owned())]))?;
        Ok(attributes)
    }

    #[test]
    fn what_aws_would_refuse_is_refused() {
        for (name, value, code) in [
            ("VisibilityTimeout", "43201", "InvalidAttributeValue"),
            ("VisibilityTimeout", "soon", "InvalidAttributeValue"),
            ("RedrivePolicy", "{}", "InvalidAttributeValue"),
            ("FifoQueue", "true", "InvalidAttributeName"),
        ] {
            assert_eq!(set(name, value).unwrap_err().code, code, "{name}={value}");
        }
    }

    #[test]
    fn a_redrive_policy_counts_in_numbers_or_in_quotes() {
        for receives in ["3", "\"3\""] {
            let policy = format!(
                r#"{{ "deadLetterTargetArn": "arn:aws:sqs:x:y:dead", "maxReceiveCount": {receives} }}"#
            );

            let attributes = set("RedrivePolicy", &policy).unwrap();

            assert_eq!(attributes.redrive().map(|redrive| redrive.receives_max), Some(3));
        }
    }
}
