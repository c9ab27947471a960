//! Where Directus keeps its items: one of the databases that every promise about capture holds on.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::{
    part::command,
    postgres::{Commits, Postgres},
    stack::root,
};

/// Which database a story runs on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Database {
    /// What Directus brings along.
    #[default]
    Sqlite,
    /// The machine's own PostgreSQL.
    Postgres,
    /// The same as an operator runs it: a commit waits for the disk.
    DurablePostgres,
}

impl Database {
    /// The one whose template serves this one, too.
    pub(crate) fn template(self) -> Self {
        if self == Self::DurablePostgres { Self::Postgres } else { self }
    }
}

/// A database that is there as long as this is.
pub(crate) enum Storage {
    Sqlite { file: PathBuf },
    Postgres(Box<Postgres>),
}

impl Storage {
    pub(crate) async fn empty(database: Database, dir: &Path) -> Result<Self> {
        match database {
            Database::Sqlite => Ok(Self::sqlite(dir)),
            Database::Postgres | Database::DurablePostgres => {
                Ok(Self::postgres(Postgres::empty(dir).await?))
            }
        }
    }

    pub(crate) async fn copy_of(template: &Path, database: Database, dir: &Path) -> Result<Self> {
        match database {
            Database::Sqlite => {
                std::fs::copy(template, sqlite_file(dir))?;
                Ok(Self::sqlite(dir))
            }
            Database::Postgres => {
                Ok(Self::postgres(Postgres::copy_of(template, dir, Commits::Hasty).await?))
            }
            Database::DurablePostgres => {
                Ok(Self::postgres(Postgres::copy_of(template, dir, Commits::Durable).await?))
            }
        }
    }

    /// Ends it and keeps what it holds for [`Self::copy_of`].
    pub(crate) async fn keep(self, template: &Path) -> Result<()> {
        match self {
            Self::Sqlite { file } => Ok(std::fs::rename(file, template)?),
            Self::Postgres(server) => server.keep(template).await,
        }
    }

    pub(crate) fn connection(&self) -> Connection {
        match self {
            Self::Sqlite { file } => Connection::Sqlite { file: file.clone() },
            Self::Postgres(server) => Connection::Postgres { port: server.port() },
        }
    }

    fn sqlite(dir: &Path) -> Self {
        Self::Sqlite { file: sqlite_file(dir) }
    }

    fn postgres(server: Postgres) -> Self {
        Self::Postgres(Box::new(server))
    }
}

/// How Directus, and a story beside it, reach the database.
#[derive(Debug, Clone)]
pub(crate) enum Connection {
    Sqlite { file: PathBuf },
    Postgres { port: u16 },
}

impl Connection {
    /// What Directus has to be told.
    pub(crate) fn env(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Sqlite { file } => vec![
                ("DB_CLIENT", "sqlite3".to_owned()),
                ("DB_FILENAME", file.display().to_string()),
            ],
            Self::Postgres { port } => vec![
                ("DB_CLIENT", "pg".to_owned()),
                ("DB_HOST", "127.0.0.1".to_owned()),
                ("DB_PORT", port.to_string()),
                ("DB_DATABASE", Postgres::DATABASE.to_owned()),
                ("DB_USER", Postgres::USER.to_owned()),
                ("DB_PASSWORD", "not asked for".to_owned()),
            ],
        }
    }

    /// What a query returns, one object for each row.
    pub(crate) fn rows(&self, query: &str) -> Result<Vec<Value>> {
        const READ: &str = "
database = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True, timeout=10)
database.row_factory = sqlite3.Row
print(json.dumps([dict(row) for row in database.execute(sys.argv[2])]))";
        let rows = printed(match self {
            Self::Sqlite { file } => sqlite(READ, file, query),
            Self::Postgres { port } => Postgres::query(*port, query)?,
        });
        serde_json::from_slice(&rows.with_context(|| query.to_owned())?).context("rows are JSON")
    }

    /// Changes rows.
    pub(crate) fn execute(&self, statement: &str) -> Result<()> {
        const WRITE: &str = "
with sqlite3.connect(sys.argv[1], timeout=10) as database: database.execute(sys.argv[2])";
        let done = printed(match self {
            Self::Sqlite { file } => sqlite(WRITE, file, statement),
            Self::Postgres { port } => Postgres::statement(*port, statement)?,
        });
        done.with_context(|| statement.to_owned()).map(drop)
    }
}

fn printed(mut command: Command) -> Result<Vec<u8>> {
    let output = command.output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(output.stdout)
}

/// Python is here anyway, for ministack, and brings SQLite along.
fn sqlite(script: &str, file: &Path, statement: &str) -> Command {
    let mut python = command(root().join(".cache/ministack/bin/python"));
    python.args(["-c", &format!("import json, sqlite3, sys{script}")]).arg(file).arg(statement);
    python
}

fn sqlite_file(dir: &Path) -> PathBuf {
    dir.join("data.db")
}
