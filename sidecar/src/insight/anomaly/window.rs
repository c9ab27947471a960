//! Time, cut into windows of one length.

use std::time::Duration;

use jiff::Timestamp;

/// A window by its number. Numbers count from 1970 on, so that everybody cuts alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window(pub i64);

impl Window {
    /// The window so many before.
    #[must_use]
    pub fn before(self, windows: u32) -> Self {
        Self(self.0.saturating_sub(i64::from(windows)))
    }
}

/// How time is cut.
#[derive(Debug, Clone, Copy)]
pub struct Grid {
    length_secs: i64,
}

impl Grid {
    /// Windows of so many whole seconds, one at least.
    pub fn of(length: Duration) -> Self {
        Self { length_secs: i64::try_from(length.as_secs().max(1)).unwrap_or(i64::MAX) }
    }

    /// The window that a moment is in.
    pub fn at(&self, moment: Timestamp) -> Window {
        Window(moment.as_second().div_euclid(self.length_secs))
    }

    /// When a window starts.
    pub fn start(&self, window: Window) -> Timestamp {
        let second = window.0.saturating_mul(self.length_secs);
        Timestamp::from_second(second).unwrap_or(Timestamp::MIN)
    }

    /// When it ends, which is when the next one starts.
    pub fn end(&self, window: Window) -> Timestamp {
        self.start(Window(window.0.saturating_add(1)))
    }
}
