//! The stub as a process of its own.

use anyhow::{Context as _, Result, bail};
use aws_stub::{Options, Stub};

const USAGE: &str = "\
EventBridge and SQS in memory, with faults on command.

usage: aws-stub [--listen <address>] [--count-only] [--put-bytes-max <bytes>]

  --listen <address>       where it listens (127.0.0.1:4566)
  --count-only             keep no ids of accepted events: memory does not grow with them
  --put-bytes-max <bytes>  the largest PutEvents call (1000000)";

// One thread: the other core belongs to whoever is measured.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let Some(options) = options(std::env::args().skip(1))? else {
        say(USAGE);
        return Ok(());
    };
    let listen = options.listen;
    let stub =
        Stub::start_with(options).await.with_context(|| format!("cannot listen on {listen}"))?;
    say(&format!("export AWS_ENDPOINT_URL={}", stub.url()));
    stub.ended().await;
    bail!("the stub ended by itself")
}

/// Nothing when only the usage is asked for.
fn options(mut words: impl Iterator<Item = String>) -> Result<Option<Options>> {
    let mut options = Options { listen: ([127, 0, 0, 1], 4566).into(), ..Options::default() };
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} needs a value"));
        match word.as_str() {
            "--listen" => options.listen = value()?.parse().context("--listen takes an address")?,
            "--count-only" => options.keeps_ids = false,
            "--put-bytes-max" => {
                options.put_bytes_max =
                    value()?.parse().context("--put-bytes-max takes a number")?;
            }
            "--help" | "-h" => return Ok(None),
            _ => bail!("{word}?\n{USAGE}"),
        }
    }
    Ok(Some(options))
}

#[expect(clippy::print_stdout, reason = "this is its output")]
fn say(line: &str) {
    println!("{line}");
}
