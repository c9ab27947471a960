//! How much of everything.

use std::{num::NonZeroUsize, time::Duration};

use crate::{
    inbound::visibility::VisibilityLimits,
    retry::{RedeliveryDelays, RetryPolicy},
};

/// The bounds of consuming one queue.
#[derive(Debug, Clone)]
pub struct ConsumerLimits {
    /// Messages at work at once.
    pub in_flight_max: NonZeroUsize,
    /// Of them, messages of one customer.
    pub customer_in_flight_max: NonZeroUsize,
    /// Messages beyond their customer's share that wait beside the slots.
    pub waiting_max: usize,
    /// How long a receive waits for messages.
    pub receive_wait: Duration,
    /// How long a message may be hidden.
    pub visibility: VisibilityLimits,
    /// How long one attempt may take.
    pub handler_budget: Duration,
    /// How long a message stays hidden after a failed attempt.
    pub redelivery: RedeliveryDelays,
    /// After this many attempts the queue itself would give the message up, without a reason.
    pub receives_max: u32,
    /// The pauses between failing receives.
    pub receive_pause_min: Duration,
    /// The longest of them.
    pub receive_pause_max: Duration,
    /// How long done messages wait for company on their way to be deleted.
    pub settle_linger: Duration,
    /// How a failed delete is tried again.
    pub settle_retry: RetryPolicy,
    /// How long messages at work may take after shutdown began.
    pub drain: Duration,
}
