//! `make bench-outbound`: runs every part, writes the figures and the pages that show them.

mod chart;
mod machine;
mod outbound;
mod page;
mod service;

use anyhow::{Result, bail};

const USAGE: &str = "\
usage: bench outbound [--only <part>]

  outbound   measures Directus → AWS, writes target/bench/outbound.json and docs/benchmarks.md
  --only     measures one part and prints its figures: capture, throughput or drain";

// One thread: it shares a core with the stub, and the other core belongs to whoever is measured.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["outbound"] => outbound::run().await,
        ["outbound", "--only", part] => outbound::run_only(part).await,
        _ => bail!("{USAGE}"),
    }
}

#[expect(clippy::print_stdout, reason = "this is its output")]
fn say(line: &str) {
    println!("{line}");
}
