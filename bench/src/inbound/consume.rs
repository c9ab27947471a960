//! The sidecar's consumer with a handler that does nothing, as a process of its own.

use std::{path::Path, time::Duration};

use anyhow::{Context as _, Result};
use aws_config::BehaviorVersion;
use sidecar::{
    command::serve, config::Config, delivery::DeliveryError, inbound::Arrival,
    readiness::Readiness, telemetry,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::drain::SLOW;

/// The word that starts it.
pub(crate) const CONSUME: &str = "consume";

/// Consumes the first route's queue with the settings in `config` until it is killed.
///
/// All of the product's consumer is at work, its logging and counting too; only what a reaction would do
/// is left out.
#[tokio::main]
pub(crate) async fn consume(config: &Path) -> Result<()> {
    let Config { settings, routes, contracts, .. } = Config::load(config)?;
    telemetry::start_logging(settings.log.format, &settings.log.level)?;
    let _metrics = telemetry::start_metrics()?;
    let aws = aws_config::defaults(BehaviorVersion::latest()).load().await;
    let availability = serve::availability(&settings);
    let route = routes.first().context("there is a route")?;
    let readiness = Readiness::default();
    let consumer = serve::consumer(&aws, &settings, route, &contracts, &availability, &readiness);
    // Where the sidecar runs it, too: not in this thread, but among its tasks.
    TaskTracker::new().spawn(consumer.run(CancellationToken::new(), handle)).await?;
    Ok(())
}

async fn handle(Arrival { event, .. }: Arrival) -> Result<(), DeliveryError> {
    if event.properties.get("slow").is_some_and(|slow| slow == true) {
        tokio::time::sleep(Duration::from_secs(SLOW)).await;
    }
    Ok(())
}
