//! Kills parts, lets AWS fail, and ends with status 0 only if nothing was lost and nothing doubled.
#![expect(clippy::print_stdout, reason = "its report is what it is for")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use e2e::{Chaos, Database};

const USAGE: &str = "chaos [--seconds 600] [--seed NUMBER] [--sqlite]

  --seconds   how long things go wrong
  --seed      what goes wrong, and when; another one each time, if not given
  --sqlite    on SQLite instead of PostgreSQL";

const SECONDS: u64 = 600;

#[tokio::main]
async fn main() -> Result<()> {
    let Some(chaos) = options(std::env::args().skip(1))? else {
        println!("{USAGE}");
        return Ok(());
    };
    let (seconds, seed) = (chaos.duration.as_secs(), chaos.seed);
    println!("\n{seconds} s of chaos on {:?}, seed {seed}\n", chaos.database);

    let report = chaos.run().await?;
    println!("{report}\n");
    ensure!(report.held(), "the promise did not hold");
    Ok(())
}

/// Nothing when only the usage is asked for.
fn options(mut words: impl Iterator<Item = String>) -> Result<Option<Chaos>> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let duration = Duration::from_secs(SECONDS);
    let mut chaos = Chaos { seed: now, duration, troubles_min: 1, database: Database::Postgres };
    while let Some(word) = words.next() {
        let mut number = || -> Result<u64> {
            let value = words.next().with_context(|| format!("{word} needs a number"))?;
            value.parse().with_context(|| format!("{word} takes a number, not {value}"))
        };
        match word.as_str() {
            "--seconds" => chaos.duration = Duration::from_secs(number()?),
            "--seed" => chaos.seed = number()?,
            "--sqlite" => chaos.database = Database::Sqlite,
            "--help" | "-h" => return Ok(None),
            _ => bail!("{word}?\n{USAGE}"),
        }
    }
    Ok(Some(chaos))
}
