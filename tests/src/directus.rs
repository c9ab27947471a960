//! What a story may say to Directus.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    ops::Deref,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use serde_json::Value;

use crate::{
    account::Account,
    database::Connection,
    eventually,
    part::{Part, command},
    setup::Settings,
    sidecar::{self, DIRECTUS_TOKEN, SECRET},
    stack::{free_address, root},
};

/// The login of the administrator, for the demo's reader.
pub const ADMIN_EMAIL: &str = "admin@example.com";
/// See [`ADMIN_EMAIL`].
pub const ADMIN_PASSWORD: &str = "first-light";
/// See [`ADMIN_EMAIL`].
pub const ADMIN_TOKEN: &str = "token-of-the-administrator";

/// The account that `sidecar setup` makes and the sidecar writes back with; capture knows it and
/// announces nothing it does.
pub const SERVICE_ACCOUNT: &str = "e7b00000-0000-4000-8000-000000000004";

/// One process of Directus, seen by its administrator.
pub struct Directus {
    part: Part,
    database: Connection,
    project: PathBuf,
    administrator: Account,
    /// What the sidecar may do.
    pub service_account: Account,
}

impl Directus {
    /// A process of this name, whose files and log are in `dir`.
    pub(crate) fn new(name: &str, dir: &Path, database: &Connection) -> Self {
        let project = dir.join(name);
        let address = free_address();
        let url = format!("http://{address}");
        let mut start = directus(&project, database, "start");
        start.env("PORT", address.port().to_string()).env("PUBLIC_URL", &url);
        Self {
            part: Part::new(name, dir, start),
            database: database.clone(),
            project,
            administrator: Account::new(&url, ADMIN_TOKEN),
            service_account: Account::new(&url, DIRECTUS_TOKEN),
        }
    }

    /// Makes a project with the packed extension, and tells it where its sidecar and that one's admin
    /// API are, and whatever else a story wants it to know.
    pub(crate) fn set_up(
        &mut self,
        [sidecar, admin]: [SocketAddr; 2],
        settings: &Settings,
    ) -> Result<()> {
        self.part.env([
            ("EVENT_BRIDGE_SIDECAR_URL", format!("http://{sidecar}").as_str()),
            ("EVENT_BRIDGE_SECRETS", SECRET),
            ("EVENT_BRIDGE_ADMIN_URL", format!("http://{admin}").as_str()),
            ("EVENT_BRIDGE_ADMIN_TOKEN", sidecar::ADMIN_TOKEN),
            ("EVENT_BRIDGE_SERVICE_ACCOUNT", SERVICE_ACCOUNT),
            // What a killed process held is taken over after its lease; nobody waits half a minute here.
            ("EVENT_BRIDGE_LEASE", "4s"),
            ("EVENT_BRIDGE_TIMEOUT", "3s"),
        ]);
        self.configure(settings);
        self.create_project()?;
        self.install_extension()
    }

    /// Adds to its settings, or changes them.
    pub(crate) fn configure(&mut self, settings: &Settings) {
        self.part.env(settings.iter().map(|(key, value)| (*key, value.as_str())));
    }

    /// Where it finds an extension of this name.
    pub(crate) fn extension_folder(&self, name: &str) -> PathBuf {
        self.project.join("extensions").join(name)
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
        let bootstrap = directus(&self.project, &self.database, "bootstrap");
        Part::new("bootstrap", dir, bootstrap).run().await
    }

    /// Unpacks the tarball that a user would install.
    fn install_extension(&self) -> Result<()> {
        let folder = self.extension_folder("directus-extension-event-bridge");
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

    /// Starts it and returns when it answers.
    pub async fn start(&mut self) -> Result<()> {
        self.part.start(&format!("{}/server/ping", self.url())).await
    }

    /// Asks it to stop and waits until it has.
    pub async fn stop(&mut self) -> Result<()> {
        self.part.stop().await.map(drop)
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) -> Result<()> {
        self.part.kill()
    }

    /// Lets it hang: connections are accepted and nothing answers.
    pub fn freeze(&self) -> Result<()> {
        self.part.signal(Signal::STOP)
    }

    /// Ends a [`Self::freeze`].
    pub fn thaw(&self) -> Result<()> {
        self.part.signal(Signal::CONT)
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        self.administrator.url()
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
            "select item, count(*) as times from directus_activity where \"user\" = '{SERVICE_ACCOUNT}'
             and collection = 'feedback' and action = 'update' group by item"
        ))?;
        let count = |row: &Value| Some((row["item"].as_str()?.to_owned(), row["times"].as_u64()?));
        rows.iter().map(|row| count(row).context("an item and its count")).collect()
    }

    /// The most memory that it ever held at once.
    pub fn peak_memory_kib(&self) -> Result<u64> {
        self.part.peak_memory_kib()
    }

    /// Reads the database beside Directus: its plumbing tables have no API.
    pub fn rows(&self, query: &str) -> Result<Vec<Value>> {
        self.database.rows(query)
    }

    /// Writes to the database beside Directus, past everything that guards it.
    pub fn execute(&self, statements: &str) -> Result<()> {
        self.database.execute(statements)
    }

    /// What became of each change, by its event id and by the outbox's own account.
    pub fn outbox(&self) -> Result<BTreeMap<String, String>> {
        let rows = self.rows("select event_id, state from event_bridge_outbox")?;
        let text = |value: &Value| Some(value.as_str()?.to_owned());
        let entry = |row: &Value| Some((text(&row["event_id"])?, text(&row["state"])?));
        rows.iter().map(|row| entry(row).context("an event id and a state")).collect()
    }
}

/// Unless a story says otherwise, it speaks as the administrator.
impl Deref for Directus {
    type Target = Account;

    fn deref(&self) -> &Account {
        &self.administrator
    }
}

/// The command line of Directus, without its own `cli.js`: that one asks the npm registry for a newer
/// version first, and waits for the answer.
fn directus(project: &Path, database: &Connection, what: &str) -> Command {
    let cache = root().join(".cache");
    let mut node = command(cache.join("node/node_modules/.bin/node"));
    node.arg(cache.join("directus/node_modules/@directus/api/dist/cli/run.js")).arg(what);
    node.current_dir(project).envs(database.env()).envs([
        ("ADMIN_EMAIL", ADMIN_EMAIL),
        ("ADMIN_PASSWORD", ADMIN_PASSWORD),
        ("ADMIN_TOKEN", ADMIN_TOKEN),
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
