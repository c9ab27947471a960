//! The service account's token: given by the operator, or made here and told once.

use std::{fs::OpenOptions, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{
    config::{is_given, settings::Settings},
    directus::{
        Directus,
        administrator::{Administrator, Change},
    },
    setup::account,
};

const BYTES: usize = 32;

/// What the account gets when it is made.
#[derive(Debug)]
pub(super) enum AccountToken {
    /// The sidecar has it already: `directus.token`.
    Given(SecretString),
    /// Nobody has seen it yet.
    New(SecretString),
}

impl AccountToken {
    pub(super) fn of(settings: &Settings) -> Self {
        let token = &settings.directus.token;
        if is_given(token) { Self::Given(token.clone()) } else { Self::New(random()) }
    }

    pub(super) fn text(&self) -> &str {
        match self {
            Self::Given(token) | Self::New(token) => token.expose_secret(),
        }
    }

    /// Sees that the account has the token when it is to get it, and says where it belongs.
    pub(super) async fn hand_over(
        &self,
        directus: &Administrator,
        settings: &Settings,
        is_new: bool,
        file: Option<&Path>,
    ) -> anyhow::Result<String> {
        if is_new {
            let place = format!("users/{}", account::ID);
            let token = json!({ "token": self.text() });
            directus.change(Change::update(place, token)).await?;
        }
        Ok(match self {
            Self::Given(_) if is_new => {
                "For the sidecar:  it has the account's token already, in directus.token".to_owned()
            }
            Self::Given(token) if is_of_the_account(settings, token).await => {
                "For the sidecar:  directus.token is the account's".to_owned()
            }
            Self::Given(_) => "For the sidecar:  directus.token is not the account's: \
                               `--new-token` gives it to the account"
                .to_owned(),
            Self::New(_) if !is_new => {
                "For the sidecar:  the account has a token, which is told only \
                                        once; `--new-token` makes another"
                    .to_owned()
            }
            Self::New(token) => match file {
                None => format!(
                    "For the sidecar:  SIDECAR__DIRECTUS__TOKEN={}   (told only now)",
                    token.expose_secret()
                ),
                Some(file) => {
                    write(file, token)
                        .with_context(|| format!("cannot write {}", file.display()))?;
                    format!("For the sidecar:  SIDECAR__DIRECTUS__TOKEN_FILE={}", file.display())
                }
            },
        })
    }
}

async fn is_of_the_account(settings: &Settings, token: &SecretString) -> bool {
    let directus =
        Directus::connect(&settings.directus.url, token.clone(), settings.directus.timeout);
    let Ok(directus) = directus else { return false };
    let asked =
        Administrator::new(directus, super::retry_policy(settings), CancellationToken::new());
    asked.row("users/me").await.is_ok_and(|row| row.get("id") == Some(&json!(account::ID)))
}

fn random() -> SecretString {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).expect("the system has randomness");
    URL_SAFE_NO_PAD.encode(bytes).into()
}

/// For its owner only.
fn write(file: &Path, token: &SecretString) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    file.write_all(token.expose_secret().as_bytes())
}
