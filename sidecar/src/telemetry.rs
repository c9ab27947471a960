//! Logs and metrics: the name of every metric is here.

mod counted;

use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use serde::Deserialize;
use tracing_subscriber::{EnvFilter, layer::SubscriberExt as _, util::SubscriberInitExt as _};

pub use self::counted::{Counted, Messages};

const CHANGES: &str = "event_bridge_changes_total";
const EVENTS: &str = "event_bridge_events_total";
const REQUESTS_REFUSED: &str = "event_bridge_requests_refused_total";
const PUT_EVENTS_ENTRIES: &str = "event_bridge_put_events_entries_total";
const PUT_EVENTS_BATCH: &str = "event_bridge_put_events_batch_entries";
const PUT_EVENTS_THROTTLED: &str = "event_bridge_put_events_throttled_total";
const QUEUE_ENTRIES: &str = "event_bridge_publish_queue_entries";
const QUEUE_BYTES: &str = "event_bridge_publish_queue_bytes";
const MESSAGES_RECEIVED: &str = "event_bridge_messages_received_total";
const MESSAGES_SETTLED: &str = "event_bridge_messages_settled_total";
const MESSAGES_IN_FLIGHT: &str = "event_bridge_messages_in_flight";
const QUEUE_LAG: &str = "event_bridge_queue_lag_seconds";
const EFFECTS: &str = "event_bridge_effects_total";
const LOOKS: &str = "event_bridge_looks_total";
const EXPIRED: &str = "event_bridge_timeline_expired_total";
const WITHHELD: &str = "event_bridge_withheld_total";
const COMMIT_TO_PUBLISHED: &str = "event_bridge_commit_to_published_seconds";
const COMMIT_TO_ENRICHED: &str = "event_bridge_commit_to_enriched_seconds";

const BUCKETS_SECS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
const BUCKETS_ENTRIES: [f64; 5] = [1.0, 3.0, 5.0, 8.0, 10.0];

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For a terminal.
    Human,
    /// For a collector.
    Json,
}

/// Starts logging to standard error what passes the filter `level`.
pub fn start_logging(format: LogFormat, level: &str) -> anyhow::Result<()> {
    let level = EnvFilter::try_new(level).context("log.level is no filter")?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    let registry = tracing_subscriber::registry().with(level);
    match format {
        LogFormat::Human => registry.with(lines.with_ansi(false)).try_init(),
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init(),
    }
    .context("cannot start logging")
}

/// Starts counting; the handle renders what was counted.
pub fn start_metrics() -> anyhow::Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS_SECS)?
        .set_buckets_for_metric(Matcher::Suffix("_batch_entries".to_owned()), &BUCKETS_ENTRIES)?
        .install_recorder()?;
    describe_counter!(CHANGES, "Changes answered, by verdict");
    describe_counter!(EVENTS, "Events of external producers answered, by producer and verdict");
    describe_counter!(REQUESTS_REFUSED, "Requests of which nothing was taken, by reason");
    describe_counter!(PUT_EVENTS_ENTRIES, "Entries sent to EventBridge, repeated ones too");
    describe_histogram!(PUT_EVENTS_BATCH, "Entries in one call to EventBridge");
    describe_counter!(PUT_EVENTS_THROTTLED, "Calls to EventBridge that it throttled");
    describe_gauge!(QUEUE_ENTRIES, "Entries that wait for EventBridge's verdict");
    describe_gauge!(QUEUE_BYTES, "Bytes of the entries that wait for EventBridge's verdict");
    describe_counter!(MESSAGES_RECEIVED, "Messages received, by queue");
    describe_counter!(MESSAGES_SETTLED, "Messages settled, by queue and outcome");
    describe_gauge!(MESSAGES_IN_FLIGHT, "Messages being worked on, by queue");
    describe_gauge!(QUEUE_LAG, "How long the messages that came last had waited, by queue");
    describe_counter!(EFFECTS, "Effects answered by Directus, by verdict");
    describe_counter!(LOOKS, "Looks round that reactions took, by reaction and outcome");
    describe_counter!(EXPIRED, "Events removed from the timeline because they are old");
    describe_counter!(WITHHELD, "Events that a reaction did not get without consent, by reaction");
    describe_histogram!(COMMIT_TO_PUBLISHED, "From the change to the bus");
    describe_histogram!(COMMIT_TO_ENRICHED, "From the change to its effects in Directus, by queue");
    Ok(handle)
}

