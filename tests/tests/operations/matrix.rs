//! Judges one operation after the other: what the outbox holds of it, against what Directus' API says.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};
use e2e::{aws::Aws, directus::Directus, eventually};
use reqwest::Method;
use serde_json::{Map, Value};

use crate::change::{Change, Row};

/// All operations so far.
pub(crate) struct Matrix<'a> {
    directus: &'a Directus,
    /// The columns of each collection: the API also shows lists of children, which are none.
    columns: BTreeMap<String, BTreeSet<String>>,
    /// The items as the API showed them last, by collection and key.
    items: BTreeMap<(String, String), Value>,
    /// The last outbox row that belongs to an operation.
    last_row: i64,
    /// The event id of each announced change, with its type.
    announced: BTreeMap<String, String>,
    misfits: Vec<String>,
}

impl<'a> Matrix<'a> {
    pub(crate) async fn new(directus: &'a Directus) -> Result<Self> {
        let mut columns: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        let fields = directus.ask(Method::GET, "fields?limit=-1", None).await?;
        for field in fields.as_array().context("a list of fields")? {
            if field["type"] != "alias" {
                let name = |key: &str| field[key].as_str().unwrap_or_default().to_owned();
                columns.entry(name("collection")).or_default().insert(name("field"));
            }
        }
        Ok(Self {
            directus,
            columns,
            items: BTreeMap::new(),
            last_row: 0,
            announced: BTreeMap::new(),
            misfits: Vec::new(),
        })
    }

    /// Does one operation, which returns the changes that are to be recorded, and remembers what
    /// does not fit: one misfit does not hide the others.
    pub(crate) async fn case<const COUNT: usize>(
        &mut self,
        name: &str,
        operation: impl AsyncFnOnce(&Directus) -> Result<[Change; COUNT]>,
    ) -> Result<()> {
        let mut expected = operation(self.directus).await.with_context(|| name.to_owned())?;
        expected.sort();

        let rows = self.rows_of(name, COUNT).await?;
        let mut recorded: Vec<_> = rows.iter().map(|row| row.change.clone()).collect();
        recorded.sort();
        if recorded != expected {
            self.misfits.push(format!("{name}: expected {expected:#?}, recorded {recorded:#?}"));
        }
        let mut rows = rows.as_slice();
        while let [row, later @ ..] = rows {
            if row.change.is_announced() {
                self.judge(name, row, later).await?;
            }
            rows = later;
        }
        Ok(())
    }

    /// Waits until everything is settled, and compares it to what came over the bus.
    pub(crate) async fn came_over(self, aws: &mut Aws) -> Result<()> {
        ensure!(self.misfits.is_empty(), "{}", self.misfits.join("\n\n"));

        let count = "select count(*) as pending from event_bridge_outbox where state = 'pending'";
        eventually("every row to be settled", async || {
            Ok((self.directus.rows(count)?[0]["pending"] == 0).then_some(()))
        })
        .await?;
        let mut arrived = BTreeMap::new();
        eventually("every event to come over the bus", async || {
            for event in aws.other_events().await? {
                let id = event.detail["eventId"].as_str().context("an event has an id")?;
                arrived.insert(id.to_owned(), event.event_type);
            }
            Ok((arrived.len() >= self.announced.len()).then_some(()))
        })
        .await?;
        assert_eq!(arrived, self.announced);
        Ok(())
    }

    /// The rows of the latest operation. The best effort writes them after the answer.
    async fn rows_of(&mut self, name: &str, count: usize) -> Result<Vec<Row>> {
        let query = format!(
            "select {} from event_bridge_outbox where id > {} order by id",
            Row::COLUMNS,
            self.last_row
        );
        let rows = eventually(format!("{count} rows of “{name}”"), async || {
            let rows = self.directus.rows(&query)?;
            Ok((rows.len() >= count).then_some(rows))
        })
        .await?;
        let rows = rows.iter().map(Row::read).collect::<Result<Vec<_>>>()?;
        self.last_row = rows.last().map_or(self.last_row, |row| row.id);
        Ok(rows)
    }

    /// Compares the values of one change to what the API says before and after.
    async fn judge(&mut self, name: &str, row: &Row, later: &[Row]) -> Result<()> {
        let Row { change, payload, .. } = row;
        let event_type = format!("{}.{}d", change.collection, change.action);
        self.announced.insert(row.event_id.clone(), event_type);

        let place = (change.collection.clone(), change.key.clone());
        let before = self.items.remove(&place).unwrap_or_default();
        let item = &payload["item"];
        if change.action == "delete" {
            self.compare(name, "item", item, &Value::Null);
        } else {
            // Of an item that the operation changed again, the API shows only the last state.
            let is_last = !later.iter().any(|later| later.is_about_item_of(row));
            let now = if is_last { self.item(change).await? } else { item.clone() };
            self.compare(name, "item", item, &now);
            self.items.insert(place, now.clone());
            if change.action == "update" && change.is_transactional() {
                let changed = differing(&before, &now);
                self.compare(name, "changed", &sorted(&payload["changed"]), &sorted(&changed));
            }
        }
        if change.action != "create" && change.is_transactional() {
            self.compare(name, "previous", &payload["previous"], &before);
        }
        Ok(())
    }

    fn compare(&mut self, name: &str, what: &str, recorded: &Value, expected: &Value) {
        if recorded != expected {
            self.misfits.push(format!("{name}: {what} is {recorded}, but the API says {expected}"));
        }
    }

    /// The columns of an item as the API shows them.
    async fn item(&self, change: &Change) -> Result<Value> {
        let Change { collection, key, .. } = change;
        let path = match collection.as_str() {
            "site" => "items/site".to_owned(),
            _ => format!("items/{collection}/{key}"),
        };
        let Value::Object(item) = self.directus.ask(Method::GET, &path, None).await? else {
            bail!("{path} is no object");
        };
        let columns = &self.columns[collection];
        let item: Map<_, _> = item.into_iter().filter(|(name, _)| columns.contains(name)).collect();
        Ok(item.into())
    }
}

/// The names of the columns whose values differ.
fn differing(before: &Value, now: &Value) -> Value {
    let now = now.as_object().into_iter().flatten();
    now.filter(|(name, value)| before[name] != **value).map(|(name, _)| name.as_str()).collect()
}

fn sorted(names: &Value) -> Value {
    let names: BTreeSet<_> =
        names.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    names.into_iter().collect()
}
