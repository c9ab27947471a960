//! What a story finds in a queue.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use aws_sdk_sqs::types::Message;
use serde_json::Value;

/// An event as a rule delivers it.
#[derive(Debug, Clone)]
pub struct Event {
    /// Such as `feedback.submitted`.
    pub event_type: String,
    /// The canonical event.
    pub detail: Value,
    /// The message it arrived in.
    pub message: String,
}

impl Event {
    pub(crate) fn read(message: Message) -> Result<Self> {
        let message = message.body.context("a rule sends messages with a body")?;
        let mut envelope: Value = serde_json::from_str(&message)?;
        let event_type = envelope["detail-type"].as_str().context("a rule names the type")?;
        Ok(Self { event_type: event_type.to_owned(), detail: envelope["detail"].take(), message })
    }

    /// The key of the item that it is about.
    pub fn key(&self) -> String {
        self.detail["subject"]["key"].as_str().unwrap_or_default().to_owned()
    }

    /// The same message with another detail: what no honest producer sends.
    pub fn forged(&self, change: impl FnOnce(&mut Value)) -> Result<String> {
        let mut envelope: Value = serde_json::from_str(&self.message)?;
        change(&mut envelope["detail"]);
        Ok(envelope.to_string())
    }
}

/// A message that was given up.
#[derive(Debug)]
pub struct DeadLetter {
    /// The message as it was.
    pub body: String,
    /// Why, by whom, and how often it was tried.
    pub attributes: BTreeMap<String, String>,
}

impl DeadLetter {
    pub(crate) fn read(message: Message) -> Self {
        let text = |(name, attribute): (_, aws_sdk_sqs::types::MessageAttributeValue)| {
            Some((name, attribute.string_value?))
        };
        Self {
            body: message.body.unwrap_or_default(),
            attributes: message.message_attributes.into_iter().flatten().filter_map(text).collect(),
        }
    }
}
