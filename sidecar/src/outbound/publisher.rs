//! Publishes events: many requests share full batches, and each event has its own outcome.

mod dispatch;
mod intake;

use std::{num::NonZeroUsize, pin::pin, sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::intake::Congestion;
use self::{
    dispatch::{Dispatcher, Waiting},
    intake::Intake,
};
use crate::{
    contract::Contracts,
    delivery::{DeliveryError, RefusalCode},
    event::Event,
    outbound::eventbridge::{Bus, ENTRIES_MAX, Entry},
    retry::RetryPolicy,
};

/// What became of one event.
pub type Outcome = Result<(), DeliveryError>;

/// The bounds of publishing.
#[derive(Debug, Clone, Copy)]
pub struct PublisherLimits {
    /// The size of one `PutEvents` call; also of a single entry.
    pub batch_bytes_max: NonZeroUsize,
    /// Calls under way at once.
    pub requests_in_flight_max: NonZeroUsize,
    /// How long an entry waits for company while other calls are under way.
    pub linger: Duration,
    /// Entries that wait for their outcome at once.
    pub queue_max: NonZeroUsize,
    /// Their size.
    pub queue_bytes_max: NonZeroUsize,
    /// How a failed entry is tried again.
    pub retry: RetryPolicy,
    /// How long an event may wait for its outcome.
    pub budget: Duration,
}

/// Publishes events that obey their contracts. What it holds in memory, somebody waits for: nothing
/// of it is acknowledged.
#[derive(Debug)]
pub struct Publisher {
    source: String,
    contracts: Arc<Contracts>,
    limits: PublisherLimits,
    intake: Arc<Intake>,
    arrivals: mpsc::Sender<Vec<Waiting>>,
}

impl Publisher {
    /// Publishes on `bus` from `tasks`, until it is dropped; at `shutdown` no failed entry is tried
    /// again.
    pub fn start(
        bus: Bus,
        contracts: Arc<Contracts>,
        limits: PublisherLimits,
        tasks: &TaskTracker,
        shutdown: CancellationToken,
    ) -> Self {
        let source = bus.source().to_owned();
        let intake = Arc::new(Intake::new(limits));
        // Who hands in has a place for each entry, so that there is always room here.
        let (arrivals, arriving) = mpsc::channel(limits.queue_max.get());
        let dispatcher = Arc::new(Dispatcher::new(bus, limits, Arc::clone(&intake), shutdown));
        tasks.spawn(dispatcher.run(arriving, tasks.clone()));
        Self { source, contracts, limits, intake, arrivals }
    }

    /// What is in the way of more. Whoever can wait elsewhere should not hand in anything now.
    pub fn congestion(&self) -> Option<Congestion> {
        self.intake.congestion()
    }

    /// About how long it takes to publish what is waiting.
    pub fn drain_time(&self) -> Duration {
        self.intake.drain_time()
    }

    /// Publishes any number of events and tells what became of each, in order.
    pub async fn publish(&self, events: &[Event]) -> Vec<Outcome> {
        let deadline = Instant::now() + self.limits.budget;
        let mut late = pin!(sleep_until(deadline));
        let mut entries = Vec::with_capacity(events.len());
        let mut pending = Vec::with_capacity(events.len());
        for event in events {
            pending.push(self.entry(event).map(|entry| {
                let (outcome, decided) = oneshot::channel();
                entries.push((entry, outcome));
                decided
            }));
        }
        tokio::select! {
            () = self.hand_in(entries, deadline) => (),
            () = &mut late => (),
        }
        let mut outcomes = Vec::with_capacity(events.len());
        for decided in pending {
            outcomes.push(match decided {
                Err(error) => Err(error),
                Ok(decided) => tokio::select! {
                    biased;
                    outcome = decided => outcome.unwrap_or_else(|_| Err(too_late())),
                    () = &mut late => Err(too_late()),
                },
            });
        }
        outcomes
    }

    fn entry(&self, event: &Event) -> Result<Entry, DeliveryError> {
        self.contracts.check_event(event).map_err(DeliveryError::Permanent)?;
        let document = serde_json::to_string(event).expect("an event is plain data");
        let entry = Entry::new(event, &self.source, document);
        let (bytes, bytes_max) = (entry.bytes(), self.limits.batch_bytes_max.get());
        if bytes > bytes_max {
            let reason = format!("{bytes} bytes, and the bus takes {bytes_max}");
            return Err(DeliveryError::refused(RefusalCode::TooLarge, reason));
        }
        Ok(entry)
    }

    /// Queues the entries, a batch's worth at a time, as soon as there is a place for them.
    async fn hand_in(&self, entries: Vec<(Entry, oneshot::Sender<Outcome>)>, deadline: Instant) {
        let mut entries = entries.into_iter().peekable();
        while entries.peek().is_some() {
            let (mut batch, mut bytes) = (Vec::with_capacity(ENTRIES_MAX), 0);
            let bytes_max = self.limits.batch_bytes_max.get();
            while let Some(next) = entries.next_if(|(entry, _)| {
                batch.len() < ENTRIES_MAX && bytes + entry.bytes() <= bytes_max
            }) {
                bytes += next.0.bytes();
                batch.push(next);
            }
            let mut place = self.intake.place(batch.len(), bytes).await;
            let waiting = batch.into_iter().map(|(entry, outcome)| {
                let place = place.split(entry.bytes());
                Waiting { entry: Arc::new(entry), deadline, outcome, place }
            });
            // Without a dispatcher the outcomes are dropped, which whoever waits for them notices.
            let _stopped = self.arrivals.send(waiting.collect()).await;
        }
        self.intake.report();
    }
}

fn too_late() -> DeliveryError {
    DeliveryError::Transient("the bus took too long".into())
}

#[cfg(test)]
pub(crate) mod testing;

#[cfg(test)]
mod tests;
