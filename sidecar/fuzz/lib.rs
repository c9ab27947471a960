//! What the targets share: the shipped configuration, a producer, and what holds for every refusal.

use std::{path::Path, sync::LazyLock};

use serde_json::Value;
use sidecar::{
    config::read_documents,
    contract::Contracts,
    delivery::{DETAIL_BYTES_MAX, PATH_BYTES_MAX, Refusal},
    event::{Event, EventTypes},
    outbound::{
        intake::{Entry, Receipt, producer::Producer},
        mapping::Mappings,
    },
};

/// The shipped contracts.
pub static CONTRACTS: LazyLock<Contracts> = LazyLock::new(|| {
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas");
    Contracts::compile(&read_documents(&schemas).expect("the schemas can be read"))
        .expect("the schemas compile")
});

/// The shipped mappings.
pub static MAPPINGS: LazyLock<Mappings> = LazyLock::new(|| {
    Mappings::compile(include_str!("../config/mappings.toml")).expect("the mappings compile")
});

/// A producer with an alias and a prefix, that may not publish everything.
pub static SHOP: LazyLock<Producer> = LazyLock::new(|| Producer {
    name: "shop".to_owned(),
    events: ["cart.*", "feedback.*", "login.*", "payment.failed", "a.*"]
        .map(|text| EventTypes::parse(text).expect("is a pattern"))
        .into(),
    aliases: vec!["shop-app".to_owned()],
    type_prefix: "com.example.shop".to_owned(),
});

/// A request that says something of everything.
pub fn receipt() -> Receipt {
    Receipt {
        at: jiff::Timestamp::UNIX_EPOCH,
        message_id: Some("msg-1".to_owned()),
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
    }
}

/// A refusal is short, whatever was refused.
pub fn check_refusal(refusal: &Refusal) {
    assert!(refusal.detail.len() <= DETAIL_BYTES_MAX, "a detail of {}", refusal.detail.len());
    assert!(!refusal.detail.is_empty(), "a refusal says why");
    let path = refusal.path.as_deref().unwrap_or_default();
    assert!(path.len() <= PATH_BYTES_MAX, "a path of {}", path.len());
}

/// What holds for everything that a producer posts, whatever it is.
pub fn check_entry(entry: &Entry) {
    match &entry.event {
        Err(refusal) => check_refusal(refusal),
        Ok(event) => {
            assert_eq!(entry.event_id, Some(event.event_id), "an event is answered by its id");
            assert_eq!(event.sequence, None, "only Directus numbers its changes");
            assert!(SHOP.admit(&event.event_type).is_ok(), "{} was let in", event.event_type);
            assert!(["shop", "shop-app"].contains(&event.producer.as_str()), "an impersonation");
            check_event(event);
        }
    }
}

/// An event says the same after a journey over the wire, and is refused in bounds or not at all.
pub fn check_event(event: &Event) {
    let document = serde_json::to_value(event).expect("an event is plain data");
    let text = document.to_string();
    match CONTRACTS.check(&document) {
        Err(refusal) => check_refusal(&refusal),
        Ok(()) => {
            let arrived: Value = serde_json::from_str(&text).expect("we wrote it");
            let arrived = CONTRACTS.parse(arrived).expect("what was published can be read");
            assert_eq!(&arrived, event, "an event changed on its way");
        }
    }
}
