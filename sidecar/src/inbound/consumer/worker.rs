//! Works on messages and ends each: deleted, dead-lettered, or back in the queue for later.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use jiff::Timestamp;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{Instrument as _, error, info, info_span, warn};

use super::{
    Consumer,
    newest::{Claim, Newest},
    settler::Settler,
    shares::{Shares, Turn},
    slots::Held,
};
use crate::{
    delivery::{DeliveryError, Refusal, RefusalCode, chain},
    inbound::{
        Arrival, dead_letter, decode,
        queue::Message,
        visibility::{NotHidden, keep_hidden},
    },
    telemetry,
};

/// What all messages of a consumer share.
#[derive(Debug)]
pub(super) struct Worker<Handle> {
    pub(super) consumer: Consumer,
    handle: Handle,
    shares: Shares,
    newest: Option<Newest>,
    settler: Settler,
    in_flight: TaskTracker,
    give_back: CancellationToken,
}

/// A message, as far as it could be read.
struct AtHand {
    message: Message,
    arrival: Result<Arrival, Refusal>,
    claim: Option<Claim>,
}

/// How a message is to end.
enum End {
    /// It is not needed any more, because of this.
    Delete(&'static str),
    /// It comes again after so long.
    Return(Duration),
}

impl<Handle, Work> Worker<Handle>
where
    Handle: Fn(Arrival) -> Work + Send + Sync + 'static,
    Work: Future<Output = Result<(), DeliveryError>> + Send + 'static,
{
    pub(super) fn new(consumer: Consumer, handle: Handle, settling: &TaskTracker) -> Self {
        let limits = &consumer.limits;
        Self {
            shares: Shares::new(limits.customer_in_flight_max, limits.waiting_max),
            newest: consumer.newest_wins.then(Newest::new),
            settler: Settler::start(&consumer.queue, limits, settling),
            in_flight: TaskTracker::new(),
            give_back: CancellationToken::new(),
            consumer,
            handle,
        }
    }

    /// Starts work on messages that were received together, each with its slot. All are read before
    /// any is worked on, so that the newest of an item is known.
    pub(super) fn start(self: &Arc<Self>, messages: Vec<Message>, mut held: Held) {
        let worker = Arc::clone(self);
        self.in_flight.spawn(async move {
            let at_hand: Vec<_> = messages.into_iter().map(|it| worker.read(it)).collect();
            for at_hand in at_hand {
                let slot = held.split(1).expect("SQS returns at most what was asked for");
                let (queue, id) = (worker.consumer.queue.name(), &at_hand.message.id);
                let span = info_span!("message", queue.name = queue, message.id = id);
                let end = Arc::clone(&worker).end(at_hand, slot);
                worker.in_flight.spawn(end.instrument(span));
            }
        });
    }

    /// Waits for the messages in flight, and gives back those that are not done in time.
    pub(super) async fn drain(&self) {
        self.consumer.readiness.hindered("draining");
        let (queue, in_flight) = (self.consumer.queue.name(), &self.in_flight);
        info!(queue.name = queue, messages.in_flight = in_flight.len(), "draining {queue}");
        in_flight.close();
        if tokio::time::timeout(self.consumer.limits.drain, in_flight.wait()).await.is_err() {
            warn!(queue.name = queue, messages.in_flight = in_flight.len(), "giving messages back");
            self.give_back.cancel();
            in_flight.wait().await;
        }
    }

    fn read(&self, message: Message) -> AtHand {
        telemetry::message_received(self.consumer.queue.name());
        let arrival = decode(&message.body, &self.consumer.contracts);
        let newest = self.newest.as_ref().zip(arrival.as_ref().ok());
        let claim = newest.and_then(|(newest, arrival)| newest.claim(&arrival.event));
        AtHand { message, arrival, claim }
    }

    async fn end(self: Arc<Self>, at_hand: AtHand, slot: Held) {
        let AtHand { message, arrival, claim } = at_hand;
        if self.settler.is_done(&message) {
            info!("done before, and now to be deleted");
            return self.settler.settle(&message, "deleted").await;
        }
        let Consumer { queue, limits, .. } = &self.consumer;
        let work = self.work(&message, arrival, claim, slot);
        let work = keep_hidden(queue, &message.receipt, limits.visibility, work);
        match self.give_back.run_until_cancelled(work).await {
            None => self.return_after(&message, Duration::ZERO).await,
            Some(Err(NotHidden::Lost)) => {
                telemetry::message_settled(queue.name(), "lost");
            }
            Some(Err(NotHidden::TooLong)) => {
                let error = DeliveryError::Transient("the work took too long".into());
                let end = self.conclude(&message, Err(error)).await;
                self.bring_about(end, &message).await;
            }
            // The turn ends when the message's end is on its way: nothing piles up behind it.
            Some(Ok((turn, end))) => {
                self.bring_about(end, &message).await;
                drop(turn);
            }
        }
    }

    async fn bring_about(&self, end: End, message: &Message) {
        match end {
            End::Delete(outcome) => self.settler.settle(message, outcome).await,
            End::Return(delay) => self.return_after(message, delay).await,
        }
    }

    /// Works on one message in its customer's turn, and tells how it is to end.
    async fn work(
        &self,
        message: &Message,
        arrival: Result<Arrival, Refusal>,
        claim: Option<Claim>,
        slot: Held,
    ) -> (Turn, End) {
        let customer = arrival.as_ref().ok().and_then(|it| it.event.customer_id.as_deref());
        let turn = self.shares.turn(customer, slot).await;
        let outcome = match arrival {
            Err(refusal) => Err(DeliveryError::Permanent(refusal)),
            Ok(_) if claim.as_ref().is_some_and(Claim::is_superseded) => {
                info!("a newer event of the item is at hand or done");
                Ok("superseded")
            }
            Ok(arrival) => self.attempt(message, arrival).await.map(|()| {
                if let Some(claim) = claim {
                    claim.keep();
                }
                "deleted"
            }),
        };
        (turn, self.conclude(message, outcome).await)
    }

    async fn attempt(&self, message: &Message, arrival: Arrival) -> Result<(), DeliveryError> {
        let Arrival { event, replayed } = &arrival;
        let (event_id, occurred_at, replayed) = (event.event_id, event.occurred_at, *replayed);
        // A panic costs this message an attempt, and nobody else anything.
        let attempt = AssertUnwindSafe((self.handle)(arrival)).catch_unwind();
        tokio::time::timeout(self.consumer.limits.handler_budget, attempt)
            .await
            .map_err(|_| DeliveryError::Transient("the attempt took too long".into()))?
            .map_err(|_| DeliveryError::Transient("the attempt panicked".into()))??;
        let queue = self.consumer.queue.name();
        let secs = telemetry::reacted(queue, occurred_at, Timestamp::now());
        // CloudWatch makes a metric of these fields, as terraform/slo.tf tells it to.
        info!(
            event.id = %event_id,
            attempts = message.receive_count,
            commit_to_effect_ms = (secs * 1000.0).round(),
            replayed,
            "event {event_id} done"
        );
        Ok(())
    }

    /// What failed for now comes again, unless it has done so often enough.
    async fn conclude(
        &self,
        message: &Message,
        outcome: Result<&'static str, DeliveryError>,
    ) -> End {
        let error = match outcome {
            Ok(outcome) => return End::Delete(outcome),
            Err(error) => error,
        };
        let limits = &self.consumer.limits;
        let refusal = match &error {
            DeliveryError::Permanent(refusal) => Some(refusal.clone()),
            DeliveryError::Transient(_) => (message.receive_count >= limits.receives_max)
                .then(|| Refusal::new(RefusalCode::Exhausted, error.words())),
        };
        let error = match refusal {
            None => error,
            Some(refusal) => match self.send_letter(message, &refusal).await {
                Ok(()) => return End::Delete("dead_lettered"),
                Err(error) => error,
            },
        };
        let delay = limits.redelivery.after(message.receive_count);
        warn!(
            error = chain(&error),
            attempts = message.receive_count,
            delay_ms = delay.as_millis(),
            "attempt failed, the queue will try again"
        );
        End::Return(delay)
    }

    /// Sends the message to the dead letters, with the reason.
    async fn send_letter(&self, message: &Message, refusal: &Refusal) -> Result<(), DeliveryError> {
        let Consumer { dead_letters, reaction, .. } = &self.consumer;
        let reason = dead_letter::attributes(message, reaction, refusal, Timestamp::now());
        dead_letters.send(&message.body, &reason).await?;
        error!(reason = %refusal.code, path = refusal.path, "message dead-lettered");
        Ok(())
    }

    /// When even this fails, the message comes back at the end of its present visibility.
    async fn return_after(&self, message: &Message, delay: Duration) {
        let queue = &self.consumer.queue;
        if let Err(error) = queue.hide(&message.receipt, delay).await {
            warn!(error = chain(&error), "cannot say when the message is to come back");
        }
        telemetry::message_settled(queue.name(), "returned");
    }
}
