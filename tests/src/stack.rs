//! All parts together: where they live, how they find each other, and how they end.

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use uuid::Uuid;

use crate::{aws::Aws, directus::Directus, logs, sidecar::Sidecar, template};

/// The whole system on free ports of this machine; dropping it stops everything.
///
/// The parts end in this order: whoever calls another goes first.
pub struct Stack {
    /// The sidecar binary.
    pub sidecar: Sidecar,
    /// Directus, with the packed extension.
    pub directus: Directus,
    /// The stand-in for AWS.
    pub aws: Aws,
    dir: PathBuf,
    announced: Vec<String>,
}

/// Tells one story on a stack of its own, then reads the logs: a WARN or ERROR that the story
/// did not announce fails it.
pub async fn story(tell: impl AsyncFnOnce(&mut Stack) -> Result<()>) -> Result<()> {
    let mut stack = Stack::start().await?;
    let logs = format!("the logs are in {}", stack.dir.display());
    #[expect(clippy::print_stderr, reason = "a failed assertion leaves nothing else behind")]
    {
        eprintln!("{logs}");
    }

    tell(&mut stack).await?;
    stack.stop().await?;

    let complaints = logs::complaints(&stack.dir, &stack.announced)?;
    ensure!(complaints.is_empty(), "unannounced in the logs:\n{}", complaints.join("\n"));
    Ok(std::fs::remove_dir_all(&stack.dir)?)
}

impl Stack {
    /// Starts everything and returns when all parts are ready.
    pub async fn start() -> Result<Self> {
        let dir = target()?.join("e2e").join(Uuid::now_v7().to_string());
        std::fs::create_dir_all(&dir)?;
        let database = template::database().await?;

        let sidecar_address = free_address();
        let mut aws = Aws::new(&dir, free_address()).await;
        let mut directus = Directus::new(&dir, free_address(), sidecar_address);
        directus.create_project()?;
        directus.install_extension()?;
        std::fs::copy(database, directus.database())?;
        tokio::try_join!(aws.start(), directus.start())?;

        let mut sidecar = Sidecar::new(&dir, sidecar_address, aws.url(), directus.url())?;
        sidecar.provision().await?;
        aws.observe().await?;
        sidecar.start().await?;
        Ok(Self { sidecar, directus, aws, dir, announced: Vec::new() })
    }

    /// Announces that a part will complain with this text, because the story makes it.
    pub fn expect_log(&mut self, text: &str) {
        self.announced.push(text.to_owned());
    }

    /// Stops everything as an operator would.
    pub async fn stop(&mut self) -> Result<()> {
        self.sidecar.stop().await?;
        self.directus.stop().await?;
        self.aws.stop();
        Ok(())
    }

    /// Where each part writes its log.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

/// The directory of the binaries that cargo built, this one and the sidecar among them.
pub(crate) fn target() -> Result<PathBuf> {
    let this = std::env::current_exe()?;
    this.ancestors()
        .find(|dir| dir.join("sidecar").is_file())
        .map(Path::to_owned)
        .context("no sidecar binary beside this one: `cargo build -p sidecar` makes it")
}

/// The checkout.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// An address whose port is below those that the system hands out for outgoing connections: nobody
/// takes it while its part is down.
pub(crate) fn free_address() -> SocketAddr {
    const FIRST: u16 = 20_000;
    const COUNT: u128 = 12_000;
    loop {
        let offset = u16::try_from(Uuid::now_v7().as_u128() % COUNT).expect("the count fits");
        let address = SocketAddr::from(([127, 0, 0, 1], FIRST + offset));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}
