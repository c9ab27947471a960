//! `[admin]`: who may look, and do something about dead letters.

use std::net::SocketAddr;

use garde::Validate;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::{
    config::checks::{further_tokens, split},
    token::Token,
};

/// `[admin]`
#[derive(Debug, Deserialize, Validate)]
#[expect(missing_docs, reason = "sidecar.toml says what each is for")]
pub struct Admin {
    #[garde(custom(further_tokens))]
    pub tokens: SecretString,
    #[garde(skip)]
    pub listen: SocketAddr,
}

impl Admin {
    /// The parsed tokens.
    pub fn tokens(&self) -> Vec<Token> {
        let parsed = split(self.tokens.expose_secret()).map(Token::parse);
        parsed.collect::<Result<_, _>>().expect("checked when the settings were read")
    }
}
