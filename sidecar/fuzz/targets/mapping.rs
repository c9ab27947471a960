//! Whatever stands in `mappings.toml`, it compiles or every mistake has a place; and whatever it then
//! says, it ends, says the same twice, and no event takes another one's id. Input: the file, a zero
//! byte, a change.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sidecar::{
    event::Event,
    outbound::{change::Change, mapping::Mappings, privacy::Considered},
};
use sidecar_fuzz::{check_event, check_refusal};

const CHANGE: &str = include_str!("../../../schemas/examples/changes.json");

fuzz_target!(|bytes: &[u8]| {
    let (text, change) = match bytes.iter().position(|&byte| byte == 0) {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[][..]),
    };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let mappings = match Mappings::compile(text) {
        Ok(mappings) => mappings,
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a reason");
            assert!(problems.iter().all(|problem| !problem.is_empty()));
            return;
        }
    };
    let golden = || {
        let batch: serde_json::Value = serde_json::from_str(CHANGE).unwrap();
        serde_json::from_value::<Change>(batch["changes"][1].clone()).unwrap()
    };
    let change = serde_json::from_slice(change).unwrap_or_else(|_| golden());

    match mappings.consider(&change) {
        Err(refusal) => check_refusal(&refusal),
        Ok(considered) => {
            let events = published(considered);
            let again = published(mappings.consider(&change).expect("it worked a moment ago"));
            assert_eq!(events, again, "the same change means something else");
            events.iter().for_each(check_event);
        }
    }
});

fn published(considered: Vec<Considered<'_>>) -> Vec<Event> {
    considered.into_iter().filter_map(Considered::publishable).collect()
}
