//! What a dead letter says: whoever put it there, and however it was told why.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::inbound::queue::{Message, ReceiptHandle};

/// Characters of a group's name: enough to tell some hundred groups apart, short enough to type.
const GROUP_CHARS: usize = 8;

/// A dead letter, read.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// SQS' name for the message.
    pub id: String,
    /// The route whose queue it was in.
    pub route: String,
    /// Letters of one group have the same cause.
    pub group: String,
    /// The class of the reason, such as `contract`.
    pub reason: String,
    /// The reason, for a person.
    pub detail: String,
    /// How often it was tried, when that is known.
    pub attempts: Option<u32>,
    /// The event's type, when the body is an event.
    pub event_type: Option<String>,
    /// The event's id, when the body is an event.
    pub event_id: Option<String>,
    /// Since when it lies there.
    pub dead_since: Option<Timestamp>,
    /// W3C trace context of the event.
    pub traceparent: Option<String>,
    /// The message as it was. Not part of a list: it may be personal.
    #[serde(skip)]
    pub body: String,
    /// Names this look at it.
    #[serde(skip)]
    pub receipt: ReceiptHandle,
}

impl DeadLetter {
    /// Reads a message of the route's dead-letter queue.
    pub fn read(route: &str, message: Message) -> Self {
        let (reason, detail) = cause(&message);
        let detail_of_event = serde_json::from_str(&message.body)
            .map(|mut body: Value| body["detail"].take())
            .unwrap_or_default();
        let of_event = |field: &str| detail_of_event[field].as_str().map(str::to_owned);
        let event_type = of_event("eventType");
        let attempts = message.attributes.get("attempts").and_then(|count| count.parse().ok());
        Self {
            group: group(&[route, &reason, event_type.as_deref().unwrap_or(""), &shape(&detail)]),
            route: route.to_owned(),
            reason,
            detail,
            attempts,
            event_type,
            event_id: of_event("eventId"),
            dead_since: message.sent_at,
            traceparent: of_event("traceparent"),
            id: message.id,
            body: message.body,
            receipt: message.receipt,
        }
    }

    /// The message as a document, or as the text that it is.
    pub fn document(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| Value::from(self.body.as_str()))
    }

    /// All of it, the message included.
    pub fn whole(&self) -> Value {
        let mut whole = serde_json::to_value(self).expect("a letter is plain data");
        whole["body"] = self.document();
        whole
    }
}

/// Three hands put letters there: our consumer tells its reason, EventBridge tells in its own words
/// why it could not reach the queue, and SQS, after too many deliveries, tells nothing.
fn cause(message: &Message) -> (String, String) {
    let attribute = |name: &str| message.attributes.get(name).cloned();
    if let Some(reason) = attribute("reason") {
        return (reason, attribute("detail").unwrap_or_default());
    }
    if let Some(code) = attribute("ERROR_CODE") {
        let detail = format!("{code}: {}", attribute("ERROR_MESSAGE").unwrap_or_default());
        return ("undelivered".to_owned(), detail);
    }
    let detail = "delivered too often without an end, such as when its consumer was killed";
    ("abandoned".to_owned(), detail.to_owned())
}

/// A reason without what differs from letter to letter: numbers, and what is in quotes.
fn shape(detail: &str) -> String {
    let mut shape = String::with_capacity(detail.len());
    let mut quote = None;
    for character in detail.chars() {
        match quote {
            Some(open) if character == open => quote = None,
            Some(_) => {}
            None if matches!(character, '"' | '`') => {
                quote = Some(character);
                shape.push(character);
            }
            None if character.is_ascii_digit() => {
                if !shape.ends_with('#') {
                    shape.push('#');
                }
            }
            None => shape.push(character),
        }
    }
    shape
}

fn group(parts: &[&str]) -> String {
    let name = Uuid::new_v5(&Uuid::NAMESPACE_OID, parts.join("\n").as_bytes());
    name.simple().to_string()[..GROUP_CHARS].to_owned()
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use crate::inbound::queue::testing::receipt;

    /// A feedback that died of this reason.
    pub(crate) fn letter(id: &str, reason: &str) -> DeadLetter {
        DeadLetter {
            id: id.to_owned(),
            route: "feedback".to_owned(),
            group: format!("group-of-{reason}"),
            reason: reason.to_owned(),
            detail: String::new(),
            attempts: None,
            event_type: Some("feedback.submitted".to_owned()),
            event_id: None,
            dead_since: None,
            traceparent: None,
            body: String::new(),
            receipt: receipt("r"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::inbound::queue::testing;

    fn letter(body: &str, attributes: &[(&str, &str)]) -> DeadLetter {
        let attributes = attributes.iter().map(|(name, text)| ((*name).into(), (*text).into()));
        let message = Message {
            id: "m-1".to_owned(),
            body: body.to_owned(),
            receipt: testing::receipt("r-1"),
            receive_count: 1,
            first_received_at: None,
            sent_at: Timestamp::from_second(1_000).ok(),
            attributes: attributes.collect::<BTreeMap<String, String>>(),
        };
        DeadLetter::read("feedback", message)
    }

    const EVENT: &str = r#"{"detail":{"eventType":"feedback.submitted","eventId":"e-1"}}"#;

    #[test]
    fn a_letter_of_the_consumer_tells_its_reason_and_its_event() {
        let attributes = [("reason", "contract"), ("detail", "too large"), ("attempts", "3")];

        let letter = letter(EVENT, &attributes);

        assert_eq!((letter.reason.as_str(), letter.detail.as_str()), ("contract", "too large"));
        assert_eq!(letter.attempts, Some(3));
        assert_eq!(letter.event_type.as_deref(), Some("feedback.submitted"));
        assert_eq!(letter.event_id.as_deref(), Some("e-1"));
    }

    #[test]
    fn a_letter_of_eventbridge_tells_what_eventbridge_said() {
        let attributes = [("ERROR_CODE", "NO_PERMISSIONS"), ("ERROR_MESSAGE", "no policy")];

        let letter = letter(EVENT, &attributes);

        assert_eq!(letter.reason, "undelivered");
        assert_eq!(letter.detail, "NO_PERMISSIONS: no policy");
    }

    #[test]
    fn a_letter_that_sqs_moved_and_a_body_that_is_no_event_are_letters_too() {
        let letter = letter("{ this is no event", &[]);

        assert_eq!(letter.reason, "abandoned");
        assert_eq!(letter.event_type, None);
        assert_eq!(letter.body, "{ this is no event");
    }

    #[test]
    fn letters_with_one_cause_are_one_group() {
        let group = |detail: &str| letter(EVENT, &[("reason", "bus"), ("detail", detail)]).group;

        assert_eq!(group("17 bytes in `a`"), group("2048 bytes in `b c`"));
        assert_ne!(group("17 bytes"), group("17 events"));
        assert_eq!(group("").len(), GROUP_CHARS);
    }

    #[test]
    fn a_list_of_letters_holds_no_body() {
        let secret = r#"{"detail":{"data":{"text":"my secret"}}}"#;

        assert!(!serde_json::to_string(&letter(secret, &[])).unwrap().contains("my secret"));
    }
}
