//! How many texts a second are judged, and how far the compound is from the Python reference's.

use std::{
    fs::File,
    hint::black_box,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, ensure};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sidecar::insight::{
    judge as judge_text,
    sentiment::{self, Thresholds},
};

use crate::{
    figures::{median, two_digits},
    machine::{MEASURED_CORE, bench_folder, keep_off_the_measured_core, root},
    say,
    service::pinned,
};

/// The word that starts the sidecar's side as a process of its own.
pub(crate) const JUDGE: &str = "judge";

const TEXTS: usize = 20_000;
/// Some are generated twice, and count once.
const TEXTS_GENERATED: usize = 21_000;
const SEED: usize = 4;
/// Odd, so that the median is one of them.
const ROUNDS: usize = 5;
const MEASURED_SECS: f64 = 1.0;

#[derive(Serialize)]
pub(super) struct Figures {
    /// The sidecar's sentiment, as a multiple of the reference's.
    ratio_to_python: f64,
    compound_difference_max: f64,
    texts_per_second: f64,
    python_texts_per_second: f64,
    /// The whole judgement: the language, the sentiment, the label and the confidence.
    judgements_per_second: f64,
    texts: usize,
    rounds: usize,
}

/// What the sidecar's side says of one round.
#[derive(Serialize, Deserialize)]
struct Judged {
    texts_per_second: f64,
    judgements_per_second: f64,
    compound_difference_max: f64,
}

/// Both in turn, on the same core and the same texts.
pub(super) fn measure() -> Result<Figures> {
    keep_off_the_measured_core()?;
    let texts = generate()?;
    let (mut ours, mut python) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut judge = pinned(MEASURED_CORE, std::env::current_exe()?);
        let judged: Judged = serde_json::from_slice(&printed(judge.arg(JUDGE).arg(&texts))?)?;
        ours.push(judged);
        let mut reference = pinned(MEASURED_CORE, self::python());
        reference.arg(root().join("bench/python/sentiment.py")).arg(&texts);
        let judged: Value = serde_json::from_slice(&printed(&mut reference)?)?;
        python.push(judged["texts_per_second"].as_f64().unwrap_or_default());
    }

    let ratios = ours.iter().zip(&python).map(|(ours, python)| ours.texts_per_second / python);
    let differences = ours.iter().map(|it| it.compound_difference_max);
    let figures = Figures {
        ratio_to_python: two_digits(median(ratios)),
        compound_difference_max: differences.fold(0.0, f64::max),
        texts_per_second: median(ours.iter().map(|it| it.texts_per_second)).round(),
        python_texts_per_second: median(python.iter().copied()).round(),
        judgements_per_second: median(ours.iter().map(|it| it.judgements_per_second)).round(),
        texts: TEXTS,
        rounds: ROUNDS,
    };
    say(&format!(
        "  {} texts per second, Python {}",
        figures.texts_per_second, figures.python_texts_per_second
    ));
    Ok(figures)
}

/// Texts, each with what the reference says of it.
fn generate() -> Result<PathBuf> {
    let path = bench_folder()?.join("texts.jsonl");
    let mut write = pinned(MEASURED_CORE, python());
    write
        .arg(root().join("sidecar/src/insight/data/write-golden.py"))
        .args(["--generated", &TEXTS_GENERATED.to_string(), "--seed", &SEED.to_string()])
        .env("PYTHONUTF8", "1");
    let written = printed(&mut write)?;
    let lines = written.split_inclusive(|byte| *byte == b'\n');
    let texts: Vec<&[u8]> = lines.take(TEXTS).collect();
    ensure!(texts.len() == TEXTS, "only {} different texts were generated", texts.len());
    std::fs::write(&path, texts.concat())?;
    Ok(path)
}

fn python() -> PathBuf {
    root().join(".cache/bench-python/bin/python")
}

fn printed(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(output.stdout)
}

/// Judges the texts in `path` again and again, and prints [`Judged`].
pub(crate) fn judge(path: &Path) -> Result<()> {
    let lines = std::io::read_to_string(File::open(path)?)?;
    let texts: Vec<(String, f64, f64, f64, f64)> =
        lines.split_terminator('\n').map(serde_json::from_str).collect::<Result<_, _>>()?;
    let differences = texts
        .iter()
        .map(|(text, compound, ..)| (sentiment::polarity(text).compound - compound).abs());
    let compound_difference_max = differences.fold(0.0, f64::max);
    let texts: Vec<&str> = texts.iter().map(|(text, ..)| text.as_str()).collect();
    let thresholds = Thresholds::default();
    let judged = Judged {
        texts_per_second: per_second(&texts, |text| sentiment::polarity(text).compound),
        judgements_per_second: per_second(&texts, |text| judge_text(text, None, &thresholds)),
        compound_difference_max,
    };
    say(&serde_json::to_string(&judged)?);
    Ok(())
}

fn per_second<T>(texts: &[&str], work: impl Fn(&str) -> T) -> f64 {
    let (began, mut secs, mut count) = (cpu_secs(), 0.0, 0_u32);
    while secs < MEASURED_SECS {
        for text in texts {
            black_box(work(text));
            count += 1;
        }
        secs = cpu_secs() - began;
    }
    f64::from(count) / secs
}

/// The time that a core has worked for this process, as Python's `process_time` has it.
fn cpu_secs() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    #[expect(clippy::cast_precision_loss, reason = "seconds of a short process")]
    let secs = time.tv_sec as f64 + time.tv_nsec as f64 / 1e9;
    secs
}
