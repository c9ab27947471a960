//! `sidecar outbox`: what waits, what was rejected and why, and sending it again.

use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use humantime_serde::re::humantime;
use tokio_util::sync::CancellationToken;

use super::{operator, say, table::Table};
use crate::{
    config::Config,
    directus::{
        operator::Operator,
        outbox::{Health, Reason, RejectedRow, Resend, True},
    },
};

/// Rows of one request.
const PAGE_ROWS: u32 = 500;

/// What is asked of the outbox.
#[derive(Debug, Args)]
pub struct OutboxArgs {
    #[command(subcommand)]
    command: Option<OutboxCommand>,
    /// Answer in JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum OutboxCommand {
    /// Lists what was rejected, oldest first, with the reasons.
    Rejected {
        /// List at most this many rows.
        #[arg(long, default_value_t = 100, value_name = "ROWS")]
        limit: u32,
    },
    /// Sends rejected rows again, once a mapping or a contract is mended.
    Resend(ResendArgs),
}

#[derive(Debug, Args)]
struct ResendArgs {
    /// The rows, by the ids that `sidecar outbox rejected` lists.
    #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "ID")]
    ids: Vec<u64>,
    /// Every rejected row.
    #[arg(long)]
    all: bool,
    /// With --all: only rows of this collection.
    #[arg(long, requires = "all")]
    collection: Option<String>,
    /// With --all: only rows that were rejected for this reason, such as `contract`.
    #[arg(long, requires = "all")]
    code: Option<String>,
}

/// Answers on standard output.
pub async fn run(config: &Config, args: OutboxArgs) -> anyhow::Result<()> {
    let operator = operator(&config.settings, CancellationToken::new())?;
    let answer = match args.command {
        None => {
            let health = operator.health().await.context("cannot read the outbox")?;
            if args.json { serde_json::to_string(&health)? } else { figures(&health) }
        }
        Some(OutboxCommand::Rejected { limit }) => {
            let (rows, is_all) =
                rejected(&operator, limit).await.context("cannot read the outbox")?;
            if args.json { serde_json::to_string(&rows)? } else { listed(&rows, is_all) }
        }
        Some(OutboxCommand::Resend(what)) => {
            let resent = resend(&operator, what).await.context("cannot send rows again")?;
            if args.json {
                serde_json::json!({ "resent": resent }).to_string()
            } else {
                format!("{resent} row(s) will be sent again")
            }
        }
    };
    say(&answer);
    Ok(())
}

/// The first `limit` rejected rows, and whether these are all.
async fn rejected(operator: &Operator, limit: u32) -> anyhow::Result<(Vec<RejectedRow>, bool)> {
    let mut rows = Vec::new();
    let mut after = 0;
    loop {
        let missing = limit - u32::try_from(rows.len())?;
        let page = operator.rejected(after, missing.min(PAGE_ROWS)).await?;
        rows.extend(page.rows);
        match page.next {
            None => return Ok((rows, true)),
            Some(_) if rows.len() >= limit as usize => return Ok((rows, false)),
            Some(next) => after = next,
        }
    }
}

async fn resend(operator: &Operator, what: ResendArgs) -> anyhow::Result<u64> {
    let ResendArgs { ids, all, collection, code } = what;
    let mut resent = 0;
    if !all {
        for ids in ids.chunks(PAGE_ROWS as usize) {
            resent += operator.resend(&Resend::Rows { ids: ids.to_vec() }).await?.resent;
        }
        return Ok(resent);
    }
    let mut next = Some(0);
    while let Some(after) = next {
        let (collection, code) = (collection.clone(), code.clone());
        let answer = operator.resend(&Resend::All { all: True, collection, code, after }).await?;
        resent += answer.resent;
        next = answer.next;
    }
    Ok(resent)
}

fn figures(Health { outbox, untracked, relay, .. }: &Health) -> String {
    let oldest = match (outbox.oldest_pending_at, outbox.oldest_pending_age_ms) {
        (Some(at), Some(age)) => {
            let age = humantime::format_duration(Duration::from_secs(age / 1000));
            format!("the oldest for {age}, since {at}")
        }
        _ => String::new(),
    };
    let see = if outbox.rejected > 0 { "see `sidecar outbox rejected`" } else { "" };
    let mut table = Table::new(["", "", ""]);
    for (state, rows, note) in [
        ("pending", outbox.pending, oldest.as_str()),
        ("rejected", outbox.rejected, see),
        ("published", outbox.published, ""),
        ("ignored", outbox.ignored, ""),
    ] {
        table.row([state.to_owned(), rows.to_string(), note.to_owned()]);
    }
    let mut parts = vec![table.to_string()];
    if let Some(relay) = relay.as_ref().filter(|relay| relay.failures > 0) {
        let reason = relay.last_error.as_deref().unwrap_or("for an unknown reason");
        parts.push(format!("the relay failed {} time(s) in a row: {reason}", relay.failures));
    }
    if !untracked.is_empty() {
        parts.push(format!(
            "recorded best effort only, because their accountability is off: {}",
            untracked.join(", ")
        ));
    }
    parts.join("\n\n")
}

fn listed(rows: &[RejectedRow], is_all: bool) -> String {
    if rows.is_empty() {
        return "nothing was rejected".to_owned();
    }
    let mut table = Table::new(["ID", "REJECTED AT", "ITEM", "ACTION", "CODE", "REASON"]);
    for row in rows {
        let Reason { code, detail, path } =
            row.error.clone().unwrap_or(Reason { code: String::new(), detail: None, path: None });
        let place = path.map(|path| format!(" (at {path})")).unwrap_or_default();
        table.row([
            row.id.to_string(),
            row.settled_at.unwrap_or(row.created_at).to_string(),
            format!("{}/{}", row.collection, row.key),
            row.action.clone(),
            code,
            detail.unwrap_or_default() + &place,
        ]);
    }
    let more = if is_all { "" } else { "\n\nthere are more: `--limit` lists them" };
    format!("{table}{more}")
}

#[cfg(test)]
mod tests;
