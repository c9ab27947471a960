//! The only place that waits between attempts, and the only user of `backoff`.

mod cooldown;

use std::{num::NonZeroU32, time::Duration};

use backoff::{ExponentialBackoff, ExponentialBackoffBuilder, backoff::Backoff as _};
use tokio_util::sync::CancellationToken;
use tracing::debug;

pub use self::cooldown::Cooldown;
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

/// Attempts until success, a failure that no attempt soon can mend, the last attempt, or shutdown.
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
        let Some(delay) = delays.next().filter(|_| error.may_pass_soon()) else {
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
pub async fn retry_each<Item, Done, Attempt>(
    policy: RetryPolicy,
    shutdown: &CancellationToken,
    items: Vec<Item>,
    attempt: impl FnMut(Vec<Item>) -> Attempt,
) -> Vec<Result<Done, DeliveryError>>
where
    Item: Clone,
    Attempt: Future<Output = Vec<Result<Done, DeliveryError>>>,
{
    let mut outcomes: Vec<_> = items.iter().map(|_| None).collect();
    let settled = |index: usize, outcome| outcomes[index] = Some(outcome);
    settle_each(policy, shutdown, items, attempt, settled).await;
    outcomes.into_iter().map(|outcome| outcome.expect("each item is settled")).collect()
}

/// Like [`retry_each`], but tells the outcome of each item, by its index, as soon as it is final: a
/// slow item holds up no other.
pub async fn settle_each<Item, Done, Attempt>(
    policy: RetryPolicy,
    shutdown: &CancellationToken,
    items: Vec<Item>,
    mut attempt: impl FnMut(Vec<Item>) -> Attempt,
    mut settled: impl FnMut(usize, Result<Done, DeliveryError>),
) where
    Item: Clone,
    Attempt: Future<Output = Vec<Result<Done, DeliveryError>>>,
{
    let mut delays = policy.delays();
    let mut indices: Vec<usize> = (0..items.len()).collect();
    let mut outcomes = attempt(items.clone()).await;
    loop {
        let delay = delays.next();
        let mut failed = Vec::new();
        for (index, outcome) in indices.iter().copied().zip(outcomes) {
            match outcome {
                Err(error) if error.may_pass_soon() && delay.is_some() => {
                    failed.push((index, error));
                }
                outcome => settled(index, outcome),
            }
        }
        let Some(delay) = delay.filter(|_| !failed.is_empty()) else { return };
        debug!(
            items.failed = failed.len(),
            items.sent = indices.len(),
            delay_ms = delay.as_millis(),
            "part of a batch failed, will retry that part"
        );
        if shutdown.run_until_cancelled(tokio::time::sleep(delay)).await.is_none() {
            for (index, error) in failed {
                settled(index, Err(error));
            }
            return;
        }
        indices = failed.into_iter().map(|(index, _)| index).collect();
        outcomes = attempt(indices.iter().map(|&index| items[index].clone()).collect()).await;
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
mod tests;
