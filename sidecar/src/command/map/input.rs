//! The change that `sidecar map` is asked about.

use std::{
    fs,
    io::{IsTerminal, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::Args;
use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    event::EventId,
    outbound::change::{Action, Capture, Change},
};

/// An item is at most this long.
const ITEM_BYTES_MAX: u64 = 10_000_000;

/// What is asked.
#[derive(Debug, Args)]
pub struct MapInput {
    /// The collection of the item.
    #[arg(long)]
    pub(super) collection: String,
    /// What is done to it: create, update or delete.
    #[arg(long, default_value = "create", value_parser = action)]
    pub(super) action: Action,
    /// A file with the item as it was before.
    #[arg(long, value_name = "FILE")]
    pub(super) previous: Option<PathBuf>,
    /// A file with the watched fields of related items, such as {"customer": {"tier": "gold"}}.
    #[arg(long, value_name = "FILE")]
    pub(super) related: Option<PathBuf>,
    /// The item's primary key; its `id` when left out.
    #[arg(long)]
    pub(super) key: Option<String>,
    /// The answer as JSON.
    #[arg(long)]
    pub(super) json: bool,
}

impl MapInput {
    /// The change, with the item from `source`: as it became, or as it was when it is deleted.
    pub(super) fn read(&self, source: impl Read + IsTerminal) -> anyhow::Result<Change> {
        if source.is_terminal() {
            bail!("the item is read from standard input: sidecar map … < item.json");
        }
        self.parse(source)
    }

    pub(super) fn parse(&self, source: impl Read) -> anyhow::Result<Change> {
        let mut text = String::new();
        source.take(ITEM_BYTES_MAX).read_to_string(&mut text).context("cannot read the item")?;
        let item = object(&text).context("the item on standard input")?;
        let previous = self.previous.as_deref().map(file).transpose()?;
        let related = self.related.as_deref().map(file).transpose()?;
        self.change(item, previous, related.unwrap_or_default())
    }

    pub(super) fn change(
        &self,
        item: Map<String, Value>,
        previous: Option<Map<String, Value>>,
        related: Map<String, Value>,
    ) -> anyhow::Result<Change> {
        let key = match (&self.key, item.get("id")) {
            (Some(key), _) => key.clone(),
            (None, Some(Value::String(id))) => id.clone(),
            (None, Some(Value::Number(id))) => id.to_string(),
            _ => bail!("the item has no `id`: name its primary key with --key"),
        };
        // Where it is not known how it was, everything may have changed.
        let differs = |field: &String| {
            previous.as_ref().is_none_or(|previous| previous.get(field) != item.get(field))
        };
        let changed = item.keys().filter(|field| differs(field)).cloned().collect();
        let before = previous.map_or(Value::Null, Value::Object);
        let (item, previous, changed) = match self.action {
            Action::Create => (Value::Object(item), Value::Null, Vec::new()),
            Action::Update => (Value::Object(item), before, changed),
            Action::Delete => (Value::Null, Value::Object(item), Vec::new()),
        };
        let now = Timestamp::from_millisecond(Timestamp::now().as_millisecond())?;
        Ok(Change {
            event_id: EventId(Uuid::now_v7()),
            sequence: 0,
            collection: self.collection.clone(),
            action: self.action,
            key,
            occurred_at: now,
            user_id: None,
            item,
            previous,
            changed,
            related,
            traceparent: None,
            capture: Capture::Transactional,
        })
    }
}

fn action(word: &str) -> Result<Action, String> {
    let named = Action::ALL.into_iter().find(|action| action.as_str() == word);
    named.ok_or_else(|| "is not create, update or delete".to_owned())
}

fn file(path: &Path) -> anyhow::Result<Map<String, Value>> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    object(&text).with_context(|| path.display().to_string())
}

fn object(text: &str) -> anyhow::Result<Map<String, Value>> {
    match serde_json::from_str(text).context("is no JSON")? {
        Value::Object(object) => Ok(object),
        _ => bail!("is no JSON object"),
    }
}
