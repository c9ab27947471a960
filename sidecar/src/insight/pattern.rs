//! Patterns over time in what a customer did. Pure: judged by the events' own times, from the set of
//! events alone, so that neither the order of arrival nor a repetition changes what is found.

mod search;
#[cfg(test)]
mod tests;
mod written;

use std::ops::RangeInclusive;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value};

use self::search::{Completion, Kind, Search, Seen};
pub use self::written::WrittenPattern;
use crate::{
    event::{EventId, EventType, Subject},
    expression::{Expression, Scope},
};

/// What a condition sees of an event.
pub const VISIBLE: [&str; 6] =
    ["eventId", "eventType", "occurredAt", "customerId", "subject", "data"];

/// One event of a customer's timeline.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Moment {
    /// The event's own id.
    pub event_id: EventId,
    /// What happened.
    pub event_type: EventType,
    /// When it happened, by the producer's clock.
    pub occurred_at: Timestamp,
    /// Whom it concerns.
    pub customer_id: String,
    /// The item it was about.
    pub subject: Subject,
    /// What was said.
    pub data: Map<String, Value>,
}

/// A part of what a customer did: in the order of time, each event once.
#[derive(Debug)]
pub struct Timeline {
    moments: Vec<Moment>,
    scopes: Vec<Scope>,
    known_since: Option<Timestamp>,
}

impl Timeline {
    /// In whatever order and however often the events came. `known_since` is when the first event of
    /// all happened, which may be out of sight here; what a customer did not do before that says
    /// nothing.
    pub fn new(mut moments: Vec<Moment>, known_since: Option<Timestamp>) -> Self {
        moments.sort_by_key(|moment| (moment.occurred_at, moment.event_id.0));
        moments.dedup_by_key(|moment| moment.event_id);
        let scopes = moments.iter().map(Scope::new).collect();
        Self { moments, scopes, known_since }
    }
}

/// A compiled pattern.
#[derive(Debug)]
pub struct Pattern {
    /// Its name in ids, events and reports.
    pub name: String,
    /// How long after a moment late events are waited for before it is judged.
    pub late: SignedDuration,
    within: SignedDuration,
    ordered: bool,
    again: Again,
    steps: Vec<Step>,
    absences: Vec<Absence>,
}

/// After something was found: when it may be found again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// Whenever an event completes it.
    Always,
    /// Once in each period of this length, counted from 1970 on, so that everybody counts alike.
    OnceIn(SignedDuration),
}

/// Events that have to be there.
#[derive(Debug)]
struct Step {
    condition: Condition,
    count: usize,
    in_a_row: bool,
}

/// Events that must not be there, for so long before the pattern is complete.
#[derive(Debug)]
struct Absence {
    condition: Condition,
    lasts: SignedDuration,
}

#[derive(Debug)]
struct Condition {
    event_type: EventType,
    when: Option<Expression>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found<'timeline> {
    /// The same for everybody who finds it: pattern, customer and episode.
    pub id: EventId,
    /// When the pattern was complete.
    pub at: Timestamp,
    /// The events that prove it, in the order of time.
    pub evidence: Vec<&'timeline Moment>,
}

impl Pattern {
    /// All that was complete in `range`, one for each episode. The timeline has to reach back from
    /// there as far as [`Self::reach`].
    pub fn find<'timeline>(
        &self,
        timeline: &'timeline Timeline,
        range: &RangeInclusive<Timestamp>,
    ) -> Vec<Found<'timeline>> {
        let seen = self.seen(timeline);
        let search = Search {
            seen: &seen,
            kinds: &self.steps.iter().map(Step::kind).collect::<Vec<_>>(),
            absences: &self.absences.iter().map(|it| it.lasts).collect::<Vec<_>>(),
            ordered: self.ordered,
            within: self.within,
            known_since: timeline.known_since,
        };
        let mut found: Vec<Found<'_>> = Vec::new();
        for completion in search.completions(range) {
            let moment = |at: &usize| &timeline.moments[seen[*at].index];
            let evidence: Vec<_> = completion.evidence.iter().map(moment).collect();
            let customer = &evidence[0].customer_id;
            let episode = self.episode(&completion, evidence[evidence.len() - 1]);
            let id = EventId::found(&self.name, customer, &episode);
            if !found.iter().any(|other| other.id == id) {
                found.push(Found { id, at: completion.at, evidence });
            }
        }
        found
    }

    /// Whether an event of this type can change what is found.
    pub fn looks_at(&self, event_type: &EventType) -> bool {
        self.conditions().any(|condition| condition.event_type == *event_type)
    }

    /// The types of the events that it looks at.
    pub fn event_types(&self) -> impl Iterator<Item = &EventType> {
        self.conditions().map(|condition| &condition.event_type)
    }

    /// Whether an event of this type can be part of the proof.
    pub fn is_proved_by(&self, event_type: &EventType) -> bool {
        self.steps.iter().any(|step| step.condition.event_type == *event_type)
    }

    /// From the first to the last event that one finding depends on.
    pub fn reach(&self) -> SignedDuration {
        self.absences.iter().map(|it| it.lasts).fold(self.within, SignedDuration::max)
    }

    /// How long the events must be absent, for each absence.
    pub fn absences(&self) -> impl Iterator<Item = SignedDuration> {
        self.absences.iter().map(|it| it.lasts)
    }

    /// How far an event reaches into the future: what it completes is complete by then.
    pub fn within(&self) -> SignedDuration {
        self.within
    }

    /// Whether it may be found when an event arrives, without waiting for others or for time to pass.
    pub fn is_found_at_once(&self) -> bool {
        self.late.is_zero() && self.absences.is_empty()
    }

    fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let absent = self.absences.iter().map(|it| &it.condition);
        self.steps.iter().map(|step| &step.condition).chain(absent)
    }

    /// The events that this pattern looks at.
    fn seen(&self, timeline: &Timeline) -> Vec<Seen> {
        let holds = |condition: &Condition, index: usize| {
            condition.holds(&timeline.moments[index], &timeline.scopes[index])
        };
        (0..timeline.moments.len())
            .map(|index| Seen {
                index,
                at: timeline.moments[index].occurred_at,
                kinds: self
                    .steps
                    .iter()
                    .map(|it| it.condition.event_type == timeline.moments[index].event_type)
                    .collect(),
                steps: self.steps.iter().map(|it| holds(&it.condition, index)).collect(),
                absences: self.absences.iter().map(|it| holds(&it.condition, index)).collect(),
            })
            .filter(Seen::matters)
            .collect()
    }

    fn episode(&self, completion: &Completion, last: &Moment) -> String {
        match self.again {
            Again::Always => last.event_id.to_string(),
            Again::OnceIn(period) => {
                completion.at.as_second().div_euclid(period.as_secs()).to_string()
            }
        }
    }
}

impl Step {
    fn kind(&self) -> Kind {
        Kind { count: self.count, in_a_row: self.in_a_row }
    }
}

impl Condition {
    /// A condition that fails on an event, because it compares a text with a number for instance,
    /// does not hold there: one odd event must not silence all others.
    fn holds(&self, moment: &Moment, scope: &Scope) -> bool {
        moment.event_type == self.event_type
            && self.when.as_ref().is_none_or(|when| when.holds(scope).unwrap_or(false))
    }
}
