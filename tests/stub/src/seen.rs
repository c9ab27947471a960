//! What was asked and accepted: a record that knows nothing of the caller's own books.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use serde::{Deserialize, Serialize};

use crate::{lock, operation::Operation};

/// What the stub saw since its start, or since its last reset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Calls of each operation, whatever came of them.
    pub calls: BTreeMap<Operation, u64>,
    /// Entries of `PutEvents` that took effect, each time they did.
    pub accepted: u64,
    /// Entries of `PutEvents` that were refused one by one.
    pub refused: u64,
    /// Accepted entries that no rule took to a queue.
    pub unmatched: u64,
    /// The events behind the accepted entries, in the order of their first acceptance. Empty when
    /// the stub only counts.
    pub events: Vec<SeenEvent>,
}

/// One event, however often it was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenEvent {
    /// The `eventId` in its detail.
    pub id: String,
    /// How often it was accepted.
    pub times: u64,
}

#[derive(Debug)]
pub(crate) struct Seen {
    /// Whether ids are kept. Without them, memory does not grow with the events.
    keeps_ids: bool,
    accepted: AtomicU64,
    refused: AtomicU64,
    unmatched: AtomicU64,
    calls: Mutex<BTreeMap<Operation, u64>>,
    events: Mutex<Events>,
}

#[derive(Debug, Default)]
struct Events {
    in_order: Vec<SeenEvent>,
    places: HashMap<String, usize>,
}

impl Seen {
    pub(crate) fn new(keeps_ids: bool) -> Self {
        Self {
            keeps_ids,
            accepted: AtomicU64::default(),
            refused: AtomicU64::default(),
            unmatched: AtomicU64::default(),
            calls: Mutex::default(),
            events: Mutex::default(),
        }
    }

    pub(crate) fn call(&self, operation: Operation) {
        *lock(&self.calls).entry(operation).or_default() += 1;
    }

    pub(crate) fn accept(&self, id: Option<&str>) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
        let Some(id) = id.filter(|_| self.keeps_ids) else { return };
        let events = &mut *lock(&self.events);
        if let Some(&place) = events.places.get(id) {
            events.in_order[place].times += 1;
        } else {
            events.places.insert(id.to_owned(), events.in_order.len());
            events.in_order.push(SeenEvent { id: id.to_owned(), times: 1 });
        }
    }

    pub(crate) fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn leave_unmatched(&self) {
        self.unmatched.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    pub(crate) fn report(&self) -> Report {
        Report {
            calls: lock(&self.calls).clone(),
            accepted: self.accepted.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            unmatched: self.unmatched.load(Ordering::Relaxed),
            events: lock(&self.events).in_order.clone(),
        }
    }

    pub(crate) fn reset(&self) {
        for count in [&self.accepted, &self.refused, &self.unmatched] {
            count.store(0, Ordering::Relaxed);
        }
        lock(&self.calls).clear();
        *lock(&self.events) = Events::default();
    }
}
