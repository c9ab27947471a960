//! `sidecar patterns test`: what the patterns would have told about what is stored, without telling it.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};
use indicatif::ProgressBar;
use jiff::Timestamp;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::{moment::Moment, say, table::Table};
use crate::{
    config::Config,
    directus::reader::Reader,
    event::{EventId, EventType},
    reactions::journey::{Finding, Journey},
    retry::{RetryPolicy, retry},
};

/// Findings that are listed; more are counted.
const LISTED_MAX: usize = 1000;

/// What is done about the patterns over time of `reactions.toml`.
#[derive(Debug, Subcommand)]
pub enum Patterns {
    /// Looks for them in the stored timeline and shows what would have been announced. Announces and
    /// writes nothing.
    Test(TestArgs),
}

/// What is looked for.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// What was complete since then: how long ago, such as `30d`, or a time such as
    /// `2026-11-21T10:30:00Z`.
    #[arg(long, default_value = "30d", value_name = "TIME")]
    since: Moment,
    /// Only this pattern.
    #[arg(long, value_name = "NAME")]
    pattern: Option<String>,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

/// Answers on standard output.
pub async fn run(config: &Config, command: Patterns) -> anyhow::Result<()> {
    let Patterns::Test(args) = command;
    let journeys = config.reactions.journeys();
    if let Some(name) = &args.pattern {
        let mut names = journeys.values().flat_map(|it| it.patterns());
        ensure!(names.any(|it| it == name), "there is no pattern `{name}` in reactions.toml");
    }
    let (directus, policy) = super::directus(&config.settings)?;
    let reader = Reader::new(directus, super::serve::availability(&config.settings));
    let now = Timestamp::now();
    let since = args.since.before(now);
    let mut report = Report { since, found: 0, findings: Vec::new() };
    for (route, journey) in journeys {
        look(&mut report, journey, args.pattern.as_deref(), now, &reader, policy)
            .await
            .with_context(|| format!("cannot test the patterns of route `{route}`"))?;
    }
    say(&if args.json { serde_json::to_string(&report)? } else { told(&report) });
    Ok(())
}

#[derive(Debug, Serialize)]
struct Report {
    since: Timestamp,
    found: usize,
    /// The first of them.
    findings: Vec<Row>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    at: Timestamp,
    pattern: String,
    customer_id: Option<String>,
    event_type: EventType,
    event_id: EventId,
    evidence: Vec<EventId>,
}

impl From<Finding> for Row {
    fn from(Finding { pattern, event, at, evidence }: Finding) -> Self {
        let (event_type, event_id) = (event.event_type, event.event_id);
        Self { at, pattern, customer_id: event.customer_id, event_type, event_id, evidence }
    }
}

async fn look(
    report: &mut Report,
    journey: &Journey,
    only: Option<&str>,
    now: Timestamp,
    reader: &Reader,
    policy: RetryPolicy,
) -> anyhow::Result<()> {
    // Goes to standard error, and nowhere where that is no terminal.
    let progress = ProgressBar::new_spinner();
    for page in 1.. {
        let (since, shutdown) = (report.since, CancellationToken::new());
        let attempt = || journey.rehearse(since, only, page, reader, now);
        let (findings, more) = retry(policy, &shutdown, attempt).await?;
        report.found += findings.len();
        progress.set_message(format!("{page} page(s) of customers, {} found", report.found));
        progress.tick();
        let room = LISTED_MAX - report.findings.len();
        report.findings.extend(findings.into_iter().take(room).map(Row::from));
        if !more {
            break;
        }
    }
    progress.finish_and_clear();
    Ok(())
}

fn told(report: &Report) -> String {
    let Report { since, found, findings } = report;
    if findings.is_empty() {
        return format!("nothing found since {since}");
    }
    let mut by_pattern: BTreeMap<&str, usize> = BTreeMap::new();
    let mut table = Table::new(["AT", "CUSTOMER", "PATTERN", "ANNOUNCES", "PROOF"]);
    for row in findings {
        *by_pattern.entry(&row.pattern).or_default() += 1;
        let evidence: Vec<_> = row.evidence.iter().map(ToString::to_string).collect();
        table.row([
            row.at.to_string(),
            row.customer_id.clone().unwrap_or_default(),
            row.pattern.clone(),
            row.event_type.to_string(),
            evidence.join(" "),
        ]);
    }
    let counts: Vec<_> =
        by_pattern.iter().map(|(name, count)| format!("{count} × {name}")).collect();
    let more = match found - findings.len() {
        0 => String::new(),
        more => format!("\n… and {more} more"),
    };
    format!("{found} found since {since}: {}\n\n{table}{more}", counts.join(", "))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_report_names_the_customer_the_pattern_and_the_proof() {
        let id = |number| EventId(Uuid::from_u128(number));
        let row = Row {
            at: Timestamp::UNIX_EPOCH,
            pattern: "leaves_the_cart".to_owned(),
            customer_id: Some("7".to_owned()),
            event_type: "cart.discount.offered".to_owned().try_into().unwrap(),
            event_id: id(9),
            evidence: vec![id(1), id(2)],
        };
        let report = Report { since: Timestamp::UNIX_EPOCH, found: 2, findings: vec![row] };

        insta::assert_snapshot!(told(&report), @r"
        2 found since 1970-01-01T00:00:00Z: 1 × leaves_the_cart

        AT                    CUSTOMER  PATTERN          ANNOUNCES              PROOF
        1970-01-01T00:00:00Z  7         leaves_the_cart  cart.discount.offered  00000000-0000-0000-0000-000000000001 00000000-0000-0000-0000-000000000002
        … and 1 more
        ");
    }
}
