//! A process that is measured, or that the measured one talks to.

use std::{
    ffi::OsStr,
    fs::{self, File},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};

use crate::machine::bench_folder;

/// How long a service may take to be ready.
const READY_MAX: Duration = Duration::from_secs(30);
const READY_POLL: Duration = Duration::from_millis(50);

/// Ends when it is dropped.
pub(crate) struct Service {
    child: Child,
    log: PathBuf,
}

/// A service's command, pinned to one core.
pub(crate) fn pinned(core: usize, program: impl AsRef<OsStr>) -> Command {
    let mut command = anywhere("/usr/bin/taskset");
    command.arg("-c").arg(core.to_string()).arg(program);
    command
}

/// A service's command, without the environment of whoever measures.
pub(crate) fn anywhere(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

/// An address nobody listens at.
pub(crate) fn free_address() -> Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

impl Service {
    /// Starts it and returns when it answers at `url`.
    pub(crate) async fn start(name: &str, command: Command, url: &str) -> Result<Self> {
        let mut service = Self::spawn(name, command)?;
        let ready = async {
            while reqwest::get(url).await.is_err() {
                service.ensure_alive()?;
                tokio::time::sleep(READY_POLL).await;
            }
            anyhow::Ok(())
        };
        tokio::time::timeout(READY_MAX, ready)
            .await
            .with_context(|| format!("{name} is not ready"))??;
        Ok(service)
    }

    /// Starts it, its output in a log file named after it.
    pub(crate) fn spawn(name: &str, mut command: Command) -> Result<Self> {
        let log = bench_folder()?.join(format!("{name}.log"));
        let output = File::create(&log)?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let child = command.spawn().with_context(|| format!("cannot start {name}"))?;
        Ok(Self { child, log })
    }

    /// An error if it has ended by itself.
    pub(crate) fn ensure_alive(&mut self) -> Result<()> {
        let ended = self.child.try_wait()?;
        ensure!(ended.is_none(), "a service ended, see {}", self.log.display());
        Ok(())
    }

    /// The time that cores have worked for it so far.
    pub(crate) fn cpu_secs(&self) -> Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The second field is a name that may hold blanks; user and system time are 12th and 13th
        // after it.
        let (_, fields) = stat.rsplit_once(')').context("the name is in parentheses")?;
        let ticks: Vec<u64> =
            fields.split_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
        #[expect(clippy::cast_precision_loss, reason = "ticks of minutes are far below 2^52")]
        let secs =
            ticks.iter().sum::<u64>() as f64 / rustix::param::clock_ticks_per_second() as f64;
        Ok(secs)
    }

    /// Its memory now and at its highest, in bytes.
    pub(crate) fn memory(&self) -> Result<(u64, u64)> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let bytes = |key: &str| -> Result<u64> {
            let line = status.lines().find(|line| line.starts_with(key)).context("a process")?;
            let kb = line.split_whitespace().nth(1).context("a number")?;
            Ok(kb.parse::<u64>()? * 1024)
        };
        Ok((bytes("VmRSS")?, bytes("VmHWM")?))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Both fail only for a process that is gone.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
