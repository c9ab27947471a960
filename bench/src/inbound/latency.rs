//! How long after its commit an item is enriched, when items come at an even pace.
//!
//! Both ends are commits of PostgreSQL, and PostgreSQL says when they were: of the save, and of the write
//! that brings the result. Nobody has to ask Directus in between whether it is there yet.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::{Database, directus::SERVICE_ACCOUNT};
use serde::Serialize;
use serde_json::Value;
use tokio::{task::JoinSet, time::interval};

use super::system::{Kind, System};
use crate::{
    figures::{quantile, two_digits},
    saves::feedback,
};

const ITEMS_PER_SECOND: u32 = 50;
/// Until Node has compiled what is hot.
const WARM_UP: usize = 500;
const ITEMS: usize = 2_000;

#[derive(Serialize)]
pub(super) struct Figures {
    p50_ms: f64,
    p90_ms: f64,
    p99_ms: f64,
    max_ms: f64,
    /// From the outbox row's insertion until Directus knew that the bus had the event; in whole
    /// milliseconds, and by Directus' clock.
    published_p50_ms: f64,
    items_per_second: u32,
    items: usize,
    /// What a share of the items took at most: the share in percent, and milliseconds.
    distribution: Vec<(f64, f64)>,
}

pub(super) async fn measure() -> Result<Figures> {
    let system = System::start(Kind::EventBridge, Database::DurablePostgres).await?;
    save_at_an_even_pace(&system).await?;
    system.all_enriched().await?;
    let latencies = latencies(&system, &enriched_query())?;
    let published = latencies_published(&system)?;
    system.stop().await?;

    let share = |share: f64| two_digits(quantile(&latencies, share));
    Ok(Figures {
        p50_ms: share(0.5),
        p90_ms: share(0.9),
        p99_ms: share(0.99),
        max_ms: share(1.0),
        published_p50_ms: two_digits(quantile(&published, 0.5)),
        items_per_second: ITEMS_PER_SECOND,
        items: ITEMS,
        distribution: (0..=100).map(f64::from).map(|it| (it, share(it / 100.0))).collect(),
    })
}

/// A save begins when it is time, whatever became of the ones before.
async fn save_at_an_even_pace(system: &System) -> Result<()> {
    let mut ticks = interval(Duration::from_secs(1) / ITEMS_PER_SECOND);
    let mut saves = JoinSet::new();
    for number in 0..WARM_UP + ITEMS {
        ticks.tick().await;
        let account = (**system.directus()).clone();
        let item = feedback(number.try_into()?);
        saves.spawn(async move { account.create("feedback", item).await.map(drop) });
    }
    saves.join_all().await.into_iter().collect()
}

fn latencies_published(system: &System) -> Result<Vec<f64>> {
    latencies(
        system,
        "select settled_at - created_at as ms from event_bridge_outbox
         where collection = 'feedback' order by id",
    )
}

/// An activity is written in the transaction of what it tells of.
fn enriched_query() -> String {
    format!(
        "select extract(epoch from
             pg_xact_commit_timestamp(enriched.xmin) - pg_xact_commit_timestamp(saved.xmin)) * 1000 as ms
         from directus_activity saved
         join directus_activity enriched
             on enriched.collection = saved.collection and enriched.item = saved.item
             and enriched.action = 'update' and enriched.\"user\" = '{SERVICE_ACCOUNT}'
         where saved.collection = 'feedback' and saved.action = 'create'
         order by saved.id"
    )
}

fn latencies(system: &System, query: &str) -> Result<Vec<f64>> {
    let rows = system.directus().rows(query)?;
    ensure!(rows.len() == WARM_UP + ITEMS, "{} of {} are there", rows.len(), WARM_UP + ITEMS);
    let ms = |row: &Value| row["ms"].as_f64().context("milliseconds");
    rows[WARM_UP..].iter().map(ms).collect()
}
