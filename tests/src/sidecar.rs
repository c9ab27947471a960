//! What a story may say to the sidecar.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Result, ensure};
use reqwest::Method;
use rustix::process::Signal;
use serde_json::Value;
use standardwebhooks::Webhook;
use uuid::Uuid;

use crate::{
    directus::{ADMIN_TOKEN as ADMINISTRATOR_TOKEN, Directus},
    eventually,
    part::{Part, command},
    setup::Settings,
    stack::{root, target},
};

/// What Directus signs with.
pub const SECRET: &str = "whsec_ZmlyeXQgbGlnaHQsIGEgc2VjcmV0IG9mIDMyIGJ5dGU=";
/// What the service account of every database here is known by.
pub const DIRECTUS_TOKEN: &str = "token-of-the-service-account";
/// What whoever operates the sidecar of a story is known by.
pub const ADMIN_TOKEN: &str = "token-of-whoever-operates-the-sidecar";

/// The sidecar binary, with the configuration it ships with.
pub struct Sidecar {
    part: Part,
    provision: Part,
    binary: PathBuf,
    environment: Settings,
    url: String,
    admin_url: String,
    http: reqwest::Client,
}

impl Sidecar {
    pub(crate) fn new(
        dir: &Path,
        [address, admin_address]: [SocketAddr; 2],
        aws_url: &str,
        directus_url: &str,
    ) -> Result<Self> {
        let environment = vec![
            ("SIDECAR__SERVER__LISTEN", address.to_string()),
            ("SIDECAR__ADMIN__LISTEN", admin_address.to_string()),
            ("SIDECAR__DIRECTUS__URL", directus_url.to_owned()),
            ("AWS_ENDPOINT_URL", aws_url.to_owned()),
        ];
        let binary = target()?.join("sidecar");
        Ok(Self {
            part: Part::new("sidecar", dir, sidecar(&binary, &["serve"], &environment)),
            provision: Part::new("provision", dir, sidecar(&binary, &["provision"], &environment)),
            binary,
            environment,
            url: format!("http://{address}"),
            admin_url: format!("http://{admin_address}"),
            http: reqwest::Client::new(),
        })
    }

    /// Tells it what a story wants to be different from the configuration it ships with.
    pub fn configure(&mut self, settings: &Settings) {
        for part in [&mut self.part, &mut self.provision] {
            part.env(settings.iter().map(|(key, value)| (*key, value.as_str())));
        }
        self.environment.extend(settings.iter().cloned());
    }

    /// Gives it files of a story's own in place of those that it ships with.
    pub(crate) fn configure_by(
        &mut self,
        dir: &Path,
        files: &[(&'static str, &'static str)],
    ) -> Result<()> {
        let (shipped, config) = (root().join("sidecar/config"), dir.join("config"));
        std::fs::create_dir(&config)?;
        for file in ["sidecar.toml", "mappings.toml", "routes.json", "reactions.toml"] {
            std::fs::copy(shipped.join(file), config.join(file))?;
        }
        for (file, text) in files {
            std::fs::write(config.join(file), text)?;
        }
        self.configure(&vec![
            ("SIDECAR_CONFIG", config.display().to_string()),
            ("SIDECAR__CONTRACTS__FOLDER", root().join("schemas").display().to_string()),
        ]);
        Ok(())
    }

    /// Tells it something else for its next start.
    pub fn reconfigure(&mut self, key: &'static str, value: impl Into<String>) {
        self.configure(&vec![(key, value.into())]);
    }

