//! `sidecar dead-letters`: what was given up, and what is to become of it.

mod page;
mod selection;

use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand, value_parser};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};

use super::{progress::Progress, say};
use crate::{
    config::Config,
    delivery::{DeliveryError, chain},
    inbound::{
        dead_letter::{letter::DeadLetter, shelf::Shelf},
        queue::Queue,
    },
    route::Route,
};
use selection::{Filter, Selection};

/// One run looks at this many letters at most; what is left is for the next run.
const LETTERS_MAX: usize = 10_000;
/// Letters in a second. Each is two calls, one after the other: more than this nobody reaches.
const RATE_MAX: i64 = 1_000;

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
    #[arg(long, default_value = "50", value_name = "N", value_parser = value_parser!(u32).range(1..=RATE_MAX))]
    rate: u32,
    /// Only tells what would be done.
    #[arg(long)]
    dry_run: bool,
    /// The result as JSON.
    #[arg(long)]
    json: bool,
}

/// Runs one of them.
pub async fn run(config: &Config, command: DeadLetters) -> anyhow::Result<()> {
    let shelves = shelves(config).await;
    match command {
        DeadLetters::List { filter, each, json } => list(&shelves, &filter, each, json).await,
        DeadLetters::Show { id, json } => show(&shelves, &id, json).await,
        DeadLetters::Redrive(act) => perform(&shelves, &act, Verb::Redrive).await,
        DeadLetters::Discard(act) => perform(&shelves, &act, Verb::Discard).await,
    }
}

async fn shelves(config: &Config) -> Vec<Shelf> {
    let aws = super::aws().await;
    let bus = &config.settings.outbound.bus;
    let shelf = |route: &Route| Shelf {
        route: route.name.clone(),
        queue: Queue::connect(&aws, route.queue(bus)),
        dead_letters: Queue::connect(&aws, route.dead_letter_queue(bus)),
    };
    config.routes.iter().map(shelf).collect()
}

/// The letters of one shelf that were taken down.
struct Taken<'shelf> {
    shelf: &'shelf Shelf,
    letters: Vec<DeadLetter>,
}

/// Takes down all letters, on the shelves of one route or of all.
async fn take<'shelf>(
    shelves: &'shelf [Shelf],
    route: Option<&str>,
) -> anyhow::Result<Vec<Taken<'shelf>>> {
    let names = || shelves.iter().map(|shelf| shelf.route.as_str()).collect::<Vec<_>>().join(", ");
    if let Some(route) = route.filter(|route| shelves.iter().all(|shelf| shelf.route != *route)) {
        bail!("there is no route {route}; there are: {}", names());
    }
    let mut taken: Vec<Taken> = Vec::new();
    let wanted = shelves.iter().filter(|shelf| route.is_none_or(|route| shelf.route == route));
    for shelf in wanted {
        let left = LETTERS_MAX - taken.iter().map(|taken| taken.letters.len()).sum::<usize>();
        match shelf.take(left).await {
            Ok(letters) => taken.push(Taken { shelf, letters }),
            Err(error) => {
                put_back(&taken).await;
                let name = shelf.dead_letters.name();
                return Err(error).with_context(|| format!("cannot look into {name}"));
            }
        }
    }
    Ok(taken)
}

