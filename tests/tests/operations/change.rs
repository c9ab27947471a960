//! What is expected of an operation, and what the outbox holds of it.

use anyhow::{Context, Result};
use serde_json::Value;

pub(crate) const NOTHING: [Change; 0] = [];

/// What was done to one item, and how it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Change {
    pub(crate) collection: String,
    pub(crate) key: String,
    pub(crate) action: String,
    /// `transactional`, `best_effort`, or the reason for which it is not announced.
    pub(crate) capture: String,
}

pub(crate) fn created(collection: &str, key: &Value) -> Change {
    Change::new(collection, key, "create")
}

pub(crate) fn updated(collection: &str, key: &Value) -> Change {
    Change::new(collection, key, "update")
}

pub(crate) fn deleted(collection: &str, key: &Value) -> Change {
    Change::new(collection, key, "delete")
}

impl Change {
    fn new(collection: &str, key: &Value, action: &str) -> Self {
        Self {
            collection: collection.to_owned(),
            key: key.as_str().map_or_else(|| key.to_string(), str::to_owned),
            action: action.to_owned(),
            capture: "transactional".to_owned(),
        }
    }

    /// Recorded after the commit, because Directus tracks it nowhere.
    pub(crate) fn best_effort(self) -> Self {
        Self { capture: "best_effort".to_owned(), ..self }
    }

    /// Recorded and not announced: there is no such item.
    pub(crate) fn of_no_item(self) -> Self {
        Self { capture: "item_missing".to_owned(), ..self }
    }

    pub(crate) fn is_transactional(&self) -> bool {
        self.capture == "transactional"
    }

    pub(crate) fn is_announced(&self) -> bool {
        self.is_transactional() || self.capture == "best_effort"
    }
}

/// A row of the outbox.
pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) event_id: String,
    pub(crate) change: Change,
    pub(crate) payload: Value,
}

impl Row {
    /// What [`Self::read`] reads.
    pub(crate) const COLUMNS: &str =
        "id, event_id, collection, item, action, state, error, payload";

    pub(crate) fn read(row: &Value) -> Result<Self> {
        let text = |name: &str| {
            let text = row[name].as_str().with_context(|| format!("{name} in {row}"));
            text.map(str::to_owned)
        };
        let payload: Value = serde_json::from_str(&text("payload")?)?;
        let capture = match row["state"].as_str() {
            Some("ignored") => serde_json::from_str::<Value>(&text("error")?)?["code"].take(),
            _ => payload["capture"].clone(),
        };
        Ok(Self {
            id: row["id"].as_i64().context("a row has an id")?,
            event_id: text("event_id")?,
            change: Change {
                collection: text("collection")?,
                key: text("item")?,
                action: text("action")?,
                capture: capture.as_str().context("a word about the capture")?.to_owned(),
            },
            payload,
        })
    }

    pub(crate) fn is_about_item_of(&self, other: &Self) -> bool {
        let place = |row: &Self| (row.change.collection.clone(), row.change.key.clone());
        place(self) == place(other)
    }
}
