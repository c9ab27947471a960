//! From many requests to full batches, and back with an outcome for each entry.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
    time::{Instant, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Outcome, PublisherLimits,
    intake::{Intake, Place},
};
use crate::{
    outbound::eventbridge::{Bus, ENTRIES_MAX, Entry},
    retry::settle_each,
    telemetry,
};

/// An entry on its way, and where its outcome goes.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) entry: Arc<Entry>,
    pub(super) deadline: Instant,
    pub(super) outcome: oneshot::Sender<Outcome>,
    pub(super) place: Place,
}

impl Waiting {
    /// Nobody waits for it any more: its change is still in the outbox and comes again.
    fn is_given_up(&self) -> bool {
        self.outcome.is_closed()
    }

    fn settle(self, outcome: Outcome) {
        // Whoever waited may have given up meanwhile.
        let _gone = self.outcome.send(outcome);
        drop(self.place);
    }
}

/// Sends what arrives.
#[derive(Debug)]
pub(super) struct Dispatcher {
    bus: Bus,
    limits: PublisherLimits,
    intake: Arc<Intake>,
    calls: Arc<Semaphore>,
    shutdown: CancellationToken,
}

impl Dispatcher {
    pub(super) fn new(
        bus: Bus,
        limits: PublisherLimits,
        intake: Arc<Intake>,
        shutdown: CancellationToken,
    ) -> Self {
        let calls = Arc::new(Semaphore::new(limits.requests_in_flight_max.get()));
        Self { bus, limits, intake, calls, shutdown }
    }

    /// Sends batches from `tasks` until nobody can hand in more.
    pub(super) async fn run(
        self: Arc<Self>,
        arrivals: mpsc::Receiver<Vec<Waiting>>,
        tasks: TaskTracker,
    ) {
        let mut queue = Queue { arrivals, backlog: VecDeque::new() };
        // The call comes first: while all are taken, entries gather and the next batch is fuller.
        loop {
            let call = self.call().await;
            let batch_bytes_max = self.limits.batch_bytes_max.get();
            let Some(batch) = queue.batch(batch_bytes_max, || self.linger()).await else { return };
            tasks.spawn(Arc::clone(&self).send(batch, call));
        }
    }

    /// Company is only to be expected, and only worth a wait, while other calls are under way.
    fn linger(&self) -> Option<Duration> {
        let idle = self.limits.requests_in_flight_max.get() - 1;
        (self.calls.available_permits() < idle).then_some(self.limits.linger)
    }

    async fn send(self: Arc<Self>, batch: Vec<Waiting>, call: OwnedSemaphorePermit) {
        let entries = batch.iter().map(|waiting| Arc::clone(&waiting.entry)).collect();
        let Some(deadline) = batch.iter().map(|waiting| waiting.deadline).max() else { return };
        let mut batch: Vec<_> = batch.into_iter().map(Some).collect();
        let mut first_call = Some(call);
        let dispatcher = &self;
        let put = |entries| {
            let call = first_call.take();
            async move {
                // While a failed entry waits for its next attempt, its call is somebody else's.
                let _call = match call {
                    Some(call) => call,
                    None => dispatcher.call().await,
                };
                dispatcher.put(entries).await
            }
        };
        let settled = |index: usize, outcome| {
            if let Some(waiting) = batch[index].take() {
                waiting.settle(outcome);
            }
        };
        // Beyond the deadline nobody waits any more.
        let attempts = settle_each(self.limits.retry, &self.shutdown, entries, put, settled);
        let _late = timeout_at(deadline, attempts).await;
        drop(batch);
        self.intake.report();
    }

    async fn put(&self, entries: Vec<Arc<Entry>>) -> Vec<Outcome> {
        telemetry::put_events(entries.len());
        let started = Instant::now();
        let put = self.bus.put(&entries).await;
        self.intake.called(started.elapsed(), put.is_throttled);
        put.outcomes
    }

    async fn call(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.calls).acquire_owned().await.expect("the semaphore is never closed")
    }
}

/// What has arrived and is in no batch yet.
struct Queue {
    arrivals: mpsc::Receiver<Vec<Waiting>>,
    backlog: VecDeque<Waiting>,
}

impl Queue {
    /// The next batch: as soon as it is full, or when its first entry has lingered; `None` at the end.
    async fn batch(
        &mut self,
        bytes_max: usize,
        linger: impl Fn() -> Option<Duration>,
    ) -> Option<Vec<Waiting>> {
        let mut batch = Vec::with_capacity(ENTRIES_MAX);
        let mut bytes = 0;
        let mut ends = None;
        loop {
            while let Some(next) = self.backlog.pop_front_if(|next| {
                next.is_given_up()
                    || batch.len() < ENTRIES_MAX && bytes + next.entry.bytes() <= bytes_max
            }) {
                if !next.is_given_up() {
                    bytes += next.entry.bytes();
                    batch.push(next);
                }
            }
            if !self.backlog.is_empty() || batch.len() == ENTRIES_MAX {
                return Some(batch);
            }
            let arrived = if batch.is_empty() {
                self.arrivals.recv().await
            } else {
                let now = Instant::now();
                match *ends.get_or_insert_with(|| linger().map(|linger| now + linger)) {
                    None => self.arrivals.try_recv().ok(),
                    Some(ends) => timeout_at(ends, self.arrivals.recv()).await.ok().flatten(),
                }
            };
            match arrived {
                Some(waiting) => self.backlog.extend(waiting),
                None => return (!batch.is_empty()).then_some(batch),
            }
        }
    }
}

#[cfg(test)]
mod tests;
