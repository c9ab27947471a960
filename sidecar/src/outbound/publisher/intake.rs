//! How much may wait for the bus, and when to come back if it is too much.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::PublisherLimits;
use crate::{outbound::eventbridge::ENTRIES_MAX, retry::Cooldown, telemetry};

/// A call's weight in the average that tells how fast the bus is: one part in so many.
const CALLS_AVERAGED: u32 = 8;

/// Why nothing more is taken in for now, and when to ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Congestion {
    /// EventBridge asks for less, for about so long.
    Throttled(Duration),
    /// As much waits as may wait, and that takes about so long.
    Full(Duration),
}

/// The bound on what waits for the bus, and what is known of the bus.
#[derive(Debug)]
pub(super) struct Intake {
    limits: PublisherLimits,
    entries: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
    bus: Mutex<BusState>,
}

#[derive(Debug)]
struct BusState {
    cooldown: Cooldown,
    call_duration: Duration,
}

/// Entries' places among those that wait, given up when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    entries: OwnedSemaphorePermit,
    bytes: OwnedSemaphorePermit,
}

impl Intake {
    pub(super) fn new(limits: PublisherLimits) -> Self {
        let cooldown = Cooldown::new(limits.retry.delay_min, limits.retry.delay_max);
        Self {
            limits,
            entries: Arc::new(Semaphore::new(limits.queue_max.get())),
            bytes: Arc::new(Semaphore::new(limits.queue_bytes_max.get())),
            bus: Mutex::new(BusState { cooldown, call_duration: Duration::ZERO }),
        }
    }

    /// Waits for a place for as many entries as fit into a batch.
    pub(super) async fn place(&self, entries: usize, bytes: usize) -> Place {
        let take = async |places: &Arc<Semaphore>, count: usize| {
            let count = u32::try_from(count).expect("a batch is smaller than the queue");
            let places = Arc::clone(places).acquire_many_owned(count);
            places.await.expect("the semaphore is never closed")
        };
        let entries = take(&self.entries, entries).await;
        let bytes = take(&self.bytes, bytes).await;
        Place { entries, bytes }
    }

    /// A call ended after `duration`.
    pub(super) fn called(&self, duration: Duration, is_throttled: bool) {
        let BusState { cooldown, call_duration } = &mut *self.bus();
        *call_duration = (*call_duration * (CALLS_AVERAGED - 1) + duration) / CALLS_AVERAGED;
        if is_throttled {
            telemetry::throttled();
            cooldown.start();
        } else {
            cooldown.end();
        }
    }

    /// What is in the way of more.
    pub(super) fn congestion(&self) -> Option<Congestion> {
        if let Some(left) = self.bus().cooldown.remaining() {
            return Some(Congestion::Throttled(left));
        }
        let full = [&self.entries, &self.bytes].iter().any(|free| free.available_permits() == 0);
        full.then(|| Congestion::Full(self.drain_time()))
    }

    /// About how long it takes to publish what waits. After the budget it is over in any case.
    pub(super) fn drain_time(&self) -> Duration {
        let calls = self.waiting().div_ceil(ENTRIES_MAX);
        let rounds = calls.div_ceil(self.limits.requests_in_flight_max.get());
        let rounds = u32::try_from(rounds).unwrap_or(u32::MAX);
        self.bus().call_duration.saturating_mul(rounds).min(self.limits.budget)
    }

    /// Tells how much waits.
    pub(super) fn report(&self) {
        let bytes = self.limits.queue_bytes_max.get() - self.bytes.available_permits();
        telemetry::queue(self.waiting(), bytes);
    }

    fn waiting(&self) -> usize {
        self.limits.queue_max.get() - self.entries.available_permits()
    }

    fn bus(&self) -> MutexGuard<'_, BusState> {
        self.bus.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// The place of one of the entries.
    pub(super) fn split(&mut self, bytes: usize) -> Self {
        Self {
            entries: self.entries.split(1).expect("taken for each entry"),
            bytes: self.bytes.split(bytes).expect("taken for each entry"),
        }
    }
}
