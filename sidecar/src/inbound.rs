//! AWS → Directus: messages become events to react to, and every message ends well.

pub mod consumer;
pub mod dead_letter;
pub mod queue;
pub mod visibility;

use serde::Deserialize;
use serde_json::Value;

use crate::{
    contract::Contracts,
    delivery::{Refusal, RefusalCode},
    event::Event,
};

/// What EventBridge wraps around an event when it sends it to a queue.
#[derive(Deserialize)]
struct Envelope {
    detail: Value,
}

/// Reads the event out of a message's body.
///
/// A reason never quotes the body: what cannot be decoded cannot be known to be harmless.
pub fn decode(body: &str, contracts: &Contracts) -> Result<Event, Refusal> {
    let envelope: Envelope = serde_json::from_str(body).map_err(|error| {
        let reason = match error.classify() {
            serde_json::error::Category::Data => "is no EventBridge event with a detail",
            _ => "is no JSON",
        };
        let place = format!("line {} column {}", error.line(), error.column());
        Refusal::new(RefusalCode::Undecodable, reason).at(place)
    })?;
    contracts.parse(envelope.detail)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::read_documents;

    fn contracts() -> Contracts {
        let schemas = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas");
        Contracts::compile(&read_documents(schemas.as_ref()).unwrap()).unwrap()
    }

    fn golden() -> Value {
        let golden = include_str!("../../schemas/examples/valid/feedback.submitted-1.json");
        serde_json::from_str(golden).unwrap()
    }

    #[test]
    fn the_event_is_the_detail_of_the_message() {
        let body = json!({ "version": "0", "detail-type": "x", "detail": golden() }).to_string();

        let event = decode(&body, &contracts()).unwrap();

        assert_eq!(serde_json::to_value(event).unwrap(), golden());
    }

    #[rstest::rstest]
    #[case("not json")]
    #[case("{\"detail\": ")]
    #[case("[1, 2]")]
    #[case("{}")]
    #[case("")]
    fn a_body_that_is_no_event_is_undecodable(#[case] body: &str) {
        let refusal = decode(body, &contracts()).unwrap_err();

        assert_eq!(refusal.code, RefusalCode::Undecodable);
    }

    #[test]
    fn an_event_that_breaks_its_contract_is_refused_for_that() {
        let mut event = golden();
        event["data"]["rating"] = json!(9);

        let refusal = decode(&json!({ "detail": event }).to_string(), &contracts()).unwrap_err();

        assert_eq!(refusal.code, RefusalCode::Contract);
        assert_eq!(refusal.path.as_deref(), Some("/data/rating"));
    }
}
