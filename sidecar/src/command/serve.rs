//! `sidecar serve`: both directions until told to stop.

mod parts;

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context as _;
use axum::Router;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::Semaphore,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{error, info};

pub use self::parts::{availability, consumer};
use self::parts::{comprehend_limits, context, effects, intake, publisher, server_limits};
use crate::{
    admin,
    comprehend::Comprehend,
    config::Config,
    inbound::{Arrival, consumer::Consumer},
    outbound::{
        Outbound,
        server::{self, Server},
    },
    reaction::Performer,
    readiness::Readiness,
    signature::Verifier,
    telemetry,
};

/// What is left for the last answers and settlements after the drain.
const DRAIN_SLACK: std::time::Duration = std::time::Duration::from_secs(3);

/// Builds the parts, runs them, and drains them.
pub async fn run(config: Config) -> anyhow::Result<()> {
    let Config { settings, mappings, routes, reactions, contracts, .. } = config;
    telemetry::start_logging(settings.log.format, &settings.log.level)?;
    let metrics = telemetry::start_metrics()?;
    let listener = listen(settings.server.listen).await?;
    let address = listener.local_addr()?;
    let aws = super::aws().await;

    let shutdown = CancellationToken::new();
    let parts = TaskTracker::new();
    let readiness = Readiness::default();
    let publisher = Arc::new(publisher(&aws, &settings, &contracts, &parts, &shutdown));
    let availability = availability(&settings);
    let (directus, retry) = super::directus(&settings)?;
    let effects = effects(&settings, &directus, retry, &availability, &parts, &shutdown);
    let present = readiness.part("directus");
    availability.start_probing(directus.clone(), present, &parts, shutdown.clone());
    let comprehend = Comprehend::connect(&aws, comprehend_limits(&settings), &shutdown);
    let context = context(&settings, directus, &availability, effects, comprehend);

    for route in &routes {
        let reaction = Arc::clone(reactions.of(&route.name));
        let consumer = Consumer {
            newest_wins: reaction.newest_wins(),
            ..consumer(&aws, &settings, route, &contracts, &availability, &readiness)
        };
        let (context, publisher) = (context.clone(), Arc::clone(&publisher));
        let performer = Performer { reaction, context, publisher };
        start_consumer(consumer, performer, &parts, &shutdown);
    }
    let reader = context.directus.clone();
    drop(context);

    if !settings.admin.tokens().is_empty() {
        let listener = listen(settings.admin.listen).await?;
        info!(address = %listener.local_addr()?, "serving the admin API");
        let admin = parts::admin(&aws, &settings, &routes, &readiness, &metrics);
        start_server(listener, admin::router(admin), &parts, &shutdown);
    }

    let taking = readiness.part("server");
    let outbound = Arc::new(Outbound::new(mappings, publisher, reader));
    let intake = intake(&settings, &outbound, &shutdown);
    let server = Server {
        outbound,
        verifier: Verifier::new(settings.outbound.secrets(), settings.outbound.signature_tolerance),
        limits: server_limits(&settings),
        slots: Semaphore::new(settings.server.requests_in_flight_max.get()),
        shutdown: shutdown.clone(),
    };
    let router = server::router(server, intake, readiness, metrics);
    start_server(listener, router, &parts, &shutdown);
    parts.close();
    taking.ready();
    info!(%address, routes = routes.len(), "serving on {address}");

    let signal = shutdown.run_until_cancelled(stop_signal()).await.transpose()?;
    info!(signal, "stopping");
    taking.hindered("draining");
    shutdown.cancel();
    tokio::time::timeout(settings.shutdown.drain + DRAIN_SLACK, parts.wait())
        .await
        .context("work still in flight at the end of the drain")?;
    info!("stopped");
    signal.map(drop).context("a part ended by itself")
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let bound = TcpListener::bind(address).await;
    bound.with_context(|| format!("cannot listen on {address}"))
}

fn start_server(
    listener: TcpListener,
    router: Router,
    parts: &TaskTracker,
    shutdown: &CancellationToken,
) {
    let stop = shutdown.clone().cancelled_owned();
    start_part(parts, shutdown, async move {
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stop).await {
            error!(error = &error as &dyn std::error::Error, "a server ended");
        }
    });
}

/// Starts a part without which the others must not go on: when it ends, or panics, all stop, and
/// whoever watches over the process starts it afresh.
fn start_part(
    parts: &TaskTracker,
    shutdown: &CancellationToken,
    part: impl Future<Output = ()> + Send + 'static,
) {
    let ends_all = shutdown.clone().drop_guard();
    parts.spawn(async move {
        part.await;
        drop(ends_all);
    });
}

fn start_consumer(
    consumer: Consumer,
    performer: Performer,
    parts: &TaskTracker,
    shutdown: &CancellationToken,
) {
    let performer = Arc::new(performer);
    if performer.reaction.looks_round_every().is_some() {
        let (looking, stop) = (Arc::clone(&performer), shutdown.clone());
        start_part(parts, shutdown, async move { looking.look_round(stop).await });
    }
    let perform = move |arrival: Arrival| {
        let performer = Arc::clone(&performer);
        async move { performer.perform(&arrival.event, arrival.replayed).await }
    };
    start_part(parts, shutdown, consumer.run(shutdown.clone(), perform));
}

async fn stop_signal() -> anyhow::Result<&'static str> {
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => Ok("SIGINT"),
        _ = terminate.recv() => Ok("SIGTERM"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_part_that_panics_stops_all() {
        let (parts, shutdown) = (TaskTracker::new(), CancellationToken::new());

        start_part(&parts, &shutdown, async { panic!("the part's own panic") });

        shutdown.cancelled().await;
    }
}
