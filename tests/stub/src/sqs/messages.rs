//! Sending, receiving and settling messages.

mod wire;

use std::{collections::BTreeMap, pin::pin, time::Duration};

use serde_json::Value;
use tokio::time::Instant;

use self::wire::{
    Batch, ChangeVisibility, DeleteMessage, Delivery, Outgoing, ReceiveMessage, Received,
    ReceivedMessages, SendMessage, Sent, VisibilityChange,
};
use super::{
    ACCOUNT, Sqs, batch,
    digest::{md5_of_attributes, md5_of_body},
    nothing,
    queue::{Queue, Receipt, Stored},
};
use crate::{
    faults::Faults,
    operation::{Answer, AwsError, Operation, json},
};

/// The largest batch, all messages together.
const BATCH_BYTES_MAX: usize = 1_048_576;
const RECEIVE_MAX: usize = 10;
const WAIT_SECS_MAX: u64 = 20;
const DELAY_SECS_MAX: u64 = 900;
const VISIBILITY_SECS_MAX: u64 = 43_200;

impl Sqs {
    pub(super) fn send_message(&self, call: SendMessage) -> Answer {
        json(&send(&*self.by_url(&call.queue_url)?, call.message)?)
    }

    pub(super) fn send_message_batch(&self, call: Batch, faults: &Faults) -> Answer {
        let queue = self.by_url(&call.queue_url)?;
        let bodies = call.entries.iter().filter_map(|entry| entry["MessageBody"].as_str());
        if bodies.map(str::len).sum::<usize>() > BATCH_BYTES_MAX {
            let message = format!("Batch requests cannot be longer than {BATCH_BYTES_MAX} bytes.");
            return Err(AwsError::new("BatchRequestTooLong", message));
        }
        let operation = Operation::SendMessageBatch;
        batch::each(operation, call.entries, faults, |message| send(&queue, message))
    }

    pub(super) async fn receive_message(&self, call: ReceiveMessage, faults: &Faults) -> Answer {
        let queue = self.by_url(&call.queue_url)?;
        let count = call.max_number_of_messages.unwrap_or(1);
        if !(1..=RECEIVE_MAX).contains(&count) {
            return Err(invalid("MaxNumberOfMessages", "must be between 1 and 10"));
        }
        let visibility = call.visibility_timeout.map(visibility).transpose()?;
        let wait = match call.wait_time_seconds {
            Some(secs) if secs > WAIT_SECS_MAX => {
                return Err(invalid("WaitTimeSeconds", "must be between 0 and 20"));
            }
            Some(secs) => Duration::from_secs(secs),
            None => queue.attributes().receive_wait(),
        };
        let taken = self.wait_for_messages(&queue, count, visibility, wait, faults).await?;
        let messages =
            taken.into_iter().map(|(receipt, message)| call.present(receipt, message)).collect();
        json(&ReceivedMessages { messages })
    }

    async fn wait_for_messages(
        &self,
        queue: &Queue,
        count: usize,
        visibility: Option<Duration>,
        wait: Duration,
        faults: &Faults,
    ) -> Result<Vec<(Receipt, Stored)>, AwsError> {
        let end = Instant::now() + wait;
        loop {
            // Listens before it looks, so that nothing arrives unheard in between.
            let mut arrived = pin!(queue.arrived().notified());
            arrived.as_mut().enable();
            let taken = queue.take(count, visibility, faults)?;
            for (target, message) in taken.dead {
                self.give_up(queue, &target, message);
            }
            if !taken.messages.is_empty() || Instant::now() >= end {
                return Ok(taken.messages);
            }
            let next = taken.next_at.map_or(end, |at| at.min(end));
            tokio::select! {
                () = arrived => {}
                () = tokio::time::sleep_until(next) => {}
            }
        }
    }

    /// A dead-letter queue that does not exist loses the message, as the real one does.
    fn give_up(&self, queue: &Queue, target: &str, mut message: Stored) {
        if let Some(dead_letters) = self.by_arn(target) {
            message.dead_letter_source = Some(queue.arn().to_owned());
            dead_letters.push(message, Some(Duration::ZERO));
        }
    }

    pub(super) fn delete_message(&self, call: &DeleteMessage) -> Answer {
        let queue = self.by_url(&call.queue_url)?;
        queue.delete(Receipt::parse(&call.delivery.receipt_handle)?);
        nothing()
    }

    pub(super) fn delete_message_batch(&self, call: Batch, faults: &Faults) -> Answer {
        let queue = self.by_url(&call.queue_url)?;
        batch::each(Operation::DeleteMessageBatch, call.entries, faults, |delivery: Delivery| {
            queue.delete(Receipt::parse(&delivery.receipt_handle)?);
            Ok(BTreeMap::<&str, Value>::new())
        })
    }

    pub(super) fn change_visibility(&self, call: &ChangeVisibility) -> Answer {
        hide(&*self.by_url(&call.queue_url)?, &call.change)?;
        nothing()
    }

