//! Compares what is wanted with what is there, and makes what is missing.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use serde_json::{Map, Value, json};

use super::{
    Kind, Outcome, Report, Step, Wanted,
    difference::{between, is_meant},
    kind::text,
    licence::Licence,
};
use crate::directus::administrator::{Administrator, Change, Declined, Row};

/// What may be done about a difference.
#[derive(Debug, Clone, Copy)]
pub struct Leave {
    /// To change anything at all.
    pub to_write: bool,
    /// To put back what was shipped where somebody changed it.
    pub to_restore: bool,
}

/// Installs one step after the other.
#[derive(Debug)]
pub struct Installer<'directus> {
    pub(super) directus: &'directus Administrator,
    pub(super) leave: Leave,
    licence: Licence,
    /// The collections that are there, or would be.
    collections: BTreeSet<String>,
    /// Those of them that came with all their fields.
    made: BTreeSet<String>,
}

impl<'directus> Installer<'directus> {
    /// Looks at what is there.
    pub async fn new(
        directus: &'directus Administrator,
        licence: Licence,
        leave: Leave,
    ) -> anyhow::Result<Self> {
        let collections = directus.rows(Kind::Collections.list(), &[]).await?;
        let collections = collections.iter().map(|row| text(row, "collection")).collect();
        Ok(Self { directus, leave, licence, collections, made: BTreeSet::new() })
    }

    /// Installs a step and tells what became of each thing.
    pub async fn install(&mut self, step: &Step) -> anyhow::Result<Vec<Report>> {
        if let Some(why) = self.lacks(&step.needs) {
            return Ok(vec![Report {
                what: step.title.to_owned(),
                outcome: Outcome::LeftOut(why),
            }]);
        }
        let mut by_kind: BTreeMap<Kind, Vec<&Wanted>> = BTreeMap::new();
        for wanted in &step.wanted {
            by_kind.entry(wanted.kind).or_default().push(wanted);
        }
        let mut reports = Vec::new();
        for (kind, wanted) in by_kind {
            let mut there = self.there(kind, &wanted).await?;
            for wanted in wanted {
                let row = there.iter().position(|row| is_meant(kind, row, &wanted.body));
                let row = row.map(|index| there.swap_remove(index));
                if row.is_none() && self.came_with_its_collection(wanted) {
                    continue;
                }
                let what = kind.called(&wanted.body);
                let outcome = self.settle(wanted, row.as_ref()).await;
                let outcome = outcome.with_context(|| format!("cannot install {what}"))?;
                reports.push(Report { what, outcome });
            }
            if kind.is_exact() {
                reports.extend(self.clear(kind, &there).await?);
            }
        }
        Ok(reports)
    }

    /// What is there of a kind, as far as it may be what is wanted.
    async fn there(&self, kind: Kind, wanted: &[&Wanted]) -> anyhow::Result<Vec<Row>> {
        let fields = if kind == Kind::Flows { "*,operations.*" } else { "*" };
        let filter = json!(filter(kind, wanted)).to_string();
        let query = [("limit", "-1"), ("fields", fields), ("filter", filter.as_str())];
        // The schema is listed as a whole and knows no filter.
        let query = if kind.is_schema() { &[] } else { &query[..] };
        self.directus.rows(kind.list(), query).await
    }

    async fn settle(&mut self, wanted: &Wanted, row: Option<&Row>) -> anyhow::Result<Outcome> {
        let Some(row) = row else { return self.make(wanted).await };
        let places = between(row, wanted);
        if places.is_empty() {
            return Ok(Outcome::Same);
        }
        if !self.leave.to_restore {
            return Ok(Outcome::Kept(places));
        }
        if let Some(why) = self.licence.forbids(wanted) {
            return Ok(Outcome::LeftOut(why));
        }
        Ok(match self.write(wanted.kind.restoration(row, &wanted.body)).await? {
            None => Outcome::Restored(places),
            Some(why) => Outcome::LeftOut(why),
        })
    }

    async fn make(&mut self, wanted: &Wanted) -> anyhow::Result<Outcome> {
        let lacks = self.lacks(&collections_of(wanted));
        if let Some(why) = lacks.or_else(|| self.licence.forbids(wanted)) {
            return Ok(Outcome::LeftOut(why));
        }
        if let Some(why) = self.write(wanted.kind.creation(&wanted.body)).await? {
            return Ok(Outcome::LeftOut(why));
        }
        self.licence.take(wanted.kind);
        if wanted.kind == Kind::Collections {
            let collection = text(&wanted.body, "collection");
            self.made.insert(collection.clone());
            self.collections.insert(collection);
        }
        Ok(Outcome::Made)
    }

    /// Deals with what is there and nobody wants.
    async fn clear(&self, kind: Kind, rows: &[Row]) -> anyhow::Result<Vec<Report>> {
        let mut reports = Vec::new();
        for row in rows {
            let what = kind.called(row);
            let outcome = if self.leave.to_restore {
                self.write(Change::delete(kind.place(row))).await?;
                Outcome::Removed
            } else {
                Outcome::Beyond
            };
            reports.push(Report { what, outcome });
        }
        Ok(reports)
    }

    /// Changes something if that is allowed; says why when the licence is against it.
    pub(super) async fn write(&self, change: Change) -> anyhow::Result<Option<String>> {
        if !self.leave.to_write {
            return Ok(None);
        }
        match self.directus.change(change).await {
            Ok(_) => Ok(None),
            Err(Declined::ByLicence(why)) => Ok(Some(why)),
            Err(Declined::Otherwise(error)) => Err(error),
        }
    }

    fn came_with_its_collection(&self, wanted: &Wanted) -> bool {
        wanted.kind == Kind::Fields && self.made.contains(&text(&wanted.body, "collection"))
    }

    fn lacks(&self, collections: &[String]) -> Option<String> {
        let missing = collections.iter().find(|it| !self.collections.contains(*it))?;
        Some(format!("there is no collection {missing}"))
    }
}

/// The collections that have to be there before it.
fn collections_of(wanted: &Wanted) -> Vec<String> {
    let names = ["collection", "related_collection"].map(|key| text(&wanted.body, key));
    let names = names.into_iter().filter(|name| !name.is_empty());
    match wanted.kind {
        Kind::Fields | Kind::Relations | Kind::Presets | Kind::Permissions => names.collect(),
        _ => Vec::new(),
    }
}

/// In Directus' words: whatever may be one of the wanted.
fn filter(kind: Kind, wanted: &[&Wanted]) -> Map<String, Value> {
    let condition = |key: &&str| {
        let values = wanted.iter().map(|it| it.body.get(*key).cloned().unwrap_or_default());
        let values: Vec<_> = values.collect();
        let condition = if values.iter().all(Value::is_null) {
            json!({ "_null": true })
        } else if values.iter().any(Value::is_null) || kind.is_exact() && *key != "policy" {
            // Any value will do.
            return None;
        } else {
            json!({ "_in": values })
        };
        Some(((*key).to_owned(), condition))
    };
    kind.identity().iter().filter_map(condition).collect()
}

#[cfg(test)]
mod tests;
