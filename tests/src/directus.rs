//! What a story may say to Directus.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::Value;

use crate::{
    eventually,
    part::{Part, command},
    sidecar::SECRET,
    stack::root,
};

/// The login of the administrator, for the demo's reader.
pub const ADMIN_EMAIL: &str = "admin@example.com";
/// See [`ADMIN_EMAIL`].
pub const ADMIN_PASSWORD: &str = "first-light";
const ADMIN_TOKEN: &str = "token-of-the-administrator";

/// The account that the sidecar writes back with; capture knows it and announces nothing it does.
pub(crate) const SERVICE_ACCOUNT: &str = "5e1f1ca7-0000-4000-8000-000000000001";

/// Directus on SQLite, seen by its administrator.
pub struct Directus {
    part: Part,
    project: PathBuf,
    url: String,
    http: reqwest::Client,
}

impl Directus {
    pub(crate) fn new(dir: &Path, address: SocketAddr, sidecar: SocketAddr) -> Self {
        let project = dir.join("directus");
        let url = format!("http://{address}");
        let mut start = directus(&project, "start");
        start.env("PORT", address.port().to_string()).env("PUBLIC_URL", &url);
        start.env("EVENT_BRIDGE_SIDECAR_URL", format!("http://{sidecar}")).envs([
            ("EVENT_BRIDGE_SECRETS", SECRET),
            ("EVENT_BRIDGE_SERVICE_ACCOUNT", SERVICE_ACCOUNT),
            // What a killed process held is taken over after its lease; nobody waits half a minute here.
            ("EVENT_BRIDGE_LEASE", "4s"),
            ("EVENT_BRIDGE_TIMEOUT", "3s"),
        ]);
        Self { part: Part::new("directus", dir, start), project, url, http: reqwest::Client::new() }
    }