    /// Runs one of its commands, as an operator would, and returns what it says.
    pub fn command(&self, arguments: &[&str]) -> Result<String> {
        let output = self.try_command(arguments)?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{arguments:?}: {}: {complaint}", output.status);
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Runs one of its commands and returns what it says and how it ends.
    pub fn try_command(&self, arguments: &[&str]) -> Result<Output> {
        Ok(sidecar(&self.binary, arguments, &self.environment).output()?)
    }

    /// Creates the bus, the rules and the queues.
    pub async fn provision(&mut self) -> Result<()> {
        self.provision.run().await
    }

    /// Starts it and returns when it says that it is ready.
    pub async fn start(&mut self) -> Result<()> {
        self.part.start(&format!("{}/readyz", self.url)).await
    }

    /// Waits until it says that this keeps it from being ready.
    pub async fn hindered_by(&self, hindrance: &str) -> Result<()> {
        eventually(format!("the sidecar to say: {hindrance}"), async || {
            let report = self.http.get(format!("{}/readyz", self.url)).send().await?.text().await?;
            Ok(report.contains(hindrance).then_some(()))
        })
        .await
    }

    /// Asks it to stop and waits until it has drained: anything but status 0 is an error.
    pub async fn stop(&mut self) -> Result<()> {
        let status = self.part.stop().await?;
        ensure!(status.success(), "the sidecar answered SIGTERM with {status}");
        Ok(())
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
        &self.url
    }

    /// Where its admin API listens.
    pub fn admin_url(&self) -> &str {
        &self.admin_url
    }

    /// Asks its admin API, as an operator; returns the answer.
    pub async fn admin(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        let url = format!("{}{path}", self.admin_url);
        let mut request = self.http.request(method, url).bearer_auth(ADMIN_TOKEN);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let (status, body) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "{path}: {status}: {body}");
        Ok(serde_json::from_str(&body)?)
    }

    /// What it has counted.
    pub async fn metrics(&self) -> Result<String> {
        Ok(self.http.get(format!("{}/metrics", self.url)).send().await?.text().await?)
    }

    /// Posts a body as an external producer does; returns the status and the answer.
    pub async fn post_events(
        &self,
        token: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Result<(u16, Value)> {
        let request = self.http.post(format!("{}/v1/events", self.url)).bearer_auth(token);
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let answer = request.body(body).send().await?;
        Ok((answer.status().as_u16(), answer.json().await?))
    }

    /// The most memory that it ever held at once.
    pub fn peak_memory_kib(&self) -> Result<u64> {
        self.part.peak_memory_kib()
    }

    /// Posts a body as Directus does, signed with `secret` at a moment of the story's choice;
    /// returns the status and the answer.
    pub async fn post_changes(
        &self,
        secret: &str,
        signed_at: SystemTime,
        body: String,
    ) -> Result<(u16, Value)> {
        let id = format!("msg_{}", Uuid::now_v7());
        let timestamp = i64::try_from(signed_at.duration_since(UNIX_EPOCH)?.as_secs())?;
        let signature = Webhook::new(secret)?.sign(&id, timestamp, body.as_bytes())?;
        let request = self.http.post(format!("{}/v1/changes", self.url)).body(body);
        let answer = request
            .header("event-bridge-protocol", "1")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .send()
            .await?;
        Ok((answer.status().as_u16(), answer.json().await?))
    }
}

/// Runs `sidecar setup` as the administrator of a Directus, and returns what it says.
pub(crate) fn set_up(directus: &Directus, arguments: &[&str]) -> Result<String> {
    let environment = vec![
        ("SIDECAR__DIRECTUS__URL", directus.url().to_owned()),
        ("SIDECAR__SETUP__ADMIN_TOKEN", ADMINISTRATOR_TOKEN.to_owned()),
    ];
    let arguments: Vec<_> = ["setup"].iter().chain(arguments).copied().collect();
    let output = sidecar(&target()?.join("sidecar"), &arguments, &environment).output()?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{arguments:?}: {}: {complaint}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}

fn sidecar(binary: &Path, arguments: &[&str], environment: &Settings) -> Command {
    let mut sidecar = command(binary);
    sidecar.args(arguments).current_dir(root()).envs([
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("SIDECAR_CONFIG", "sidecar/config"),
        ("SIDECAR__ADMIN__TOKENS", ADMIN_TOKEN),
        ("SIDECAR__DIRECTUS__TOKEN", DIRECTUS_TOKEN),
        // What a killed sidecar was working on comes back after this.
        ("SIDECAR__INBOUND__VISIBILITY", "5s"),
        // The complaints are found by their level.
        ("SIDECAR__LOG__FORMAT", "json"),
        ("SIDECAR__OUTBOUND__SECRETS", SECRET),
    ]);
    sidecar.envs(environment.iter().map(|(key, value)| (*key, value)));
    sidecar
}
