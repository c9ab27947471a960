//! What `make chaos` does for ten minutes, in short: connections break, Directus dies, both die, entries
//! are refused and the sidecar dies.

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::{Chaos, Database};

#[tokio::test]
async fn a_short_chaos_loses_nothing_and_doubles_nothing() -> Result<()> {
    let (seed, duration) = (27, Duration::from_secs(1));
    let chaos = Chaos { seed, duration, troubles_min: 5, database: Database::Sqlite };

    let report = chaos.run().await?;

    ensure!(report.held(), "{report}");
    for killed in ["sidecar killed", "Directus killed", "both killed"] {
        ensure!(report.troubles.contains_key(killed), "never {killed}: {report}");
    }
    ensure!(report.effects > 0 && report.faults["messages doubled"] > 0, "too calm: {report}");
    Ok(())
}
