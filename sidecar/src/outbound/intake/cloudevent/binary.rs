//! Binary mode: attributes in `ce-` headers, the body is the data.

use axum::http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use serde_json::{Map, Value};

use super::{attributes::Attributes, entry, json_bytes, undecodable};
use crate::{
    delivery::Refusal,
    outbound::intake::{Entry, Receipt, producer::Producer},
};

const PREFIX: &str = "ce-";

/// Whether a request that is not of CloudEvents' own media types carries one all the same.
pub fn is_binary(headers: &HeaderMap) -> bool {
    ["ce-specversion", "ce-id", "ce-source", "ce-type"]
        .iter()
        .any(|name| headers.contains_key(*name))
}

/// Reads the one event of a request.
pub fn read(headers: &HeaderMap, body: &[u8], producer: &Producer, receipt: &Receipt) -> Entry {
    let attributes = members(headers).and_then(Attributes::new);
    entry(attributes, producer, receipt, |attributes| {
        if body.is_empty() { Ok(Map::new()) } else { json_bytes(attributes, body) }
    })
}

fn members(headers: &HeaderMap) -> Result<Map<String, Value>, Refusal> {
    let mut members = Map::new();
    for (header, value) in headers {
        let Some(name) = header.as_str().strip_prefix(PREFIX) else { continue };
        if name == "datacontenttype" {
            return Err(undecodable("is what Content-Type says in binary mode").at(name));
        }
        let text = decoded(value).ok_or_else(|| undecodable("is not percent-encoded").at(name))?;
        if members.insert(name.to_owned(), text.into()).is_some() {
            return Err(undecodable("is there twice").at(name));
        }
    }
    if let Some(media_type) = headers.get(CONTENT_TYPE) {
        let text = media_type.to_str().map_err(|_| undecodable("is no media type"))?;
        members.insert("datacontenttype".to_owned(), text.into());
    }
    Ok(members)
}

/// Takes double quotes off, as older senders write them, then decodes `%xy` once. What is no UTF-8
/// after that is refused.
fn decoded(value: &HeaderValue) -> Option<String> {
    let text = value.to_str().ok()?;
    let text = match text.strip_prefix('"') {
        Some(quoted) => unquoted(quoted.strip_suffix('"')?)?,
        None => text.to_owned(),
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let decoded = if byte == b'%' {
            let digits = [rest.next()?, rest.next()?].map(|digit| char::from(digit).to_digit(16));
            let [Some(high), Some(low)] = digits else { return None };
            u8::try_from(high * 16 + low).expect("two hexadecimal digits are a byte")
        } else {
            byte
        };
        bytes.push(decoded);
    }
    String::from_utf8(bytes).ok()
}

/// What stands between quotes: a backslash lets the next character stand for itself.
fn unquoted(quoted: &str) -> Option<String> {
    let mut text = String::with_capacity(quoted.len());
    let mut rest = quoted.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => text.push(rest.next()?),
            '"' => return None,
            c => text.push(c),
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(text: &str) -> Option<String> {
        decoded(&HeaderValue::from_str(text).unwrap())
    }

    /// As the specification encodes: everything but printable ASCII, and space, quote and percent.
    fn encode(text: &str) -> String {
        let encoded = |byte: u8| match byte {
            b'!' | b'#' | b'$' | b'&'..=b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        };
        text.bytes().map(encoded).collect()
    }

    #[rstest::rstest]
    #[case("Euro%20%E2%82%AC%20%F0%9F%98%80", Some("Euro € 😀"))]
    #[case("%e2%82%ac", Some("€"))]
    #[case("%41", Some("A"))]
    #[case("%2541", Some("%41"))]
    #[case("plain", Some("plain"))]
    #[case("\"with \\\"quotes\\\" and %41\"", Some("with \"quotes\" and A"))]
    #[case("%C0%A0", None)]
    #[case("%4", None)]
    #[case("%zz", None)]
    #[case("\"open", None)]
    #[case("\"a\"b\"", None)]
    fn a_header_is_decoded_as_the_specification_says(
        #[case] text: &str,
        #[case] expected: Option<&str>,
    ) {
        assert_eq!(decode(text).as_deref(), expected);
    }

    proptest! {
        #[test]
        fn every_text_survives_the_header(text in any::<String>()) {
            prop_assert_eq!(decode(&encode(&text)), Some(text));
        }
    }
}
