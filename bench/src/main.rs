//! `make bench-outbound` and `make bench-inbound`: run every part, write the figures and the page that
//! shows them.

mod chart;
mod figures;
mod inbound;
mod machine;
mod outbound;
mod page;
mod saves;
mod service;
mod stub;
mod table;

use anyhow::{Result, bail};

/// As in the sidecar, whose consumer this binary runs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "\
usage: bench outbound [--only capture|throughput|drain]
       bench inbound [--only latency|pipeline|drain|sentiment]

  outbound   measures Directus → AWS, writes target/bench/outbound.json and docs/benchmarks.md
  inbound    measures AWS → Directus, writes target/bench/inbound.json and docs/benchmarks.md
  --only     measures one part and prints its figures";

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        // What the bench starts as processes of their own.
        [inbound::CONSUME, config] => inbound::consume(config.as_ref()),
        [inbound::JUDGE, texts] => inbound::judge(texts.as_ref()),
        words => measure(words),
    }
}

// One thread: it shares a core with the stub, and the other core belongs to whoever is measured.
#[tokio::main(flavor = "current_thread")]
async fn measure(words: &[&str]) -> Result<()> {
    match words {
        ["outbound"] => outbound::run().await,
        ["outbound", "--only", part] => outbound::run_only(part).await,
        ["inbound"] => inbound::run().await,
        ["inbound", "--only", part] => inbound::run_only(part).await,
        _ => bail!("{USAGE}"),
    }
}

#[expect(clippy::print_stdout, reason = "this is its output")]
fn say(line: &str) {
    println!("{line}");
}
