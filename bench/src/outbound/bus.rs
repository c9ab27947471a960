//! The bus that both services publish on: the AWS stub, which counts what it accepted.

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::{
    machine::{OTHER_CORE, binaries},
    service::{Service, free_address, pinned},
};

pub(super) struct Bus {
    pub(super) url: String,
    _stub: Service,
}

impl Bus {
    pub(super) async fn start() -> Result<Self> {
        let address = free_address()?;
        let url = format!("http://{address}");
        let mut command = pinned(OTHER_CORE, binaries()?.join("aws-stub"));
        command.args(["--listen", &address, "--count-only"]);
        let stub = Service::start("aws-stub", command, &format!("{url}/_stub/health")).await?;
        Ok(Self { url, _stub: stub })
    }

    /// The entries it has accepted so far.
    pub(super) async fn accepted(&self) -> Result<u64> {
        let seen: Value = reqwest::get(format!("{}/_stub/seen", self.url)).await?.json().await?;
        seen["accepted"].as_u64().context("the stub counts")
    }
}
