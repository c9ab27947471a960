//! How many texts a second are judged, and how far the compound is from the Python reference.
//!
//! Reads what `src/insight/data/write-golden.py` wrote, by default its golden file:
//!
//! ```text
//! $ cargo bench --package sidecar --bench sentiment -- /tmp/generated.jsonl
//! ```

#![expect(clippy::print_stdout, reason = "the figures are what the bench is for")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use sidecar::insight::sentiment::{self, Thresholds};
use sidecar::insight::{judge, language};

const MEASURED: Duration = Duration::from_secs(2);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/src/insight/data/sentiment-golden.jsonl");
    let path = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let texts = std::fs::read_to_string(path.as_deref().unwrap_or(golden))?;
    let texts: Vec<(String, f64, f64, f64, f64)> =
        texts.split_terminator('\n').map(serde_json::from_str).collect::<Result<_, _>>()?;

    let start = Instant::now();
    black_box(sentiment::polarity("the first text loads the lexicon"));
    let first_text_ms = start.elapsed().as_secs_f64() * 1e3;

    let differences = texts
        .iter()
        .map(|(text, compound, ..)| (sentiment::polarity(text).compound - compound).abs());
    let texts_only: Vec<_> = texts.iter().map(|(text, ..)| text.as_str()).collect();
    let thresholds = Thresholds::default();
    let figures = serde_json::json!({
        "texts": texts.len(),
        "compound_difference_max": differences.fold(0.0, f64::max),
        "first_text_ms": first_text_ms,
        "sentiment_per_second": per_second(&texts_only, |text| sentiment::polarity(text).compound),
        "language_per_second": per_second(&texts_only, |text| language::detect(text, None)),
        "judge_per_second": per_second(&texts_only, |text| judge(text, None, &thresholds)),
    });
    println!("{figures:#}");
    Ok(())
}

fn per_second<T>(texts: &[&str], work: impl Fn(&str) -> T) -> f64 {
    let start = Instant::now();
    let mut count: u32 = 0;
    while start.elapsed() < MEASURED {
        for text in texts {
            black_box(work(text));
            count += 1;
        }
    }
    (f64::from(count) / start.elapsed().as_secs_f64()).round()
}
