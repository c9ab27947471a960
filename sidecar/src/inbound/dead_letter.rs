//! A message that can never be worked on, kept whole, with the reason.

pub mod group;
pub mod letter;
pub mod selection;
pub mod shelf;
pub mod shelves;

use jiff::Timestamp;
use serde_json::Value;

use crate::{delivery::Refusal, inbound::queue::Message};

/// Attributes count towards the size of the message.
const DETAIL_BYTES_MAX: usize = 1_024;

/// The attributes that tell why a message is dead. The body stays as it was.
pub fn attributes(
    message: &Message,
    reaction: &str,
    refusal: &Refusal,
    now: Timestamp,
) -> Vec<(&'static str, String)> {
    let detail = match &refusal.path {
        Some(path) => format!("{} (at {path})", refusal.detail),
        None => refusal.detail.clone(),
    };
    let first_failure = message.first_received_at.unwrap_or(now);
    let mut attributes = vec![
        ("reason", refusal.code.to_string()),
        ("detail", bounded(&detail)),
        ("reaction", reaction.to_owned()),
        ("attempts", message.receive_count.to_string()),
        ("first_failure", first_failure.to_string()),
        ("last_failure", now.to_string()),
    ];
    attributes.extend(traceparent(&message.body).map(|trace| ("traceparent", trace)));
    attributes
}

/// Text that SQS takes: not empty, without control characters, and not beyond the bound.
fn bounded(detail: &str) -> String {
    let readable: String = detail.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let end = readable.floor_char_boundary(DETAIL_BYTES_MAX);
    match &readable[..end] {
        "" => "no detail".to_owned(),
        text => text.to_owned(),
    }
}

fn traceparent(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    let traceparent = body["detail"]["traceparent"].as_str()?;
    Some(bounded(traceparent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{delivery::RefusalCode, inbound::queue::testing};

    fn message(body: &str) -> Message {
        Message {
            id: "m-1".to_owned(),
            body: body.to_owned(),
            receipt: testing::receipt("r-1"),
            receive_count: 3,
            first_received_at: Timestamp::from_second(1_000).ok(),
            sent_at: None,
            attributes: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn a_dead_letter_says_why_how_often_and_since_when() {
        let refusal = Refusal::new(RefusalCode::Contract, "too large").at("/data/rating");
        let message = message(r#"{"detail":{"traceparent":"00-aa-bb-01"}}"#);
        let now = Timestamp::from_second(2_000).unwrap();

        let attributes = attributes(&message, "enrich", &refusal, now);

        let lines: Vec<_> =
            attributes.iter().map(|(name, text)| format!("{name}: {text}")).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        reason: contract
        detail: too large (at /data/rating)
        reaction: enrich
        attempts: 3
        first_failure: 1970-01-01T00:16:40Z
        last_failure: 1970-01-01T00:33:20Z
        traceparent: 00-aa-bb-01
        ");
    }

    #[test]
    fn a_reason_is_bounded_and_fit_for_the_queue() {
        let refusal = Refusal::new(RefusalCode::Undecodable, "\u{0}é".repeat(2_000));

        let attributes =
            attributes(&message("not json"), "enrich", &refusal, Timestamp::UNIX_EPOCH);

        let detail = &attributes[1].1;
        assert!(detail.len() <= DETAIL_BYTES_MAX && !detail.chars().any(char::is_control));
        assert_eq!(attributes.len(), 6);
    }
}
