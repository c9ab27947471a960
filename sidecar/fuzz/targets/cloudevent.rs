//! A CloudEvent means the same each time and in each mode, and never what its producer may not say.
#![no_main]

use axum::http::{HeaderMap, HeaderName, HeaderValue, header::CONTENT_TYPE};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use sidecar::{event::EventId, outbound::intake::cloudevent};
use sidecar_fuzz::{SHOP, check_entry, receipt};

fuzz_target!(|bytes: &[u8]| {
    let Ok(document) = serde_json::from_slice::<Value>(bytes) else { return };

    let entry = cloudevent::read(document.clone(), &SHOP, &receipt());
    check_entry(&entry);
    let again = cloudevent::read(document.clone(), &SHOP, &receipt());
    assert_eq!((entry.event_id, &entry.event), (again.event_id, &again.event));
    if let (Some(id), Some(name)) =
        (document["id"].as_str().and_then(EventId::parse), entry.event_id)
    {
        assert_eq!(id, name, "a UUID is kept");
    }

    let Ok(event) = entry.event else { return };
    assert_eq!(event.producer, "shop");
    assert_eq!(event.context["source"], document["source"]);
    let Some((headers, body)) = binary(&document) else { return };
    let other = cloudevent::binary::read(&headers, &body, &SHOP, &receipt());
    let mut other = other.event.expect("the same event in the other mode");
    // A header does not tell texts from numbers and booleans.
    let mut expected = event;
    expected.properties = texts(expected.properties);
    other.properties = texts(other.properties);
    assert_eq!(other, expected, "the modes disagree");
});

/// The same event in binary mode, encoded as the specification says.
fn binary(document: &Value) -> Option<(HeaderMap, Vec<u8>)> {
    let mut headers = HeaderMap::new();
    let mut body = Vec::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in document.as_object()? {
        match (name.as_str(), value) {
            // Base64 has a test of its own.
            ("data_base64", _) => return None,
            ("datacontenttype", _) | (_, Value::Null) => (),
            ("data", data) => body = data.to_string().into_bytes(),
            (name, value) => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                // Blanks around a header's value are not part of it, but encoded they are.
                let value = HeaderValue::from_str(&encoded(&text)).ok()?;
                headers.insert(HeaderName::try_from(format!("ce-{name}")).ok()?, value);
            }
        }
    }
    Some((headers, body))
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b' ' | b'"' | b'%' | 0..=0x20 | 0x7F.. => format!("%{byte:02X}"),
            _ => char::from(byte).to_string(),
        })
        .collect()
}

fn texts(properties: Map<String, Value>) -> Map<String, Value> {
    let text = |value: Value| match value {
        Value::String(text) => Value::String(text),
        other => Value::String(other.to_string()),
    };
    properties.into_iter().map(|(name, value)| (name, text(value))).collect()
}