    /// An empty project: Directus loads no extension where it finds no `package.json`.
    pub(crate) fn create_project(&self) -> Result<()> {
        for folder in ["uploads", "extensions"] {
            std::fs::create_dir_all(self.project.join(folder))?;
        }
        Ok(std::fs::write(self.project.join("package.json"), r#"{ "private": true }"#)?)
    }

    /// Makes the tables and the administrator.
    pub(crate) async fn bootstrap(&self, dir: &Path) -> Result<()> {
        Part::new("bootstrap", dir, directus(&self.project, "bootstrap")).run().await
    }

    /// Unpacks the tarball that a user would install.
    pub(crate) fn install_extension(&self) -> Result<()> {
        let folder = self.project.join("extensions/directus-extension-event-bridge");
        std::fs::create_dir_all(&folder)?;
        let status = Command::new("tar")
            .args(["--strip-components=1", "-xzf"])
            .arg(root().join(".cache/extension.tgz"))
            .arg("-C")
            .arg(folder)
            .status()?;
        ensure!(status.success(), "cannot unpack the extension: run `tests/install`");
        Ok(())
    }

    /// Where the database is, and where it is expected before the start.
    pub(crate) fn database(&self) -> PathBuf {
        self.project.join("data.db")
    }

    /// Starts it and returns when it answers.
    pub async fn start(&mut self) -> Result<()> {
        self.part.start(&format!("{}/server/ping", self.url)).await
    }

    /// Asks it to stop and waits until it has.
    pub async fn stop(&mut self) -> Result<()> {
        self.part.stop().await.map(drop)
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) -> Result<()> {
        self.part.kill()
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Saves one item and returns it.
    pub async fn create(&self, collection: &str, item: Value) -> Result<Value> {
        self.ask(Method::POST, &format!("items/{collection}"), Some(item)).await
    }

    /// Saves several items in one request and returns them.
    pub async fn create_many(&self, collection: &str, items: Vec<Value>) -> Result<Vec<Value>> {
        let path = format!("items/{collection}?limit=-1");
        let created = self.ask(Method::POST, &path, Some(items.into())).await?;
        Ok(serde_json::from_value(created)?)
    }

    /// Changes one item and returns it.
    pub async fn update(&self, collection: &str, key: &Value, changes: Value) -> Result<Value> {
        self.ask(Method::PATCH, &format!("items/{collection}/{key}"), Some(changes)).await
    }

    /// Reads one item.
    pub async fn item(&self, collection: &str, key: &Value) -> Result<Value> {
        self.ask(Method::GET, &format!("items/{collection}/{key}"), None).await
    }

    /// Waits until a feedback has come back enriched and returns it.
    pub async fn enriched(&self, key: &Value) -> Result<Value> {
        eventually(format!("the sentiment of feedback {key}"), async || {
            let item = self.item("feedback", key).await?;
            Ok((!item["sentiment"].is_null()).then_some(item))
        })
        .await
    }

    /// Waits until all of these feedbacks have come back enriched.
    pub async fn all_enriched(&self, feedbacks: &[Value]) -> Result<()> {
        for feedback in feedbacks {
            self.enriched(&feedback["id"]).await?;
        }
        Ok(())
    }

    /// Waits until the outbox row of a feedback is settled and returns it.
    pub async fn settled_row(&self, key: &Value) -> Result<Value> {
        let query = format!(
            "select state, error from event_bridge_outbox
             where collection = 'feedback' and item = '{key}' and state <> 'pending'"
        );
        eventually(format!("the verdict on feedback {key}"), async || Ok(self.rows(&query)?.pop()))
            .await
    }

    /// How often the service account changed each feedback, from Directus' own records.
    pub fn write_backs(&self) -> Result<BTreeMap<String, u64>> {
        let rows = self.rows(&format!(
            "select item, count(*) as times from directus_activity where user = '{SERVICE_ACCOUNT}'
             and collection = 'feedback' and action = 'update' group by item"
        ))?;
        let count = |row: &Value| Some((row["item"].as_str()?.to_owned(), row["times"].as_u64()?));
        rows.iter().map(|row| count(row).context("an item and its count")).collect()
    }

    /// Any request of the administrator that must succeed; returns the answer's `data`.
    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        let (status, mut answer) = self.try_ask(method, path, body).await?;
        ensure!(status < 400, "Directus answered {path} with {status}: {answer}");
        Ok(answer["data"].take())
    }

    /// Any request of the administrator: its status and its whole answer.
    pub async fn try_ask(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<(u16, Value)> {
        let mut request = self.http.request(method, format!("{}/{path}", self.url));
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = request.bearer_auth(ADMIN_TOKEN).send().await?;
        let status = answer.status().as_u16();
        let text = answer.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
    }

    /// Reads the database beside Directus: its plumbing tables have no API. Python is here anyway,
    /// for ministack, and brings SQLite along.
    pub fn rows(&self, query: &str) -> Result<Vec<Value>> {
        const READ: &str = "
import json, sqlite3, sys
database = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True, timeout=10)
database.row_factory = sqlite3.Row
print(json.dumps([dict(row) for row in database.execute(sys.argv[2])]))";
        let output = command(root().join(".cache/ministack/bin/python"))
            .args(["-c", READ])
            .arg(self.database())
            .arg(query)
            .output()?;
        ensure!(output.status.success(), "{query}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).context("rows are JSON")
    }
}

/// The command line of Directus, without its own `cli.js`: that one asks the npm registry for a newer
/// version first, and waits for the answer.
fn directus(project: &Path, what: &str) -> Command {
    let cache = root().join(".cache");
    let mut node = command(cache.join("node/node_modules/.bin/node"));
    node.arg(cache.join("directus/node_modules/@directus/api/dist/cli/run.js")).arg(what);
    node.current_dir(project).envs([
        ("ADMIN_EMAIL", ADMIN_EMAIL),
        ("ADMIN_PASSWORD", ADMIN_PASSWORD),
        ("ADMIN_TOKEN", ADMIN_TOKEN),
        ("DB_CLIENT", "sqlite3"),
        ("DB_FILENAME", "data.db"),
        ("EXTENSIONS_MUST_LOAD", "true"),
        ("HOST", "127.0.0.1"),
        ("LOG_STYLE", "raw"),
        // It refuses requests by how busy the machine is, and a machine that runs tests is.
        ("PRESSURE_LIMITER_ENABLED", "false"),
        ("SECRET", "a secret of at least thirty-two bytes"),
        ("TELEMETRY", "false"),
    ]);
    node
}
