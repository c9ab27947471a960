//! What the binary can do, one file each.

pub mod check;
pub mod dead_letters;
pub mod map;
pub mod provision;
pub mod serve;
mod table;

use std::process::ExitCode;

use aws_config::{BehaviorVersion, SdkConfig};

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
