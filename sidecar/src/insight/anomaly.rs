//! Whether a window of time has many more or many fewer than the windows before it. Pure: judged by
//! counts alone, so that whoever counts the same finds the same episodes.

mod past;
#[cfg(test)]
mod tests;
mod window;

use std::collections::BTreeMap;

use serde::Deserialize;

pub use self::window::{Grid, Window};

/// What was counted in one window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// How many there were.
    pub hits: u64,
    /// Among how many; nothing where only their number matters.
    pub of: Option<u64>,
}

/// What was counted in many windows.
#[derive(Debug, Default)]
pub struct Counts {
    /// The first window that was seen from its beginning: what was not before it says nothing.
    pub first: Option<Window>,
    /// Each window once.
    pub counted: BTreeMap<Window, Count>,
}

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Many more than usual.
    Spike,
    /// Many fewer than usual.
    Dip,
}

impl Kind {
    /// The word in configuration and events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Spike => "spike",
            Self::Dip => "dip",
        }
    }
}

/// Tells episodes from what is usual.
#[derive(Debug, Clone, Copy)]
pub struct Detector {
    /// What is looked for.
    pub kind: Kind,
    /// With how many windows before it a window is compared.
    pub history: u32,
    /// How far these are apart: 1 for one after another, a day's windows for the same hour of each day.
    pub step: u32,
    /// After so many usual windows an episode is over.
    pub calm: u32,
    /// So many there must be, or in a dip should have been: few are never odd.
    pub minimum: f64,
    /// So many times more or fewer than expected: among many, what is certain may still be small.
    pub ratio: f64,
    /// So many standard deviations off.
    pub factor: f64,
}

/// A window that is odd.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Odd {
    /// Which one.
    pub window: Window,
    /// What was counted in it.
    pub count: Count,
    /// What the past leads to expect.
    pub expected: f64,
    /// How far it is off, in standard deviations; below zero in a dip.
    pub deviation: f64,
}

impl Detector {
    /// The window as the first of an episode: it is odd, and those just before it are not.
    ///
    /// That takes no memory of what was found before. Whoever looks, however late, finds the episode
    /// in the same window.
    pub fn episode(&self, window: Window, counts: &Counts) -> Option<Odd> {
        let odd = self.judge(window, counts)?;
        let mut before = (1..=self.calm).map(|steps| window.before(steps));
        let goes_on = before.any(|earlier| self.judge(earlier, counts).is_some());
        (!goes_on).then_some(odd)
    }

    /// The windows that [`Self::episode`] looks at.
    pub fn needs(&self, window: Window) -> impl Iterator<Item = Window> {
        (0..=self.calm).flat_map(move |steps| {
            let judged = window.before(steps);
            std::iter::once(judged).chain(self.past(judged))
        })
    }

    /// The windows that a window is compared with, the latest first.
    fn past(&self, window: Window) -> impl Iterator<Item = Window> {
        let step = self.step;
        (1..=self.history).map(move |steps| window.before(steps.saturating_mul(step)))
    }

    /// Judges one window; nothing if it is usual, or if too little of its past is known.
    fn judge(&self, window: Window, counts: &Counts) -> Option<Odd> {
        let first = counts.first?;
        let count = *counts.counted.get(&window)?;
        let known = self.past(window).filter(|earlier| *earlier >= first);
        let past: Vec<_> = known.filter_map(|it| counts.counted.get(&it).copied()).collect();
        if past.len() < self.history.div_ceil(2) as usize {
            return None;
        }
        let usual = past::usual(&past, count.of)?;
        let odd = Odd {
            window,
            count,
            expected: usual.expected,
            deviation: usual.deviation(past::number(count.hits)),
        };
        self.is_odd(&odd).then_some(odd)
    }

    fn is_odd(&self, Odd { count, expected, deviation, .. }: &Odd) -> bool {
        let observed = past::number(count.hits);
        match self.kind {
            Kind::Spike => {
                observed >= self.minimum
                    && observed >= expected * self.ratio
                    && *deviation >= self.factor
            }
            Kind::Dip => {
                *expected >= self.minimum
                    && observed * self.ratio <= *expected
                    && *deviation <= -self.factor
            }
        }
    }
}
