//! The stub as a whole: where it listens, what it remembers.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::watch, task::JoinSet};

use crate::{
    Faults, Report,
    eventbridge::EventBridge,
    seen::Seen,
    server::{self, Absence},
    sqs::Sqs,
};

/// How a stub differs from the next one.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Where it listens; port 0 is any free one.
    pub listen: SocketAddr,
    /// Whether the ids of accepted events are kept for [`Report::events`]. Without them, memory
    /// does not grow with the events.
    pub keeps_ids: bool,
    /// The largest `PutEvents` call, by EventBridge's own way of counting.
    pub put_bytes_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            keeps_ids: true,
            put_bytes_max: 1_000_000,
        }
    }
}

/// A local AWS; dropping it ends it with all its connections.
#[derive(Debug)]
pub struct Stub {
    address: SocketAddr,
    cloud: Arc<Cloud>,
    server: JoinSet<()>,
}

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Cloud {
    pub(crate) eventbridge: EventBridge,
    pub(crate) sqs: Sqs,
    pub(crate) faults: Faults,
    pub(crate) seen: Seen,
    pub(crate) absence: watch::Sender<Option<Absence>>,
}

impl Stub {
    /// Starts on a free port.
    pub async fn start() -> io::Result<Self> {
        Self::start_with(Options::default()).await
    }

    /// Starts as told.
    pub async fn start_with(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind(options.listen).await?;
        let address = listener.local_addr()?;
        let cloud = Arc::new(Cloud {
            eventbridge: EventBridge::new(options.put_bytes_max),
            sqs: Sqs::new(address),
            faults: Faults::default(),
            seen: Seen::new(options.keeps_ids),
            absence: watch::Sender::new(None),
        });
        let mut server = JoinSet::new();
        server.spawn(server::run(listener, Arc::clone(&cloud)));
        Ok(Self { address, cloud, server })
    }

    /// What `AWS_ENDPOINT_URL` is to be.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What goes wrong.
    pub fn faults(&self) -> &Faults {
        &self.cloud.faults
    }

    /// What it saw so far.
    pub fn seen(&self) -> Report {
        self.cloud.seen.report()
    }

    /// Is gone for so long: closes all connections and refuses new ones, then comes back on the
    /// same port with everything it remembers. Returns at once.
    pub fn leave(&self, duration: Duration) {
        self.cloud.leave(duration);
    }

    /// Forgets what it saw, all faults and all messages; buses, rules and queues stay.
    pub fn reset(&self) {
        self.cloud.reset();
    }

    /// Returns when it can go on no longer.
    pub async fn ended(mut self) {
        self.server.join_next().await;
    }
}

impl Cloud {
    pub(crate) fn leave(&self, duration: Duration) {
        self.absence.send_replace(Some(Absence::starting_now(duration)));
    }

    pub(crate) fn reset(&self) {
        self.seen.reset();
        self.faults.clear();
        self.sqs.purge_all();
    }
}
