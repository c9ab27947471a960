//! Consumes one queue: a slot, a message, its work, its end.

mod limits;

use std::{num::NonZeroUsize, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{Instrument as _, error, info, info_span, warn};

pub use self::limits::ConsumerLimits;
use crate::{
    batch::{BatchLimits, Batcher},
    contract::Contracts,
    delivery::{DeliveryError, Refusal, RefusalCode, chain},
    inbound::{
        Arrival, dead_letter, decode,
        queue::{BATCH_MAX, Message, Queue, ReceiptHandle},
        visibility::keep_hidden,
    },
    readiness::Part,
    retry::{Pause, retry_each},
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
    /// What events must look like.
    pub contracts: Arc<Contracts>,
    /// The bounds.
    pub limits: ConsumerLimits,
    /// True while effects can be written.
    pub available: watch::Receiver<bool>,
    /// Tells whether the queue can be consumed.
    pub readiness: Part,
}

type Settled = Batcher<ReceiptHandle, Result<(), DeliveryError>>;

impl Consumer {
    /// Runs until `shutdown`, then waits for the messages in flight, and at the end of the drain
    /// gives back those that are not done.
    pub async fn run<Work>(
        self,
        shutdown: CancellationToken,
        handle: impl Fn(Arrival) -> Work + Clone + Send + Sync + 'static,
    ) where
        Work: Future<Output = Result<(), DeliveryError>> + Send + 'static,
    {
        let consumer = Arc::new(self);
        let slots = Arc::new(Semaphore::new(consumer.limits.in_flight_max.get()));
        let (in_flight, settling) = (TaskTracker::new(), TaskTracker::new());
        let give_back = CancellationToken::new();
        let settled = consumer.settle(&settling);
        let limits = &consumer.limits;
        let mut pause = Pause::new(limits.receive_pause_min, limits.receive_pause_max);

        // A slot first, a message second: a message nobody can work on yet is safer in the queue,
        // where its visibility timeout is not running.
        while let Some(mut held) = shutdown.run_until_cancelled(take_slots(&slots)).await {
            if shutdown.run_until_cancelled(consumer.wait_until_available()).await.is_none() {
                break;
            }
            // Dropping a receive at shutdown is safe: whatever it took becomes visible again.
            let receive = consumer.receive(held.num_permits());
            let Some(received) = shutdown.run_until_cancelled(receive).await else { break };
            let messages = match received {
                Ok(messages) => messages,
                Err(error) => {
                    consumer.readiness.hindered(chain(&error));
                    warn!(
                        queue.name = consumer.queue.name(),
                        error = chain(&error),
                        "cannot receive"
                    );
                    pause.wait(&shutdown).await;
                    continue;
                }
            };
            consumer.readiness.ready();
            pause.reset();
            for message in messages {
                let slot = held.split(1).expect("SQS returns at most what was asked for");
                let (consumer, settled) = (Arc::clone(&consumer), settled.clone());
                let (handle, give_back) = (handle.clone(), give_back.clone());
                let span = info_span!("message", queue.name = consumer.queue.name(), message.id);
                let work = async move {
                    consumer.end(&message, &settled, &give_back, handle).await;
                    drop(slot);
                };
                in_flight.spawn(work.instrument(span));
            }
        }

        consumer.drain(&in_flight, &give_back).await;
        drop(settled);
        settling.close();
        settling.wait().await;
    }

    /// Waits for the messages in flight, and gives back those that are not done in time.
    async fn drain(&self, in_flight: &TaskTracker, give_back: &CancellationToken) {
        self.readiness.hindered("draining");
        let queue = self.queue.name();
        info!(queue.name = queue, messages.in_flight = in_flight.len(), "draining {queue}");
        in_flight.close();
        if tokio::time::timeout(self.limits.drain, in_flight.wait()).await.is_err() {
            warn!(queue.name = queue, messages.in_flight = in_flight.len(), "giving messages back");
            give_back.cancel();
            in_flight.wait().await;
        }
    }

    /// While effects cannot be written, a message keeps better in the queue, where it loses no
    /// attempt.
    async fn wait_until_available(&self) {
        let mut available = self.available.clone();
        if !*available.borrow() {
            self.readiness.hindered("effects cannot be written");
        }
        // It cannot end: the sender lives as long as the effects' writer, of which we are a user.
        let _ended = available.wait_for(|available| *available).await;
    }

    /// Ready as soon as the queue is found: the first receive may wait long for a message.
    async fn receive(&self, count: usize) -> Result<Vec<Message>, DeliveryError> {
        self.queue.url().await?;
        self.readiness.ready();
        let ConsumerLimits { receive_wait, visibility, .. } = &self.limits;
        self.queue.receive(count, *receive_wait, visibility.visibility).await
    }

    /// Works on one message and ends it: deleted, dead-lettered, or back in the queue for later.
    async fn end<Work>(
        &self,
        message: &Message,
        settled: &Settled,
        give_back: &CancellationToken,
        handle: impl Fn(Arrival) -> Work,
    ) where
        Work: Future<Output = Result<(), DeliveryError>>,
    {
        telemetry::message_received(self.queue.name());
        let visibility = self.limits.visibility;
        let work =
            keep_hidden(&self.queue, &message.receipt, visibility, self.work(message, handle));
        let outcome = match give_back.run_until_cancelled(work).await {
            None => {
                self.hide(message, Duration::ZERO).await;
                "returned"
            }
            Some(Ok(())) => self.delete(message, settled).await,
            Some(Err(DeliveryError::Permanent(refusal))) => {
                self.give_up(message, &refusal, settled).await
            }
            Some(Err(error)) if message.receive_count >= self.limits.receives_max => {
                let refusal = Refusal::new(RefusalCode::Exhausted, error.words());
                self.give_up(message, &refusal, settled).await
            }
            Some(Err(error)) => self.retry_later(message, &error).await,
        };
        telemetry::message_settled(self.queue.name(), outcome);
    }

    /// Moves the message to the dead letters, with the reason.
    async fn give_up(
        &self,
        message: &Message,
        refusal: &Refusal,
        settled: &Settled,
    ) -> &'static str {
        let reason = dead_letter::attributes(message, self.reaction, refusal, Timestamp::now());
        match self.dead_letters.send(&message.body, &reason).await {
            Ok(()) => {
                error!(reason = %refusal.code, path = refusal.path, "message dead-lettered");
                self.delete(message, settled).await;
                "dead_lettered"
            }
            Err(error) => self.retry_later(message, &error).await,
        }
    }

    async fn work<Work>(
        &self,
        message: &Message,
        handle: impl Fn(Arrival) -> Work,
    ) -> Result<(), DeliveryError>
    where
        Work: Future<Output = Result<(), DeliveryError>>,
    {
        let arrival = decode(&message.body, &self.contracts).map_err(DeliveryError::Permanent)?;
        let (event_id, occurred_at) = (arrival.event.event_id, arrival.event.occurred_at);
        // A panic costs this message an attempt, and nobody else anything.
        let attempt = AssertUnwindSafe(handle(arrival)).catch_unwind();
        tokio::time::timeout(self.limits.handler_budget, attempt)
            .await
            .map_err(|_| DeliveryError::Transient("the attempt took too long".into()))?
            .map_err(|_| DeliveryError::Transient("the attempt panicked".into()))??;
        telemetry::reacted(self.queue.name(), occurred_at, Timestamp::now());
        info!(event.id = %event_id, attempts = message.receive_count, "event {event_id} done");
        Ok(())
    }

    async fn delete(&self, message: &Message, settled: &Settled) -> &'static str {
        match settled.submit(message.receipt.clone()).await {
            Ok(Ok(())) => "deleted",
            Ok(Err(error)) => {
                // It comes again, and its effects are found done.
                warn!(error = chain(&error), "done, but not deleted");
                "undeleted"
            }
            Err(lost) => {
                warn!(error = chain(&lost), "done, but not deleted");
                "undeleted"
            }
        }
    }

    async fn retry_later(&self, message: &Message, error: &DeliveryError) -> &'static str {
        let delay = self.limits.redelivery.after(message.receive_count);
        warn!(
            error = chain(error),
            attempts = message.receive_count,
            delay_ms = delay.as_millis(),
            "attempt failed, the queue will try again"
        );
        self.hide(message, delay).await;
        "returned"
    }

    /// When even this fails, the message comes back at the end of its present visibility.
    async fn hide(&self, message: &Message, delay: Duration) {
        if let Err(error) = self.queue.hide(&message.receipt, delay).await {
            warn!(error = chain(&error), "cannot say when the message is to come back");
        }
    }

    fn settle(&self, tasks: &TaskTracker) -> Settled {
        let limits = BatchLimits {
            size_max: const { NonZeroUsize::new(BATCH_MAX).unwrap() },
            linger: self.limits.settle_linger,
            in_flight_max: const { NonZeroUsize::new(4).unwrap() },
        };
        let (queue, policy) = (self.queue.clone(), self.limits.settle_retry);
        Batcher::start(limits, tasks, move |receipts| {
            let queue = queue.clone();
            async move {
                // Settling goes on during the drain, so that what is done is not done again.
                let never = CancellationToken::new();
                let queue = &queue;
                let delete = async |receipts: Vec<ReceiptHandle>| queue.delete(&receipts).await;
                retry_each(policy, &never, receipts, delete).await
            }
        })
    }
}

/// Waits for a free slot, then takes as many more as are free and one receive can fill.
async fn take_slots(slots: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    let mut held = Arc::clone(slots).acquire_owned().await.expect("the semaphore is never closed");
    while held.num_permits() < BATCH_MAX {
        let Ok(more) = Arc::clone(slots).try_acquire_owned() else { break };
        held.merge(more);
    }
    held
}

#[cfg(test)]
mod tests;
