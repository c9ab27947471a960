//! Consumes one queue: a slot, a message, its work, its end.

mod demand;
mod limits;
mod newest;
mod recent;
mod settler;
mod shares;
mod slots;
mod worker;

use std::{sync::Arc, time::Duration};

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use jiff::Timestamp;
use tokio::{sync::watch, time::sleep};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::warn;

pub use self::limits::ConsumerLimits;
use self::{
    demand::Demand,
    slots::{Held, Slots},
    worker::Worker,
};
use crate::{
    contract::Contracts,
    delivery::{DeliveryError, chain},
    directus::availability::Presence,
    inbound::{
        Arrival,
        queue::{Message, Queue},
    },
    readiness::Part,
    retry::Cooldown,
    telemetry,
};

/// Takes messages from one queue, and ends each of them.
#[derive(Debug)]
pub struct Consumer {
    /// Where messages come from.
    pub queue: Queue,
    /// Where they go that can never be worked on.
    pub dead_letters: Queue,
    /// The reaction's name, for dead letters.
    pub reaction: &'static str,
    /// Whether of several events of one item only the newest counts.
    pub newest_wins: bool,
    /// What events must look like.
    pub contracts: Arc<Contracts>,
    /// The bounds.
    pub limits: ConsumerLimits,
    /// Whether effects can be written.
    pub presence: watch::Receiver<Presence>,
    /// Tells whether the queue can be consumed.
    pub readiness: Part,
}

impl Consumer {
    /// Runs until `shutdown`, then waits for the messages in flight, and at the end of the drain
    /// gives back those that are not done.
    pub async fn run<Work>(
        self,
        shutdown: CancellationToken,
        handle: impl Fn(Arrival) -> Work + Send + Sync + 'static,
    ) where
        Work: Future<Output = Result<(), DeliveryError>> + Send + 'static,
    {
        let settling = TaskTracker::new();
        let slots = Slots::new(self.limits.in_flight_max);
        let worker = Arc::new(Worker::new(self, handle, &settling));

        worker
            .consumer
            .take(&slots, &shutdown, |messages, held| worker.start(messages, held))
            .await;
        worker.drain().await;

        // The settler ends with the worker, when it has deleted what is done.
        drop(worker);
        settling.close();
        settling.wait().await;
    }

    /// Hands on messages, with a slot for each, until `shutdown`.
    ///
    /// While receives come back full, more of them are under way at once; while the queue is idle,
    /// one. Those under way at shutdown are dropped: whatever they took becomes visible again.
    async fn take(
        &self,
        slots: &Slots,
        shutdown: &CancellationToken,
        hand_on: impl Fn(Vec<Message>, Held),
    ) {
        let limits = &self.limits;
        let mut demand = Demand::new(limits.in_flight_max);
        let mut rest = Cooldown::new(limits.receive_pause_min, limits.receive_pause_max);
        let mut under_way = FuturesUnordered::new();
        loop {
            let resting = rest.remaining();
            let is_only = under_way.is_empty();
            // Slots are taken here, not waited for: who waits for ten keeps nine from those who could
            // use them.
            let may_ask =
                is_only || (under_way.len() < demand.receives() && self.may_take_more(slots));
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                held = self.slots_for_receive(slots, is_only), if may_ask && resting.is_none() => {
                    under_way.push(self.receive(held));
                }
                Some((held, received)) = under_way.next(), if !is_only => match received {
                    Ok(messages) => {
                        self.readiness.ready();
                        rest.end();
                        demand.learn(messages.len() >= slots::count(&held));
                        telemetry::queue_lag(self.queue.name(), lag(&messages));
                        hand_on(messages, held);
                    }
                    Err(error) => {
                        rest.start();
                        self.cannot_receive(&error);
                    }
                },
                () = sleep(resting.unwrap_or_default()), if resting.is_some() => (),
            }
        }
    }

    /// Whether there are slots to fill with one more receive, and nothing speaks against it.
    fn may_take_more(&self, slots: &Slots) -> bool {
        *self.presence.borrow() == Presence::Here && slots.has_batch()
    }

    /// A slot first, a message second: a message nobody can work on yet is safer in the queue,
    /// where its visibility timeout is not running. That goes for a Directus that is away, too.
    async fn slots_for_receive(&self, slots: &Slots, is_only: bool) -> Held {
        let mut presence = self.presence.clone();
        loop {
            let now = *presence.borrow_and_update();
            if now == Presence::Away {
                self.readiness.hindered("effects cannot be written");
            }
            let free = async {
                match now {
                    Presence::Here if is_only => slots.some().await,
                    Presence::Here => slots.batch().await,
                    Presence::Doubtful => slots.only_one().await,
                    Presence::Away => std::future::pending().await,
                }
            };
            tokio::select! {
                held = free => return held,
                Ok(()) = presence.changed() => (),
            }
        }
    }

    /// One receive for these slots. It is ready as soon as the queue is found: the first one may
    /// wait long for a message.
    async fn receive(&self, held: Held) -> (Held, Result<Vec<Message>, DeliveryError>) {
        let ConsumerLimits { receive_wait, visibility, .. } = &self.limits;
        let received = async {
            self.queue.url().await?;
            self.readiness.ready();
            self.queue.receive(slots::count(&held), *receive_wait, visibility.visibility).await
        };
        let received = received.await;
        (held, received)
    }

    fn cannot_receive(&self, error: &DeliveryError) {
        self.readiness.hindered(chain(error));
        warn!(queue.name = self.queue.name(), error = chain(error), "cannot receive");
    }
}

/// How long those of the messages had waited that come for the first time.
fn lag(messages: &[Message]) -> Duration {
    let now = Timestamp::now();
    let first = messages.iter().filter(|message| message.receive_count == 1);
    let waited = first.filter_map(|message| message.sent_at);
    let waited = waited.filter_map(|sent_at| Duration::try_from(now.duration_since(sent_at)).ok());
    waited.max().unwrap_or_default()
}

#[cfg(test)]
mod tests;
