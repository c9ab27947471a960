//! What goes wrong and when: by the seed alone, so that a run can be had again.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Result;
use aws_stub::{Fault, Moment, Operation, Trouble as AwsTrouble};
use fastrand::Rng;
use tokio::time::{Instant, sleep};

use crate::Stack;

/// How long all is left to itself between two troubles.
const CALM_MS: std::ops::Range<u64> = 200..3_000;
/// How long a part stays dead or frozen.
const ABSENCE_MS: std::ops::Range<u64> = 0..2_500;
/// How long AWS fails.
const FAILURE_MS: std::ops::Range<u64> = 500..5_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    KillSidecar,
    KillDirectus,
    KillBoth,
    FreezeSidecar,
    FreezeDirectus,
    AwsGone,
    AwsStalls,
    AwsThrottles,
    AwsFails,
    AwsDisconnects,
    EntriesRefused,
}

/// Each as often as it stands here.
const TROUBLES: [Trouble; 16] = [
    Trouble::KillSidecar,
    Trouble::KillSidecar,
    Trouble::KillSidecar,
    Trouble::KillSidecar,
    Trouble::KillDirectus,
    Trouble::KillDirectus,
    Trouble::KillBoth,
    Trouble::FreezeSidecar,
    Trouble::FreezeDirectus,
    Trouble::AwsGone,
    Trouble::AwsStalls,
    Trouble::AwsStalls,
    Trouble::AwsThrottles,
    Trouble::AwsFails,
    Trouble::AwsDisconnects,
    Trouble::EntriesRefused,
];

/// Makes one trouble after the other. Those of AWS last on while the next one comes.
pub(super) struct Troublemaker {
    random: Rng,
    /// What is still to come before all comes again.
    due: Vec<Trouble>,
    made: BTreeMap<&'static str, u64>,
}

impl Troublemaker {
    pub(super) fn new(seed: u64) -> Self {
        Self { random: Rng::with_seed(seed), due: Vec::new(), made: BTreeMap::new() }
    }

    /// Goes on for so long, and for so many troubles, however long those take; leaves every part
    /// running, and tells how often each thing was done.
    pub(super) async fn trouble(
        mut self,
        stack: &mut Stack,
        duration: Duration,
        troubles_min: u64,
    ) -> Result<BTreeMap<&'static str, u64>> {
        let end = Instant::now() + duration;
        while Instant::now() < end || self.made.values().sum::<u64>() < troubles_min {
            let trouble = self.next();
            sleep(self.millis(CALM_MS)).await;
            self.make(trouble, stack).await?;
        }
        Ok(self.made)
    }

    fn next(&mut self) -> Trouble {
        if self.due.is_empty() {
            self.due = TROUBLES.to_vec();
            self.random.shuffle(&mut self.due);
        }
        self.due.pop().unwrap_or(Trouble::KillSidecar)
    }

    async fn make(&mut self, trouble: Trouble, stack: &mut Stack) -> Result<()> {
        *self.made.entry(trouble.name()).or_default() += 1;
        let absence = self.millis(ABSENCE_MS);
        match trouble {
            Trouble::KillSidecar => {
                stack.sidecar.kill()?;
                sleep(absence).await;
                stack.sidecar.start().await
            }
            Trouble::KillDirectus => {
                stack.directus.kill()?;
                sleep(absence).await;
                stack.directus.start().await
            }
            Trouble::KillBoth => {
                stack.directus.kill()?;
                stack.sidecar.kill()?;
                sleep(absence).await;
                stack.directus.start().await?;
                stack.sidecar.start().await
            }
            Trouble::FreezeSidecar => {
                stack.sidecar.freeze()?;
                sleep(absence).await;
                stack.sidecar.thaw()
            }
            Trouble::FreezeDirectus => {
                stack.directus.freeze()?;
                sleep(absence).await;
                stack.directus.thaw()
            }
            Trouble::AwsGone => {
                let absence = self.millis(FAILURE_MS);
                stack.aws.stub().leave(absence).await?;
                // Nobody hears a command meanwhile.
                sleep(absence).await;
                Ok(())
            }
            aws => self.fail(aws, stack).await,
        }
    }

    async fn fail(&mut self, trouble: Trouble, stack: &Stack) -> Result<()> {
        let lasting = self.millis(FAILURE_MS);
        let moments = [Moment::BeforeEffect, Moment::AfterEffect];
        let faults: Vec<Fault> = match trouble {
            Trouble::AwsStalls => moments
                .map(|moment| Fault::new(AwsTrouble::Delay { min_ms: 10, max_ms: 3_000, moment }))
                .map(|fault| fault.at_rate(0.5))
                .into(),
            Trouble::AwsThrottles => vec![Fault::new(AwsTrouble::Throttle).at_rate(0.7)],
            Trouble::AwsFails => moments
                .map(|moment| Fault::new(AwsTrouble::ServerError { status: 503, moment }))
                .map(|fault| fault.at_rate(0.3))
                .into(),
            Trouble::AwsDisconnects => moments
                .map(|moment| Fault::new(AwsTrouble::Disconnect { moment }).at_rate(0.3))
                .into(),
            _ => {
                let refuse = AwsTrouble::RefuseEntry { code: "InternalFailure".to_owned() };
                vec![Fault::new(refuse).on(Operation::PutEvents).at_rate(0.3)]
            }
        };
        for fault in faults {
            let fault = fault.lasting(lasting).seeded(self.random.u64(..));
            stack.aws.stub().fault(fault).await?;
        }
        Ok(())
    }

    fn millis(&mut self, range: std::ops::Range<u64>) -> Duration {
        Duration::from_millis(self.random.u64(range))
    }
}

impl Trouble {
    fn name(self) -> &'static str {
        match self {
            Self::KillSidecar => "sidecar killed",
            Self::KillDirectus => "Directus killed",
            Self::KillBoth => "both killed",
            Self::FreezeSidecar => "sidecar frozen",
            Self::FreezeDirectus => "Directus frozen",
            Self::AwsGone => "AWS gone",
            Self::AwsStalls => "AWS stalling",
            Self::AwsThrottles => "AWS throttling",
            Self::AwsFails => "AWS failing",
            Self::AwsDisconnects => "AWS disconnecting",
            Self::EntriesRefused => "AWS refusing entries",
        }
    }
}

/// What a fault of the stub is called in the report.
pub(super) fn name(trouble: &AwsTrouble) -> &'static str {
    match trouble {
        AwsTrouble::Delay { .. } => "calls delayed",
        AwsTrouble::Throttle => "calls throttled",
        AwsTrouble::ServerError { .. } => "calls failed",
        AwsTrouble::Disconnect { .. } => "connections closed",
        AwsTrouble::RefuseEntry { .. } => "entries refused",
        AwsTrouble::Duplicate => "messages doubled",
        AwsTrouble::Reorder => "messages reordered",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(count: usize, seed: u64) -> Vec<Trouble> {
        let mut troublemaker = Troublemaker::new(seed);
        (0..count).map(|_| troublemaker.next()).collect()
    }

    #[test]
    fn a_seed_makes_the_same_troubles_again_and_all_before_any_comes_too_often() {
        assert_eq!(first(20, 7), first(20, 7));
        assert_ne!(first(20, 7), first(20, 8));
        let all = first(TROUBLES.len(), 7);
        assert!(TROUBLES.iter().all(|trouble| all.contains(trouble)), "{all:?}");
    }
}
