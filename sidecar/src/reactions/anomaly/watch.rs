//! One watch: what is counted, and how it is judged.

mod written;

use std::{collections::BTreeSet, time::Duration};

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::{SignedDuration, Timestamp};
use moka::future::Cache;

pub(super) use self::written::WrittenWatch;
use super::{count::Counted, finding::Finding};
use crate::{
    delivery::DeliveryError,
    directus::reader::Reader,
    event::EventType,
    insight::anomaly::{Count, Counts, Detector, Grid, Odd, Window},
    reaction::Needs,
};

/// A look goes back so far, so that nothing is lost while nobody looks.
const LOOK_BACK: Duration = Duration::from_hours(24);
/// So many windows it looks at, at least: one may be over, and another not be counted yet.
const WINDOWS_MIN: u64 = 2;
/// So many at most.
const WINDOWS_MAX: u64 = 48;
/// So many windows are counted at once.
const COUNTED_AT_ONCE: usize = 4;
/// The most windows that one look counts.
const COUNTS_MAX: usize = 5_000;

/// One watch.
#[derive(Debug)]
pub(super) struct Watch {
    name: String,
    counted: Counted,
    detector: Detector,
    window: Duration,
    late: SignedDuration,
    /// What was counted before. It spares questions and decides nothing: what it forgets is counted anew.
    known: Cache<Window, Vec<Count>>,
}

impl Watch {
    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What has to be read for it.
    pub(super) fn add_needs(&self, needs: &mut Needs) {
        self.counted.add_needs(needs);
    }

    /// The episodes that began in the windows that are over.
    pub(super) async fn findings(
        &self,
        directus: &Reader,
        now: Timestamp,
    ) -> Result<Vec<Finding>, DeliveryError> {
        let Some(since) = self.counted.since(directus).await? else { return Ok(Vec::new()) };
        // The window of the first item began before it was seen.
        let first = Window(self.grid().at(since).0.saturating_add(1));
        let judged: Vec<_> = self.over(now).filter(|window| *window >= first).collect();
        let needed: BTreeSet<_> = judged
            .iter()
            .flat_map(|it| self.detector.needs(*it))
            .filter(|it| *it >= first)
            .collect();
        let counted = stream::iter(needed)
            .map(|window| self.count(window, directus))
            .buffer_unordered(COUNTED_AT_ONCE);
        let counted: Vec<(Window, Vec<Count>)> = counted.try_collect().await?;

        let types = self.counted.types().into_iter().enumerate();
        let findings = types.flat_map(|(at, event_type)| {
            let counted = counted.iter().map(|(window, counts)| (*window, counts[at]));
            let counts = Counts { first: Some(first), counted: counted.collect() };
            let odd = judged.iter().filter_map(move |it| self.detector.episode(*it, &counts));
            odd.map(move |odd| self.finding(odd, event_type)).collect::<Vec<_>>()
        });
        Ok(findings.collect())
    }

    /// The windows that are over, and of which no more is to come; the earliest first.
    fn over(&self, now: Timestamp) -> impl Iterator<Item = Window> + use<> {
        let so_far = self.grid().at(now.checked_sub(self.late).unwrap_or(Timestamp::MIN));
        let windows = LOOK_BACK.as_secs() / self.window.as_secs();
        let windows = u32::try_from(windows.clamp(WINDOWS_MIN, WINDOWS_MAX)).unwrap_or(u32::MAX);
        (1..=windows).rev().map(move |steps| so_far.before(steps))
    }

    async fn count(
        &self,
        window: Window,
        directus: &Reader,
    ) -> Result<(Window, Vec<Count>), DeliveryError> {
        if let Some(counts) = self.known.get(&window).await {
            return Ok((window, counts));
        }
        let grid = self.grid();
        let during = (grid.start(window), grid.end(window));
        let counts = self.counted.count(directus, during).await?;
        self.known.insert(window, counts.clone()).await;
        Ok((window, counts))
    }

    fn grid(&self) -> Grid {
        Grid::of(self.window)
    }

    fn finding(&self, odd: Odd, event_type: Option<&EventType>) -> Finding {
        let kind = format!("{}_{}", self.name, self.detector.kind.as_str());
        Finding { kind, event_type: event_type.cloned(), odd, window: self.window }
    }
}
