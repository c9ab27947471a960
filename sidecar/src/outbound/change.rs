//! What the Directus extension sends, and what it gets back.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{delivery::Refusal, event::EventId};

/// The body of `POST /v1/changes`.
#[derive(Debug, Deserialize)]
pub struct ChangeBatch {
    /// Which Directus this is.
    pub project: String,
    /// In the order of their outbox rows; each becomes a [`Change`] by itself, so that one that
    /// cannot be read does not hold up the others.
    pub changes: Vec<Value>,
}

/// One committed change of one item. Serialized, it is what mapping expressions see.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Made in the item's transaction.
    pub event_id: EventId,
    /// The outbox row's number.
    pub sequence: u64,
    /// The item's collection.
    pub collection: String,
    /// What was done.
    pub action: Action,
    /// The item's primary key, as text.
    pub key: String,
    /// When, by the database's writer.
    pub occurred_at: Timestamp,
    /// Who did it, when Directus knows.
    pub user_id: Option<String>,
    /// The item as the Directus API returns it; null after a delete.
    pub item: Value,
    /// The item before; null on a create, and when Directus kept no revision.
    #[serde(default)]
    pub previous: Value,
    /// The fields whose values differ.
    #[serde(default)]
    pub changed: Vec<String>,
    /// W3C trace context of the request that did it.
    #[serde(default)]
    pub traceparent: Option<String>,
    /// Whether the change was recorded in its own transaction.
    pub capture: Capture,
}

/// What was done to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is new.
    Create,
    /// Fields changed.
    Update,
    /// It is gone.
    Delete,
}

impl Action {
    /// The verb of the default event type, such as `orders.created`.
    pub fn past_tense(self) -> &'static str {
        match self {
            Self::Create => "created",
            Self::Update => "updated",
            Self::Delete => "deleted",
        }
    }
}

/// How sure it is that a change was recorded exactly when it was committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capture {
    /// In the item's own transaction.
    Transactional,
    /// After it, because Directus tracks no activity for such writes.
    BestEffort,
}

/// What became of one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// EventBridge accepted every event the change became.
    Published,
    /// The mapping wants no event for it.
    Ignored,
    /// It can never be published as it is.
    Rejected {
        /// Why.
        error: Refusal,
    },
    /// It may be published later.
    Retry {
        /// What is in the way.
        error: Hindrance,
    },
}

impl Verdict {
    /// The word on the wire, and in metrics.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Ignored => "ignored",
            Self::Rejected { .. } => "rejected",
            Self::Retry { .. } => "retry",
        }
    }
}

/// What is in the way for now, in the shape of a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hindrance {
    code: &'static str,
    detail: String,
}

impl Hindrance {
    /// The bus did not take the event, for a reason that may pass.
    pub fn bus_unavailable(detail: impl fmt::Display) -> Self {
        Self { code: "bus_unavailable", detail: detail.to_string() }
    }
}

/// The answer to one change.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// Which change.
    pub event_id: EventId,
    /// What became of it.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// The body of the answer to a batch: one verdict per change, in order.
#[derive(Debug, Serialize)]
pub struct Answers {
    /// In the order of the changes.
    pub verdicts: Vec<Answer>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::RefusalCode;

    #[test]
    fn the_golden_batch_is_understood() {
        let golden = include_str!("../../../schemas/examples/changes.json");

        let batch: ChangeBatch = serde_json::from_str(golden).unwrap();
        let changes: Vec<Change> = batch
            .changes
            .into_iter()
            .map(|change| serde_json::from_value(change).unwrap())
            .collect();

        let actions: Vec<_> = changes.iter().map(|change| change.action).collect();
        assert_eq!(actions, [Action::Create, Action::Update, Action::Delete]);
        assert_eq!(changes[1].changed, ["rating", "text"]);
        assert_eq!(changes[2].item, Value::Null);
    }

    #[test]
    fn an_answer_names_the_change_the_verdict_and_the_reason() {
        let answer = Answer {
            event_id: EventId(uuid::Uuid::nil()),
            verdict: Verdict::Rejected {
                error: Refusal::new(RefusalCode::Contract, "is too large").at("/data/rating"),
            },
        };

        insta::assert_snapshot!(serde_json::to_string(&answer).unwrap(), @r#"{"eventId":"00000000-0000-0000-0000-000000000000","verdict":"rejected","error":{"code":"contract","detail":"is too large","path":"/data/rating"}}"#);
    }
}
