//! Patterns as configuration writes them.

use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;

use super::{Absence, Again, Condition, Pattern, Step, VISIBLE};
use crate::{event::EventType, expression::Expression};

/// Events that all steps of a pattern take together.
const EVENTS_MAX: usize = 32;
/// Further back than this no pattern looks.
const REACH_MAX: Duration = Duration::from_hours(400 * 24);

/// `[[journey.<route>.patterns]]`, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenPattern<Announcement> {
    /// Its name.
    pub name: String,
    /// What is told when it is found, which is no matter of this file.
    pub announce: Announcement,
    #[serde(with = "humantime_serde")]
    within: Duration,
    #[serde(default)]
    ordered: bool,
    /// Once in the time of `within` when left out.
    again: Option<String>,
    #[serde(default, with = "humantime_serde")]
    late: Option<Duration>,
    steps: Vec<WrittenStep>,
    #[serde(default)]
    absent: Vec<WrittenAbsence>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStep {
    event: EventType,
    when: Option<String>,
    #[serde(default = "once")]
    count: usize,
    #[serde(default)]
    in_a_row: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAbsence {
    event: EventType,
    when: Option<String>,
    #[serde(rename = "for", with = "humantime_serde")]
    lasts: Duration,
}

fn once() -> usize {
    1
}

impl<Announcement> WrittenPattern<Announcement> {
    /// Compiles it, or lists every mistake in it. What a late event may take back is judged only when
    /// none can come any more, `late` after; what it can only add to, at once.
    pub fn compile(self, late: Duration) -> Result<(Pattern, Announcement), Vec<String>> {
        let mut problems = Vec::new();
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if self.name.is_empty() || !self.name.chars().all(is_plain) {
            problems.push(format!("name: `{}` is not made of a-z, 0-9 and _", self.name));
        }
        let again = again(self.again.as_deref(), self.within).unwrap_or_else(|problem| {
            problems.push(problem);
            Again::Always
        });
        let lasts = self.absent.iter().map(|it| it.lasts);
        if lasts.chain([self.within]).any(|it| it.is_zero() || it > REACH_MAX) {
            problems.push("a duration is longer than nothing, and 400 days at most".to_owned());
        }
        let events = self.steps.iter().map(|step| step.count).fold(0, usize::saturating_add);
        if events > EVENTS_MAX || self.steps.is_empty() || self.steps.iter().any(|it| it.count == 0)
        {
            problems.push(format!("steps: together they take 1 to {EVENTS_MAX} events"));
        }
        if !self.ordered && self.steps.len() > 1 && self.steps.iter().any(|it| it.in_a_row) {
            problems.push("steps: events in a row need `ordered = true`".to_owned());
        }
        let can_be_taken_back =
            !self.absent.is_empty() || self.steps.iter().any(|step| step.in_a_row);
        let late = self.late.unwrap_or(if can_be_taken_back { late } else { Duration::ZERO });
        // A single step has an order, whatever is said.
        let ordered = self.ordered || self.steps.len() == 1;
        let mut condition = |event_type, when: Option<String>| {
            let compiled = when.map(|source| {
                Expression::compile(&source, &VISIBLE)
                    .map_err(|error| format!("when: `{source}`: {error}"))
            });
            let when = compiled.transpose().unwrap_or_else(|problem| {
                problems.push(problem);
                None
            });
            Condition { event_type, when }
        };
        let steps = self.steps.into_iter().map(|it| Step {
            condition: condition(it.event, it.when),
            count: it.count,
            in_a_row: it.in_a_row,
        });
        let steps = steps.collect();
        let absences = self
            .absent
            .into_iter()
            .map(|it| Absence { condition: condition(it.event, it.when), lasts: signed(it.lasts) });
        let absences = absences.collect();
        let (late, within) = (signed(late), signed(self.within));
        let pattern = Pattern { name: self.name, late, within, ordered, again, steps, absences };
        if problems.is_empty() { Ok((pattern, self.announce)) } else { Err(problems) }
    }
}

fn again(written: Option<&str>, within: Duration) -> Result<Again, String> {
    let period = match written {
        Some("always") => return Ok(Again::Always),
        Some(text) => humantime_serde::re::humantime::parse_duration(text)
            .map_err(|error| format!("again: `{text}` is neither `always` nor a time: {error}"))?,
        None => within,
    };
    if period.as_secs() == 0 {
        return Err("again: a period has at least a second".to_owned());
    }
    Ok(Again::OnceIn(signed(period)))
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
