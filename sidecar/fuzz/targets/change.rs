//! Every row of an outbox is read by itself, says the same when written again, and maps to events
//! that bear its id and number.
#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use sidecar::outbound::{
    change::{Change, ChangeBatch, Row},
    privacy::Considered,
};
use sidecar_fuzz::{MAPPINGS, check_event, check_refusal};

fuzz_target!(|bytes: &[u8]| {
    let Ok(batch) = serde_json::from_slice::<ChangeBatch>(bytes) else { return };
    for document in batch.changes {
        let Ok(head) = serde_json::from_str(document.get()) else { continue };
        match Row::read(&head, document) {
            Err(refusal) => check_refusal(&refusal),
            Ok(Row::Change(change)) => check(&change),
            Ok(Row::Event(announcement)) => {
                let (id, sequence) = (announcement.event_id, announcement.sequence);
                if let Ok(considered) = MAPPINGS.consider_event(MAPPINGS.announced(*announcement), None) {
                    let event = considered.publishable().expect("nothing asks for consent");
                    assert_eq!((event.event_id, event.sequence), (id, Some(sequence)));
                    check_event(&event);
                }
            }
        }
    }
});

fn check(change: &Change) {
    let written = serde_json::to_value(change).expect("a change is plain data");
    let again: Change = serde_json::from_value(written.clone()).expect("we wrote it");
    assert_eq!(serde_json::to_value(&again).unwrap(), written, "a change changed");

    match MAPPINGS.consider(change) {
        Err(refusal) => check_refusal(&refusal),
        Ok(considered) => {
            let events: Vec<_> =
                considered.into_iter().filter_map(Considered::publishable).collect();
            let ids: BTreeSet<_> = events.iter().map(|event| event.event_id.0).collect();
            assert_eq!(ids.len(), events.len(), "two events of one change share an id");
            for (index, event) in events.iter().enumerate() {
                assert!(index > 0 || event.event_id == change.event_id, "the first is the change");
                assert_eq!(event.sequence, Some(change.sequence));
                assert_eq!(event.subject.key, change.key);
                check_event(event);
            }
        }
    }
}
