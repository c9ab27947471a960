//! What draining a backlog of 100,000 events takes in memory.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde::Serialize;

use super::{
    load::{BATCH, Load},
    services,
};
use crate::{figures::megabytes, machine::keep_off_the_measured_core, stub::Stub};

const CHANGES: usize = 100_000;
const SAMPLE_PAUSE: Duration = Duration::from_millis(100);

#[derive(Serialize)]
pub(super) struct Figures {
    /// The most memory that the sidecar had at any time, from its start to the last verdict.
    rss_mb: f64,
    /// What it had before the first change.
    idle_rss_mb: f64,
    changes: usize,
    secs: f64,
    /// Its memory over time.
    samples: Vec<Sample>,
}

#[derive(Serialize)]
struct Sample {
    secs: f64,
    rss_mb: f64,
}

pub(super) async fn measure() -> Result<Figures> {
    keep_off_the_measured_core()?;
    let bus = Stub::start().await?;
    let sidecar = services::sidecar(&bus).await?;
    let load = Load::of(CHANGES / BATCH)?;
    let (idle, _) = sidecar.service.memory()?;
    let started = Instant::now();
    let secs = || (started.elapsed().as_secs_f64() * 100.0).round() / 100.0;
    let mut samples = vec![Sample { secs: 0.0, rss_mb: megabytes(idle) }];

    let sampling = async {
        loop {
            tokio::time::sleep(SAMPLE_PAUSE).await;
            let (now, _) = sidecar.service.memory()?;
            samples.push(Sample { secs: secs(), rss_mb: megabytes(now) });
        }
    };
    let drained = tokio::select! {
        drained = load.send_all(&sidecar.changes_url) => drained,
        failed = sampling => failed,
    };
    drained?;

    let secs = secs();
    let accepted = bus.accepted().await?;
    ensure!(accepted == CHANGES as u64, "{accepted} of {CHANGES} were accepted");
    let (_, highest) = sidecar.service.memory()?;
    Ok(Figures {
        rss_mb: megabytes(highest),
        idle_rss_mb: megabytes(idle),
        changes: CHANGES,
        secs,
        samples,
    })
}
