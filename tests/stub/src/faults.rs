//! The faults at work: who is struck, decided by their seeds, so that a run can be repeated.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::{
    fault::{Fault, Moment, Trouble},
    lock,
    operation::Operation,
};

/// The faults at work, in the order of their commands.
#[derive(Debug, Default)]
pub struct Faults {
    /// Spares the calls of a bench the lock.
    any: AtomicBool,
    active: Mutex<Vec<Active>>,
}

/// A fault that was commanded, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Struck {
    /// As commanded.
    pub fault: Fault,
    /// How often it struck.
    pub times: u64,
}

/// What happens to one call as a whole.
#[derive(Debug, Default)]
pub(crate) struct CallTrouble {
    pub(crate) before: MomentTrouble,
    pub(crate) after: MomentTrouble,
}

/// What happens before or after the call takes effect.
#[derive(Debug, Default)]
pub(crate) struct MomentTrouble {
    pub(crate) delay: Duration,
    pub(crate) end: Option<End>,
}

/// How a call ends instead of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Throttled,
    ServerError(u16),
    Disconnected,
}

#[derive(Debug)]
struct Active {
    fault: Fault,
    until: Option<Instant>,
    random: fastrand::Rng,
    times: u64,
}

impl Faults {
    /// Adds a fault to those at work.
    pub fn add(&self, fault: Fault) {
        let until = fault.lasting_ms.map(|ms| Instant::now() + Duration::from_millis(ms));
        let random = fastrand::Rng::with_seed(fault.seed);
        lock(&self.active).push(Active { fault, until, random, times: 0 });
        self.any.store(true, Ordering::Release);
    }

    /// Ends all faults and forgets them.
    pub fn clear(&self) {
        lock(&self.active).clear();
        self.any.store(false, Ordering::Release);
    }

    /// Every fault since the last [`Self::clear`], those that are over included.
    pub fn struck(&self) -> Vec<Struck> {
        let active = lock(&self.active);
        active.iter().map(|one| Struck { fault: one.fault.clone(), times: one.times }).collect()
    }

    /// What happens to this call as a whole.
    pub(crate) fn on_call(&self, operation: Operation) -> CallTrouble {
        let mut trouble = CallTrouble::default();
        self.strike(operation, Trouble::hits_calls, |what, random| match *what {
            Trouble::Delay { min_ms, max_ms, moment } => {
                let delay_ms = random.u64(min_ms..=max_ms.max(min_ms));
                trouble.at(moment).delay += Duration::from_millis(delay_ms);
            }
            Trouble::Throttle => trouble.end(Moment::BeforeEffect, End::Throttled),
            Trouble::ServerError { status, moment } => {
                trouble.end(moment, End::ServerError(status));
            }
            Trouble::Disconnect { moment } => trouble.end(moment, End::Disconnected),
            Trouble::RefuseEntry { .. } | Trouble::Duplicate | Trouble::Reorder => {}
        });
        trouble
    }

    /// The code that this entry of a batch is refused with, if it is.
    pub(crate) fn on_entry(&self, operation: Operation) -> Option<String> {
        let mut refused = None;
        let hits_entries = |what: &Trouble| matches!(what, Trouble::RefuseEntry { .. });
        self.strike(operation, hits_entries, |what, _| {
            if let Trouble::RefuseEntry { code } = what {
                refused.get_or_insert_with(|| code.clone());
            }
        });
        refused
    }

    /// Whether this message is received once more later on.
    pub(crate) fn duplicates(&self) -> bool {
        let mut duplicates = false;
        let hits = |what: &Trouble| *what == Trouble::Duplicate;
        self.strike(Operation::ReceiveMessage, hits, |_, _| duplicates = true);
        duplicates
    }

