//! Finds the events that complete a pattern, with the conditions already judged.

use std::ops::RangeInclusive;

use jiff::{SignedDuration, Timestamp};

/// What the conditions say of one event.
#[derive(Debug)]
pub(super) struct Seen {
    /// Where it is in the timeline.
    pub(super) index: usize,
    pub(super) at: Timestamp,
    /// For each step: whether the event is of its type.
    pub(super) kinds: Vec<bool>,
    /// For each step: whether the event can be one of its events.
    pub(super) steps: Vec<bool>,
    /// For each absence: whether the event ends it.
    pub(super) absences: Vec<bool>,
}

impl Seen {
    pub(super) fn matters(&self) -> bool {
        self.kinds.contains(&true) || self.absences.contains(&true)
    }
}

/// How many events a step takes, and whether none of the same type may be between them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    pub(super) count: usize,
    pub(super) in_a_row: bool,
}

/// A moment at which everything was there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Completion {
    pub(super) at: Timestamp,
    /// Places in [`Search::seen`], ascending: of all proofs that end then, the latest.
    pub(super) evidence: Vec<usize>,
}

/// The question.
#[derive(Debug)]
pub(super) struct Search<'a> {
    /// In the order of time.
    pub(super) seen: &'a [Seen],
    pub(super) kinds: &'a [Kind],
    pub(super) absences: &'a [SignedDuration],
    pub(super) ordered: bool,
    pub(super) within: SignedDuration,
    pub(super) known_since: Option<Timestamp>,
}

impl Search<'_> {
    /// A pattern is complete when an event comes that takes part in the proof, or when something has
    /// been absent for long enough.
    pub(super) fn completions(&self, range: &RangeInclusive<Timestamp>) -> Vec<Completion> {
        let by_events = (0..self.seen.len())
            .filter(|last| range.contains(&self.seen[*last].at))
            .filter_map(|last| Some((self.seen[last].at, self.proof(last + 1, Some(last))?)));
        let by_silence = self
            .silences()
            .into_iter()
            .filter(|at| range.contains(at))
            .filter_map(|at| Some((at, self.proof(self.until(at), None)?)));
        let mut completions: Vec<_> = by_events
            .chain(by_silence)
            .filter(|(at, evidence)| {
                earlier(*at, self.within) <= self.seen[evidence[0]].at && self.is_silent(*at)
            })
            .map(|(at, evidence)| Completion { at, evidence })
            .collect();
        completions.sort_by_key(|completion| completion.at);
        completions
    }

    /// When something may have been absent for long enough: so long after it was there, or after the
    /// customer came.
    fn silences(&self) -> Vec<Timestamp> {
        let mut ends: Vec<_> = self
            .absences
            .iter()
            .enumerate()
            .flat_map(|(absence, lasts)| {
                let breaks = self.seen.iter().filter(move |seen| seen.absences[absence]);
                breaks.map(|seen| seen.at).chain(self.known_since).map(|at| later(at, *lasts))
            })
            .collect();
        ends.sort_unstable();
        ends.dedup();
        ends
    }

    /// Whether everything that must be absent was, for as long, while the customer was known.
    fn is_silent(&self, at: Timestamp) -> bool {
        self.absences.iter().enumerate().all(|(absence, lasts)| {
            let since = earlier(at, *lasts);
            let broken = |seen: &Seen| seen.absences[absence] && since < seen.at && seen.at <= at;
            self.known_since.is_some_and(|known| known <= since) && !self.seen.iter().any(broken)
        })
    }

    /// The place behind the last event until then.
    fn until(&self, at: Timestamp) -> usize {
        self.seen.partition_point(|seen| seen.at <= at)
    }

    /// The latest events before `end` that meet all steps; `last` has to be one of them.
    fn proof(&self, end: usize, last: Option<usize>) -> Option<Vec<usize>> {
        if self.ordered { self.chain(end, last) } else { self.collection(end, last) }
    }

    /// Backwards from the last step, each time the latest events that will do: no other choice leaves
    /// more room to the steps before, nor begins later.
    fn chain(&self, mut end: usize, last: Option<usize>) -> Option<Vec<usize>> {
        let mut evidence = Vec::new();
        for (step, kind) in self.kinds.iter().enumerate().rev() {
            let events = self.group(step, *kind, end)?;
            if evidence.is_empty() && last.is_some_and(|last| events[0] != last) {
                return None;
            }
            end = *events.last()?;
            evidence.extend(events);
        }
        evidence.reverse();
        Some(evidence)
    }

    /// The latest events before `end` that one step takes, latest first.
    fn group(&self, step: usize, kind: Kind, end: usize) -> Option<Vec<usize>> {
        let mut events = Vec::with_capacity(kind.count);
        for place in (0..end).rev() {
            if self.seen[place].steps[step] {
                events.push(place);
            } else if kind.in_a_row && self.seen[place].kinds[step] {
                events.clear();
            }
            if events.len() == kind.count {
                return Some(events);
            }
        }
        None
    }

    /// One event for each place in any step, the latest that will do: an event is taken if those taken
    /// already can make room for it, which is how the latest of all proofs comes about.
    fn collection(&self, end: usize, last: Option<usize>) -> Option<Vec<usize>> {
        let places: Vec<usize> =
            self.kinds.iter().enumerate().flat_map(|(step, kind)| vec![step; kind.count]).collect();
        let mut taken: Vec<Option<usize>> = vec![None; places.len()];
        for event in (0..end).rev() {
            self.seat(event, &places, &mut taken, &mut vec![false; places.len()]);
            if last.is_some_and(|last| !taken.contains(&Some(last))) {
                return None;
            }
            if taken.iter().all(Option::is_some) {
                let mut evidence: Vec<_> = taken.into_iter().flatten().collect();
                evidence.sort_unstable();
                return Some(evidence);
            }
        }
        None
    }

    /// Finds a place for an event, asking those who have one to move on if need be.
    fn seat(
        &self,
        event: usize,
        places: &[usize],
        taken: &mut [Option<usize>],
        asked: &mut [bool],
    ) -> bool {
        for place in 0..places.len() {
            if asked[place] || !self.seen[event].steps[places[place]] {
                continue;
            }
            asked[place] = true;
            let free = match taken[place] {
                None => true,
                Some(other) => self.seat(other, places, taken, asked),
            };
            if free {
                taken[place] = Some(event);
                return true;
            }
        }
        false
    }
}

fn earlier(at: Timestamp, duration: SignedDuration) -> Timestamp {
    at.checked_sub(duration).unwrap_or(Timestamp::MIN)
}

fn later(at: Timestamp, duration: SignedDuration) -> Timestamp {
    at.checked_add(duration).unwrap_or(Timestamp::MAX)
}
