//! What goes wrong on command: how often, how long, and for whom.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::operation::Operation;

/// One thing that goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What happens.
    pub what: Trouble,
    /// Whom it hits; without one, every call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// The share of the calls, entries or messages that it hits, from 0 to 1.
    #[serde(default = "always")]
    pub rate: f64,
    /// How long it goes on, from its start; without one, until it is cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasting_ms: Option<u64>,
    /// How often it strikes at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Decides which ones it hits: the same seed hits the same ones.
    #[serde(default)]
    pub seed: u64,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Trouble {
    /// The call takes this much longer, evenly spread from `min_ms` to `max_ms`.
    Delay {
        /// The shortest delay.
        min_ms: u64,
        /// The longest delay.
        max_ms: u64,
        /// Before or after the call takes effect.
        #[serde(default)]
        moment: Moment,
    },
    /// The whole call is refused with `ThrottlingException`; nothing takes effect.
    Throttle,
    /// The call ends with this status of the 5xx family.
    ServerError {
        /// Such as 500 or 503.
        status: u16,
        /// Before or after the call takes effect.
        #[serde(default)]
        moment: Moment,
    },
    /// The connection closes without an answer.
    Disconnect {
        /// Before or after the call takes effect; after it, only the answer is lost.
        #[serde(default)]
        moment: Moment,
    },
    /// A single entry of a batch is refused with this code; the others take effect.
    RefuseEntry {
        /// Such as `InternalFailure` or `ThrottlingException`.
        code: String,
    },
    /// A message that is received comes once more, even when it is deleted in between.
    Duplicate,
    /// A message that is received is any of those that wait, not the oldest.
    Reorder,
}

impl Trouble {
    /// Whether it hits calls as a whole, rather than entries or messages.
    pub(crate) fn hits_calls(&self) -> bool {
        match self {
            Self::Delay { .. }
            | Self::Throttle
            | Self::ServerError { .. }
            | Self::Disconnect { .. } => true,
            Self::RefuseEntry { .. } | Self::Duplicate | Self::Reorder => false,
        }
    }
}

/// When a call is struck.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// Nothing has happened yet.
    #[default]
    BeforeEffect,
    /// Everything has happened, and the caller does not know.
    AfterEffect,
}

impl Fault {
    /// This trouble, always and for every call, until it is cleared.
    pub fn new(what: Trouble) -> Self {
        Self { what, operation: None, rate: 1.0, lasting_ms: None, count: None, seed: 0 }
    }

    /// Only for calls of this operation.
    #[must_use]
    pub fn on(self, operation: Operation) -> Self {
        Self { operation: Some(operation), ..self }
    }

    /// Only for this share of them.
    #[must_use]
    pub fn at_rate(self, rate: f64) -> Self {
        Self { rate, ..self }
    }

    /// Only for so long from its start.
    #[must_use]
    pub fn lasting(self, duration: Duration) -> Self {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self { lasting_ms: Some(millis), ..self }
    }

    /// Only so many times.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        Self { count: Some(count), ..self }
    }

    /// Hits other ones than with another seed.
    #[must_use]
    pub fn seeded(self, seed: u64) -> Self {
        Self { seed, ..self }
    }
}

fn always() -> f64 {
    1.0
}
