//! AWS → Directus: what a core drains, how soon an item is enriched, what the whole way costs Directus,
//! how many texts are judged.

mod backlog;
mod consume;
mod drain;
mod latency;
mod pipeline;
mod report;
mod sentiment;
mod system;
mod worker;

use std::fs;

use anyhow::{Result, bail};
use serde_json::{Map, Value};

pub(crate) use self::{
    consume::{CONSUME, consume},
    sentiment::{JUDGE, judge},
};
use crate::{machine, page, say};

/// Measures every part, and writes and shows what came of it.
pub(crate) async fn run() -> Result<()> {
    let mut figures = Map::new();
    // Those with a Directus come first: the others keep this process, and what it starts, off one core.
    for part in ["latency", "pipeline", "drain", "sentiment"] {
        say(&format!("measuring: {part}"));
        figures.insert(part.to_owned(), measure(part).await?);
    }
    let figures = Value::Object(figures);
    let path = machine::bench_folder()?.join("inbound.json");
    fs::write(path, serde_json::to_string_pretty(&figures)? + "\n")?;
    page::write("inbound", &report::section(&figures)?)?;
    say(&report::table(&figures));
    Ok(())
}

/// Measures one part and shows its figures.
pub(crate) async fn run_only(part: &str) -> Result<()> {
    let measured = measure(part).await?;
    say(&serde_json::to_string_pretty(&measured)?);
    Ok(())
}

async fn measure(part: &str) -> Result<Value> {
    Ok(match part {
        "latency" => serde_json::to_value(latency::measure().await?)?,
        "pipeline" => pipeline::measure().await?,
        "drain" => drain::measure().await?,
        "sentiment" => serde_json::to_value(sentiment::measure()?)?,
        _ => bail!("there is no part {part}"),
    })
}
