//! The ways to save that are compared: each a Directus of its own, with a database of its own.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use e2e::{Database, Extension, Solo, directus::Directus};
use reqwest::Method;
use serde_json::json;

use super::super::{
    load::SECRET,
    services::{self, Measured},
};
use crate::{machine::root, saves::Saves, stub::Stub};

/// How saves become events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Not at all.
    Bare,
    /// By the extension and the sidecar.
    Capture,
    /// By a Flow with a request operation, as Studio suggests it: it runs after the save and is logged.
    Flow,
    /// By a hook that awaits `PutEvents`.
    AwaitingHook,
}

impl Kind {
    /// The one that the others are compared with comes first.
    pub(super) const ALL: [Self; 4] = [Self::Bare, Self::Capture, Self::Flow, Self::AwaitingHook];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Capture => "capture",
            Self::Flow => "flow",
            Self::AwaitingHook => "awaiting_hook",
        }
    }
}

/// A Directus that turns saves into events in one way.
pub(super) struct Variant {
    pub(super) kind: Kind,
    solo: Solo,
    saves: Saves,
    _sidecar: Option<Measured>,
}

impl Variant {
    pub(super) async fn start(kind: Kind, database: Database, bus: &Stub) -> Result<Self> {
        let mut settings = vec![
            ("AWS_ENDPOINT_URL", bus.url.clone()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            // Flows may not call this machine otherwise.
            ("IMPORT_IP_DENY_LIST", "169.254.169.254".to_owned()),
        ];
        let sidecar = match kind {
            Kind::Capture => Some(services::sidecar(bus).await?),
            Kind::Bare | Kind::Flow | Kind::AwaitingHook => None,
        };
        if sidecar.is_some() {
            settings.push(("EVENT_BRIDGE_SECRETS", SECRET.to_owned()));
        }
        let folders =
            (root().join("bench/awaiting-hook"), root().join(".cache/node-service/node_modules"));
        let extension = match (kind, &sidecar) {
            (Kind::AwaitingHook, _) => {
                Extension::Folder { source: &folders.0, dependencies: &folders.1 }
            }
            (_, Some(sidecar)) => Extension::EventBridge(address_of(&sidecar.changes_url)?),
            (_, None) => Extension::None,
        };
        let solo = Solo::start(kind.name(), database, extension, &settings).await?;
        if kind == Kind::Flow {
            make_flow(&solo.directus, bus).await?;
        }
        Ok(Self { kind, solo, saves: Saves::default(), _sidecar: sidecar })
    }

    pub(super) async fn save_in_turn(&self, saves: usize) -> Result<Vec<f64>> {
        self.saves.in_turn(&self.solo.directus, saves).await
    }

    pub(super) async fn save_at_once(&self, saves: usize, clients: usize) -> Result<f64> {
        self.saves.at_once(&self.solo.directus, saves, clients).await
    }

    /// The events that its saves must have become.
    pub(super) fn announced(&self) -> u64 {
        if self.kind == Kind::Bare { 0 } else { self.saves.made() }
    }

    pub(super) async fn stop(self) -> Result<()> {
        self.solo.stop().await
    }
}

/// As Studio makes one: a Flow, its operation, and the link between the two. It calls EventBridge's own
/// API; the stub does not ask for a signature.
async fn make_flow(directus: &Directus, bus: &Stub) -> Result<()> {
    let flow = json!({
        "name": "Publish feedback", "status": "active", "trigger": "event",
        "options": { "type": "action", "scope": ["items.create"], "collections": ["feedback"] },
    });
    let flow = directus.ask(Method::POST, "flows", Some(flow)).await?;
    let entry = json!({
        "EventBusName": "event-bridge", "Source": "directus", "DetailType": "feedback.created",
        "Detail": r#"{"key":"{{$trigger.key}}"}"#,
    });
    let operation = json!({
        "flow": flow["id"], "key": "publish", "name": "Publish", "type": "request",
        "position_x": 19, "position_y": 1,
        "options": {
            "method": "POST", "url": bus.url,
            "headers": [
                { "header": "content-type", "value": "application/x-amz-json-1.1" },
                { "header": "x-amz-target", "value": "AWSEvents.PutEvents" },
            ],
            "body": json!({ "Entries": [entry] }).to_string(),
        },
    });
    let operation = directus.ask(Method::POST, "operations", Some(operation)).await?;
    let path = format!("flows/{}", flow["id"].as_str().context("a Flow has an id")?);
    let link = json!({ "operation": operation["id"] });
    directus.ask(Method::PATCH, &path, Some(link)).await.map(drop)
}

fn address_of(url: &str) -> Result<SocketAddr> {
    let url = reqwest::Url::parse(url)?;
    url.socket_addrs(|| None)?.pop().context("the sidecar has an address")
}
