//! A moment as somebody types it.

use std::{str::FromStr, time::Duration};

use humantime_serde::re::humantime;
use jiff::Timestamp;

/// How long ago, or when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    Ago(Duration),
    At(Timestamp),
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let at = || text.parse().map(Self::At);
        humantime::parse_duration(text).map(Self::Ago).or_else(|_| at()).map_err(|_| {
            "neither a duration such as 24h nor a time such as 2026-11-21T10:30:00Z".to_owned()
        })
    }
}

impl Moment {
    /// The moment, seen from `now`.
    pub(super) fn before(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Ago(ago) => now.saturating_sub(ago).unwrap_or(Timestamp::MIN),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_by_its_age_or_its_time() {
        let now = "2026-11-22T10:30:00Z".parse().unwrap();
        let day_before = "2026-11-21T10:30:00Z";

        assert_eq!("24h".parse::<Moment>().unwrap().before(now).to_string(), day_before);
        assert_eq!(day_before.parse::<Moment>().unwrap().before(now).to_string(), day_before);
        assert_eq!(Moment::Ago(Duration::MAX).before(now), Timestamp::MIN);
        assert!("yesterday".parse::<Moment>().is_err());
    }
}
