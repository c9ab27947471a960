//! Keeps a message hidden while it is worked on.

use std::{pin::pin, time::Duration};

use tokio::time::{Instant, sleep_until};
use tracing::warn;

use crate::{
    delivery::{DeliveryError, chain},
    inbound::queue::{Queue, ReceiptHandle},
};

/// A renewal comes at half of what remains, but not earlier than this before the end.
const EARLY_MAX: Duration = Duration::from_secs(10);

/// How long a message may be hidden.
#[derive(Debug, Clone, Copy)]
pub struct VisibilityLimits {
    /// At a time.
    pub visibility: Duration,
    /// In total; then the work is cancelled and the message is somebody else's.
    pub total_max: Duration,
}

/// Does `work` while the delivery, just received, stays hidden.
///
/// When it cannot stay hidden, the work is cancelled: somebody else may already be doing it.
pub async fn keep_hidden<T>(
    queue: &Queue,
    receipt: &ReceiptHandle,
    limits: VisibilityLimits,
    work: impl Future<Output = Result<T, DeliveryError>>,
) -> Result<T, DeliveryError> {
    let mut work = pin!(work);
    let ends = Instant::now() + limits.total_max;
    let pause = limits.visibility.saturating_sub((limits.visibility / 2).min(EARLY_MAX));
    loop {
        let renewal = Instant::now() + pause;
        tokio::select! {
            outcome = &mut work => return outcome,
            () = sleep_until(renewal.min(ends)) => (),
        }
        if Instant::now() >= ends {
            return Err(DeliveryError::Transient("the work took too long".into()));
        }
        if let Err(error) = queue.hide(receipt, limits.visibility).await {
            warn!(error = chain(&error), "cannot keep a message hidden, giving up its work");
            return Err(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use aws_sdk_sqs::{
        Client, operation::change_message_visibility::ChangeMessageVisibilityOutput,
    };
    use aws_smithy_mocks::{RuleMode, mock, mock_client};
    use tokio::time::sleep;

    use super::*;
    use crate::inbound::queue::testing;

    const LIMITS: VisibilityLimits =
        VisibilityLimits { visibility: Duration::from_mins(2), total_max: Duration::from_mins(15) };

    /// Works for `work_secs` and returns the outcome and the number of renewals.
    async fn keep(work_secs: u64) -> (Result<(), DeliveryError>, usize) {
        let renewals = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&renewals);
        let hide = mock!(Client::change_message_visibility).then_compute_output(move |input| {
            assert_eq!(input.visibility_timeout(), Some(120));
            counted.fetch_add(1, Ordering::Relaxed);
            ChangeMessageVisibilityOutput::builder().build()
        });
        let queue = testing::queue(mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [&hide]));
        let work = async {
            sleep(Duration::from_secs(work_secs)).await;
            Ok(())
        };

        let outcome = keep_hidden(&queue, &testing::receipt("r"), LIMITS, work).await;

        (outcome, renewals.load(Ordering::Relaxed))
    }

    #[tokio::test(start_paused = true)]
    async fn visibility_is_renewed_before_it_runs_out() {
        let (outcome, renewals) = keep(250).await;

        assert!(outcome.is_ok());
        assert_eq!(renewals, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn short_work_needs_no_renewal() {
        assert_eq!(keep(100).await.1, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn endless_work_is_cancelled() {
        let started = Instant::now();

        let (outcome, _) = keep(100_000).await;

        assert!(outcome.is_err());
        assert_eq!(started.elapsed().as_secs(), LIMITS.total_max.as_secs());
    }
}
