//! `GET /v1/overview`: how everything goes, in one answer.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use futures_util::future::join_all;
use jiff::Timestamp;
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;
use uuid::Uuid;

use super::Admin;
use crate::{
    delivery::chain,
    inbound::queue::{Depth, Queue},
    readiness::Readiness,
    telemetry::{Counted, Messages},
};

/// What there is to look at.
#[derive(Debug)]
pub struct Bridge {
    /// The bus' name.
    pub bus: String,
    /// The protocol that Directus has to speak.
    pub protocol: &'static str,
    /// All routes.
    pub routes: Vec<OverviewedRoute>,
    /// Whether the parts can work.
    pub readiness: Readiness,
    /// What was counted.
    pub metrics: PrometheusHandle,
    /// Names this copy: another one has other counts.
    pub instance: Uuid,
    /// Since when it counts.
    pub started_at: Timestamp,
}

/// A route, with its queues.
#[derive(Debug)]
pub struct OverviewedRoute {
    /// Its name.
    pub name: String,
    /// The reaction that it leads to.
    pub reaction: &'static str,
    /// What it is for.
    pub description: String,
    /// Where its messages are.
    pub queue: Queue,
    /// Where its dead letters are.
    pub dead_letters: Queue,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Overview<'bridge> {
    version: &'static str,
    protocol: &'static str,
    instance: Uuid,
    started_at: Timestamp,
    ready: bool,
    hindrances: Vec<String>,
    bus: &'bridge str,
    changes: BTreeMap<String, u64>,
    effects: BTreeMap<String, u64>,
    routes: Vec<RouteOverview<'bridge>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RouteOverview<'bridge> {
    route: &'bridge str,
    reaction: &'static str,
    description: &'bridge str,
    queue: QueueOverview<'bridge>,
    dead_letters: QueueOverview<'bridge>,
    messages: Messages,
}

#[derive(Debug, Serialize)]
struct QueueOverview<'bridge> {
    name: &'bridge str,
    #[serde(flatten)]
    depth: Option<Depth>,
    /// Why the depth is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

pub(super) async fn show(State(admin): State<Arc<Admin>>) -> Json<serde_json::Value> {
    let overview = admin.bridge.overview().await;
    Json(serde_json::to_value(overview).expect("an overview is plain data"))
}

impl Bridge {
    /// A queue that does not answer is told as such; the rest is told all the same.
    pub(super) async fn overview(&self) -> Overview<'_> {
        let counted = Counted::read(&self.metrics.render());
        let hindrances = self.readiness.hindrances();
        Overview {
            version: env!("CARGO_PKG_VERSION"),
            protocol: self.protocol,
            instance: self.instance,
            started_at: self.started_at,
            ready: hindrances.is_empty(),
            hindrances,
            bus: &self.bus,
            changes: counted.changes(),
            effects: counted.effects(),
            routes: join_all(self.routes.iter().map(|route| route.overview(&counted))).await,
        }
    }
}

impl OverviewedRoute {
    async fn overview(&self, counted: &Counted) -> RouteOverview<'_> {
        let (queue, dead_letters) =
            tokio::join!(QueueOverview::of(&self.queue), QueueOverview::of(&self.dead_letters));
        RouteOverview {
            route: &self.name,
            reaction: self.reaction,
            description: &self.description,
            queue,
            dead_letters,
            messages: counted.messages(self.queue.name()),
        }
    }
}

impl<'bridge> QueueOverview<'bridge> {
    async fn of(queue: &'bridge Queue) -> Self {
        match queue.depth().await {
            Ok(depth) => Self { name: queue.name(), depth: Some(depth), error: None },
            Err(error) => Self { name: queue.name(), depth: None, error: Some(chain(&error)) },
        }
    }
}
