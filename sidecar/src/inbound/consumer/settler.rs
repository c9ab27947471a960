//! Deletes what is done, many messages in one call, and remembers what could not be deleted.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{Instrument as _, warn};

use super::{ConsumerLimits, recent::Recent};
use crate::{
    batch::{BatchLimits, Batcher},
    delivery::chain,
    inbound::queue::{BATCH_MAX, Message, Queue, ReceiptHandle},
    retry::{RetryPolicy, retry_each},
    telemetry,
};

/// Done messages that are not known to be deleted. One that is forgotten is worked on again when it
/// comes again, and its effects are found done.
const UNDELETED_MAX: usize = 10_000;
/// Calls under way at once.
const CALLS_IN_FLIGHT_MAX: NonZeroUsize = NonZeroUsize::new(4).unwrap();

/// Where done messages are handed in. It ends when dropped, after the last of them.
#[derive(Debug)]
pub(super) struct Settler {
    done: Batcher<Done, ()>,
    undeleted: Undeleted,
}

#[derive(Debug)]
struct Done {
    id: String,
    receipt: ReceiptHandle,
    outcome: &'static str,
}

#[derive(Debug, Clone)]
struct Undeleted(Arc<Mutex<Recent<String, ()>>>);

impl Settler {
    pub(super) fn start(queue: &Queue, limits: &ConsumerLimits, tasks: &TaskTracker) -> Self {
        let batches = BatchLimits {
            size_max: const { NonZeroUsize::new(BATCH_MAX).unwrap() },
            linger: limits.settle_linger,
            in_flight_max: CALLS_IN_FLIGHT_MAX,
        };
        let (queue, policy) = (queue.clone(), limits.settle_retry);
        let undeleted = Undeleted(Arc::new(Mutex::new(Recent::new(UNDELETED_MAX))));
        let known = undeleted.clone();
        let done = Batcher::start(batches, tasks, move |done| {
            let (queue, undeleted) = (queue.clone(), known.clone());
            async move { delete(&queue, policy, done, &undeleted).await }.in_current_span()
        });
        Self { done, undeleted }
    }

    /// Whether the message was done before, and only its delete failed.
    pub(super) fn is_done(&self, message: &Message) -> bool {
        self.undeleted.lock().get(&message.id).is_some()
    }

    /// Hands in a message that came to its end; waits only while too many are being deleted.
    pub(super) async fn settle(&self, message: &Message, outcome: &'static str) {
        self.undeleted.lock().insert(message.id.clone(), ());
        let (id, receipt) = (message.id.clone(), message.receipt.clone());
        if let Err(lost) = self.done.hand_in(Done { id, receipt, outcome }).await {
            warn!(error = chain(&lost), "done, but not deleted");
        }
    }
}

impl Undeleted {
    fn lock(&self) -> MutexGuard<'_, Recent<String, ()>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nobody waits for these verdicts: they are told here.
async fn delete(
    queue: &Queue,
    policy: RetryPolicy,
    done: Vec<Done>,
    undeleted: &Undeleted,
) -> Vec<()> {
    // Settling goes on during the drain, so that what is done is not done again.
    let never = CancellationToken::new();
    let receipts = done.iter().map(|done| done.receipt.clone()).collect();
    let attempt = async |receipts: Vec<ReceiptHandle>| queue.delete(&receipts).await;
    let outcomes = retry_each(policy, &never, receipts, attempt).await;
    for (Done { id, outcome, .. }, deleted) in done.into_iter().zip(outcomes) {
        match deleted {
            Ok(()) => {
                undeleted.lock().remove(&id);
                telemetry::message_settled(queue.name(), outcome);
            }
            Err(error) => {
                warn!(message.id = id, error = chain(&error), "done, but not deleted");
                telemetry::message_settled(queue.name(), "undeleted");
            }
        }
    }
    Vec::new()
}
