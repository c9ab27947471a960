//! The two that are measured: the sidecar, and the same as a Node service.

use std::{fs, path::PathBuf};

use anyhow::Result;

use super::load::SECRET;
use crate::{
    machine::{MEASURED_CORE, bench_folder, binaries, root},
    service::{Service, free_address, pinned},
    stub::Stub,
};

/// A service that takes signed batches of changes.
pub(super) struct Measured {
    pub(super) service: Service,
    pub(super) changes_url: String,
}

/// The release build with the shipped settings, the bench's mapping, and no queue to consume.
pub(super) async fn sidecar(bus: &Stub) -> Result<Measured> {
    let address = free_address()?;
    let mut command = pinned(MEASURED_CORE, binaries()?.join("sidecar"));
    command
        .arg("--config")
        .arg(sidecar_config()?)
        .arg("serve")
        .env("AWS_ENDPOINT_URL", &bus.url)
        .env("SIDECAR__SERVER__LISTEN", &address)
        .env("SIDECAR__OUTBOUND__SECRETS", SECRET)
        .env("SIDECAR__DIRECTUS__TOKEN", "unused")
        .env("SIDECAR__CONTRACTS__FOLDER", root().join("schemas"));
    start("sidecar", command, &address).await
}

pub(super) async fn node(bus: &Stub) -> Result<Measured> {
    let address = free_address()?;
    let port = address.rsplit(':').next().unwrap_or_default();
    let cache = root().join(".cache");
    let mut command = pinned(MEASURED_CORE, cache.join("node/node_modules/.bin/node"));
    command
        .arg(cache.join("node-service/service.js"))
        .env("NODE_ENV", "production")
        .env("AWS_ENDPOINT_URL", &bus.url)
        .env("PORT", port)
        .env("SECRET", SECRET)
        .env("BUS", "event-bridge")
        .env("SCHEMAS", root().join("schemas"));
    start("node-service", command, &address).await
}

async fn start(name: &str, command: std::process::Command, address: &str) -> Result<Measured> {
    let service = Service::start(name, command, &format!("http://{address}/readyz")).await?;
    Ok(Measured { service, changes_url: format!("http://{address}/v1/changes") })
}

fn sidecar_config() -> Result<PathBuf> {
    let folder = bench_folder()?.join("config");
    fs::create_dir_all(&folder)?;
    fs::copy(root().join("sidecar/config/sidecar.toml"), folder.join("sidecar.toml"))?;
    fs::copy(root().join("bench/config/mappings.toml"), folder.join("mappings.toml"))?;
    fs::write(folder.join("routes.json"), "{}\n")?;
    fs::write(folder.join("reactions.toml"), "")?;
    Ok(folder)
}
