//! Whatever a body and its media type are, a request is refused whole or every entry is answered, in
//! bounds. Input: a byte that picks the media type, then the body.
#![no_main]

use axum::http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use libfuzzer_sys::fuzz_target;
use sidecar::outbound::intake::body::{self, Posted};
use sidecar_fuzz::{SHOP, check_entry, receipt};

const EVENTS_MAX: usize = 10;
const MEDIA_TYPES: [&str; 6] = [
    "application/json",
    "application/x-ndjson",
    "application/cloudevents+json",
    "application/cloudevents-batch+json; charset=utf-8",
    "application/cloudevents+avro",
    "text/plain",
];

fuzz_target!(|bytes: &[u8]| {
    let Some((&picked, body)) = bytes.split_first() else { return };
    let media_type = MEDIA_TYPES[usize::from(picked) % MEDIA_TYPES.len()];
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));

    match body::read(&headers, body, &SHOP, &receipt(), EVENTS_MAX) {
        Err(refused) => {
            let status = refused.status().as_u16();
            assert!([400, 413, 415].contains(&status), "refused with {status}");
        }
        Ok(Posted::One(entry)) => check_entry(&entry),
        Ok(Posted::Many(entries)) => {
            assert!(entries.len() <= EVENTS_MAX, "{} events were taken", entries.len());
            if media_type == "application/x-ndjson" {
                let lines = body.split(|&byte| byte == b'\n');
                let lines = lines.filter(|line| !line.trim_ascii().is_empty()).count();
                assert_eq!(entries.len(), lines, "a line has no answer");
            }
            entries.iter().for_each(check_entry);
        }
    }
});
