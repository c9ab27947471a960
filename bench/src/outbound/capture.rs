//! What a save costs in Directus: bare, captured, and with what a user would write instead.
//!
//! All variants run on this machine at the same time and are measured in turn, a little of each in
//! every round, so that whatever else happens to the machine happens to all of them. Nobody is pinned
//! to a core: Directus, its database and whatever takes the events share the machine as they would.

mod variant;

use std::fmt;

use anyhow::Result;
use e2e::Database;
use serde::Serialize;
use serde_json::{Map, Value, json};

use self::variant::{Kind, Variant};
use crate::{
    figures::{median, quantile, two_digits},
    say,
    stub::Stub,
};

/// Odd, so that the median is one of them.
const ROUNDS: usize = 15;
/// Saves of one variant in one round, by one client that waits for each.
const SAVES_IN_TURN: usize = 60;
/// Saves of one variant in one round, by eight clients at once.
const SAVES_AT_ONCE: usize = 160;
const CLIENTS: usize = 8;
/// Until Node has compiled what is hot.
const SAVES_WARM_UP: usize = 400;

/// What one variant's saves cost.
#[derive(Debug, Serialize)]
struct Figures {
    p50_ms: f64,
    p99_ms: f64,
    saves_per_second: f64,
    /// To bare Directus' in the same round; the median over all rounds.
    p50_ratio: f64,
    throughput_ratio: f64,
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { p50_ms, p99_ms, saves_per_second, p50_ratio, throughput_ratio } = self;
        write!(
            formatter,
            "p50 {p50_ms} ms (×{p50_ratio}), p99 {p99_ms} ms, {saves_per_second} saves/s (×{throughput_ratio})"
        )
    }
}

/// One variant in one round.
#[derive(Debug, Clone, Copy)]
struct Round {
    p50_ms: f64,
    saves_per_second: f64,
}

/// Measures on PostgreSQL, whose figures come first, and on SQLite.
pub(crate) async fn measure() -> Result<Value> {
    let postgres = measure_on(Database::DurablePostgres).await?;
    let sqlite = measure_on(Database::Sqlite).await?;
    Ok(json!({
        "p50_ratio": postgres["capture"]["p50_ratio"],
        "throughput_ratio": postgres["capture"]["throughput_ratio"],
        "flow_ratio": postgres["flow"]["p50_ratio"],
        "naive_hook_ratio": postgres["awaiting_hook"]["p50_ratio"],
        "flow_throughput_ratio": postgres["flow"]["throughput_ratio"],
        "naive_hook_throughput_ratio": postgres["awaiting_hook"]["throughput_ratio"],
        "rounds": ROUNDS,
        "clients": CLIENTS,
        "postgres": postgres,
        "sqlite": sqlite,
    }))
}

async fn measure_on(database: Database) -> Result<Value> {
    let bus = Stub::start().await?;
    let mut measured = Vec::new();
    for kind in Kind::ALL {
        let variant = Variant::start(kind, database, &bus).await?;
        variant.save_in_turn(SAVES_WARM_UP).await?;
        measured.push(Measured { variant, latencies: Vec::new(), rounds: Vec::new() });
    }
    settled(&measured, &bus).await?;

    for round in 0..ROUNDS {
        for turn in 0..measured.len() {
            // Another one begins each time: nobody is always measured after the same neighbour.
            let index = (turn + round) % measured.len();
            measured[index].measure_round().await?;
            // What a variant has put off is its own, and not the next one's.
            settled(&measured, &bus).await?;
        }
    }

    let mut figures = Map::new();
    for one in &measured {
        let of_variant = figures_of(&one.latencies, &one.rounds, &measured[0].rounds);
        say(&format!("  {database:?}, {}: {of_variant}", one.variant.kind.name()));
        figures.insert(one.variant.kind.name().to_owned(), serde_json::to_value(of_variant)?);
    }
    for one in measured {
        one.variant.stop().await?;
    }
    Ok(Value::Object(figures))
}

/// One variant and what it cost so far.
struct Measured {
    variant: Variant,
    latencies: Vec<f64>,
    rounds: Vec<Round>,
}

impl Measured {
    async fn measure_round(&mut self) -> Result<()> {
        let in_turn = self.variant.save_in_turn(SAVES_IN_TURN).await?;
        let saves_per_second = self.variant.save_at_once(SAVES_AT_ONCE, CLIENTS).await?;
        self.rounds.push(Round { p50_ms: quantile(&in_turn, 0.5), saves_per_second });
        self.latencies.extend(in_turn);
        Ok(())
    }
}

/// Waits until every event is on the bus, once or, after a request that took too long, twice: whoever
/// is fast because it loses events is no match.
async fn settled(measured: &[Measured], bus: &Stub) -> Result<()> {
    let announced: u64 = measured.iter().map(|one| one.variant.announced()).sum();
    e2e::eventually(format!("{announced} events on the bus"), async || {
        Ok((bus.accepted().await? >= announced).then_some(()))
    })
    .await
}

fn figures_of(latencies: &[f64], rounds: &[Round], bare: &[Round]) -> Figures {
    let pairs = || rounds.iter().zip(bare);
    Figures {
        p50_ms: two_digits(quantile(latencies, 0.5)),
        p99_ms: two_digits(quantile(latencies, 0.99)),
        saves_per_second: median(rounds.iter().map(|round| round.saves_per_second)).round(),
        p50_ratio: two_digits(median(pairs().map(|(round, bare)| round.p50_ms / bare.p50_ms))),
        throughput_ratio: two_digits(median(
            pairs().map(|(round, bare)| round.saves_per_second / bare.saves_per_second),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(p50_ms: f64, saves_per_second: f64) -> Round {
        Round { p50_ms, saves_per_second }
    }

    #[test]
    fn a_ratio_is_taken_within_each_round_so_that_a_slow_one_does_not_distort_it() {
        let bare = [round(4.0, 200.0), round(40.0, 20.0), round(4.0, 200.0)];
        let captured = [round(4.2, 190.0), round(42.0, 19.0), round(4.2, 190.0)];

        let figures = figures_of(&[4.2, 42.0, 4.2], &captured, &bare);

        assert!((figures.p50_ratio - 1.05).abs() < 1e-9, "{figures:?}");
        assert!((figures.throughput_ratio - 0.95).abs() < 1e-9, "{figures:?}");
    }
}
