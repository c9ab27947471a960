//! A publisher for tests, whose SDK client answers by rule.

use std::num::NonZeroU32;

use super::*;
use crate::{contract::testing::contracts, outbound::eventbridge};

pub(crate) const LIMITS: PublisherLimits = PublisherLimits {
    batch_bytes_max: NonZeroUsize::new(10_000).unwrap(),
    requests_in_flight_max: NonZeroUsize::new(8).unwrap(),
    linger: Duration::from_millis(5),
    queue_max: NonZeroUsize::new(2_000).unwrap(),
    queue_bytes_max: NonZeroUsize::new(10_000_000).unwrap(),
    retry: RetryPolicy {
        delay_min: Duration::from_millis(200),
        delay_max: Duration::from_secs(5),
        attempts_max: NonZeroU32::new(3).unwrap(),
    },
    budget: Duration::from_secs(8),
};

/// A publisher of what obeys the shipped contracts.
pub(crate) fn publisher(client: aws_sdk_eventbridge::Client) -> Publisher {
    start(client, LIMITS, &TaskTracker::new(), CancellationToken::new())
}

pub(crate) fn start(
    client: aws_sdk_eventbridge::Client,
    limits: PublisherLimits,
    tasks: &TaskTracker,
    shutdown: CancellationToken,
) -> Publisher {
    let (bus, contracts) = (eventbridge::testing::bus(client), Arc::new(contracts()));
    Publisher::start(bus, contracts, limits, tasks, shutdown)
}
