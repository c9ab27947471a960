//! Tells a newcomer, on real parts, how a feedback saved in Directus comes back enriched.
//!
//! `demo` stays until Ctrl-C and goes on telling; `demo --once` ends by itself, with status 0 only if
//! every feedback came back.
#![expect(clippy::print_stdout, reason = "telling is what it is for")]

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use console::{StyledObject, style};
use e2e::{Event, Stack, directus, eventually};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};

const FEEDBACKS: &str = include_str!("../../demo.json");

#[tokio::main]
async fn main() -> Result<()> {
    let once = std::env::args().any(|argument| argument == "--once");

    let mut stack = start().await?;
    let told = tokio::select! {
        told = tell(&mut stack, once) => told,
        interrupted = interrupted() => interrupted,
    };
    println!("\nStopping the sidecar, Directus and the local AWS …");
    told.with_context(|| format!("the logs are in {}", stack.dir().display()))?;
    stack.stop().await?;
    Ok(std::fs::remove_dir_all(stack.dir())?)
}

async fn start() -> Result<Stack> {
    let title = "A feedback saved in Directus comes back enriched, through EventBridge and SQS";
    println!("\n{}\n", style(title).bold());

    let began = Instant::now();
    let spinner = ProgressBar::new_spinner()
        .with_style(ProgressStyle::with_template("  {spinner} {msg}")?)
        .with_message("starting a local AWS, Directus and the sidecar (5 s, the first time 20 s)");
    spinner.enable_steady_tick(Duration::from_millis(100));
    let stack = Stack::start().await?;
    spinner.finish_and_clear();

    println!(
        "  started in {:.1} s, all on this machine:
    local AWS    ministack: bus “event-bridge”, rule “feedback”, queue “event-bridge-feedback”
    Directus     {} with the packed extension, on SQLite
    sidecar      between the two, with the configuration it ships with\n",
        began.elapsed().as_secs_f64(),
        stack.directus.url()
    );
    Ok(stack)
}

async fn tell(stack: &mut Stack, once: bool) -> Result<()> {
    let feedbacks: Vec<Value> = serde_json::from_str(FEEDBACKS)?;
    let mut told = Vec::new();
    for feedback in feedbacks {
        let saved = stack.directus.create("feedback", feedback).await?;
        let event = event_of(stack, &saved).await?;
        let story = come_back(stack, event).await?;
        story.print(told.is_empty());
        told.push(story);
    }
    summarize(&told);
    if once { Ok(()) } else { go_on(stack).await }
}

/// Tells what the reader does.
async fn go_on(stack: &mut Stack) -> Result<()> {
    println!(
        "\n  Now you: {}
    Log in as {} with the password {}; Directus asks for a license key, which you can skip,
    then add or change an item under Content → Feedback. It is told here; reload it to see its sentiment.
    The logs of all parts: {}
    Ctrl-C stops everything.\n",
        style(stack.directus.url()).bold(),
        directus::ADMIN_EMAIL,
        directus::ADMIN_PASSWORD,
        stack.dir().display()
    );
    loop {
        for event in stack.aws.other_events().await? {
            if event.event_type == "feedback.submitted" {
                come_back(stack, event).await?.print(false);
            }
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// The event that the bus carries about this item. It may carry another one twice.
async fn event_of(stack: &mut Stack, saved: &Value) -> Result<Event> {
    let key = saved["id"].to_string();
    loop {
        let event = stack.aws.next_event("feedback.submitted").await?;
        if event.key() == key {
            return Ok(event);
        }
    }
}

/// A feedback's way there and back.
struct Story {
    event: Event,
    item: Value,
    /// From the outbox row to the row of the effects ledger, by the one clock of Directus: each is
    /// written in the transaction that it belongs to, the save and the write-back.
    took_ms: u64,
}

async fn come_back(stack: &Stack, event: Event) -> Result<Story> {
    let query = format!(
        "select ledger.created_at - outbox.created_at as took
         from event_bridge_outbox outbox join event_bridge_effects ledger using (event_id)
         where event_id = '{}' and reaction = 'enrich'",
        event.detail["eventId"].as_str().context("an event has an id")?
    );
    let key = event.key();
    let what = format!("feedback {key} to come back");
    let took = eventually(what, async || Ok(stack.directus.rows(&query)?.pop())).await?;
    let item = stack.directus.item("feedback", &serde_json::from_str(&key)?).await?;
    ensure!(!item["sentiment"].is_null(), "feedback {key} came back without a sentiment");
    Ok(Story { event, item, took_ms: took["took"].as_u64().context("a duration")? })
}

impl Story {
    /// Every hop on a line of its own, or in short.
    fn print(&self, in_full: bool) {
        let (key, event_type) = (self.event.key(), &self.event.event_type);
        let text = self.item["text"].as_str().unwrap_or_default();
        let id = self.event.detail["eventId"].as_str().unwrap_or_default();
        let version = &self.event.detail["version"];
        let judged = self.judgement();
        let took = style(format!("{} ms", self.took_ms)).bold();

        println!("  {} “{text}”", style(format!("{key:>3}")).bold());
        if in_full {
            println!(
                "      item saved     feedback/{key}, and in the same transaction a row in the outbox
      event          {id}, signed and sent to the sidecar
      bus            event-bridge has it as {event_type} version {version}
      queue          event-bridge-feedback got it by the rule “feedback”, the sidecar took it
      sentiment      {judged}
      written back   {took} after the save\n"
            );
        } else {
            println!("      event {id} → bus → queue → {judged} → written back after {took}\n");
        }
    }

    fn judgement(&self) -> String {
        let language = self.item["detected_language"].as_str().unwrap_or("unknown");
        let label = self.label();
        match self.item["sentiment_score"].as_f64() {
            Some(score) => format!("{label} {score:+.2} ({language})"),
            None => format!("{label} ({language}: only English is scored, the rest is marked)"),
        }
    }

    fn label(&self) -> StyledObject<String> {
        let label = self.item["sentiment"].as_str().unwrap_or_default().to_owned();
        match label.as_str() {
            "positive" => style(label).green(),
            "negative" => style(label).red(),
            _ => style(label).yellow(),
        }
    }
}

fn summarize(told: &[Story]) {
    let count = |label: &str| told.iter().filter(|story| story.item["sentiment"] == label).count();
    let mut times: Vec<_> = told.iter().map(|story| story.took_ms).collect();
    times.sort_unstable();

    println!(
        "  All {} feedbacks came back: {} positive, {} neutral, {} negative, {} not in English
  From save to write-back: median {} ms, slowest {} ms
  (by Directus’ own clock: from the outbox row, written with the item, to the ledger row, written with the result)",
        told.len(),
        count("positive"),
        count("neutral"),
        count("negative"),
        count("unscored"),
        times[times.len() / 2],
        times[times.len() - 1],
    );
}

/// Ctrl-C, or a polite kill.
async fn interrupted() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => Ok(pressed?),
        _ = terminate.recv() => Ok(()),
    }
}
