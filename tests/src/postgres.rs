//! PostgreSQL, from the machine's own packages: a server for one stack, gone with it.

use std::{
    fs::File,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use rustix::process::{Signal, geteuid};
use uuid::Uuid;

use crate::{
    eventually,
    part::{Part, command},
    stack::free_address,
};

/// PostgreSQL refuses to run as root; then it runs as `nobody`.
const NOBODY: u32 = 65_534;

/// What a commit is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Commits {
    /// What a power cut would cost is no story's business.
    Hasty,
    /// As PostgreSQL is shipped.
    Durable,
}

/// A server on the loopback. Its data lives in the folder for temporary files: that path is short
/// enough for a socket, and `nobody` may enter it.
pub(crate) struct Postgres {
    part: Part,
    home: PathBuf,
    port: u16,
}

impl Postgres {
    pub(crate) const DATABASE: &str = "directus";
    pub(crate) const USER: &str = "directus";

    /// A new server with an empty database.
    pub(crate) async fn empty(dir: &Path) -> Result<Self> {
        let home = create_home()?;
        let mut initdb = as_nobody(&home, program("initdb")?);
        initdb.args(["--username", Self::USER, "--auth", "trust", "--encoding", "UTF8"]);
        // Small write-ahead files, so that a copy is small, too.
        initdb.args(["--locale", "C", "--no-sync", "--wal-segsize", "1", "--pgdata", "data"]);
        Part::new("initdb", dir, initdb).run().await?;

        let server = Self::start(home, dir, Commits::Hasty).await?;
        let mut create = psql(server.port, "postgres")?;
        create.args(["-c", &format!("create database {}", Self::DATABASE)]);
        Part::new("createdb", dir, create).run().await?;
        Ok(server)
    }

    /// A server with the data that [`Self::keep`] kept.
    pub(crate) async fn copy_of(template: &Path, dir: &Path, commits: Commits) -> Result<Self> {
        let home = create_home()?;
        let mut unpack = as_nobody(&home, "tar");
        // Standard input is opened by us: `nobody` may not reach the template.
        let status = unpack.arg("-xf-").stdin(File::open(template)?).status()?;
        ensure!(status.success(), "cannot unpack {}", template.display());
        Self::start(home, dir, commits).await
    }

    /// Ends the server in order and packs its data.
    pub(crate) async fn keep(mut self, template: &Path) -> Result<()> {
        self.part.signal(Signal::INT)?;
        self.part.ended().await?;
        let mut pack = command("tar");
        let status = pack.arg("-cf").arg(template).arg("data").current_dir(&self.home).status()?;
        ensure!(status.success(), "cannot pack {}", template.display());
        Ok(())
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The command that prints the rows of a query as one JSON array.
    pub(crate) fn query(port: u16, query: &str) -> Result<Command> {
        let rows = format!("select coalesce(json_agg(row), '[]') from ({query}) as row");
        Self::statement(port, &rows)
    }

    /// The command that runs a statement.
    pub(crate) fn statement(port: u16, statement: &str) -> Result<Command> {
        let mut psql = psql(port, Self::DATABASE)?;
        psql.args(["-c", statement]);
        Ok(psql)
    }

    async fn start(home: PathBuf, dir: &Path, commits: Commits) -> Result<Self> {
        let port = free_address().port();
        let mut postgres = as_nobody(&home, program("postgres")?);
        postgres.args(["-D", "data", "-h", "127.0.0.1", "-p", &port.to_string()]);
        postgres.arg("-k").arg(&home);
        if commits == Commits::Hasty {
            postgres.args(["-c", "fsync=off", "-c", "synchronous_commit=off"]);
            postgres.args(["-c", "full_page_writes=off"]);
        } else {
            // Whoever measures may ask when a row was committed.
            postgres.args(["-c", "track_commit_timestamp=on"]);
        }
        // A statement that fails is told to Directus, and judged by what Directus says about it.
        postgres.args(["-c", "log_min_messages=fatal"]);
        let mut server = Self { part: Part::new("postgres", dir, postgres), home, port };
        server.part.spawn()?;
        eventually("PostgreSQL to be ready", async || {
            server.part.ensure_alive()?;
            let asked = psql(port, "postgres")?.args(["-c", "select 1"]).output()?;
            Ok(asked.status.success().then_some(()))
        })
        .await?;
        Ok(server)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // At once, but not by SIGKILL: that would leave its shared memory behind.
        self.part.end_by(Signal::QUIT);
        drop(std::fs::remove_dir_all(&self.home));
    }
}

fn psql(port: u16, database: &str) -> Result<Command> {
    let mut psql = command(program("psql")?);
    psql.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", &port.to_string()]);
    psql.args(["-U", Postgres::USER, "-d", database]);
    Ok(psql)
}

/// A folder that belongs to whom the server runs as.
fn create_home() -> Result<PathBuf> {
    let home = std::env::temp_dir().join(format!("e2e-{}", Uuid::now_v7().simple()));
    std::fs::create_dir(&home)?;
    if geteuid().is_root() {
        chown(&home, Some(NOBODY), Some(NOBODY))?;
    }
    Ok(home)
}

fn as_nobody(home: &Path, program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = command(program);
    command.current_dir(home).stdin(Stdio::null());
    if geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

/// One of PostgreSQL's programs. Debian keeps those of the server off the `PATH`, one folder for each version.
fn program(name: &str) -> Result<PathBuf> {
    let mut versions: Vec<_> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    versions.sort_by_key(|dir| dir.file_name()?.to_str()?.parse::<u32>().ok());
    let path = std::env::var_os("PATH").unwrap_or_default();
    versions
        .into_iter()
        .rev()
        .map(|version| version.join("bin"))
        .chain(std::env::split_paths(&path))
        .map(|dir| dir.join(name))
        .find(|program| program.is_file())
        .with_context(|| format!("no `{name}` on this machine: `tests/install checks` installs it"))
}
