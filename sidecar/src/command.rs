//! What the binary can do, one file each.

pub mod backfill;
pub mod catalogue;
pub mod check;
pub mod dead_letters;
pub mod gap_check;
pub mod health;
pub mod map;
mod moment;
pub mod outbox;
pub mod patterns;
mod progress;
pub mod provision;
pub mod replay;
pub mod serve;
pub mod setup;
mod table;

use std::process::ExitCode;

use anyhow::Context as _;
use aws_config::{BehaviorVersion, SdkConfig};
use tokio_util::sync::CancellationToken;

use crate::{
    config::settings::Settings,
    directus::{Directus, operator::Operator},
    retry::RetryPolicy,
};

/// Says on the terminal what is done.
#[expect(clippy::print_stdout, reason = "a command answers on standard output")]
fn say(line: &str) {
    println!("{line}");
}

/// Says on the terminal why a command failed.
#[expect(clippy::print_stderr, reason = "the last word of a command that failed")]
pub fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("sidecar: {error:#}");
    ExitCode::FAILURE
}

/// AWS as its own variables, files and roles describe it.
async fn aws() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest()).load().await
}

/// Directus as the configuration describes it, and how it is tried again.
fn directus(settings: &Settings) -> anyhow::Result<(Directus, RetryPolicy)> {
    let Settings { directus: it, .. } = settings;
    let directus = Directus::connect(&it.url, it.token.clone(), it.timeout)
        .context("cannot set up the connection to Directus")?;
    Ok((directus, retry_policy(settings)))
}

/// How Directus is tried again.
fn retry_policy(settings: &Settings) -> RetryPolicy {
    let settings = &settings.directus;
    RetryPolicy {
        delay_min: settings.retry_delay_min,
        delay_max: settings.retry_delay_max,
        attempts_max: settings.attempts_max,
    }
}

/// What is configured for effects serves here, too.
fn operator(settings: &Settings, shutdown: CancellationToken) -> anyhow::Result<Operator> {
    let (directus, retry) = directus(settings)?;
    Ok(Operator::new(directus, retry, shutdown))
}