/// Changes were answered alike.
pub fn changes(verdict: &'static str, count: usize) {
    counter!(CHANGES, "verdict" => verdict).increment(count as u64);
}

/// An event of an external producer was answered. Producers are configured, and so a bounded set.
pub fn event(producer: &str, verdict: &'static str) {
    counter!(EVENTS, "producer" => producer.to_owned(), "verdict" => verdict).increment(1);
}

/// A request was refused as a whole.
pub fn request_refused(code: &'static str) {
    counter!(REQUESTS_REFUSED, "code" => code).increment(1);
}

/// Entries were sent to the bus in one call.
#[expect(clippy::cast_precision_loss, reason = "a batch and a queue are far below 2^52")]
pub fn put_events(entries: usize) {
    counter!(PUT_EVENTS_ENTRIES).increment(entries as u64);
    histogram!(PUT_EVENTS_BATCH).record(entries as f64);
}

/// The bus asked for less.
pub fn throttled() {
    counter!(PUT_EVENTS_THROTTLED).increment(1);
}

/// So much waits for the bus.
#[expect(clippy::cast_precision_loss, reason = "a batch and a queue are far below 2^52")]
pub fn queue(entries: usize, bytes: usize) {
    gauge!(QUEUE_ENTRIES).set(entries as f64);
    gauge!(QUEUE_BYTES).set(bytes as f64);
}

/// An event was accepted by the bus.
pub fn published(occurred_at: Timestamp, now: Timestamp) {
    histogram!(COMMIT_TO_PUBLISHED).record(secs_between(occurred_at, now));
}

/// A reaction looked round.
pub fn looked_round(reaction: &'static str, outcome: &'static str) {
    counter!(LOOKS, "reaction" => reaction, "outcome" => outcome).increment(1);
}

/// Events were removed from the timeline because they are old. Copies that do so at the same moment
/// count the same ones.
pub fn expired(events: usize) {
    counter!(EXPIRED).increment(events as u64);
}

/// A reaction left alone a customer who does not agree.
pub fn withheld(reaction: &'static str) {
    counter!(WITHHELD, "reaction" => reaction).increment(1);
}

/// A message arrived.
pub fn message_received(queue: &str) {
    counter!(MESSAGES_RECEIVED, "queue" => queue.to_owned()).increment(1);
    gauge!(MESSAGES_IN_FLIGHT, "queue" => queue.to_owned()).increment(1);
}

/// A message's work ended.
pub fn message_settled(queue: &str, outcome: &'static str) {
    counter!(MESSAGES_SETTLED, "queue" => queue.to_owned(), "outcome" => outcome).increment(1);
    gauge!(MESSAGES_IN_FLIGHT, "queue" => queue.to_owned()).decrement(1);
}

/// The messages that a receive brought had waited so long; it brought none when nothing waits.
pub fn queue_lag(queue: &str, lag: Duration) {
    gauge!(QUEUE_LAG, "queue" => queue.to_owned()).set(lag.as_secs_f64());
}

/// A message's effects are all in Directus. Returns how many seconds after the change.
pub fn reacted(queue: &str, occurred_at: Timestamp, now: Timestamp) -> f64 {
    let secs = secs_between(occurred_at, now);
    histogram!(COMMIT_TO_ENRICHED, "queue" => queue.to_owned()).record(secs);
    secs
}

/// Directus answered an effect.
pub fn effect(verdict: &'static str) {
    counter!(EFFECTS, "verdict" => verdict).increment(1);
}

/// Never negative: the producer's clock may be ahead of ours.
fn secs_between(earlier: Timestamp, later: Timestamp) -> f64 {
    later.duration_since(earlier).as_secs_f64().max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_skew_does_not_make_latency_negative() {
        let now = Timestamp::from_second(1_000).unwrap();
        let ahead = Timestamp::from_second(1_003).unwrap();

        assert!(secs_between(ahead, now).abs() < f64::EPSILON);
        assert!((secs_between(now, ahead) - 3.0).abs() < f64::EPSILON);
    }
}
