//! `reactions.toml`: what each reaction does.

use std::sync::Arc;

use serde::Deserialize;

use crate::{
    event::EventType,
    reactions::enrich::{Enrich, EnrichSettings},
    route::ReactionName,
};

/// `reactions.toml`, compiled.
#[derive(Debug)]
pub struct Reactions {
    /// `[enrich]`
    pub enrich: Arc<Enrich>,
}

impl Reactions {
    /// Compiles the text, or lists every mistake in it.
    pub fn compile(text: &str) -> Result<Self, Vec<String>> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Written {
            enrich: EnrichSettings,
        }
        let written: Written = toml::from_str(text).map_err(|error| vec![error.to_string()])?;
        Ok(Self { enrich: Arc::new(Enrich::compile(written.enrich)?) })
    }

    /// The types of the events that a reaction derives.
    pub fn announced_by(&self, reaction: ReactionName) -> impl Iterator<Item = &EventType> {
        match reaction {
            ReactionName::Enrich => [self.enrich.announces()].into_iter(),
        }
    }
}
