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

/// The end of the name of a replay that is to do everything again. A replay's name is all that
/// EventBridge tells about it with each event.
pub const NOTIFYING_REPLAY: &str = "-notify";

/// An event as it arrived.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// What happened.
    pub event: Event,
    /// Whether it comes out of the archive, in a replay that is to notify nobody: what it tells was
    /// told before.
    pub replayed: bool,
}

/// What EventBridge wraps around an event when it sends it to a queue.
#[derive(Deserialize)]
struct Envelope {
    detail: Value,
    /// Only there when the archive sends it.
    #[serde(rename = "replay-name")]
    replay: Option<String>,
}

/// Reads the event out of a message's body.
///
/// A reason never quotes the body: what cannot be decoded cannot be known to be harmless.
pub fn decode(body: &str, contracts: &Contracts) -> Result<Arrival, Refusal> {
    let envelope: Envelope = serde_json::from_str(body).map_err(|error| {
        let reason = match error.classify() {
            serde_json::error::Category::Data => "is no EventBridge event with a detail",
            _ => "is no JSON",
        };
        let place = format!("line {} column {}", error.line(), error.column());
        Refusal::new(RefusalCode::Undecodable, reason).at(place)
    })?;
    let event = contracts.parse(envelope.detail)?;
    let replayed = envelope.replay.is_some_and(|name| !name.ends_with(NOTIFYING_REPLAY));
    Ok(Arrival { event, replayed })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::testing::contracts;

    fn golden() -> Value {
        let golden = include_str!("../../schemas/examples/valid/feedback.submitted-1.json");
        serde_json::from_str(golden).unwrap()
    }

    #[test]
    fn the_event_is_the_detail_of_the_message() {
        let body = json!({ "version": "0", "detail-type": "x", "detail": golden() }).to_string();

        let arrival = decode(&body, &contracts()).unwrap();

        assert_eq!(serde_json::to_value(arrival.event).unwrap(), golden());
        assert!(!arrival.replayed);
    }

    #[test]
    fn what_the_archive_sends_is_a_replay() {
        let body = json!({ "detail": golden(), "replay-name": "november" }).to_string();

        assert!(decode(&body, &contracts()).unwrap().replayed);
    }

    #[test]
    fn a_replay_that_was_asked_to_notify_brings_news() {
        let body = json!({ "detail": golden(), "replay-name": "november-notify" }).to_string();

        assert!(!decode(&body, &contracts()).unwrap().replayed);
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
