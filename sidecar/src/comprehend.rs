//! Amazon Comprehend as a judge of texts, in a build with the cargo feature `comprehend`.

#[cfg(not(feature = "comprehend"))]
mod absent;
#[cfg(feature = "comprehend")]
mod service;

use std::{num::NonZeroUsize, time::Duration};

#[cfg(not(feature = "comprehend"))]
pub use self::absent::Comprehend;
#[cfg(feature = "comprehend")]
pub use self::service::Comprehend;
#[cfg(all(test, feature = "comprehend"))]
pub(crate) use self::service::testing;
use crate::retry::RetryPolicy;

/// Whether this build can ask it.
pub const IS_BUILT: bool = cfg!(feature = "comprehend");

/// What holds the calls in check.
#[derive(Debug, Clone, Copy)]
pub struct ComprehendLimits {
    /// Texts being judged at once.
    pub texts_in_flight_max: NonZeroUsize,
    /// The longest one call may take.
    pub timeout: Duration,
    /// How a failed call is tried again before the message goes back to the queue.
    pub retry: RetryPolicy,
}
