//! A Directus, and whatever makes enriched items of what is saved in it.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context as _, Result, ensure};
use e2e::{Database, Extension, Solo, directus::Directus, sidecar::DIRECTUS_TOKEN};
use reqwest::Method;
use serde_json::json;

pub(super) use e2e::sidecar::SECRET;

use super::worker::{self, QUEUE};
use crate::{
    machine::{binaries, root},
    saves::Saves,
    service::{Service, anywhere, free_address},
    stub::Stub,
};

const POLL: Duration = Duration::from_millis(20);
const ENRICHED_MAX: Duration = Duration::from_mins(2);
const BUS: &str = "event-bridge";

/// How items are enriched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Not at all.
    Bare,
    /// By the extension and the sidecar.
    EventBridge,
    /// As a user would write it: a hook that awaits `PutEvents`, and a Node worker that takes one message
    /// after the other, as sqs-consumer does by default.
    Handwritten,
    /// The same, but the worker takes ten messages at once.
    HandwrittenByTens,
}

/// Everything on this machine, each part where the kernel puts it; dropping it ends it.
pub(super) struct System {
    pub(super) kind: Kind,
    pub(super) saves: Saves,
    pub(super) worker: Option<Service>,
    solo: Solo,
    _stub: Stub,
}

impl System {
    pub(super) async fn start(kind: Kind, database: Database) -> Result<Self> {
        let stub = Stub::start().await?;
        let address: SocketAddr = free_address()?.parse()?;
        let (source, dependencies) =
            (root().join("bench/publishing-hook"), root().join(".cache/node-service/node_modules"));
        let extension = match kind {
            Kind::Bare => Extension::None,
            Kind::EventBridge => Extension::EventBridge(address),
            Kind::Handwritten | Kind::HandwrittenByTens => {
                Extension::Folder { source: &source, dependencies: &dependencies }
            }
        };
        let settings = [
            ("AWS_ENDPOINT_URL", stub.url.clone()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ];
        let solo = Solo::start(kind.name(), database, extension, &settings).await?;
        let worker = match kind {
            Kind::Bare => None,
            Kind::EventBridge => Some(sidecar(&stub, &solo.directus, address).await?),
            Kind::Handwritten => Some(node_worker(&stub, &solo.directus, 1).await?),
            Kind::HandwrittenByTens => Some(node_worker(&stub, &solo.directus, 10).await?),
        };
        Ok(Self { kind, saves: Saves::default(), worker, solo, _stub: stub })
    }

    pub(super) fn directus(&self) -> &Directus {
        &self.solo.directus
    }

    /// Waits until no feedback is left that nobody has judged.
    pub(super) async fn all_enriched(&self) -> Result<()> {
        const LEFT: &str = "items/feedback?aggregate[count]=id&filter[sentiment][_null]=true";
        let all = async {
            loop {
                let left = self.directus().ask(Method::GET, LEFT, None).await?;
                // PostgreSQL counts in texts, SQLite in numbers.
                if [json!("0"), json!(0)].contains(&left[0]["count"]["id"]) {
                    return anyhow::Ok(());
                }
                tokio::time::sleep(POLL).await;
            }
        };
        let waited = tokio::time::timeout(ENRICHED_MAX, all).await;
        waited.with_context(|| format!("{}: items are left unenriched", self.kind.name()))?
    }

    pub(super) async fn stop(self) -> Result<()> {
        drop(self.worker);
        self.solo.stop().await
    }
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::EventBridge => "event_bridge",
            Self::Handwritten => "handwritten",
            Self::HandwrittenByTens => "handwritten_by_tens",
        }
    }
}

/// The release build; its queues and rules are made by its own command.
async fn sidecar(stub: &Stub, directus: &Directus, address: SocketAddr) -> Result<Service> {
    let command = |word: &str| -> Result<_> {
        let mut command = anywhere(binaries()?.join("sidecar"));
        command
            .arg("--config")
            .arg(worker::config())
            .arg(word)
            .env("AWS_ENDPOINT_URL", &stub.url)
            .env("SIDECAR__SERVER__LISTEN", address.to_string())
            .env("SIDECAR__OUTBOUND__SECRETS", SECRET)
            .env("SIDECAR__DIRECTUS__URL", directus.url())
            .env("SIDECAR__DIRECTUS__TOKEN", DIRECTUS_TOKEN);
        Ok(command)
    };
    let provisioned = command("provision")?.output()?;
    ensure!(provisioned.status.success(), "{}", String::from_utf8_lossy(&provisioned.stderr));
    Service::start("sidecar", command("serve")?, &format!("http://{address}/readyz")).await
}

async fn node_worker(stub: &Stub, directus: &Directus, batch: u8) -> Result<Service> {
    let queue = stub.create_queue(QUEUE).await?;
    stub.ask("AWSEvents.CreateEventBus", json!({ "Name": BUS }).to_string()).await?;
    let rule = json!({
        "Name": "feedback", "EventBusName": BUS,
        "EventPattern": json!({ "detail-type": ["feedback.created"] }).to_string(),
    });
    stub.ask("AWSEvents.PutRule", rule.to_string()).await?;
    let arn = format!("arn:aws:sqs:us-east-1:000000000000:{QUEUE}");
    let targets = json!({
        "Rule": "feedback", "EventBusName": BUS, "Targets": [{ "Id": "worker", "Arn": arn }],
    });
    stub.ask("AWSEvents.PutTargets", targets.to_string()).await?;

    let cache = root().join(".cache");
    let mut node = anywhere(cache.join("node/node_modules/.bin/node"));
    node.arg(cache.join("node-consumer/enrich.js"))
        .env("NODE_ENV", "production")
        .env("AWS_ENDPOINT_URL", &stub.url)
        .env("QUEUE_URL", &queue.url)
        .env("BATCH_SIZE", batch.to_string())
        .env("DIRECTUS_URL", directus.url())
        .env("DIRECTUS_TOKEN", DIRECTUS_TOKEN);
    Service::spawn("node-worker", node)
}
