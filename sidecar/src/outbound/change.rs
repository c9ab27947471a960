//! What the Directus extension sends, and what it gets back.

use std::{borrow::Cow, fmt};

use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, value::RawValue};

use crate::{
    delivery::{Refusal, RefusalCode},
    event::EventId,
    expression::{Visible, made},
    outbound::announcement::Announcement,
};

/// The body of `POST /v1/changes`.
#[derive(Debug, Deserialize)]
pub struct ChangeBatch<'body> {
    /// Which Directus this is.
    pub project: String,
    /// In the order of their outbox rows; each becomes a [`Row`] by itself, so that one that cannot
    /// be read does not hold up the others.
    #[serde(borrow)]
    pub changes: Vec<&'body RawValue>,
}

/// What one row of the outbox carries.
#[derive(Debug, Clone)]
pub enum Row {
    /// A change of an item, to be mapped.
    Change(Box<Change>),
    /// An event that a Flow publishes.
    Event(Box<Announcement>),
}

/// How every row begins: without an id nobody could be answered.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowHead {
    /// Whom the verdict is about.
    pub event_id: EventId,
    /// A row that does not say what it is is a change.
    #[serde(default = "change")]
    kind: Value,
}

fn change() -> Value {
    "change".into()
}

impl Row {
    /// Reads the row that begins with `head`.
    pub fn read(head: &RowHead, document: &RawValue) -> Result<Self, Refusal> {
        match head.kind.as_str() {
            Some("change") => Ok(Self::Change(Box::new(read(document)?))),
            Some("event") => Ok(Self::Event(Box::new(read(document)?))),
            _ => {
                let reason = "is neither `change` nor `event`";
                Err(Refusal::new(RefusalCode::Undecodable, reason).at("kind"))
            }
        }
    }
}

/// Where a mistake is found out only when there is one: to keep count of the place takes longer than
/// to read.
fn read<T: DeserializeOwned>(document: &RawValue) -> Result<T, Refusal> {
    serde_json::from_str(document.get()).or_else(|_| {
        let mut document = serde_json::Deserializer::from_str(document.get());
        serde_path_to_error::deserialize(&mut document).map_err(|error| {
            let place = error.path().to_string();
            Refusal::new(RefusalCode::Undecodable, error.into_inner().to_string()).at(place)
        })
    })
}

/// One committed change of one item: what mapping expressions see.
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
    /// Watched fields of the items that the item refers to, by the name of the relation.
    #[serde(default)]
    pub related: Map<String, Value>,
    /// W3C trace context of the request that did it.
    #[serde(default)]
    pub traceparent: Option<String>,
    /// Whether the change was recorded in its own transaction.
    pub capture: Capture,
}

impl Change {
    /// The names of its fields, for expressions over it.
    pub const FIELDS: [&str; 13] = [
        "eventId",
        "sequence",
        "collection",
        "action",
        "key",
        "occurredAt",
        "userId",
        "item",
        "previous",
        "changed",
        "related",
        "traceparent",
        "capture",
    ];
}

/// As a document would, but that nobody has to make one.
impl Visible for Change {
    fn part(&self, name: &str) -> Option<Cow<'_, Value>> {
        Some(match name {
            "eventId" => made(self.event_id),
            "sequence" => made(self.sequence),
            "collection" => made(&self.collection),
            "action" => made(self.action),
            "key" => made(&self.key),
            "occurredAt" => made(self.occurred_at),
            "userId" => made(&self.user_id),
            "item" => Cow::Borrowed(&self.item),
            "previous" => Cow::Borrowed(&self.previous),
            "changed" => made(&self.changed),
            "related" => made(&self.related),
            "traceparent" => made(&self.traceparent),
            "capture" => made(self.capture),
            _ => return None,
        })
    }
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
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Create, Self::Update, Self::Delete];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    /// The verb of the default event type, such as `orders.created`.
    pub fn past_tense(self) -> &'static str {
        match self {
            Self::Create => "created",
            Self::Update => "updated",
            Self::Delete => "deleted",
        }
    }
}

/// How a change came to be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capture {
    /// In the item's own transaction.
    Transactional,
    /// After it, because Directus tracks no activity for such writes.
    BestEffort,
    /// Later, by the check for gaps.
    Repair,
    /// Later, when the items that were already there were announced.
    Backfill,
    /// Without a change, because somebody wants the item to be looked at again.
    Requested,
}

impl Capture {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Transactional => "transactional",
            Self::BestEffort => "best_effort",
            Self::Repair => "repair",
            Self::Backfill => "backfill",
            Self::Requested => "requested",
        }
    }
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
    /// Directus was not there to be asked, for a reason that may pass.
    pub fn directus_unavailable(detail: impl fmt::Display) -> Self {
        Self { code: "directus_unavailable", detail: detail.to_string() }
    }

    /// The bus did not take the event, for a reason that may pass.
    pub fn bus_unavailable(detail: impl fmt::Display) -> Self {
        Self { code: "bus_unavailable", detail: detail.to_string() }
    }
}

/// The answer to one change.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// Which one; null when its id could not be read.
    pub event_id: Option<EventId>,
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
mod tests;
