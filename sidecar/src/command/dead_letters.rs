//! `sidecar dead-letters`: what was given up, and what is to become of it.

mod page;

use std::num::NonZeroU32;

use anyhow::bail;
use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::{progress::Progress, say};
use crate::{
    config::Config,
    inbound::dead_letter::{
        group::groups,
        letter::DeadLetter,
        selection::{Filter, Selection},
        shelf::{LookLimits, Taken},
        shelves::{Order, Performed, Shelves, Verb},
    },
};

/// One run looks at this much of each queue at most; what is left is for the next run.
const LOOK: LookLimits = LookLimits { letters_max: 10_000, bytes_max: 200_000_000 };
/// Letters in a second. Each is two calls, one after the other: more than this nobody reaches.
const RATE_MAX: u32 = 1_000;

/// What to do about dead letters.
#[derive(Debug, Subcommand)]
pub enum DeadLetters {
    /// Lists dead letters, grouped by their cause.
    ///
    /// Looking takes the letters out of sight for a moment; they are put back at the end.
    List {
        /// Which.
        #[command(flatten)]
        filter: Filter,
        /// One line for each letter instead of each group.
        #[arg(long)]
        each: bool,
        /// Everything but the bodies, as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Shows one dead letter whole: its reason, and the message as it was.
    Show {
        /// The letter's id, or the start of it.
        id: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Sends dead letters to their queues again: one, some or all.
    ///
    /// Do so after what they died of is mended. Effects that were done before are not done again.
    Redrive(Act),
    /// Deletes dead letters for good: one, some or all.
    Discard(Act),
}

/// Which letters, and how.
#[derive(Debug, Args)]
pub struct Act {
    #[command(flatten)]
    selection: Selection,
    /// Letters in a second, at most.
    #[arg(long, default_value = "50", value_name = "N", value_parser = rate)]
    rate: NonZeroU32,
    /// Only tells what would be done.
    #[arg(long)]
    dry_run: bool,
    /// The result as JSON.
    #[arg(long)]
    json: bool,
}

fn rate(text: &str) -> Result<NonZeroU32, String> {
    let rate = text.parse::<NonZeroU32>().ok().filter(|rate| rate.get() <= RATE_MAX);
    rate.ok_or_else(|| format!("is no number from 1 to {RATE_MAX}"))
}

/// Runs one of them.
pub async fn run(config: &Config, command: DeadLetters) -> anyhow::Result<()> {
    let aws = super::aws().await;
    let bus = &config.settings.outbound.bus;
    let shelves = Shelves::connect(&aws, &config.routes, bus, LOOK);
    match command {
        DeadLetters::List { filter, each, json } => list(&shelves, &filter, each, json).await,
        DeadLetters::Show { id, json } => show(&shelves, &id, json).await,
        DeadLetters::Redrive(act) => perform(&shelves, act, Verb::Redrive).await,
        DeadLetters::Discard(act) => perform(&shelves, act, Verb::Discard).await,
    }
}

async fn list(shelves: &Shelves, filter: &Filter, each: bool, json: bool) -> anyhow::Result<()> {
    let now = Timestamp::now();
    let Taken { letters, more } = shelves.look(filter).await?;
    if json {
        say(&serde_json::to_string_pretty(&letters)?);
    } else if letters.is_empty() {
        say("no dead letters");
    } else if each {
        say(&page::of_letters(&letters, now));
    } else {
        say(&page::of_groups(&groups(&letters), now));
    }
    if more && !json {
        say("There are more than one run looks at.");
    }
    Ok(())
}

async fn show(shelves: &Shelves, id: &str, json: bool) -> anyhow::Result<()> {
    let now = Timestamp::now();
    let Taken { letters, .. } = shelves.look(&Filter::default()).await?;
    let found: Vec<&DeadLetter> = letters.iter().filter(|it| it.id.starts_with(id)).collect();
    let letter = match found.as_slice() {
        [letter] => letter,
        [] => bail!("there is no dead letter {id}"),
        several => bail!("{} dead letters have an id that starts with {id}", several.len()),
    };
    if json {
        say(&serde_json::to_string_pretty(&letter.whole())?);
        return Ok(());
    }
    let heading = page::heading(letter, now);
    say(&format!("{heading}\n\n{}", serde_json::to_string_pretty(&letter.document())?));
    Ok(())
}

async fn perform(shelves: &Shelves, act: Act, verb: Verb) -> anyhow::Result<()> {
    let Act { selection, rate, dry_run, json } = act;
    let silent = json || dry_run;
    let mut progress = if silent { Progress::Silent } else { Progress::on_terminal("letters") };
    let order = Order { selection: &selection, verb, rate, letters_max: usize::MAX, dry_run };
    let performed = shelves.perform(order, |through, total| {
        progress.expect(total as u64);
        progress.reached(through as u64);
    });
    let performed = performed.await?;
    progress.finish();
    report(&performed, verb, json)
}

fn report(performed: &Performed, verb: Verb, json: bool) -> anyhow::Result<()> {
    let Performed { done, dry_run, failed, left: _ } = performed;
    if json {
        say(&serde_json::to_string(performed)?);
    } else {
        let would = if *dry_run { "would be " } else { "" };
        let done_to_them = match verb {
            Verb::Redrive => "sent again",
            Verb::Discard => "discarded",
        };
        say(&format!("{done} dead letter(s) {would}{done_to_them}"));
    }
    match failed.as_slice() {
        [] => Ok(()),
        [first, ..] => bail!(
            "{} dead letter(s) stay; the first is {}: {}",
            failed.len(),
            first.id,
            first.error
        ),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(subcommand)]
        command: DeadLetters,
    }

    #[rstest::rstest]
    #[case("0", false)]
    #[case("1", true)]
    #[case("1000", true)]
    #[case("4000000000", false)]
    fn a_rate_that_nothing_can_keep_is_refused(#[case] rate: &str, #[case] taken: bool) {
        let line = Line::try_parse_from(["dead-letters", "redrive", "--all", "--rate", rate]);

        assert_eq!(line.is_ok(), taken, "{line:?}");
    }
}
