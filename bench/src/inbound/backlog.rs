//! A queue full of messages as EventBridge sends them: each a valid event in its envelope.

use anyhow::Result;
use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stub::StubQueue;

/// Messages of one call.
const BATCH: u64 = 10;
/// Calls under way at once.
const CALLS: u64 = 4;
const TEXTS: [&str; 4] = [
    "I love the new dark mode, it is so much easier on my eyes in the evening.",
    "The export to CSV has been failing since yesterday, and nobody answers my mails.",
    "Could you add a way to sort the list by the date of the last order? Otherwise fine.",
    "The app crashed twice while I was paying \u{2013} please tell me that I was not charged twice!",
];

/// What waits in a queue before somebody begins to work on it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Backlog {
    pub(super) messages: u64,
    /// Of so many messages one is slow; nothing if none is.
    pub(super) slow_one_in: Option<u64>,
}

impl Backlog {
    pub(super) async fn fill(self, queue: &StubQueue<'_>) -> Result<()> {
        let batches = self.messages / BATCH;
        try_join_all((0..CALLS).map(async |first| {
            let mut batch = first;
            while batch < batches {
                queue.send((batch * BATCH..(batch + 1) * BATCH).map(|it| self.message(it))).await?;
                batch += CALLS;
            }
            anyhow::Ok(())
        }))
        .await
        .map(drop)
    }

    pub(super) fn slow_messages(self) -> u64 {
        self.slow_one_in.map_or(0, |one_in| self.messages / one_in)
    }

    fn message(self, number: u64) -> String {
        let is_slow = self.slow_one_in.is_some_and(|one_in| number % one_in == one_in / 2);
        let event = event(number, is_slow);
        json!({
            "version": "0", "id": Uuid::now_v7(), "detail-type": event["eventType"],
            "source": "directus", "account": "000000000000", "time": event["occurredAt"],
            "region": "us-east-1", "resources": [format!("directus:feedback/{number}")],
            "detail": event,
        })
        .to_string()
    }
}

/// A feedback; a slow one says so where events are free to say anything.
fn event(number: u64, is_slow: bool) -> Value {
    let id = Uuid::now_v7();
    let text = TEXTS.iter().cycle().nth((number % 4).try_into().unwrap_or_default());
    json!({
        "eventId": id, "eventType": "feedback.submitted", "version": 1,
        "producer": "directus-webform", "occurredAt": Timestamp::now(), "sequence": number + 1,
        "customerId": (number % 1_000).to_string(), "correlationId": id, "causationId": null,
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "subject": { "collection": "feedback", "key": number.to_string() },
        "context": { "source": "mobile_app" },
        "data": {
            "feedbackId": number.to_string(), "userId": "5b2f1f0e-52f0-4b39-9c8e-0a5b8c1d2e3f",
            "userEmail": format!("customer-{}@example.com", number % 1_000),
            "rating": 1 + number % 5, "text": text, "category": "feature_request",
            "source": "mobile_app", "language": "en", "submittedAt": "2026-11-21T10:30:00Z",
        },
        "properties": { "slow": is_slow },
    })
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, path::Path};

    use sidecar::{config::Config, inbound};

    use super::*;

    #[test]
    fn every_message_is_an_event_that_obeys_its_contract() {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../sidecar/config"));
        let secrets = HashMap::from([
            ("SIDECAR__OUTBOUND__SECRETS".to_owned(), format!("whsec_{}", "A".repeat(32))),
            ("SIDECAR__DIRECTUS__TOKEN".to_owned(), "unused".to_owned()),
        ]);
        let contracts = Config::load_with(folder, secrets).unwrap().contracts;
        let backlog = Backlog { messages: 200, slow_one_in: Some(100) };

        let arrivals =
            (0..200).map(|it| inbound::decode(&backlog.message(it), &contracts).unwrap());

        assert_eq!(arrivals.filter(|it| it.event.properties["slow"] == true).count(), 2);
        assert_eq!(backlog.slow_messages(), 2);
    }
}
