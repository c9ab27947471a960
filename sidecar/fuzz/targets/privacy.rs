//! What a rule takes away is nowhere in what leaves, whatever the event looks like.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use sidecar::{
    event::Event,
    outbound::{mapping::Mappings, privacy::pseudonym::Pseudonyms},
};
use sidecar_fuzz::check_event;

const RULES: &str = r#"
[consent]
events = ["cart.*", "login.*"]
decide = "properties.consent"
identity = ["data.userId", "context.sessionId"]

[privacy]
"data.secret" = "drop"
"data.note" = "mask"
"data.lines.*.email" = "pseudonymize"
"data.lines.*.secret" = "drop"
"context.device" = "mask"
"properties.token" = "drop"
customerId = "pseudonymize"
"#;

static MAPPINGS: LazyLock<Mappings> = LazyLock::new(|| {
    let mut mappings = Mappings::compile(RULES).expect("the rules compile");
    mappings.policy.pseudonyms = Some(Pseudonyms::new(b"a key that nobody can guess at all"));
    mappings
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(event) = serde_json::from_slice::<Event>(bytes) else { return };
    let consent_is_asked =
        ["cart.", "login."].iter().any(|word| event.event_type.as_str().starts_with(word));
    let Ok(considered) = MAPPINGS.consider_event(event.clone(), None) else {
        assert!(consent_is_asked, "only consent can fail");
        return;
    };
    let consent = event.properties.get("consent").unwrap_or(&Value::Null);
    let Some(left) = considered.publishable() else {
        assert!(consent_is_asked, "an event that needs no consent was dropped");
        return;
    };
    if consent_is_asked {
        let published = consent == &Value::Bool(true) || consent == "publish";
        assert!(published || consent == "anonymous", "published without consent: {consent}");
        if consent == "anonymous" {
            assert_eq!(left.customer_id, None, "an anonymous event names its customer");
            assert!(!left.data.contains_key("userId") && !left.context.contains_key("sessionId"));
        }
    }
    assert_eq!(left.event_id, event.event_id);

    assert!(!left.data.contains_key("secret") && !left.properties.contains_key("token"));
    for masked in [left.data.get("note"), left.context.get("device")].into_iter().flatten() {
        assert!(masked.is_null() || masked == "***", "{masked} is no mask");
    }
    for line in left.data.get("lines").and_then(Value::as_array).into_iter().flatten() {
        assert!(line.get("secret").is_none(), "a secret in a list left");
        if let Some(Value::String(email)) = line.get("email") {
            assert!(is_pseudonym(email), "{email} is no pseudonym");
        }
    }
    if let Some(customer) = &left.customer_id {
        assert!(is_pseudonym(customer), "{customer} is no pseudonym");
    }
    let again = MAPPINGS.consider_event(event, None).expect("it worked a moment ago");
    assert_eq!(again.publishable().as_ref(), Some(&left), "a pseudonym is not stable");
    check_event(&left);
});

fn is_pseudonym(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
