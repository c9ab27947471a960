//! `[producers.<name>]`: who else may post events.

use std::time::Duration;

use garde::Validate;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::{
    config::checks::{bearer_tokens, event_types, further_secrets, split, texts},
    event::EventTypes,
    outbound::intake::{credential::Member, producer},
    signature::{Secret, Verifier},
    token::Token,
};

/// `[producers.<name>]`
#[derive(Debug, Default, Deserialize, Validate)]
#[serde(default)]
#[expect(missing_docs, reason = "sidecar.toml says what each is for")]
pub struct Producer {
    #[garde(custom(bearer_tokens(&self.secrets)))]
    pub tokens: SecretString,
    #[garde(custom(further_secrets))]
    pub secrets: SecretString,
    #[serde(deserialize_with = "texts")]
    #[garde(length(min = 1), inner(custom(event_types)))]
    pub events: Vec<String>,
    #[serde(deserialize_with = "texts")]
    #[garde(inner(length(min = 1, max = 256)))]
    pub aliases: Vec<String>,
    #[garde(pattern("^([A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*)?$"))]
    pub type_prefix: String,
}

impl Producer {
    pub(super) fn member(&self, name: &str, tolerance: Duration, requests_max: usize) -> Member {
        const CHECKED: &str = "checked when the settings were read";
        let tokens = split(self.tokens.expose_secret()).map(Token::parse);
        let secrets = split(self.secrets.expose_secret()).map(Secret::parse);
        let producer = producer::Producer {
            name: name.to_owned(),
            events: self
                .events
                .iter()
                .map(|types| EventTypes::parse(types).expect(CHECKED))
                .collect(),
            aliases: self.aliases.clone(),
            type_prefix: self.type_prefix.clone(),
        };
        let verifier = Verifier::new(secrets.collect::<Result<_, _>>().expect(CHECKED), tolerance);
        Member::new(
            producer,
            tokens.collect::<Result<_, _>>().expect(CHECKED),
            verifier,
            requests_max,
        )
    }
}
