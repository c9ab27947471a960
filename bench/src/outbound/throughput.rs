//! How many signed events a core of the sidecar carries, beside a Node service that does the same.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;

use super::{
    load::{BATCH, Load},
    services::{self, Measured},
};
use crate::{
    figures::{self, two_digits},
    machine::keep_off_the_measured_core,
    stub::Stub,
};

/// Odd, so that the median is one of them.
const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_secs(4);
/// Until Node has compiled what is hot.
const WARM_UP: Duration = Duration::from_secs(4);
/// Different requests in one round; a signature is good for five minutes.
const BATCHES: usize = 50;

#[derive(Serialize)]
pub(super) struct Figures {
    /// Accepted entries for each second that a core worked for the sidecar.
    events_per_second_per_core: f64,
    /// Accepted entries for each second of the clock, the sidecar having one core to itself.
    events_per_second_on_one_core: f64,
    /// The first figure, as a multiple of the Node service's.
    ratio_to_node: f64,
    /// The second figure, as a multiple of the Node service's.
    ratio_to_node_on_one_core: f64,
    node_events_per_second_per_core: f64,
    node_events_per_second_on_one_core: f64,
    changes_per_request: usize,
    rounds: usize,
}

/// What one round came to, in entries per second.
struct Rate {
    per_cpu_sec: f64,
    per_wall_sec: f64,
}

/// Measures both in turn, so that whatever else happens on the machine happens to both.
pub(super) async fn measure() -> Result<Figures> {
    keep_off_the_measured_core()?;
    let bus = Stub::start().await?;
    let (sidecar, node) = (services::sidecar(&bus).await?, services::node(&bus).await?);
    let warm_up = Load::of(BATCHES)?;
    for measured in [&sidecar, &node] {
        warm_up.send_for(&measured.changes_url, WARM_UP).await?;
    }

    let (mut of_sidecar, mut of_node) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        of_sidecar.push(round(&sidecar, &bus).await?);
        of_node.push(round(&node, &bus).await?);
    }

    let (sidecar, node) = (median(&of_sidecar), median(&of_node));
    Ok(Figures {
        events_per_second_per_core: sidecar.per_cpu_sec.round(),
        events_per_second_on_one_core: sidecar.per_wall_sec.round(),
        ratio_to_node: two_digits(sidecar.per_cpu_sec / node.per_cpu_sec),
        ratio_to_node_on_one_core: two_digits(sidecar.per_wall_sec / node.per_wall_sec),
        node_events_per_second_per_core: node.per_cpu_sec.round(),
        node_events_per_second_on_one_core: node.per_wall_sec.round(),
        changes_per_request: BATCH,
        rounds: ROUNDS,
    })
}

/// The accepted entries are counted by the bus, not by whoever says that it published them.
async fn round(measured: &Measured, bus: &Stub) -> Result<Rate> {
    let load = Load::of(BATCHES)?;
    let (accepted, cpu_secs) = (bus.accepted().await?, measured.service.cpu_secs()?);
    let started = Instant::now();

    load.send_for(&measured.changes_url, ROUND).await?;

    let wall_secs = started.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^52")]
    let accepted = (bus.accepted().await? - accepted) as f64;
    let cpu_secs = measured.service.cpu_secs()? - cpu_secs;
    Ok(Rate { per_cpu_sec: accepted / cpu_secs, per_wall_sec: accepted / wall_secs })
}

/// Each figure's own median.
fn median(rates: &[Rate]) -> Rate {
    let of = |figure: fn(&Rate) -> f64| figures::median(rates.iter().map(figure));
    Rate { per_cpu_sec: of(|rate| rate.per_cpu_sec), per_wall_sec: of(|rate| rate.per_wall_sec) }
}
