//! `sidecar setup`: brings to Directus what it needs, and tells what it did, or would do.

mod token;
mod told;

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::Args;
use tokio_util::sync::CancellationToken;

use self::{token::AccountToken, told::Told};
use super::{retry_policy, say};
use crate::{
    config::{Config, is_given, settings::Settings},
    directus::{Directus, administrator::Administrator},
    setup::{
        Step,
        account::{self, Profile},
        installer::{Installer, Leave},
        licence::Licence,
        shipped,
    },
};

/// What is to be set up, and how.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct SetupArgs {
    /// Make collections to start with, too: customers, feedback, tickets, payments, their timeline, a shop.
    #[arg(long)]
    starter: bool,
    /// Only tell what is missing or differs.
    #[arg(long)]
    dry_run: bool,
    /// Put back what was changed since it was made. Flows stay as active as they are.
    #[arg(long)]
    restore: bool,
    /// What the account's permissions name; by default what the licence has room for.
    #[arg(long, value_enum)]
    profile: Option<Profile>,
    /// Give the account a new token, even if it has one.
    #[arg(long, conflicts_with = "dry_run")]
    new_token: bool,
    /// Write a new token to this file, which must not be there yet, instead of printing it.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// Tells on standard output, a line for whatever is not as it should be.
pub async fn run(config: &Config, args: SetupArgs) -> anyhow::Result<()> {
    let directus = administrator(&config.settings)?;
    let licence = Licence::read(&directus).await.context("cannot ask Directus for its licence")?;
    let profile = args.profile.unwrap_or_else(|| fitting(&licence));
    let leave = Leave { to_write: !args.dry_run, to_restore: args.restore };
    let mut installer = Installer::new(&directus, licence, leave).await?;
    let token = AccountToken::of(&config.settings);
    let needs = account::needs(config);
    let email = &config.settings.setup.account_email;

    let mut told = Told::new(args.dry_run);
    let starter = args.starter.then(shipped::starter);
    let account = account::step(&needs, profile, email, token.text());
    let steps: Vec<Step> =
        starter.into_iter().chain([account, shipped::flows(), shipped::dashboard()]).collect();
    for step in &steps {
        let reports = installer.install(step).await;
        told.step(step.title, &reports.with_context(|| format!("in “{}”", step.title))?);
    }
    told.step("Studio", &[installer.install_module().await?]);
    told.summary();

    if !args.dry_run {
        say(&format!("\nFor Directus:     EVENT_BRIDGE_SERVICE_ACCOUNT={}", account::ID));
        let is_new = told.made_account() || args.new_token;
        say(&token
            .hand_over(&directus, &config.settings, is_new, args.token_file.as_deref())
            .await?);
    }
    Ok(())
}

fn administrator(settings: &Settings) -> anyhow::Result<Administrator> {
    let token = settings.setup.admin_token.clone();
    ensure!(
        is_given(&token),
        "setup.admin_token is not set: SIDECAR__SETUP__ADMIN_TOKEN is an administrator's static token"
    );
    let directus = &settings.directus;
    let connection = Directus::connect(&directus.url, token, directus.timeout)
        .context("cannot set up the connection to Directus")?;
    Ok(Administrator::new(connection, retry_policy(settings), CancellationToken::new()))
}

/// Fields are named where the licence lets permissions name them.
fn fitting(licence: &Licence) -> Profile {
    if licence.exact_fields { Profile::Licensed } else { Profile::Core }
}
