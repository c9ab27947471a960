//! `sidecar check`: that we got here means that all configuration was read without a mistake.

use std::path::Path;

use super::say;
use crate::{
    config::{Config, ConfigError, read_documents},
    contract::compatibility,
};

/// Compares with the schemas of a former state, and says what was read.
pub fn run(config: &Config, against: Option<&Path>) -> anyhow::Result<()> {
    if let Some(folder) = against {
        let broken = |problems| ConfigError { problems };
        let former = read_documents(folder).map_err(broken)?;
        let problems = compatibility::since(&former, &config.documents);
        if !problems.is_empty() {
            return Err(broken(problems).into());
        }
    }
    say(&format!(
        "no mistakes in {} mapping(s), {} route(s), {} contract(s), the reactions and the settings",
        config.mappings.mappings.len(),
        config.routes.len(),
        config.contracts.count(),
    ));
    Ok(())
}
