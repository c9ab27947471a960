//! The only place that waits between attempts, and the only user of `backoff`.

use std::{num::NonZeroU32, time::Duration};

use backoff::{ExponentialBackoff, ExponentialBackoffBuilder, backoff::Backoff as _};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::delivery::{DeliveryError, chain};

/// How often, and how far apart. Always jittered.
#[derive(Debug, Clone, Copy)]
pub struct RetryPolicy {
    /// Before the second attempt, about.
    pub delay_min: Duration,
    /// Never longer than this, about.
    pub delay_max: Duration,
    /// Counts the first one too.
    pub attempts_max: NonZeroU32,
}

impl RetryPolicy {
    /// One delay for each retry: exponential, jittered, capped.
    fn delays(self) -> impl Iterator<Item = Duration> + Send {
        let mut pause = Pause::new(self.delay_min, self.delay_max);
        std::iter::from_fn(move || Some(pause.next())).take(self.attempts_max.get() as usize - 1)
    }
}

/// Attempts until success, a permanent failure, the last attempt, or shutdown.
pub async fn retry<T, Attempt>(
    policy: RetryPolicy,
    shutdown: &CancellationToken,
    mut attempt: impl FnMut() -> Attempt,
) -> Result<T, DeliveryError>
where
    Attempt: Future<Output = Result<T, DeliveryError>>,
{
    let mut delays = policy.delays();
    loop {
        let error = match attempt().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let Some(delay) = delays.next().filter(|_| error.is_transient()) else {
            return Err(error);
        };
        debug!(error = chain(&error), delay_ms = delay.as_millis(), "attempt failed, will retry");
        if shutdown.run_until_cancelled(tokio::time::sleep(delay)).await.is_none() {
            return Err(error);
        }
    }
}

/// Attempts a batch until each item succeeded, failed for good, or ran out of attempts, and returns
/// the outcomes in order. Only what failed for now is attempted again.
pub async fn retry_each<Item, Attempt>(
    policy: RetryPolicy,
    shutdown: &CancellationToken,
    items: Vec<Item>,
    attempt: impl Fn(Vec<Item>) -> Attempt,
) -> Vec<Result<(), DeliveryError>>
where
    Item: Clone,
    Attempt: Future<Output = Vec<Result<(), DeliveryError>>>,
{
    let mut delays = policy.delays();
    let mut outcomes = attempt(items.clone()).await;
    loop {
        let failed: Vec<usize> = (0..items.len())
            .filter(|&index| outcomes[index].as_ref().is_err_and(DeliveryError::is_transient))
            .collect();
        let Some(delay) = delays.next().filter(|_| !failed.is_empty()) else { return outcomes };
        debug!(
            items.failed = failed.len(),
            items.sent = items.len(),
            delay_ms = delay.as_millis(),
            "part of a batch failed, will retry that part"
        );
        if shutdown.run_until_cancelled(tokio::time::sleep(delay)).await.is_none() {
            return outcomes;
        }
        let again = attempt(failed.iter().map(|&index| items[index].clone()).collect()).await;
        for (index, outcome) in failed.into_iter().zip(again) {
            outcomes[index] = outcome;
        }
    }
}

/// The pauses of a loop that must never end by itself, such as receiving from a queue: ever longer
/// while it fails, short again after it worked.
#[derive(Debug)]
pub struct Pause(ExponentialBackoff);

impl Pause {
    /// Starts at about `delay_min`, doubles, and stays at about `delay_max`.
    pub fn new(delay_min: Duration, delay_max: Duration) -> Self {
        Self(
            ExponentialBackoffBuilder::new()
                .with_initial_interval(delay_min)
                .with_multiplier(2.0)
                .with_randomization_factor(0.5)
                .with_max_interval(delay_max)
                .with_max_elapsed_time(None)
                .build(),
        )
    }

    /// Waits, or returns early at shutdown.
    pub async fn wait(&mut self, shutdown: &CancellationToken) {
        let delay = self.next();
        shutdown.run_until_cancelled(tokio::time::sleep(delay)).await;
    }

    /// It worked: the next pause is a short one.
    pub fn reset(&mut self) {
        self.0.reset();
    }

    fn next(&mut self) -> Duration {
        self.0.next_backoff().expect("without a maximum of elapsed time there is always a next one")
    }
}

/// How long a message stays hidden after its nth failed attempt, in each step's range `[t/2, t]`:
/// the jitter keeps a crowd of failures from coming back as a crowd.
#[derive(Debug, Clone)]
pub struct RedeliveryDelays(Vec<Duration>);

impl RedeliveryDelays {
    /// One step for each attempt; the last one also serves all that follow.
    pub fn new(steps: Vec<Duration>) -> Self {
        assert!(!steps.is_empty(), "configuration asks for at least one delay");
        Self(steps)
    }

