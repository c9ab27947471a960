//! `sidecar gap-check`: whether every change that Directus tracked has its outbox row.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::{moment::Moment, operator, say, table::Table};
use crate::{
    config::Config,
    directus::{
        operator::Operator,
        outbox::{Gap, GapsRequest},
    },
};

/// Activities of one request.
const PAGE_ACTIVITIES: u32 = 1000;
/// The same where each may have to be repaired in a transaction of its own.
const PAGE_REPAIRS: u32 = 100;
/// Gaps that are listed; more are counted.
const LISTED_MAX: usize = 1000;

/// What is checked.
#[derive(Debug, Args)]
pub struct GapCheckArgs {
    /// Check the changes since then: how long ago, such as `24h`, or a time such as
    /// `2026-11-21T10:30:00Z`. At most as far back as Directus keeps delivered rows.
    #[arg(long, default_value = "24h", value_name = "TIME")]
    since: Moment,
    /// Put what is missing into the outbox. Doing so again doubles nothing.
    #[arg(long)]
    repair: bool,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

/// Answers on standard output, and succeeds when no gap is left.
pub async fn run(config: &Config, args: GapCheckArgs) -> anyhow::Result<ExitCode> {
    let operator = operator(&config.settings, CancellationToken::new())?;
    let since = args.since.before(Timestamp::now());
    let report = check(&operator, since, args.repair).await.context("cannot check for gaps")?;
    say(&if args.json { serde_json::to_string(&report)? } else { told(&report) });
    Ok(if report.left() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Report {
    since: Timestamp,
    checked: u64,
    found: u64,
    repaired: u64,
    /// The first of them.
    gaps: Vec<Gap>,
}

impl Report {
    fn left(&self) -> u64 {
        self.found - self.repaired
    }
}

async fn check(operator: &Operator, since: Timestamp, repair: bool) -> anyhow::Result<Report> {
    let mut report = Report { since, checked: 0, found: 0, repaired: 0, gaps: Vec::new() };
    let limit = if repair { PAGE_REPAIRS } else { PAGE_ACTIVITIES };
    let mut after = None;
    loop {
        let request = GapsRequest { since, after, limit, repair };
        let page = operator.gaps(&request).await?;
        report.checked += page.checked;
        report.found += page.gaps.len() as u64;
        report.repaired += page.gaps.iter().filter(|gap| gap.repaired).count() as u64;
        let room = LISTED_MAX - report.gaps.len();
        report.gaps.extend(page.gaps.into_iter().take(room));
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(report),
        }
    }
}

fn told(report: &Report) -> String {
    let Report { since, checked, found, gaps, .. } = report;
    if *found == 0 {
        return format!("no gaps: each of {checked} change(s) since {since} has its outbox row");
    }
    let mut table = Table::new(["ACTIVITY", "AT", "ITEM", "ACTION", "USER", "REPAIRED"]);
    for gap in gaps {
        table.row([
            gap.activity_id.to_string(),
            gap.at.to_string(),
            format!("{}/{}", gap.collection, gap.key),
            gap.action.clone(),
            gap.user_id.clone().unwrap_or_default(),
            if gap.repaired { "yes" } else { "no" }.to_owned(),
        ]);
    }
    let more = match found - gaps.len() as u64 {
        0 => String::new(),
        more => format!("\n… and {more} more"),
    };
    let end = match report.left() {
        0 => "all of them are in the outbox now".to_owned(),
        left => format!("{left} left: `--repair` puts them into the outbox"),
    };
    format!("{found} gap(s) in {checked} change(s) since {since}\n\n{table}{more}\n\n{end}")
}

#[cfg(test)]
mod tests;
