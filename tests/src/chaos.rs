//! Writers save while parts are killed and AWS fails, all by one seed; then everything is healed, and
//! what is there is compared with what the writers were told.

mod judge;
mod report;
mod trouble;
mod writer;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use aws_stub::{Fault, Operation, Struck, Trouble as AwsTrouble};
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinSet};

pub use self::report::Report;
use self::{judge::Evidence, trouble::Troublemaker, writer::Journal};
use crate::{Account, Database, Emulator, Setup, Stack, eventually};

const WRITERS: usize = 4;
/// The share of messages that come once more, and of those that come out of their order, all the time.
const DUPLICATES: f64 = 0.05;
const REORDERINGS: f64 = 0.3;
/// How often the one patience of all stories is tried while a long run's backlog drains.
const PATIENCES_MAX: usize = 10;

/// What a run is like.
#[derive(Debug, Clone, Copy)]
pub struct Chaos {
    /// Decides what goes wrong, when and for how long, and what is written.
    pub seed: u64,
    /// How long things go wrong.
    pub duration: Duration,
    /// How much goes wrong at least, on however slow a machine.
    pub troubles_min: u64,
    /// Where Directus keeps its items.
    pub database: Database,
}

impl Chaos {
    /// Runs and judges. An error means that the run itself broke; a broken promise is in the report.
    pub async fn run(self) -> Result<Report> {
        let mut stack = self.stack().await?;
        let began = Instant::now();
        self.duplicate_and_reorder(&stack).await?;

        let names = (0..WRITERS).map(|writer| json!({ "name": format!("Customer {writer}") }));
        let customers = stack.directus.create_many("customers", names.collect()).await?;
        let (stop, stopped) = watch::channel(false);
        let mut writers = JoinSet::new();
        for (writer, customer) in customers.iter().enumerate() {
            let (directus, customer) = (Account::clone(&stack.directus), customer["id"].clone());
            writers.spawn(writer::write(writer, self.seed, directus, customer, stopped.clone()));
        }
        let troublemaker = Troublemaker::new(self.seed);
        let troubles = troublemaker.trouble(&mut stack, self.duration, self.troubles_min).await?;
        stop.send(true)?;
        let mut journal = Journal::default();
        for written in writers.join_all().await {
            journal.extend(written?);
        }

        let faults = count(&stack.aws.stub().struck().await?);
        stack.aws.stub().end_faults().await?;
        let healing = Instant::now();
        let redriven = heal(&stack).await?;
        let healed = healing.elapsed();
        let evidence = Evidence::collect(&mut stack).await?;
        let broken = judge::judge(&journal, &evidence);
        let report = Report {
            seed: self.seed,
            lasted: began.elapsed(),
            healed,
            saves: journal.acknowledged(),
            unanswered: journal.unanswered(),
            troubles,
            faults,
            redriven,
            events: evidence.events(),
            messages: evidence.messages(),
            effects: evidence.effects(),
            verdicts: evidence.verdicts.clone(),
            broken,
            logs: stack.dir().to_owned(),
        };
        stack.stop().await?;
        if report.held() {
            std::fs::remove_dir_all(stack.dir())?;
        }
        Ok(report)
    }

    async fn stack(self) -> Result<Stack> {
        let setup = Setup::default().on(self.database).aws(Emulator::Stub);
        let stack = Stack::start_with(
            setup
                // What failed comes back soon, so that it may fail again.
                .sidecar("SIDECAR__INBOUND__REDELIVERY_DELAYS", "2s,4s,8s,16s")
                .sidecar("SIDECAR__INBOUND__RECEIVE_WAIT", "2s")
                .sidecar("SIDECAR__INBOUND__RECEIVE_PAUSE_MAX", "2s")
                .sidecar("SIDECAR__DIRECTUS__PROBE_INTERVAL", "1s")
                // A counter would die with the sidecar; its log does not.
                .sidecar("SIDECAR__LOG__LEVEL", "info,sidecar::directus::effects=debug"),
        )
        .await?;
        stack.aws.watch_bus().await?;
        Ok(stack)
    }

    async fn duplicate_and_reorder(self, stack: &Stack) -> Result<()> {
        for (trouble, rate) in
            [(AwsTrouble::Duplicate, DUPLICATES), (AwsTrouble::Reorder, REORDERINGS)]
        {
            let fault = Fault::new(trouble).on(Operation::ReceiveMessage).at_rate(rate);
            stack.aws.stub().fault(fault.seeded(self.seed)).await?;
        }
        Ok(())
    }
}

/// Waits until nothing is on its way any more. What was given up meanwhile is sent again, as an
/// operator would; returns how many that were.
async fn heal(stack: &Stack) -> Result<usize> {
    let queues = queues()?;
    let mut redriven = 0;
    for patience in 1.. {
        match settled(stack, &queues).await {
            Ok(()) => {
                let listed = stack.sidecar.command(&["dead-letters", "list", "--json"])?;
                let letters: Vec<Value> = serde_json::from_str(&listed)?;
                if letters.is_empty() {
                    return Ok(redriven);
                }
                redriven += letters.len();
                stack.sidecar.command(&["dead-letters", "redrive", "--all"])?;
            }
            Err(error) if patience == PATIENCES_MAX => return Err(error),
            Err(_) => {}
        }
    }
    unreachable!("the patience ends before the numbers do")
}

async fn settled(stack: &Stack, queues: &[String]) -> Result<()> {
    eventually("an outbox without pending rows", async || {
        let pending = "select id from event_bridge_outbox where state = 'pending' limit 1";
        Ok(stack.directus.rows(pending)?.is_empty().then_some(()))
    })
    .await?;
    for queue in queues {
        stack.aws.is_done(queue).await?;
    }
    Ok(())
}

/// The queues of the shipped routes.
fn queues() -> Result<Vec<String>> {
    let routes = include_str!("../../sidecar/config/routes.json");
    let routes: BTreeMap<String, Value> = serde_json::from_str(routes).context("routes.json")?;
    Ok(routes.into_keys().map(|route| format!("event-bridge-{route}")).collect())
}

/// How often each kind of fault struck.
fn count(struck: &[Struck]) -> BTreeMap<&'static str, u64> {
    let mut faults = BTreeMap::new();
    for Struck { fault, times } in struck {
        *faults.entry(trouble::name(&fault.what)).or_default() += times;
    }
    faults
}
