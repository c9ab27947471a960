//! `/v1/dead-letters`: what `sidecar dead-letters` does, for a page in Directus.

use std::{num::NonZeroU32, sync::Arc};

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{JsonRejection, QueryRejection},
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::SemaphorePermit;
use tracing::info;

use super::{Admin, Refused};
use crate::inbound::dead_letter::{
    group::{Group, groups},
    letter::DeadLetter,
    selection::{Filter, Selection},
    shelf::Taken,
    shelves::{Order, Performed, Verb},
};

/// Letters in a second that something is done with.
const RATE: NonZeroU32 = NonZeroU32::new(50).unwrap();
/// Letters of one request that something is done with: ten seconds' worth.
const LETTERS_MAX: usize = 500;

/// What lies there.
#[derive(Debug, Serialize)]
pub(super) struct Listed {
    /// By cause, the largest first.
    groups: Vec<Group>,
    letters: Vec<DeadLetter>,
    /// Whether there are more than one look shows.
    more: bool,
}

pub(super) async fn list(
    State(admin): State<Arc<Admin>>,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Json<Listed>, Refused> {
    let Query(filter) = filter?;
    let Taken { letters, more } = admin.look(&filter).await?;
    Ok(Json(Listed { groups: groups(&letters), letters, more }))
}

pub(super) async fn show(
    State(admin): State<Arc<Admin>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refused> {
    let Taken { letters, .. } = admin.look(&Filter::default()).await?;
    let letter = letters.iter().find(|letter| letter.id == id);
    Ok(Json(letter.ok_or_else(|| Refused::no_such_letter(&id))?.whole()))
}

/// With which letters; one of the first three is needed.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Wanted {
    ids: Vec<String>,
    all: bool,
    filter: Filter,
    dry_run: bool,
}

pub(super) async fn redrive(
    State(admin): State<Arc<Admin>>,
    wanted: Result<Json<Wanted>, JsonRejection>,
) -> Result<Json<Performed>, Refused> {
    admin.perform(Verb::Redrive, wanted?.0).await
}

pub(super) async fn discard(
    State(admin): State<Arc<Admin>>,
    wanted: Result<Json<Wanted>, JsonRejection>,
) -> Result<Json<Performed>, Refused> {
    admin.perform(Verb::Discard, wanted?.0).await
}

impl Admin {
    async fn look(&self, filter: &Filter) -> Result<Taken, Refused> {
        let _alone = self.turn().await;
        Ok(self.shelves.look(filter).await?)
    }

    async fn perform(&self, verb: Verb, wanted: Wanted) -> Result<Json<Performed>, Refused> {
        let Wanted { ids, all, filter, dry_run } = wanted;
        let selection = Selection { ids, all, filter };
        if selection.is_empty() {
            return Err(Refused::invalid("say which letters: ids, all or a filter"));
        }
        if all && !selection.ids.is_empty() {
            return Err(Refused::invalid("say ids or all, not both"));
        }
        let order =
            Order { selection: &selection, verb, rate: RATE, letters_max: LETTERS_MAX, dry_run };
        let _alone = self.turn().await;
        let performed = self.shelves.perform(order, |_, _| ()).await?;
        let Performed { done, ref failed, left, .. } = performed;
        if !dry_run {
            info!(?verb, done, failed = failed.len(), left, "dead letters were ordered away");
        }
        Ok(Json(performed))
    }

    async fn turn(&self) -> SemaphorePermit<'_> {
        self.looking.acquire().await.expect("is never closed")
    }
}
