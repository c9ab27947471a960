//! `sidecar check`: that we got here means that all configuration was read without a mistake.

use super::say;
use crate::config::Config;

/// Says what was read.
pub fn run(config: &Config) -> anyhow::Result<()> {
    say(&format!(
        "no mistakes in {} mapping(s), {} route(s), {} contract(s), the reactions and the settings",
        config.mappings.mappings.len(),
        config.routes.len(),
        config.contracts.count(),
    ));
    Ok(())
}
