//! An event from the bus passes its contract or is refused in bounds; one that a producer writes is
//! filled, and never says what its producer may not.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use sidecar::{event::EventId, outbound::intake::canonical};
use sidecar_fuzz::{CONTRACTS, SHOP, check_entry, check_event, check_refusal, receipt};

fuzz_target!(|bytes: &[u8]| {
    let Ok(document) = serde_json::from_slice::<Value>(bytes) else { return };

    match CONTRACTS.parse(document.clone()) {
        Ok(event) => check_event(&event),
        Err(refusal) => check_refusal(&refusal),
    }

    let entry = canonical::read(document.clone(), &SHOP, &receipt(), 0);
    check_entry(&entry);
    let sent = document["eventId"].as_str().and_then(EventId::parse);
    if sent.is_some() {
        assert_eq!(entry.event_id, sent, "an event is answered by the id it was sent with");
    }
    let again = canonical::read(document, &SHOP, &receipt(), 0);
    assert_eq!(entry.event_id, again.event_id, "sent again with its message id, it is the same");
    assert_eq!(entry.event, again.event);
});
