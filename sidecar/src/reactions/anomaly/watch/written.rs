//! A watch as configuration writes it.

use std::{collections::BTreeSet, time::Duration};

use jiff::{SignedDuration, Timestamp};
use moka::future::Cache;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{COUNTS_MAX, Counted, Watch};
use crate::{
    event::EventType,
    insight::anomaly::{Detector, Kind},
    reactions::anomaly::count::Series,
};

/// Windows that a window is compared with.
const HISTORY: std::ops::RangeInclusive<u32> = 4..=400;
/// Usual windows after which an episode is over.
const CALM: std::ops::RangeInclusive<u32> = 1..=48;
/// Types of events in one watch.
const EVENTS_MAX: usize = 50;
const WINDOW_MIN: Duration = Duration::from_secs(1);
const WINDOW_MAX: Duration = Duration::from_hours(7 * 24);
const LATE_MAX: Duration = Duration::from_hours(24);
/// Further back than this nothing is compared with.
const REACH_MAX: Duration = Duration::from_hours(400 * 24);

/// `[[anomaly.<route>.watches]]`, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::reactions::anomaly) struct WrittenWatch {
    /// Its name.
    pub(in crate::reactions::anomaly) name: String,
    kind: Kind,
    /// Where is counted.
    collection: String,
    /// The field that says when.
    time: String,
    /// What is counted, by a filter of Directus; all, when left out.
    #[serde(default)]
    filter: Map<String, Value>,
    /// As a share of what this filter takes.
    of: Option<Map<String, Value>>,
    /// The types of events that are counted, each by itself.
    #[serde(default)]
    events: Vec<EventType>,
    #[serde(with = "humantime_serde")]
    window: Duration,
    history: u32,
    /// How far the windows of the past are apart; one after another, when left out.
    #[serde(default, with = "humantime_serde")]
    season: Option<Duration>,
    #[serde(default = "one")]
    calm: u32,
    #[serde(default, with = "humantime_serde")]
    late: Duration,
    minimum: f64,
    ratio: f64,
    factor: f64,
}

fn one() -> u32 {
    1
}

impl WrittenWatch {
    /// Compiles it, or lists every mistake in it.
    pub(in crate::reactions::anomaly) fn compile(self) -> Result<Watch, Vec<String>> {
        let mut problems = self.problems();
        let step = self.step().unwrap_or_else(|problem| {
            problems.push(problem);
            1
        });
        let detector = Detector {
            kind: self.kind,
            history: self.history,
            step,
            calm: self.calm,
            minimum: self.minimum,
            ratio: self.ratio,
            factor: self.factor,
        };
        let series = match self.of {
            Some(of) => Series::Share(Value::Object(of)),
            None if self.events.is_empty() => Series::Number,
            None => Series::Types(self.events),
        };
        let watch = Watch {
            name: self.name,
            counted: Counted {
                collection: self.collection,
                time: self.time,
                filter: Value::Object(self.filter),
                series,
            },
            detector,
            window: self.window,
            late: SignedDuration::try_from(self.late).unwrap_or(SignedDuration::MAX),
            known: Cache::new(COUNTS_MAX as u64),
        };
        if problems.is_empty() {
            let counts = watch.counts();
            if counts > COUNTS_MAX {
                problems.push(format!(
                    "history: to begin with, {counts} windows would be counted; {COUNTS_MAX} at most"
                ));
            }
        }
        if problems.is_empty() { Ok(watch) } else { Err(problems) }
    }

    fn problems(&self) -> Vec<String> {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let name = !self.name.is_empty() && self.name.chars().all(is_plain);
        let types: BTreeSet<_> = self.events.iter().collect();
        let is_positive = |number: f64| number.is_finite() && number > 0.0;
        let window = (WINDOW_MIN..=WINDOW_MAX).contains(&self.window);
        let checks = [
            (name, "name: is made of a-z, 0-9 and _".to_owned()),
            (
                self.of.is_none() || self.events.is_empty(),
                "events: each is a number by itself, and no share: leave `of` out".to_owned(),
            ),
            (
                types.len() == self.events.len() && types.len() <= EVENTS_MAX,
                format!("events: each once, {EVENTS_MAX} at most"),
            ),
            (
                window && self.window.subsec_nanos() == 0,
                "window: whole seconds, 1 s to 7 days".to_owned(),
            ),
            (self.late <= LATE_MAX, "late: a day at most".to_owned()),
            (
                HISTORY.contains(&self.history),
                format!("history: {} to {} windows", HISTORY.start(), HISTORY.end()),
            ),
            (
                CALM.contains(&self.calm),
                format!("calm: {} to {} windows", CALM.start(), CALM.end()),
            ),
            (self.minimum >= 1.0 && self.minimum.is_finite(), "minimum: 1 at least".to_owned()),
            (self.ratio >= 1.0 && self.ratio.is_finite(), "ratio: 1 at least".to_owned()),
            (is_positive(self.factor), "factor: more than 0".to_owned()),
        ];
        checks.into_iter().filter_map(|(holds, problem)| (!holds).then_some(problem)).collect()
    }

    /// How many windows apart those of the past are.
    fn step(&self) -> Result<u32, String> {
        let apart = self.season.unwrap_or(self.window);
        if apart.saturating_mul(self.history) > REACH_MAX {
            return Err("history: reaches back 400 days at most".to_owned());
        }
        let window = self.window.as_secs().max(1);
        let is_multiple = !apart.is_zero() && apart.as_secs().is_multiple_of(window);
        let step = u32::try_from(apart.as_secs() / window).ok().filter(|_| is_multiple);
        step.ok_or_else(|| "season: is no multiple of the window".to_owned())
    }
}

impl Watch {
    /// How many windows a look counts that knows none.
    fn counts(&self) -> usize {
        let over = self.over(Timestamp::UNIX_EPOCH);
        over.flat_map(|window| self.detector.needs(window)).collect::<BTreeSet<_>>().len()
    }
}
