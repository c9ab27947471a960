//! One process of Directus with a database of its own and nothing else: for benches.

use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use anyhow::Result;
use uuid::Uuid;

use crate::{
    database::{Database, Storage},
    directus::Directus,
    setup::Settings,
    stack::target,
    template::{self, Schema},
};

/// What is added to a plain Directus.
#[derive(Debug, Clone, Copy)]
pub enum Extension<'a> {
    /// Nothing.
    None,
    /// The packed extension, whose sidecar is at this address.
    EventBridge(SocketAddr),
    /// A folder with an extension, and the folder of what it depends on.
    Folder {
        /// The extension, with its `package.json`.
        source: &'a Path,
        /// Its `node_modules`.
        dependencies: &'a Path,
    },
}

/// A process of Directus that shares nothing with others; dropping it stops it.
pub struct Solo {
    /// The process.
    pub directus: Directus,
    _storage: Storage,
    dir: PathBuf,
}

impl Solo {
    /// Starts it and returns when it answers.
    pub async fn start(
        name: &str,
        database: Database,
        extension: Extension<'_>,
        settings: &[(&'static str, String)],
    ) -> Result<Self> {
        let dir = target()?.join("solo").join(format!("{name}-{}", Uuid::now_v7()));
        fs::create_dir_all(&dir)?;
        let template = template::of(Schema::Starter, database).await?;
        let storage = Storage::copy_of(&template, database, &dir).await?;
        let mut directus = Directus::new("directus", &dir, &storage.connection());
        let settings: Settings = settings.to_vec();
        match extension {
            Extension::EventBridge(sidecar) => directus.set_up([sidecar; 2], &settings)?,
            Extension::None => directus.create_project()?,
            Extension::Folder { source, dependencies } => {
                directus.create_project()?;
                install(source, dependencies, &directus)?;
            }
        }
        directus.configure(&settings);
        directus.start().await?;
        Ok(Self { directus, _storage: storage, dir })
    }

    /// Stops it and leaves nothing behind.
    pub async fn stop(mut self) -> Result<()> {
        self.directus.stop().await?;
        Ok(fs::remove_dir_all(&self.dir)?)
    }
}

/// Copies the extension's own files, and lets it find what it depends on.
fn install(source: &Path, dependencies: &Path, directus: &Directus) -> Result<()> {
    let folder = directus.extension_folder("under-test");
    fs::create_dir_all(&folder)?;
    for file in fs::read_dir(source)? {
        let file = file?;
        fs::copy(file.path(), folder.join(file.file_name()))?;
    }
    Ok(symlink(dependencies.canonicalize()?, folder.join("node_modules"))?)
}
