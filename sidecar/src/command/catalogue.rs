//! `sidecar catalogue`: says everything that is known about every event, in Markdown.

use std::path::Path;

use super::say;
use crate::{
    catalogue,
    config::{Config, ConfigError, read_examples},
};

/// Writes to standard output what the configuration in `folder` knows.
pub fn run(config: &Config, folder: &Path) -> anyhow::Result<()> {
    let examples = read_examples(&folder.join(&config.settings.contracts.folder))
        .map_err(|problems| ConfigError { problems })?;
    say(&catalogue::write(config, &examples));
    Ok(())
}
