//! All parts together: where they live, how they find each other, and how they end.

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

use anyhow::{Context, Result};
use uuid::Uuid;

use crate::{
    aws::Aws,
    database::Storage,
    directus::Directus,
    logs,
    setup::{MadeBy, Setup},
    sidecar::Sidecar,
    template,
    terraform::Terraform,
};

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
    storage: Storage,
    addresses: [SocketAddr; 2],
    setup: Setup,
    dir: PathBuf,
    announced: Vec<String>,
    /// What was complained about before everything was told to stop.
    complained: Vec<String>,
}

impl Stack {
    /// Starts everything and returns when all parts are ready.
    pub async fn start() -> Result<Self> {
        Self::start_with(Setup::default()).await
    }

    pub(crate) async fn start_with(setup: Setup) -> Result<Self> {
        let dir = target()?.join("e2e").join(Uuid::now_v7().to_string());
        std::fs::create_dir_all(&dir)?;
        let template = template::of(setup.schema, setup.database).await?;
        let storage = Storage::copy_of(&template, setup.database, &dir).await?;

        let addresses = [free_address(), free_address()];
        let mut aws = Aws::new(setup.aws, &dir, free_address()).await?;
        let mut directus = Directus::new("directus", &dir, &storage.connection());
        directus.set_up(addresses, &setup.directus)?;
        tokio::try_join!(aws.start(), directus.start())?;

        let mut sidecar = Sidecar::new(&dir, addresses, aws.url(), directus.url())?;
        if !setup.files.is_empty() {
            sidecar.configure_by(&dir, &setup.files)?;
        }
        sidecar.configure(&setup.sidecar);
        match setup.made_by {
            MadeBy::Sidecar => {
                sidecar.provision().await?;
                aws.observe().await?;
            }
            MadeBy::Terraform => Terraform::new(&dir, aws.url()).apply()?,
        }
        sidecar.start().await?;
        let (announced, complained) = (Vec::new(), Vec::new());
        Ok(Self { sidecar, directus, aws, storage, addresses, setup, dir, announced, complained })
    }

    /// Another process of Directus on the same PostgreSQL, not started yet.
    pub fn another_directus(&self, name: &str) -> Result<Directus> {
        let mut directus = Directus::new(name, &self.dir, &self.storage.connection());
        directus.set_up(self.addresses, &self.setup.directus)?;
        Ok(directus)
    }

    /// Terraform, on a stack that was set up by it.
    pub fn terraform(&self) -> Terraform {
        Terraform::new(&self.dir, self.aws.url())
    }

    /// Announces that a part will complain with this text, because the story makes it.
    pub fn expect_log(&mut self, text: &str) {
        self.announced.push(text.to_owned());
    }

    /// Stops everything as an operator would.
    pub async fn stop(&mut self) -> Result<()> {
        self.complained = self.complaints()?;
        // From here on the relay may meet a sidecar that is going.
        self.expect_log("event bridge: changes wait in the outbox");
        self.sidecar.stop().await?;
        self.directus.stop().await?;
        self.aws.stop();
        Ok(())
    }

    /// What a part complained about and the story did not announce.
    pub(crate) fn complaints(&self) -> Result<Vec<String>> {
        let mut complaints = self.complained.clone();
        let all = logs::complaints(&self.dir, &self.announced)?;
        complaints.extend(all.into_iter().filter(|line| !self.complained.contains(line)));
        Ok(complaints)
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
    const COUNT: u32 = 12_000;
    // Anywhere to begin with, so that processes side by side keep apart, and then each port once: it
    // is free until its part listens, and two parts of one stack must not be given the same.
    static NEXT: LazyLock<AtomicU32> =
        LazyLock::new(|| AtomicU32::new(process::id().wrapping_mul(7919)));
    loop {
        let offset = NEXT.fetch_add(1, Ordering::Relaxed) % COUNT;
        let offset = u16::try_from(offset).expect("the count fits");
        let address = SocketAddr::from(([127, 0, 0, 1], FIRST + offset));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}
