//! Those that drain a queue: the sidecar's consumer, and what a user would take instead.

use std::path::PathBuf;

use anyhow::Result;

use crate::{
    machine::{MEASURED_CORE, root},
    service::{Service, pinned},
    stub::{Stub, StubQueue},
};

/// What the shipped configuration calls the queue of its route `feedback`.
pub(super) const QUEUE: &str = "event-bridge-feedback";

/// A worker with one core to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Worker {
    /// The sidecar's consumer.
    Sidecar,
    /// Four consumers of npm's `sqs-consumer` in one process, in batch mode.
    SqsConsumer,
    /// A loop around boto3.
    Python,
}

impl Worker {
    pub(super) const ALL: [Self; 3] = [Self::Sidecar, Self::SqsConsumer, Self::Python];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sidecar => "sidecar",
            Self::SqsConsumer => "sqs_consumer",
            Self::Python => "python",
        }
    }

    pub(super) fn start(self, stub: &Stub, queue: &StubQueue<'_>) -> Result<Service> {
        let cache = root().join(".cache");
        let mut command = match self {
            Self::Sidecar => {
                let mut consume = pinned(MEASURED_CORE, std::env::current_exe()?);
                consume
                    .arg(super::CONSUME)
                    .arg(config())
                    .env("SIDECAR__OUTBOUND__SECRETS", super::system::SECRET)
                    .env("SIDECAR__DIRECTUS__TOKEN", "unused");
                consume
            }
            Self::SqsConsumer => {
                let mut node = pinned(MEASURED_CORE, cache.join("node/node_modules/.bin/node"));
                node.arg(cache.join("node-consumer/drain.js")).env("NODE_ENV", "production");
                node
            }
            Self::Python => {
                let mut python = pinned(MEASURED_CORE, cache.join("bench-python/bin/python"));
                python.arg(root().join("bench/python/drain.py"));
                python
            }
        };
        command.env("AWS_ENDPOINT_URL", &stub.url).env("QUEUE_URL", &queue.url);
        Service::spawn(self.name(), command)
    }
}

/// The shipped settings, with the mapping, the route and the reaction of the bench.
pub(super) fn config() -> PathBuf {
    root().join("bench/config")
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use sidecar::config::Config;

    use super::*;

    #[test]
    fn the_configuration_of_the_bench_is_one_that_the_sidecar_takes() {
        let variables = HashMap::from([
            ("SIDECAR__OUTBOUND__SECRETS".to_owned(), super::super::system::SECRET.to_owned()),
            ("SIDECAR__DIRECTUS__TOKEN".to_owned(), "unused".to_owned()),
        ]);

        let config = Config::load_with(&super::config(), variables).unwrap();

        let [route] = config.routes.as_slice() else { panic!("{:?}", config.routes) };
        assert_eq!(route.queue(&config.settings.outbound.bus), QUEUE);
        assert_eq!(config.settings.inbound.in_flight_max.get(), 64);
    }
}
