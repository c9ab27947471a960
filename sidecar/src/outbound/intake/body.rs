//! A request's body → its entries, by the media type.

use axum::http::{HeaderMap, header::CONTENT_TYPE};
use serde_json::Value;

use crate::{
    delivery::{Refusal, RefusalCode},
    outbound::{
        intake::{
            Entry, Receipt, canonical,
            cloudevent::{self, binary},
            producer::Producer,
        },
        refused::Refused,
    },
};

/// The entries of a request, in order.
#[derive(Debug)]
pub enum Posted {
    /// One event by itself: its verdict is the request's.
    One(Box<Entry>),
    /// Several, or one in the shape of several.
    Many(Vec<Entry>),
}

/// Reads a body of at most `events_max` events.
pub fn read(
    headers: &HeaderMap,
    body: &[u8],
    producer: &Producer,
    receipt: &Receipt,
    events_max: usize,
) -> Result<Posted, Refused> {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    if !is_utf_8(media_type) {
        return Err(Refused::unsupported("only UTF-8 is read"));
    }
    let one = |entry: Entry| Ok(Posted::One(Box::new(entry)));
    let cloud_event = |document| cloudevent::read(document, producer, receipt);
    let canonical = |(index, document)| canonical::read(document, producer, receipt, index);
    match essence(media_type).as_str() {
        "application/cloudevents+json" => one(cloud_event(json(body)?)),
        "application/cloudevents-batch+json" => match json(body)? {
            Value::Array(documents) => {
                let documents = bounded(documents, events_max)?;
                Ok(Posted::Many(documents.into_iter().map(cloud_event).collect()))
            }
            _ => Err(Refused::undecodable("a batch is an array")),
        },
        other if other.starts_with("application/cloudevents") => {
            Err(Refused::unsupported("of the formats of CloudEvents only JSON is read"))
        }
        other if binary::is_binary(headers) => {
            if is_json(other) || body.is_empty() {
                one(binary::read(headers, body, producer, receipt))
            } else {
                Err(Refused::unsupported("only JSON is taken as the data of an event"))
            }
        }
        "application/json" => match json(body)? {
            Value::Array(documents) => {
                let documents = bounded(documents, events_max)?;
                Ok(Posted::Many(documents.into_iter().enumerate().map(canonical).collect()))
            }
            document => one(canonical((0, document))),
        },
        "application/x-ndjson" => {
            let lines =
                body.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
            // One more than allowed tells that there are too many.
            let lines = bounded(lines.take(events_max.saturating_add(1)).collect(), events_max)?;
            let line = |(index, line)| match serde_json::from_slice(line) {
                Ok(document) => canonical((index, document)),
                Err(error) => {
                    Entry::nameless(Refusal::new(RefusalCode::Undecodable, error.to_string()))
                }
            };
            Ok(Posted::Many(lines.into_iter().enumerate().map(line).collect()))
        }
        _ => Err(Refused::unsupported("see Accept-Post for what is read")),
    }
}

fn json(body: &[u8]) -> Result<Value, Refused> {
    serde_json::from_slice(body).map_err(|error| Refused::undecodable(&error.to_string()))
}

fn bounded<T>(entries: Vec<T>, events_max: usize) -> Result<Vec<T>, Refused> {
    if entries.len() <= events_max {
        Ok(entries)
    } else {
        Err(Refused::too_large(&format!("{events_max} events")))
    }
}

/// Whether a media type says JSON: `…/json` or `…/…+json`.
pub(super) fn is_json(media_type: &str) -> bool {
    let essence = essence(media_type);
    let subtype = essence.split_once('/').map_or("", |(_, subtype)| subtype);
    subtype == "json" || subtype.ends_with("+json")
}

fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_utf_8(media_type: &str) -> bool {
    media_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('=')).all(
        |(name, value)| {
            let charset = value.trim().trim_matches('"');
            !name.trim().eq_ignore_ascii_case("charset")
                || charset.eq_ignore_ascii_case("utf-8")
                || charset.eq_ignore_ascii_case("us-ascii")
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::intake::producer::testing::shop;

    const EVENT: &str = r#"{ "eventType": "cart.emptied", "data": {} }"#;
    const CLOUD_EVENT: &str =
        r#"{ "specversion": "1.0", "id": "1", "source": "/s", "type": "cart.emptied" }"#;

    /// How many events were read and how many refused; or the status of the refusal.
    fn read(media_type: &str, body: &str) -> Result<(usize, usize), u16> {
        let headers = [(CONTENT_TYPE, media_type.parse().unwrap())].into_iter().collect();
        let receipt =
            Receipt { at: jiff::Timestamp::UNIX_EPOCH, message_id: None, traceparent: None };
        let posted = super::read(&headers, body.as_bytes(), &shop(), &receipt, 3)
            .map_err(|refused| refused.status().as_u16())?;
        let entries = match posted {
            Posted::One(entry) => vec![*entry],
            Posted::Many(entries) => entries,
        };
        let read = entries.iter().filter(|entry| entry.event.is_ok()).count();
        Ok((read, entries.len() - read))
    }

    #[rstest::rstest]
    #[case("application/json", EVENT.to_owned(), Ok((1, 0)))]
    #[case("Application/JSON; charset=\"UTF-8\"", EVENT.to_owned(), Ok((1, 0)))]
    #[case("application/json", format!("[{EVENT}, {EVENT}, 7]"), Ok((2, 1)))]
    #[case("application/json", "[]".to_owned(), Ok((0, 0)))]
    #[case("application/json", format!("[{EVENT}, {EVENT}, {EVENT}, {EVENT}]"), Err(413))]
    #[case("application/json", "{".to_owned(), Err(400))]
    #[case("application/json; charset=utf-16", EVENT.to_owned(), Err(415))]
    #[case("application/x-ndjson", format!("{EVENT}\n\n  \r\n{{\n{EVENT}"), Ok((2, 1)))]
    #[case("application/x-ndjson", format!("{EVENT}\n{EVENT}\n{EVENT}\n{EVENT}"), Err(413))]
    #[case("application/cloudevents+json", CLOUD_EVENT.to_owned(), Ok((1, 0)))]
    #[case("application/cloudevents+json", EVENT.to_owned(), Ok((0, 1)))]
    #[case("application/cloudevents-batch+json", format!("[{CLOUD_EVENT}]"), Ok((1, 0)))]
    #[case("application/cloudevents-batch+json", CLOUD_EVENT.to_owned(), Err(400))]
    #[case("application/cloudevents+avro", String::new(), Err(415))]
    #[case("text/plain", EVENT.to_owned(), Err(415))]
    fn the_media_type_says_how_to_read(
        #[case] media_type: &str,
        #[case] body: String,
        #[case] expected: Result<(usize, usize), u16>,
    ) {
        assert_eq!(read(media_type, &body), expected);
    }
}
