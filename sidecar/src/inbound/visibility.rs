//! Keeps a message hidden while it is worked on.

use std::{pin::pin, time::Duration};

use tokio::time::{Instant, sleep_until};
use tracing::{debug, warn};

use crate::{
    delivery::chain,
    inbound::queue::{HideError, Queue, ReceiptHandle},
};

/// A renewal comes at half of what remains, but not earlier than this before the end.
const EARLY_MAX: Duration = Duration::from_secs(10);

/// With less than this left, a message counts as visible.
const REMAINS_MIN: Duration = Duration::from_secs(1);

/// How long a message may be hidden.
#[derive(Debug, Clone, Copy)]
pub struct VisibilityLimits {
    /// At a time.
    pub visibility: Duration,
    /// In total; then the work is cancelled and the message is somebody else's.
    pub total_max: Duration,
}

/// Why the work was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotHidden {
    /// Its time was up; the message is still ours to give back.
    TooLong,
    /// The message is visible again: somebody else may already be working on it.
    Lost,
}

/// Does `work` while the delivery, just received, stays hidden, and cancels it when it cannot stay
/// so.
pub async fn keep_hidden<T>(
    queue: &Queue,
    receipt: &ReceiptHandle,
    limits: VisibilityLimits,
    work: impl Future<Output = T>,
) -> Result<T, NotHidden> {
    let mut work = pin!(work);
    let started = Instant::now();
    let ends = started + limits.total_max;
    let mut hidden_until = started + limits.visibility;
    loop {
        let remains = hidden_until.saturating_duration_since(Instant::now());
        let renewal = hidden_until - (remains / 2).min(EARLY_MAX);
        tokio::select! {
            biased;
            outcome = &mut work => return Ok(outcome),
            () = sleep_until(renewal.min(ends)) => (),
        }
        let now = Instant::now();
        if now >= ends {
            return Err(NotHidden::TooLong);
        }
        if remains < REMAINS_MIN {
            warn!("cannot keep a message hidden, giving up its work");
            return Err(NotHidden::Lost);
        }
        let renewed = tokio::select! {
            biased;
            outcome = &mut work => return Ok(outcome),
            renewed = queue.hide(receipt, limits.visibility) => renewed,
            // A call that hangs keeps nothing hidden.
            () = sleep_until(hidden_until.min(ends)) => continue,
        };
        match renewed {
            Ok(()) => hidden_until = now + limits.visibility,
            Err(HideError::Lost) => {
                warn!("a message is hidden no longer, giving up its work");
                return Err(NotHidden::Lost);
            }
            // Asked again at half of what remains.
            Err(HideError::Failed(error)) => debug!(error = chain(&error), "not hidden longer"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use aws_sdk_sqs::{
        Client,
        config::{BehaviorVersion, Credentials, Region},
        error::ErrorMetadata,
        operation::change_message_visibility::{
            ChangeMessageVisibilityError, ChangeMessageVisibilityInput,
            ChangeMessageVisibilityOutput,
        },
    };
    use aws_smithy_mocks::{MockResponse, RuleMode, mock, mock_client};
    use tokio::{net::TcpListener, time::sleep};

    use super::*;
    use crate::inbound::queue::testing;

    const LIMITS: VisibilityLimits =
        VisibilityLimits { visibility: Duration::from_mins(2), total_max: Duration::from_mins(15) };

    /// Works for `work_secs`, and returns the outcome, when it came, and when renewals were asked
    /// for, to each of which `answer` tells the error, if any.
    async fn keep(
        work_secs: u64,
        answer: impl Fn(usize) -> Option<ChangeMessageVisibilityError> + Send + Sync + 'static,
    ) -> (Result<(), NotHidden>, u64, Vec<u64>) {
        let (started, asked) = (Instant::now(), Arc::new(Mutex::new(Vec::new())));
        let noted = Arc::clone(&asked);
        let hide = mock!(Client::change_message_visibility).then_compute_response(move |input| {
            let input: &ChangeMessageVisibilityInput = input;
            assert_eq!(input.visibility_timeout(), Some(120));
            let mut asked = noted.lock().unwrap();
            asked.push(started.elapsed().as_secs());
            match answer(asked.len()) {
                Some(error) => MockResponse::Error(error),
                None => MockResponse::Output(ChangeMessageVisibilityOutput::builder().build()),
            }
        });
        let queue = testing::queue(mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [&hide]));

        let work = sleep(Duration::from_secs(work_secs));
        let outcome = keep_hidden(&queue, &testing::receipt("r"), LIMITS, work).await;

        let asked = asked.lock().unwrap().clone();
        (outcome, started.elapsed().as_secs(), asked)
    }

    fn refused(code: &str) -> ChangeMessageVisibilityError {
        ChangeMessageVisibilityError::generic(ErrorMetadata::builder().code(code).build())
    }

    #[tokio::test(start_paused = true)]
    async fn visibility_is_renewed_before_it_runs_out() {
        let (outcome, ended, asked) = keep(250, |_| None).await;

        assert_eq!((outcome, ended), (Ok(()), 250));
        assert_eq!(asked, [110, 220]);
    }

    #[tokio::test(start_paused = true)]
    async fn short_work_needs_no_renewal() {
        assert_eq!(keep(100, |_| None).await, (Ok(()), 100, vec![]));
    }

    #[tokio::test(start_paused = true)]
    async fn endless_work_is_cancelled() {
        let (outcome, ended, _) = keep(100_000, |_| None).await;

        assert_eq!((outcome, ended), (Err(NotHidden::TooLong), LIMITS.total_max.as_secs()));
    }

    #[tokio::test(start_paused = true)]
    async fn work_is_cancelled_as_soon_as_its_message_is_somebody_elses() {
        for code in ["ReceiptHandleIsInvalid", "MessageNotInflight", "InvalidParameterValue"] {
            let (outcome, ended, asked) = keep(250, move |_| Some(refused(code))).await;

            assert_eq!((outcome, ended), (Err(NotHidden::Lost), 110), "{code}");
            assert_eq!(asked, [110]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_that_fails_is_asked_for_again_while_the_message_is_hidden() {
        let once = |attempt| (attempt == 1).then(|| refused("InternalError"));
        assert_eq!(keep(200, once).await, (Ok(()), 200, vec![110, 115]));

        let (outcome, ended, _) = keep(200, |_| Some(refused("InternalError"))).await;
        assert_eq!(outcome, Err(NotHidden::Lost));
        assert!((118..=120).contains(&ended), "gave up after {ended} s");
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_that_hangs_ends_the_work_before_the_message_is_seen_again() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .endpoint_url(format!("http://{}", silent.local_addr().unwrap()))
            .region(Region::from_static("us-east-1"))
            .build();
        let queue = testing::queue(Client::from_conf(config));
        let (started, work) = (Instant::now(), sleep(Duration::from_secs(200)));

        let outcome = keep_hidden(&queue, &testing::receipt("r"), LIMITS, work).await;

        let ended = started.elapsed().as_secs();
        assert_eq!(outcome, Err(NotHidden::Lost));
        assert!((118..=120).contains(&ended), "gave up after {ended} s");
    }
}
