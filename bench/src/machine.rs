//! Where things are, and what it was measured on.

use std::{env, fs, path::PathBuf};

use anyhow::{Context as _, Result};
use rustix::thread::{CpuSet, sched_setaffinity};

/// The core of whoever is measured.
pub(crate) const MEASURED_CORE: usize = 0;
/// The core of everything else.
pub(crate) const OTHER_CORE: usize = 1;

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The folder of the release binaries, this one among them.
pub(crate) fn binaries() -> Result<PathBuf> {
    let own = env::current_exe()?;
    Ok(own.parent().context("a binary is in a folder")?.to_owned())
}

/// A folder for logs and figures, beside the binaries.
pub(crate) fn bench_folder() -> Result<PathBuf> {
    let folder = binaries()?.join("../bench");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// From here on this process leaves the measured core to others.
pub(crate) fn keep_off_the_measured_core() -> Result<()> {
    let mut cores = CpuSet::new();
    cores.set(OTHER_CORE);
    sched_setaffinity(None, &cores).context("two cores are needed")
}

/// The processor, the cores and the memory, on one line.
pub(crate) fn describe() -> Result<String> {
    let line_of = |text: &str, key: &str| {
        text.lines()
            .find(|line| line.starts_with(key))
            .and_then(|line| line.split_once(':'))
            .map(|(_, value)| value.trim().to_owned())
    };
    let cpus = fs::read_to_string("/proc/cpuinfo")?;
    let processor = line_of(&cpus, "model name").unwrap_or_else(|| env::consts::ARCH.to_owned());
    let cores = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let memory = fs::read_to_string("/proc/meminfo")?;
    let memory_kb: u64 = line_of(&memory, "MemTotal")
        .and_then(|total| total.split_whitespace().next()?.parse().ok())
        .context("/proc/meminfo says how much memory there is")?;
    Ok(format!("{processor}, {cores} cores, {} GB", memory_kb.div_ceil(1_000_000)))
}
