//! How a story begins and how it is judged.

use anyhow::{Result, ensure};

use crate::{Database, Emulator, Schema, Stack};

/// Environment variables.
pub(crate) type Settings = Vec<(&'static str, String)>;

/// Who makes the bus, the rules and the queues.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum MadeBy {
    /// `sidecar provision`: at once.
    #[default]
    Sidecar,
    /// `terraform apply`: after a minute.
    Terraform,
}

/// What a story wants to be different from the usual.
#[derive(Debug, Default)]
pub struct Setup {
    pub(crate) database: Database,
    pub(crate) schema: Schema,
    pub(crate) aws: Emulator,
    pub(crate) made_by: MadeBy,
    pub(crate) directus: Settings,
    pub(crate) sidecar: Settings,
    pub(crate) files: Vec<(&'static str, &'static str)>,
}

/// Tells one story on the usual stack. See [`Setup::tell`].
pub async fn story(tell: impl AsyncFnOnce(&mut Stack) -> Result<()>) -> Result<()> {
    Setup::default().tell(tell).await
}

impl Setup {
    /// On this database.
    #[must_use]
    pub fn on(mut self, database: Database) -> Self {
        self.database = database;
        self
    }

    /// With these collections.
    #[must_use]
    pub fn schema(mut self, schema: Schema) -> Self {
        self.schema = schema;
        self
    }

    /// With this stand-in for AWS.
    #[must_use]
    pub fn aws(mut self, emulator: Emulator) -> Self {
        self.aws = emulator;
        self
    }

    /// On what Terraform makes.
    #[must_use]
    pub fn applied_by_terraform(mut self) -> Self {
        self.made_by = MadeBy::Terraform;
        self
    }

    /// With a setting of Directus or of the extension.
    #[must_use]
    pub fn directus(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.directus.push((key, value.into()));
        self
    }

    /// With a setting of the sidecar.
    #[must_use]
    pub fn sidecar(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.sidecar.push((key, value.into()));
        self
    }

    /// With these `mappings.toml`.
    #[must_use]
    pub fn mappings(mut self, text: &'static str) -> Self {
        self.files.push(("mappings.toml", text));
        self
    }

    /// Without any reaction, for a story of the way to the bus alone.
    #[must_use]
    pub fn nothing_reacts(self) -> Self {
        self.reactions("{}", "")
    }

    /// With these `routes.json` and `reactions.toml`.
    #[must_use]
    pub fn reactions(mut self, routes: &'static str, reactions: &'static str) -> Self {
        self.files.extend([("routes.json", routes), ("reactions.toml", reactions)]);
        self
    }

    /// Tells one story on a stack of its own, then reads the logs: a WARN or ERROR that the story
    /// did not announce fails it.
    pub async fn tell(self, tell: impl AsyncFnOnce(&mut Stack) -> Result<()>) -> Result<()> {
        let mut stack = Stack::start_with(self).await?;
        #[expect(clippy::print_stderr, reason = "a failed assertion leaves nothing else behind")]
        {
            eprintln!("the logs are in {}", stack.dir().display());
        }

        tell(&mut stack).await?;
        stack.stop().await?;

        let complaints = stack.complaints()?;
        ensure!(complaints.is_empty(), "unannounced in the logs:\n{}", complaints.join("\n"));
        Ok(std::fs::remove_dir_all(stack.dir())?)
    }
}
