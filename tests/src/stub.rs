//! What a story may say to the AWS stub: what goes wrong, and what it saw.

use std::time::Duration;

use anyhow::{Result, ensure};
use aws_stub::{Fault, Report, Struck};
use reqwest::{Method, Response};
use serde_json::{Value, json};

/// Commands to the stub of a stack.
pub struct Stub {
    url: String,
    http: reqwest::Client,
}

impl Stub {
    pub(crate) fn new(url: &str) -> Self {
        Self { url: format!("{url}/_stub"), http: reqwest::Client::new() }
    }

    /// Lets something go wrong from now on.
    pub async fn fault(&self, fault: Fault) -> Result<()> {
        self.command(Method::POST, "faults", Some(serde_json::to_value(fault)?)).await.map(drop)
    }

    /// Ends all faults and tells how often they struck, so that a story about one that never did
    /// is noticed.
    pub async fn end_faults(&self) -> Result<u64> {
        let struck = self.struck().await?;
        self.command(Method::DELETE, "faults", None).await?;
        Ok(struck.iter().map(|fault| fault.times).sum())
    }

    /// Every fault so far, and how often it struck.
    pub async fn struck(&self) -> Result<Vec<Struck>> {
        Ok(self.command(Method::GET, "faults", None).await?.json().await?)
    }

    /// Nobody listens for so long; returns at once.
    pub async fn leave(&self, duration: Duration) -> Result<()> {
        let absence = json!({ "for_ms": duration.as_millis() });
        self.command(Method::POST, "gone", Some(absence)).await.map(drop)
    }

    /// What the bus was asked and took, by its own record.
    pub async fn seen(&self) -> Result<Report> {
        Ok(self.command(Method::GET, "seen", None).await?.json().await?)
    }

    /// How many entries the bus took so far; cheaper than all it saw.
    pub async fn accepted(&self) -> Result<u64> {
        let answer = self.command(Method::GET, "accepted", None).await?;
        Ok(answer.json().await?)
    }

    async fn command(
        &self,
        method: Method,
        command: &str,
        body: Option<Value>,
    ) -> Result<Response> {
        let mut request = self.http.request(method, format!("{}/{command}", self.url));
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        ensure!(answer.status().is_success(), "the stub answered {command}: {}", answer.status());
        Ok(answer)
    }
}