    pub(super) fn change_visibility_batch(&self, call: Batch, faults: &Faults) -> Answer {
        let queue = self.by_url(&call.queue_url)?;
        let operation = Operation::ChangeMessageVisibilityBatch;
        batch::each(operation, call.entries, faults, |change: VisibilityChange| {
            hide(&queue, &change)?;
            Ok(BTreeMap::<&str, Value>::new())
        })
    }
}

fn send(queue: &Queue, message: Outgoing) -> Result<Sent, AwsError> {
    let Outgoing { message_body: body, message_attributes: attributes, delay_seconds } = message;
    let delay = delay_seconds.map(Duration::from_secs);
    if delay_seconds.is_some_and(|secs| secs > DELAY_SECS_MAX) {
        return Err(invalid("DelaySeconds", "must be between 0 and 900"));
    }
    if attributes.len() > RECEIVE_MAX {
        let message = "Number of message attributes exceeds the allowed maximum [10].";
        return Err(AwsError::new("InvalidParameterValue", message));
    }
    for (name, attribute) in &attributes {
        attribute.check(name)?;
    }
    if body.is_empty() || body.chars().any(is_forbidden) {
        let message = "The message is empty or contains characters that are not allowed.";
        return Err(AwsError::new("InvalidMessageContents", message));
    }
    let sizes = attributes.iter().map(|(name, attribute)| name.len() + attribute.bytes());
    let bytes = body.len() + sizes.sum::<usize>();
    let bytes_max = queue.attributes().message_bytes_max();
    if bytes > bytes_max {
        return Err(invalid("MessageBody", &format!("must be shorter than {bytes_max} bytes")));
    }
    let message = Stored::new(body, attributes);
    let sent = Sent {
        id: message.id.to_string(),
        body_md5: md5_of_body(&message.body),
        attributes_md5: md5_of_attributes(&message.attributes),
    };
    queue.push(message, delay);
    Ok(sent)
}

/// All but #x9, #xA, #xD, #x20 to #xD7FF, #xE000 to #xFFFD and #x10000 to #x10FFFF.
fn is_forbidden(char: char) -> bool {
    matches!(char, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

fn hide(queue: &Queue, change: &VisibilityChange) -> Result<(), AwsError> {
    queue.hide(Receipt::parse(&change.receipt_handle)?, visibility(change.visibility_timeout)?)
}

fn visibility(secs: u64) -> Result<Duration, AwsError> {
    if secs > VISIBILITY_SECS_MAX {
        return Err(invalid("VisibilityTimeout", "must be between 0 and 43200"));
    }
    Ok(Duration::from_secs(secs))
}

fn invalid(parameter: &str, reason: &str) -> AwsError {
    let message = format!("Value for parameter {parameter} is invalid. Reason: {reason}.");
    AwsError::new("InvalidParameterValue", message)
}

impl ReceiveMessage {
    fn present(&self, receipt: Receipt, message: Stored) -> Received {
        let ms = |at: jiff::Timestamp| at.as_millisecond().to_string();
        let mut system_attributes = BTreeMap::from([
            ("SenderId", ACCOUNT.to_owned()),
            ("SentTimestamp", ms(message.sent_at)),
            ("ApproximateReceiveCount", message.receives.to_string()),
        ]);
        let first = message.first_received_at.map(ms);
        system_attributes.extend(first.map(|at| ("ApproximateFirstReceiveTimestamp", at)));
        let source = message.dead_letter_source;
        system_attributes.extend(source.map(|arn| ("DeadLetterQueueSourceArn", arn)));
        let system_wanted = [&self.attribute_names[..], &self.message_system_attribute_names];
        system_attributes.retain(|name, _| system_wanted.iter().any(|names| wants(names, name)));

        let mut attributes = message.attributes;
        attributes.retain(|name, _| wants(&self.message_attribute_names, name));
        Received {
            id: message.id.to_string(),
            receipt_handle: receipt.to_string(),
            body_md5: md5_of_body(&message.body),
            body: message.body,
            system_attributes,
            attributes_md5: md5_of_attributes(&attributes),
            attributes,
        }
    }
}

/// By name, by a prefix such as `trace.*`, or all of them.
fn wants(names: &[String], name: &str) -> bool {
    names.iter().any(|wanted| match wanted.strip_suffix(".*") {
        Some(prefix) => name.starts_with(prefix),
        None => wanted == name || wanted == "All",
    })
}

impl Receipt {
    fn parse(handle: &str) -> Result<Self, AwsError> {
        let parts = handle.strip_prefix("receipt-").and_then(|parts| parts.split_once('-'));
        let parsed = parts.and_then(|(serial, receives)| {
            Some(Self { serial: serial.parse().ok()?, receives: receives.parse().ok()? })
        });
        parsed.ok_or_else(|| {
            let message = format!("The input receipt handle \"{handle}\" is not valid.");
            AwsError::new("ReceiptHandleIsInvalid", message)
        })
    }
}

impl std::fmt::Display for Receipt {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "receipt-{}-{}", self.serial, self.receives)
    }
}