    /// Which of `count` waiting messages is received next, if any but the oldest may be.
    pub(crate) fn reorders(&self, count: usize) -> Option<usize> {
        let mut next = None;
        let hits = |what: &Trouble| *what == Trouble::Reorder;
        self.strike(Operation::ReceiveMessage, hits, |_, random| {
            next = Some(random.usize(0..count));
        });
        next
    }

    fn strike(
        &self,
        operation: Operation,
        concerns: impl Fn(&Trouble) -> bool,
        mut act: impl FnMut(&Trouble, &mut fastrand::Rng),
    ) {
        if !self.any.load(Ordering::Acquire) {
            return;
        }
        for one in lock(&self.active).iter_mut() {
            if concerns(&one.fault.what) && one.strikes(operation) {
                act(&one.fault.what, &mut one.random);
            }
        }
    }
}

impl Active {
    fn strikes(&mut self, operation: Operation) -> bool {
        let is_meant = self.fault.operation.is_none_or(|meant| meant == operation);
        let is_over = self.until.is_some_and(|until| Instant::now() >= until)
            || self.fault.count.is_some_and(|count| self.times >= count);
        let strikes = is_meant && !is_over && self.random.f64() < self.fault.rate;
        self.times += u64::from(strikes);
        strikes
    }
}

impl CallTrouble {
    fn at(&mut self, moment: Moment) -> &mut MomentTrouble {
        match moment {
            Moment::BeforeEffect => &mut self.before,
            Moment::AfterEffect => &mut self.after,
        }
    }

    /// Of two ends, the one that was commanded first.
    fn end(&mut self, moment: Moment, end: End) {
        self.at(moment).end.get_or_insert(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUT: Operation = Operation::PutEvents;

    fn throttle() -> Fault {
        Fault::new(Trouble::Throttle)
    }

    fn throttled(faults: &Faults, calls: usize) -> Vec<bool> {
        (0..calls).map(|_| faults.on_call(PUT).before.end == Some(End::Throttled)).collect()
    }

    #[test]
    fn the_same_seed_strikes_the_same_calls_at_about_the_rate() {
        let run = |seed| {
            let faults = Faults::default();
            faults.add(throttle().at_rate(0.1).seeded(seed));
            throttled(&faults, 2_000)
        };

        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
        let hits = run(1).into_iter().filter(|&hit| hit).count();
        assert!((120..280).contains(&hits), "a tenth of 2,000 calls, and it was {hits}");
    }

    #[test]
    fn a_fault_strikes_so_many_times_and_counts_them() {
        let faults = Faults::default();
        faults.add(throttle().times(2));

        assert_eq!(throttled(&faults, 4), [true, true, false, false]);
        assert_eq!(faults.struck()[0].times, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_fault_ends_after_its_time() {
        let faults = Faults::default();
        faults.add(throttle().lasting(Duration::from_secs(10)));

        assert_eq!(throttled(&faults, 1), [true]);
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(throttled(&faults, 1), [false]);
    }

    #[test]
    fn a_fault_of_one_operation_leaves_the_others_alone() {
        let faults = Faults::default();
        faults.add(throttle().on(Operation::SendMessage));

        assert_eq!(throttled(&faults, 1), [false]);
    }

    #[test]
    fn a_fault_reads_as_it_is_written() {
        let written = r#"{ "what": { "delay": { "min_ms": 5, "max_ms": 9, "moment": "after_effect" } },
            "operation": "PutEvents", "rate": 0.5, "lasting_ms": 1000, "count": 3, "seed": 7 }"#;

        let read: Fault = serde_json::from_str(written).unwrap();

        let delay = Trouble::Delay { min_ms: 5, max_ms: 9, moment: Moment::AfterEffect };
        let expected = Fault::new(delay).on(PUT).at_rate(0.5).lasting(Duration::from_secs(1));
        assert_eq!(read, expected.times(3).seeded(7));
        assert!(serde_json::from_str::<Fault>(r#"{ "what": "throttle", "often": 1 }"#).is_err());
    }
}
