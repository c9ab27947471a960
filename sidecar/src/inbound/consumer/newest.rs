//! Of several events of one item, the newest counts: ten quick edits, one enrichment.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::recent::Recent;
use crate::event::{Event, Subject};

/// Items whose newest event is remembered. One that is forgotten costs a write that Directus calls
/// stale.
const ITEMS_MAX: usize = 10_000;

/// The newest event of each item that is at hand or done.
#[derive(Debug, Clone)]
pub(super) struct Newest(Arc<Mutex<Recent<Subject, u64>>>);

/// One event's claim to be the newest of its item. Unless it is [`Claim::keep`]t, it ends with the
/// attempt, so that a failed one stands in nobody's way.
#[derive(Debug)]
pub(super) struct Claim {
    newest: Newest,
    subject: Subject,
    sequence: u64,
    done: bool,
}

impl Newest {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Recent::new(ITEMS_MAX))))
    }

    /// Notes that `event` is at hand. Without a place in the order it neither wins nor loses.
    pub(super) fn claim(&self, event: &Event) -> Option<Claim> {
        let (subject, sequence) = (event.subject.clone(), event.sequence?);
        let mut known = self.lock();
        if known.get(&subject).is_none_or(|newest| *newest < sequence) {
            known.insert(subject.clone(), sequence);
        }
        Some(Claim { newest: self.clone(), subject, sequence, done: false })
    }

    fn lock(&self) -> MutexGuard<'_, Recent<Subject, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Claim {
    /// Whether a newer event of the item is at hand or done. Nothing is lost with this one: the
    /// newer one is in the queue until it is done, or in the dead letters.
    pub(super) fn is_superseded(&self) -> bool {
        self.newest.lock().get(&self.subject).is_some_and(|newest| *newest > self.sequence)
    }

    /// The event is done.
    pub(super) fn keep(mut self) {
        self.done = true;
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut known = self.newest.lock();
        if !self.done && known.get(&self.subject) == Some(&self.sequence) {
            known.remove(&self.subject);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(sequence: impl Into<Option<u64>>) -> Event {
        let golden = include_str!("../../../../schemas/examples/valid/feedback.submitted-1.json");
        let event: Event = serde_json::from_str(golden).unwrap();
        Event { sequence: sequence.into(), ..event }
    }

    #[test]
    fn an_older_event_is_superseded_by_one_at_hand_and_by_one_that_is_done() {
        let newest = Newest::new();
        let (older, newer) = (newest.claim(&event(1)).unwrap(), newest.claim(&event(2)).unwrap());

        assert!(older.is_superseded());
        assert!(!newer.is_superseded());

        newer.keep();
        assert!(older.is_superseded());
    }

    #[test]
    fn a_failed_event_supersedes_nothing() {
        let newest = Newest::new();
        let (older, newer) = (newest.claim(&event(1)).unwrap(), newest.claim(&event(2)).unwrap());

        drop(newer);

        assert!(!older.is_superseded());
    }

    #[test]
    fn an_event_without_a_place_in_the_order_takes_no_part() {
        let newest = Newest::new();
        let older = newest.claim(&event(1)).unwrap();

        assert!(newest.claim(&event(None)).is_none());
        assert!(!older.is_superseded());
    }
}
