//! The parts of the sidecar, as configured.

use std::sync::Arc;

use aws_config::SdkConfig;
use jiff::Timestamp;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use crate::{
    admin::{Admin, Bridge, OverviewedRoute},
    batch::BatchLimits,
    comprehend::{Comprehend, ComprehendLimits},
    config::settings::Settings,
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
        consumer::{Consumer, ConsumerLimits},
        dead_letter::{shelf::LookLimits, shelves::Shelves},
        queue::Queue,
        visibility::VisibilityLimits,
    },
    outbound::{
        Outbound,
        eventbridge::Bus,
        intake::endpoint::{Intake, IntakeLimits},
        publisher::{Publisher, PublisherLimits},
        refused::PROTOCOL,
        server::ServerLimits,
    },
    reaction::Context,
    readiness::Readiness,
    retry::{RedeliveryDelays, RetryPolicy},
    route::Route,
};

/// The admin API looks at this much of each dead-letter queue at once: it shares memory with the messages
/// at work.
const ADMIN_LOOK: LookLimits = LookLimits { letters_max: 1_000, bytes_max: 4_000_000 };

pub(super) fn publisher(
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

pub(super) fn effects(
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

pub(super) fn comprehend_limits(settings: &Settings) -> ComprehendLimits {
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

pub(super) fn server_limits(settings: &Settings) -> ServerLimits {
    ServerLimits {
        body_bytes_max: settings.server.body_bytes_max,
        changes_max: settings.server.changes_max,
        requests_in_flight_max: settings.server.requests_in_flight_max,
        request_timeout: settings.server.request_timeout,
    }
}

pub(super) fn intake(
    settings: &Settings,
    outbound: &Arc<Outbound>,
    shutdown: &CancellationToken,
) -> Intake {
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

/// Whoever shows one of the configured tokens sees how everything goes, and may do something about dead
/// letters.
pub(super) fn admin(
    aws: &SdkConfig,
    settings: &Settings,
    routes: &[Route],
    readiness: &Readiness,
    metrics: &PrometheusHandle,
) -> Admin {
    let bus = &settings.outbound.bus;
    let overviewed = |route: &Route| OverviewedRoute {
        name: route.name.clone(),
        reaction: route.reaction.as_str(),
        description: route.description.clone(),
        queue: Queue::connect(aws, route.queue(bus)),
        dead_letters: Queue::connect(aws, route.dead_letter_queue(bus)),
    };
    let bridge = Bridge {
        bus: bus.clone(),
        protocol: PROTOCOL,
        routes: routes.iter().map(overviewed).collect(),
        readiness: readiness.clone(),
        metrics: metrics.clone(),
        instance: Uuid::new_v4(),
        started_at: Timestamp::now(),
    };
    let shelves = Shelves::connect(aws, routes, bus, ADMIN_LOOK);
    Admin::new(settings.admin.tokens(), bridge, shelves)
}

/// What reactions may touch.
pub(super) fn context(
    settings: &Settings,
    directus: Directus,
    availability: &Availability,
    effects: EffectWriter,
    comprehend: Option<Comprehend>,
) -> Context {
    let pseudonyms = settings.outbound.pseudonyms();
    Context {
        now: Timestamp::now(),
        flows: Flows::new(directus.clone(), availability.clone()),
        erasures: Erasures::new(directus.clone(), availability.clone(), pseudonyms),
        directus: Reader::new(directus, availability.clone()),
        comprehend,
        effects,
        replayed: false,
    }
}
