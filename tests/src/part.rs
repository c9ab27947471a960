//! One process of the stack.

use std::{
    ffi::OsStr,
    fs::File,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};

use crate::eventually;

/// A process that writes to a log file, can be started again as it was, and ends when dropped.
///
/// It stays in the process group of its test, so that whoever ends the group ends it, too.
pub(crate) struct Part {
    name: String,
    command: Command,
    log: PathBuf,
    child: Option<Child>,
}

impl Part {
    pub(crate) fn new(name: &str, dir: &Path, command: Command) -> Self {
        let log = dir.join(format!("{name}.log"));
        Self { name: name.to_owned(), command, log, child: None }
    }

    /// Adds to what its process finds in the environment.
    pub(crate) fn env<'a>(&mut self, variables: impl IntoIterator<Item = (&'a str, &'a str)>) {
        self.command.envs(variables);
    }

    /// Starts a server and returns when it answers at `url`.
    pub(crate) async fn start(&mut self, url: &str) -> Result<()> {
        self.spawn()?;
        eventually(format!("{} to be ready, see {}", self.name, self.log.display()), async || {
            self.ensure_alive()?;
            let answer = reqwest::get(url).await;
            Ok(answer.is_ok_and(|answer| answer.status().is_success()).then_some(()))
        })
        .await
    }

    /// Runs a command that is no server to its end.
    pub(crate) async fn run(&mut self) -> Result<()> {
        self.spawn()?;
        let status = self.ended().await?;
        ensure!(status.success(), "{} ended with {status}, see {}", self.name, self.log.display());
        Ok(())
    }

    /// Asks it to stop (SIGTERM) and waits for what it has to say to that.
    pub(crate) async fn stop(&mut self) -> Result<ExitStatus> {
        self.signal(Signal::TERM)?;
        self.ended().await
    }

    /// Ends it as a power cut would (SIGKILL).
    pub(crate) fn kill(&mut self) -> Result<()> {
        let mut child = self.child.take().context("a part that runs")?;
        child.kill()?;
        let status = child.wait()?;
        ensure!(status.signal().is_some(), "{} had ended by itself: {status}", self.name);
        Ok(())
    }

    /// Ends it if it has not ended already.
    pub(crate) fn end(&mut self) {
        self.end_by(Signal::KILL);
    }

    /// Ends it by a signal that ends it at once.
    pub(crate) fn end_by(&mut self, signal: Signal) {
        if let Some(mut child) = self.child.take() {
            // Both fail only for a process that is gone.
            let _ = kill_process(Pid::from_child(&child), signal);
            drop(child.wait());
        }
    }

    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        let child = self.child.as_ref().context("a part that runs")?;
        Ok(kill_process(Pid::from_child(child), signal)?)
    }

    /// The most memory that its process ever held at once.
    pub(crate) fn peak_memory_kib(&self) -> Result<u64> {
        let child = self.child.as_ref().context("a part that runs")?;
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|peak| peak.trim().strip_suffix(" kB"));
        Ok(peak.context("a process has a peak")?.parse()?)
    }

    /// An error if it has ended by itself.
    pub(crate) fn ensure_alive(&mut self) -> Result<()> {
        let child = self.child.as_mut().context("a part that runs")?;
        ensure!(
            child.try_wait()?.is_none(),
            "{} ended at its start, see {}",
            self.name,
            self.log.display()
        );
        Ok(())
    }

    pub(crate) fn spawn(&mut self) -> Result<()> {
        ensure!(self.child.is_none(), "{} runs already", self.name);
        let log = File::options().create(true).append(true).open(&self.log)?;
        self.command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = self.command.spawn();
        self.child = Some(child.with_context(|| format!("cannot start {:?}", self.command))?);
        Ok(())
    }

    /// Waits until it has ended.
    pub(crate) async fn ended(&mut self) -> Result<ExitStatus> {
        let child = self.child.as_mut().context("a part that runs")?;
        let end = eventually(format!("the end of {}", self.name), async || Ok(child.try_wait()?));
        let status = end.await?;
        self.child = None;
        Ok(status)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.end();
    }
}

/// A command that inherits no environment: a developer's settings never decide a test.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    command
}
