//! Directus → AWS: what a save costs, what the sidecar carries, what a backlog takes.

mod capture;
mod drain;
mod load;
mod report;
mod services;
mod throughput;

use std::fs;

use anyhow::{Result, bail};
use serde_json::{Map, Value};

use crate::{machine, page, say};

/// Measures every part, and writes and shows what came of it.
pub(crate) async fn run() -> Result<()> {
    let mut figures = Map::new();
    // The saves come first: the other parts keep this process, and what it starts, off one core.
    for part in ["capture", "throughput", "drain"] {
        say(&format!("measuring: {part}"));
        let (key, measured) = measure(part).await?;
        figures.insert(key.to_owned(), measured);
    }
    let figures = Value::Object(figures);
    let path = machine::bench_folder()?.join("outbound.json");
    fs::write(path, serde_json::to_string_pretty(&figures)? + "\n")?;
    page::write("outbound", &report::section(&figures)?)?;
    say(&report::table(&figures));
    Ok(())
}

/// Measures one part and shows its figures.
pub(crate) async fn run_only(part: &str) -> Result<()> {
    let (_, measured) = measure(part).await?;
    say(&serde_json::to_string_pretty(&measured)?);
    Ok(())
}

/// A part's figures, and the key they stand under.
async fn measure(part: &str) -> Result<(&'static str, Value)> {
    Ok(match part {
        "capture" => ("capture", capture::measure().await?),
        "throughput" => ("outbound", serde_json::to_value(throughput::measure().await?)?),
        "drain" => ("drain", serde_json::to_value(drain::measure().await?)?),
        _ => bail!("there is no part {part}"),
    })
}
