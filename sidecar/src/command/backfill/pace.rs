//! How fast a backfill may go: at most so many items a second, and no further while the outbox is
//! full, so that the changes of today do not wait behind the items of yesterday.

use std::{fmt, num::NonZeroU32, str::FromStr, time::Duration};

use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// Items that the endpoint takes in one request.
const PAGE_MAX: u32 = 100;
/// How often a full outbox is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Items per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rate(NonZeroU32);

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.strip_suffix("/s").unwrap_or(text);
        number.parse().map(Self).map_err(|_| "no rate of 1/s or more, such as 100/s".to_owned())
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/s", self.0)
    }
}

/// The pages of a run, spread over its time.
#[derive(Debug)]
pub(super) struct Pace {
    page: u32,
    ticks: Interval,
    look_every: Duration,
    pending_max: NonZeroU32,
}

impl Pace {
    pub(super) fn new(rate: Rate, pending_max: NonZeroU32) -> Self {
        let page = rate.0.get().min(PAGE_MAX);
        let mut ticks = interval(Duration::from_secs(1) * page / rate.0.get());
        // A page that took long is not made up for.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { page, ticks, look_every: LOOK_EVERY, pending_max }
    }

    /// Items of the next page.
    pub(super) fn page(&self) -> u32 {
        self.page
    }

    pub(super) fn pending_max(&self) -> u64 {
        self.pending_max.get().into()
    }

    /// Waits for the turn of the next page; false at `shutdown`.
    pub(super) async fn wait(&mut self, shutdown: &CancellationToken) -> bool {
        shutdown.run_until_cancelled(self.ticks.tick()).await.is_some() && !shutdown.is_cancelled()
    }

    /// Waits until the outbox has emptied enough, or for `shutdown`.
    pub(super) async fn hold_back(
        &self,
        shutdown: &CancellationToken,
        mut pending: impl AsyncFnMut() -> anyhow::Result<u64>,
    ) -> anyhow::Result<()> {
        let mut looks = interval(self.look_every);
        looks.tick().await;
        while shutdown.run_until_cancelled(looks.tick()).await.is_some() {
            if pending().await? <= self.pending_max() {
                break;
            }
        }
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn looking_every(self, look_every: Duration) -> Self {
        Self { look_every, ..self }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    fn pace(rate: &str) -> Pace {
        Pace::new(rate.parse().unwrap(), NonZeroU32::new(10).unwrap())
    }

    #[rstest::rstest]
    #[case("1000/s", 100, 100)]
    #[case("100", 100, 1_000)]
    #[case("7/s", 7, 1_000)]
    #[tokio::test(start_paused = true)]
    async fn pages_are_as_large_and_as_far_apart_as_the_rate_wants(
        #[case] rate: &str,
        #[case] page: u32,
        #[case] apart_ms: u64,
    ) {
        let (mut pace, began) = (pace(rate), Instant::now());

        for _ in 0..11 {
            assert!(pace.wait(&CancellationToken::new()).await);
        }

        assert_eq!(pace.page(), page);
        assert_eq!(began.elapsed(), Duration::from_millis(10 * apart_ms));
    }

    #[test]
    fn a_rate_that_is_none_is_refused() {
        for text in ["0/s", "-1", "fast", "10/m"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_outbox_is_looked_at_until_it_has_room() {
        let mut depths = vec![10, 11, 12];
        let began = Instant::now();

        let (pace, shutdown) = (pace("1/s"), CancellationToken::new());
        pace.hold_back(&shutdown, async || Ok(depths.pop().unwrap())).await.unwrap();

        assert_eq!(depths, Vec::<u64>::new());
        assert_eq!(began.elapsed(), 3 * LOOK_EVERY);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_after_shutdown() {
        let shutdown = CancellationToken::new();
        shutdown.cancel();
        let mut pace = pace("1/s");

        assert!(!pace.wait(&shutdown).await);
        pace.hold_back(&shutdown, async || Ok(11)).await.unwrap();
    }
}
