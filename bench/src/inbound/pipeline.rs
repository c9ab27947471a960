//! How many items a second one process of Directus creates **and** has enriched, beside bare creates, and
//! beside the pipeline that a user would write.

use std::time::Instant;

use anyhow::Result;
use e2e::Database;
use serde_json::{Map, Value, json};

use super::system::{Kind, System};
use crate::{
    figures::{median, megabytes, two_digits},
    say,
};

/// Items of one system in one round.
const ITEMS: usize = 320;
const CLIENTS: usize = 8;
/// Until Node has compiled what is hot.
const WARM_UP: usize = 320;

/// The one that the others are compared with comes first, ours second.
const KINDS: [Kind; 4] =
    [Kind::Bare, Kind::EventBridge, Kind::Handwritten, Kind::HandwrittenByTens];

/// Measures on PostgreSQL, whose figures come first, and on SQLite. Odd numbers of rounds, so that the
/// median is one of them.
pub(super) async fn measure() -> Result<Value> {
    let postgres = measure_on(Database::DurablePostgres, &KINDS, 5).await?;
    let sqlite = measure_on(Database::Sqlite, &KINDS[..3], 3).await?;
    Ok(json!({
        "of_bare": postgres["event_bridge"]["of_bare"],
        "ratio_to_handwritten": postgres["handwritten"]["ours"],
        "ratio_to_handwritten_by_tens": postgres["handwritten_by_tens"]["ours"],
        "items_per_second": postgres["event_bridge"]["items_per_second"],
        "rss_mb": postgres["event_bridge"]["rss_mb"],
        "clients": CLIENTS,
        "items_in_a_round": ITEMS,
        "postgres": postgres,
        "sqlite": sqlite,
    }))
}

/// All systems are there at the same time and take turns, so that whatever else happens to the machine
/// happens to all of them.
async fn measure_on(database: Database, kinds: &[Kind], rounds: usize) -> Result<Value> {
    let mut systems = Vec::new();
    for kind in kinds {
        let system = System::start(*kind, database).await?;
        run(&system, WARM_UP).await?;
        systems.push((system, Vec::new()));
    }
    for round in 0..rounds {
        for turn in 0..systems.len() {
            // Another one begins each time: nobody is always measured after the same neighbour.
            let index = (turn + round) % systems.len();
            let (system, rates) = &mut systems[index];
            rates.push(run(system, ITEMS).await?);
        }
    }

    let mut figures = Map::new();
    let rates: Vec<Vec<f64>> = systems.iter().map(|(_, rates)| rates.clone()).collect();
    for (system, own) in &systems {
        let mut of_system = json!({
            "items_per_second": median(own.iter().copied()).round(),
            "of_bare": ratio(own, &rates[0]),
            "ours": ratio(&rates[1], own),
        });
        if let Some(worker) = &system.worker {
            of_system["rss_mb"] = json!(megabytes(worker.memory()?.1));
        }
        say(&format!("  {database:?}, {}: {of_system}", system.kind.name()));
        figures.insert(system.kind.name().to_owned(), of_system);
    }
    for (system, _) in systems {
        system.stop().await?;
    }
    Ok(Value::Object(figures))
}

/// Items a second, from the first save to the last enrichment; of the bare Directus, to the last save.
async fn run(system: &System, items: usize) -> Result<f64> {
    let started = Instant::now();
    system.saves.at_once(system.directus(), items, CLIENTS).await?;
    if system.kind != Kind::Bare {
        system.all_enriched().await?;
    }
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    Ok(items as f64 / started.elapsed().as_secs_f64())
}

/// To the other's in the same round; the median over all rounds.
fn ratio(own: &[f64], other: &[f64]) -> f64 {
    two_digits(median(own.iter().zip(other).map(|(own, other)| own / other)))
}
