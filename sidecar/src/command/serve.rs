//! `sidecar serve`: both directions until told to stop.

use std::sync::Arc;

use anyhow::Context as _;
use aws_config::SdkConfig;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::Semaphore,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{error, info};

use crate::{
    batch::BatchLimits,
    comprehend::{Comprehend, ComprehendLimits},
    config::{Config, settings::Settings},
    contract::Contracts,
    directus::{
        Directus,
        availability::{Availability, AvailabilityLimits},
        effects::EffectWriter,
        erasures::Erasures,
        flows::Flows,
        reader::Reader,
    },
    inbound::{
        Arrival,
        consumer::{Consumer, ConsumerLimits},
        queue::Queue,
        visibility::VisibilityLimits,
    },
    outbound::{
        Outbound,
        eventbridge::Bus,
        intake::endpoint::{Intake, IntakeLimits},
        publisher::{Publisher, PublisherLimits},
        server::{self, Server, ServerLimits},
    },
    reaction::Performer,
    readiness::Readiness,
    retry::{RedeliveryDelays, RetryPolicy},
    route::Route,
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
    let listener = TcpListener::bind(settings.server.listen)
        .await
        .with_context(|| format!("cannot listen on {}", settings.server.listen))?;
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
    let flows = Flows::new(directus.clone(), availability.clone());
    let pseudonyms = settings.outbound.pseudonyms();
    let erasures = Erasures::new(directus.clone(), availability.clone(), pseudonyms);
    let directus = Reader::new(directus, availability.clone());
    let comprehend = Comprehend::connect(&aws, comprehend_limits(&settings), &shutdown);

    for route in &routes {
        let reaction = Arc::clone(reactions.of(&route.name));
        let consumer = Consumer {
            newest_wins: reaction.newest_wins(),
            ..consumer(&aws, &settings, route, &contracts, &availability, &readiness)
        };
        let performer = Performer {
            reaction,
            directus: directus.clone(),
            flows: flows.clone(),
            comprehend: comprehend.clone(),
            effects: effects.clone(),
            erasures: erasures.clone(),
            publisher: Arc::clone(&publisher),
        };
        start_consumer(consumer, performer, &parts, &shutdown);
    }
    drop(effects);

    let taking = readiness.part("server");
    let outbound = Arc::new(Outbound::new(mappings, publisher));
    let intake = intake(&settings, &outbound, &shutdown);
    let server = Server {
        outbound,
        verifier: Verifier::new(settings.outbound.secrets(), settings.outbound.signature_tolerance),
        limits: server_limits(&settings),
        slots: Semaphore::new(settings.server.requests_in_flight_max.get()),
        shutdown: shutdown.clone(),
    };
    let router = server::router(server, intake, readiness, metrics);
    let stop = shutdown.clone().cancelled_owned();
    start_part(&parts, &shutdown, async move {
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stop).await {
            error!(error = &error as &dyn std::error::Error, "the server ended");
        }
    });
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

fn publisher(
    aws: &SdkConfig,
    settings: &Settings,
    contracts: &Arc<Contracts>,
    parts: &TaskTracker,
    shutdown: &CancellationToken,
) -> Publisher {
    let outbound = &settings.outbound;
    let (name, source) = (outbound.bus.clone(), outbound.source.clone());
    let bus = Bus::connect(aws, name, source, outbound.request_timeout);
    let limits = PublisherLimits {
        batch_bytes_max: outbound.batch_bytes_max,
        requests_in_flight_max: outbound.requests_in_flight_max,
        linger: outbound.linger,
        queue_max: outbound.queue_max,
        queue_bytes_max: outbound.queue_bytes_max,
        retry: RetryPolicy {
            delay_min: outbound.retry_delay_min,
            delay_max: outbound.retry_delay_max,
            attempts_max: outbound.attempts_max,
        },
        budget: outbound.budget,
    };
    Publisher::start(bus, Arc::clone(contracts), limits, parts, shutdown.clone())
}

/// Learns whether Directus is there; counts it as there to begin with.
pub fn availability(settings: &Settings) -> Availability {
    Availability::new(AvailabilityLimits {
        failures_max: settings.directus.failures_max,
        failure_window: settings.directus.failure_window,
        probe_interval: settings.directus.probe_interval,
    })
}

fn effects(
    settings: &Settings,
    directus: &Directus,
    retry: RetryPolicy,
    availability: &Availability,
    parts: &TaskTracker,
    shutdown: &CancellationToken,
) -> EffectWriter {
    let settings = &settings.directus;
    let limits = BatchLimits {
        size_max: settings.effects_max,
        linger: settings.effects_linger,
        in_flight_max: settings.requests_in_flight_max,
    };
    let (directus, availability) = (directus.clone(), availability.clone());
    EffectWriter::start(directus, availability, limits, retry, parts, shutdown.clone())
}

fn comprehend_limits(settings: &Settings) -> ComprehendLimits {
    let settings = &settings.comprehend;
    ComprehendLimits {
        texts_in_flight_max: settings.texts_in_flight_max,
        timeout: settings.timeout,
        retry: RetryPolicy {
            delay_min: settings.retry_delay_min,
            delay_max: settings.retry_delay_max,
            attempts_max: settings.attempts_max,
        },
    }
}

/// The consumer of a route, as configured.
pub fn consumer(
    aws: &SdkConfig,
    settings: &Settings,
    route: &Route,
    contracts: &Arc<Contracts>,
    availability: &Availability,
    readiness: &Readiness,
) -> Consumer {
    let inbound = &settings.inbound;
    let bus = &settings.outbound.bus;
    let limits = ConsumerLimits {
        in_flight_max: inbound.in_flight_max,
        customer_in_flight_max: inbound.customer_in_flight_max,
        waiting_max: inbound.waiting_max,
        receive_wait: inbound.receive_wait,
        visibility: VisibilityLimits {
            visibility: inbound.visibility,
            total_max: inbound.visibility_total_max,
        },
        handler_budget: inbound.handler_budget,
        redelivery: RedeliveryDelays::new(inbound.redelivery_delays.clone()),
        receives_max: inbound.receives_max,
        receive_pause_min: inbound.receive_pause_min,
        receive_pause_max: inbound.receive_pause_max,
        settle_linger: inbound.settle_linger,
        settle_retry: RetryPolicy {
            delay_min: inbound.settle_linger,
            delay_max: inbound.receive_pause_min,
            attempts_max: inbound.settle_attempts_max,
        },
        drain: settings.shutdown.drain,
    };
    Consumer {
        queue: Queue::connect(aws, route.queue(bus)),
        dead_letters: Queue::connect(aws, route.dead_letter_queue(bus)),
        reaction: route.reaction.as_str(),
        newest_wins: false,
        contracts: Arc::clone(contracts),
        limits,
        presence: availability.watch(),
        readiness: readiness.part(route.queue(bus)),
    }
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

fn server_limits(settings: &Settings) -> ServerLimits {
    ServerLimits {
        body_bytes_max: settings.server.body_bytes_max,
        changes_max: settings.server.changes_max,
        requests_in_flight_max: settings.server.requests_in_flight_max,
        request_timeout: settings.server.request_timeout,
    }
}

fn intake(settings: &Settings, outbound: &Arc<Outbound>, shutdown: &CancellationToken) -> Intake {
    Intake {
        outbound: Arc::clone(outbound),
        members: settings.members(),
        limits: IntakeLimits {
            body_bytes_max: settings.server.body_bytes_max,
            events_max: settings.server.events_max,
        },
        places: Semaphore::new(settings.server.event_requests_in_flight_max.get()),
        shutdown: shutdown.clone(),
    }
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
