//! What a run saw, for a person.

use std::{collections::BTreeMap, fmt, path::PathBuf, time::Duration};

/// The most broken promises that are spelled out.
const SPELLED_OUT_MAX: usize = 20;

/// What a run saw.
#[derive(Debug)]
pub struct Report {
    /// What it can be had again with.
    pub seed: u64,
    /// All of it.
    pub lasted: Duration,
    /// From the end of the troubles until nothing was on its way any more.
    pub healed: Duration,
    /// What Directus acknowledged.
    pub saves: usize,
    /// What it never answered.
    pub unanswered: usize,
    /// What was done to the parts and to AWS, and how often.
    pub troubles: BTreeMap<&'static str, u64>,
    /// How often AWS failed, by the stub's own count.
    pub faults: BTreeMap<&'static str, u64>,
    /// What was given up meanwhile and sent again at the end.
    pub redriven: usize,
    /// Different events about feedback on the bus.
    pub events: usize,
    /// Their deliveries to an observer.
    pub messages: usize,
    /// Writes of the service account, by Directus' activity log.
    pub effects: usize,
    /// What Directus answered to effects, as the sidecar heard it.
    pub verdicts: BTreeMap<String, u64>,
    /// Each broken promise; none, if all held.
    pub broken: Vec<String>,
    /// Where the logs are, as long as there is something to look for.
    pub logs: PathBuf,
}

impl Report {
    /// Whether nothing was lost, doubled, or overwritten by what is older.
    pub fn held(&self) -> bool {
        self.broken.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = |what: &str, count: u64| writeln!(out, "  {what:<34}{count:>9}");
        row("saves acknowledged", self.saves as u64)?;
        row("saves without an answer", self.unanswered as u64)?;
        for (what, &count) in self.troubles.iter().chain(&self.faults) {
            row(what, count)?;
        }
        row("events on the bus", self.events as u64)?;
        row("their messages to an observer", self.messages as u64)?;
        row("effects in the activity log", self.effects as u64)?;
        for (verdict, &count) in &self.verdicts {
            row(&format!("effects answered “{verdict}”"), count)?;
        }
        row("dead letters sent again", self.redriven as u64)?;
        row("promises broken", self.broken.len() as u64)?;
        writeln!(
            out,
            "  {:.0} s in all, healed {:.1} s after the last trouble, seed {}",
            self.lasted.as_secs_f64(),
            self.healed.as_secs_f64(),
            self.seed
        )?;
        for promise in self.broken.iter().take(SPELLED_OUT_MAX) {
            writeln!(out, "  broken: {promise}")?;
        }
        match self.broken.len() {
            0 => write!(out, "  0 lost, 0 double effects"),
            _ => write!(out, "  the logs are in {}", self.logs.display()),
        }
    }
}
