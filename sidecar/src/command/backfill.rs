//! `sidecar backfill`: items that were there before anybody watched become changes.

mod pace;

use std::{num::NonZeroU32, path::Path};

use anyhow::{Context as _, bail};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::pace::{Pace, Rate};
use super::{operator, progress::Progress, say};
use crate::{
    config::Config,
    directus::{operator::Operator, outbox::BackfillRequest},
};

/// What becomes changes, and how fast.
#[derive(Debug, Clone, Args)]
pub struct BackfillArgs {
    /// The collection whose items become changes.
    collection: String,
    /// Go on after the item with this primary key.
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    after: Option<String>,
    /// What this run is called, by default today's date. The same run doubles nothing, however
    /// often it is repeated; another run announces the items anew.
    #[arg(long, value_name = "NAME")]
    run: Option<String>,
    /// Items per second, at most.
    #[arg(long, default_value = "100/s", value_name = "N/s")]
    rate: Rate,
    /// Hold back while more changes than this wait in the outbox.
    #[arg(long, default_value = "10000", value_name = "ROWS")]
    pending_max: NonZeroU32,
    /// Answer in JSON, and say nothing meanwhile.
    #[arg(long)]
    json: bool,
}

/// Runs to the end, to Ctrl-C, or to a failure; what is left then is a command that goes on.
pub async fn run(config: &Config, folder: &Path, args: BackfillArgs) -> anyhow::Result<()> {
    let run = args.run.clone().unwrap_or_else(|| Timestamp::now().strftime("%F").to_string());
    let shutdown = CancellationToken::new();
    let operator = operator(&config.settings, shutdown.clone())?;
    let signals = TaskTracker::new();
    let interrupted = shutdown.clone();
    signals.spawn(async move {
        // Without a handler the signal ends the process, as it should.
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupted.cancel();
        }
    });

    let mut progress = if args.json { Progress::Silent } else { Progress::on_terminal("items") };
    let pace = Pace::new(args.rate, args.pending_max);
    let mut done = Done::new(&args, run);
    let outcome = walk(&operator, pace, &shutdown, &mut done, &mut progress).await;
    progress.finish();

    say(&if args.json { serde_json::to_string(&done)? } else { done.told() });
    let go_on = done.go_on(folder, &args);
    match outcome {
        Ok(()) if done.complete => Ok(()),
        Ok(()) => bail!("stopped; this goes on:\n  {go_on}"),
        Err(error) => Err(error)
            .with_context(|| format!("cannot go on; once that is mended, this does:\n  {go_on}\n")),
    }
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Done {
    collection: String,
    run: String,
    recorded: u64,
    skipped: u64,
    last: Option<String>,
    complete: bool,
}

impl Done {
    fn new(args: &BackfillArgs, run: String) -> Self {
        Self {
            collection: args.collection.clone(),
            run,
            recorded: 0,
            skipped: 0,
            last: args.after.clone(),
            complete: false,
        }
    }

    fn told(&self) -> String {
        let Self { collection, run, recorded, skipped, .. } = self;
        let skipped = match skipped {
            0 => String::new(),
            skipped => format!(", {skipped} were there already or are gone"),
        };
        format!("{recorded} item(s) of {collection} are in the outbox (run {run}){skipped}")
    }

    /// The command that goes on where this one ended.
    fn go_on(&self, folder: &Path, args: &BackfillArgs) -> String {
        let mut words = ["sidecar", "--config"].map(str::to_owned).to_vec();
        words.push(quoted(&folder.to_string_lossy()));
        words.extend(["backfill".to_owned(), quoted(&self.collection)]);
        words.extend(["--run".to_owned(), quoted(&self.run)]);
        if let Some(last) = &self.last {
            words.extend(["--after".to_owned(), quoted(last)]);
        }
        words.extend(["--rate".to_owned(), args.rate.to_string()]);
        words.extend(["--pending-max".to_owned(), args.pending_max.to_string()]);
        if args.json {
            words.push("--json".to_owned());
        }
        words.join(" ")
    }
}

/// As a shell reads one word: a key may be anything.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._/:-".contains(c);
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Page after page, at its pace, until there are no more items or `shutdown`.
async fn walk(
    operator: &Operator,
    mut pace: Pace,
    shutdown: &CancellationToken,
    done: &mut Done,
    progress: &mut Progress,
) -> anyhow::Result<()> {
    let mut count = true;
    // A request that is under way is waited for, so that what it did is known.
    while pace.wait(shutdown).await {
        let request = BackfillRequest {
            collection: done.collection.clone(),
            run: done.run.clone(),
            after: done.last.clone(),
            limit: pace.page(),
            count,
        };
        let answer = operator.backfill(&request).await?;
        if let Some(total) = answer.total {
            progress.expect(total);
        }
        count = false;
        done.recorded += answer.recorded;
        done.skipped += answer.skipped;
        let Some(last) = answer.last else {
            done.complete = true;
            return Ok(());
        };
        done.last = Some(last);
        progress.reached(done.recorded + done.skipped);
        if answer.pending > pace.pending_max() {
            progress.holds_back(answer.pending);
            pace.hold_back(shutdown, async || Ok(operator.figures().await?.pending)).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