    /// The delay after the attempt number `receive_count`, which the queue counts, not we: a count
    /// of our own would start again with every copy of the sidecar.
    pub fn after(&self, receive_count: u32) -> Duration {
        let step = (receive_count.max(1) as usize).min(self.0.len()) - 1;
        let longest = self.0[step];
        // A quarter of the step around three quarters of it.
        let mut jitter = ExponentialBackoffBuilder::new()
            .with_initial_interval(longest.mul_f64(0.75))
            .with_randomization_factor(1.0 / 3.0)
            .build();
        jitter.next_backoff().unwrap_or(longest).min(longest)
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, time::Duration};

    use proptest::prelude::*;

    use super::*;
    use crate::delivery::RefusalCode;

    const POLICY: RetryPolicy = RetryPolicy {
        delay_min: Duration::from_millis(200),
        delay_max: Duration::from_secs(5),
        attempts_max: NonZeroU32::new(4).unwrap(),
    };

    fn transient() -> DeliveryError {
        DeliveryError::Transient("closed".into())
    }

    #[tokio::test(start_paused = true)]
    async fn a_transient_error_is_retried_until_it_works() {
        let attempts = Cell::new(0);

        let outcome = retry(POLICY, &CancellationToken::new(), || {
            attempts.set(attempts.get() + 1);
            let attempt = attempts.get();
            async move { if attempt < 3 { Err(transient()) } else { Ok(attempt) } }
        })
        .await;

        assert_eq!(outcome.unwrap(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_permanent_error_is_not_retried() {
        let attempts = Cell::new(0);

        let outcome: Result<(), _> = retry(POLICY, &CancellationToken::new(), || {
            attempts.set(attempts.get() + 1);
            async { Err(DeliveryError::refused(RefusalCode::Bus, "malformed")) }
        })
        .await;

        assert!(!outcome.unwrap_err().is_transient());
        assert_eq!(attempts.get(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn retries_are_bounded() {
        let attempts = Cell::new(0);

        let outcome: Result<(), _> = retry(POLICY, &CancellationToken::new(), || {
            attempts.set(attempts.get() + 1);
            async { Err(transient()) }
        })
        .await;

        assert!(outcome.is_err());
        assert_eq!(attempts.get(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_ends_on_shutdown() {
        let shutdown = CancellationToken::new();
        let attempts = Cell::new(0);

        let outcome: Result<(), _> = retry(POLICY, &shutdown, || {
            attempts.set(attempts.get() + 1);
            shutdown.cancel();
            async { Err(transient()) }
        })
        .await;

        assert!(outcome.is_err());
        assert_eq!(attempts.get(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn only_the_failed_part_of_a_batch_is_sent_again() {
        let sent = std::sync::Mutex::new(Vec::new());

        let outcomes = retry_each(POLICY, &CancellationToken::new(), vec![1, 2, 3], |items| {
            let attempt = {
                let mut sent = sent.lock().unwrap();
                sent.push(items.clone());
                sent.len()
            };
            async move {
                items
                    .into_iter()
                    .map(|item| match item {
                        2 if attempt < 3 => Err(transient()),
                        3 => Err(DeliveryError::refused(RefusalCode::Bus, "malformed")),
                        _ => Ok(()),
                    })
                    .collect()
            }
        })
        .await;

        assert!(outcomes[0].is_ok() && outcomes[1].is_ok());
        assert!(matches!(outcomes[2], Err(DeliveryError::Permanent(_))));
        assert_eq!(*sent.lock().unwrap(), [vec![1, 2, 3], vec![2], vec![2]]);
    }

    proptest! {
        #[test]
        fn a_redelivery_delay_is_between_half_and_all_of_its_step(receive_count in 0_u32..20) {
            let steps = [5, 15, 60, 300, 900];
            let delays =
                RedeliveryDelays::new(steps.iter().map(|secs| Duration::from_secs(*secs)).collect());
            let step = Duration::from_secs(steps[(receive_count.max(1) as usize - 1).min(4)]);

            let delay = delays.after(receive_count);

            prop_assert!(delay + Duration::from_millis(1) >= step / 2 && delay <= step, "{delay:?}");
        }

        #[test]
        fn a_pause_never_grows_beyond_its_cap(failures in 0_usize..40) {
            let mut pause = Pause::new(Duration::from_secs(1), Duration::from_secs(30));
            for _ in 0..failures {
                pause.next();
            }
            prop_assert!(pause.next() <= Duration::from_secs(45));
        }
    }

    #[test]
    fn a_pause_is_short_again_after_success() {
        let mut pause = Pause::new(Duration::from_secs(1), Duration::from_secs(30));
        for _ in 0..10 {
            pause.next();
        }

        pause.reset();

        assert!(pause.next() <= Duration::from_millis(1_500));
    }
}