async fn put_back(taken: &[Taken<'_>]) {
    for Taken { shelf, letters } in taken {
        shelf.put_back(letters).await;
    }
}

async fn list(shelves: &[Shelf], filter: &Filter, each: bool, json: bool) -> anyhow::Result<()> {
    let now = Timestamp::now();
    let taken = take(shelves, filter.route.as_deref()).await?;
    put_back(&taken).await;
    let letters: Vec<&DeadLetter> = taken
        .iter()
        .flat_map(|taken| &taken.letters)
        .filter(|letter| filter.admits(letter, now))
        .collect();
    if json {
        say(&serde_json::to_string_pretty(&letters)?);
    } else if letters.is_empty() {
        say("no dead letters");
    } else if each {
        say(&page::of_letters(&letters, now));
    } else {
        say(&page::of_groups(&letters, now));
    }
    Ok(())
}

async fn show(shelves: &[Shelf], id: &str, json: bool) -> anyhow::Result<()> {
    let now = Timestamp::now();
    let taken = take(shelves, None).await?;
    put_back(&taken).await;
    let letters = taken.iter().flat_map(|taken| &taken.letters);
    let found: Vec<&DeadLetter> = letters.filter(|letter| letter.id.starts_with(id)).collect();
    let letter = match found.as_slice() {
        [letter] => letter,
        [] => bail!("there is no dead letter {id}"),
        several => bail!("{} dead letters have an id that starts with {id}", several.len()),
    };
    let body: Value = serde_json::from_str(&letter.body).unwrap_or_else(|_| json!(letter.body));
    if json {
        let mut document = serde_json::to_value(letter)?;
        document["body"] = body;
        say(&serde_json::to_string_pretty(&document)?);
        return Ok(());
    }
    let heading = page::heading(letter, now);
    say(&format!("{heading}\n\n{}", serde_json::to_string_pretty(&body)?));
    Ok(())
}

#[derive(Debug, Clone, Copy)]
enum Verb {
    Redrive,
    Discard,
}

impl Verb {
    fn done(self) -> &'static str {
        match self {
            Self::Redrive => "sent again",
            Self::Discard => "discarded",
        }
    }

    async fn apply(self, letter: &DeadLetter, of: &Shelf) -> Result<(), DeliveryError> {
        match self {
            Self::Redrive => of.redrive(letter).await,
            Self::Discard => of.discard(letter).await,
        }
    }
}

async fn perform(shelves: &[Shelf], act: &Act, verb: Verb) -> anyhow::Result<()> {
    let now = Timestamp::now();
    let taken = take(shelves, act.selection.filter.route.as_deref()).await?;
    let mut pace = interval(Duration::from_secs(1) / act.rate);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let is_wanted = |letter: &DeadLetter| act.selection.admits(letter, now);
    let total = taken.iter().flat_map(|taken| &taken.letters).filter(|it| is_wanted(it)).count();
    let silent = act.json || act.dry_run;
    let mut progress = if silent { Progress::Silent } else { Progress::on_terminal("letters") };
    progress.expect(total as u64);
    let (mut done, mut failed) = (0_usize, Vec::new());
    for Taken { shelf, letters } in taken {
        let (wanted, others): (Vec<_>, Vec<_>) = letters.into_iter().partition(is_wanted);
        shelf.put_back(&others).await;
        if act.dry_run {
            shelf.put_back(&wanted).await;
            done += wanted.len();
            continue;
        }
        for letter in wanted {
            pace.tick().await;
            match verb.apply(&letter, shelf).await {
                Ok(()) => done += 1,
                Err(error) => {
                    shelf.put_back(std::slice::from_ref(&letter)).await;
                    failed.push((letter.id, chain(&error)));
                }
            }
            progress.reached((done + failed.len()) as u64);
        }
    }
    progress.finish();
    report(act, verb, done, &failed)
}

fn report(act: &Act, verb: Verb, done: usize, failed: &[(String, String)]) -> anyhow::Result<()> {
    let would = if act.dry_run { "would be " } else { "" };
    if act.json {
        let failed: Vec<Value> =
            failed.iter().map(|(id, error)| json!({ "id": id, "error": error })).collect();
        say(&json!({ "done": done, "dryRun": act.dry_run, "failed": failed }).to_string());
    } else {
        say(&format!("{done} dead letter(s) {would}{}", verb.done()));
    }
    match failed {
        [] => Ok(()),
        [(id, error), ..] => {
            bail!("{} dead letter(s) stay; the first is {id}: {error}", failed.len())
        }
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
