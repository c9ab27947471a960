//! `sidecar.toml`: the doc comment of a field is its reference.

mod admin;
mod producer;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    num::{NonZeroU32, NonZeroUsize},
    path::PathBuf,
    time::Duration,
};

use garde::Validate;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::Url;

pub use self::{admin::Admin, producer::Producer};
use crate::{
    config::checks::{
        absent_or_long, at_most, between, durations, endpoint_batch, present, producer_names,
        signing_secrets, split, web_address, whole_days, within,
    },
    outbound::{
        eventbridge::ENTRIES_MAX, intake::credential::Members, privacy::pseudonym::Pseudonyms,
    },
    signature::Secret,
    telemetry::LogFormat,
};

/// All settings of `sidecar.toml` and the environment.
#[derive(Debug, Deserialize, Validate)]
pub struct Settings {
    /// The HTTP side.
    #[garde(skip)]
    pub server: Server,
    /// The admin API.
    #[garde(dive)]
    pub admin: Admin,
    /// Directus → AWS.
    #[garde(dive)]
    pub outbound: Outbound,
    /// AWS → Directus.
    #[garde(dive)]
    pub inbound: Inbound,
    /// The Directus API.
    #[garde(dive)]
    pub directus: Directus,
    /// The judge that a reaction may ask.
    #[garde(dive)]
    pub comprehend: Comprehend,
    /// What `setup` needs.
    #[garde(dive)]
    pub setup: Setup,
    /// Who else may post events.
    #[serde(default)]
    #[garde(custom(producer_names), dive)]
    pub producers: BTreeMap<String, Producer>,
    /// Where the schemas are.
    #[garde(skip)]
    pub contracts: Contracts,
    /// The end.
    #[garde(skip)]
    pub shutdown: Shutdown,
    /// The log.
    #[garde(skip)]
    pub log: Log,
}

/// `[server]`
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "sidecar.toml says what each is for")]
pub struct Server {
    pub listen: SocketAddr,
    pub body_bytes_max: NonZeroUsize,
    pub changes_max: NonZeroUsize,
    pub requests_in_flight_max: NonZeroUsize,
    pub events_max: NonZeroUsize,
    pub event_requests_in_flight_max: NonZeroUsize,
    pub producer_requests_in_flight_max: NonZeroUsize,
    #[serde(with = "humantime_serde")]
    pub request_timeout: Duration,
}

/// `[outbound]`
#[derive(Debug, Deserialize, Validate)]
#[expect(missing_docs, reason = "sidecar.toml says what each is for")]
pub struct Outbound {
    #[garde(custom(signing_secrets))]
    pub secrets: SecretString,
    #[serde(with = "humantime_serde")]
    #[garde(skip)]
    pub signature_tolerance: Duration,
    #[garde(custom(absent_or_long))]
    pub pseudonym_key: SecretString,
    #[garde(length(min = 1), pattern("^[A-Za-z0-9._-]{1,40}$"))]
    pub bus: String,
    #[garde(length(min = 1))]
    pub source: String,
    #[garde(skip)]
    pub batch_bytes_max: NonZeroUsize,
    #[garde(skip)]
    pub requests_in_flight_max: NonZeroUsize,
    #[serde(with = "humantime_serde")]
    #[garde(custom(at_most(Duration::from_secs(1))))]
    pub linger: Duration,
    #[garde(custom(within(ENTRIES_MAX, QUEUE_MAX)))]
    pub queue_max: NonZeroUsize,
    #[garde(custom(within(self.batch_bytes_max.get(), QUEUE_BYTES_MAX)))]
    pub queue_bytes_max: NonZeroUsize,
    #[serde(with = "humantime_serde")]
    #[garde(skip)]
    pub request_timeout: Duration,
    #[serde(with = "humantime_serde")]
    #[garde(skip)]
    pub retry_delay_min: Duration,
    #[serde(with = "humantime_serde")]
    #[garde(skip)]
    pub retry_delay_max: Duration,
    #[garde(skip)]
    pub attempts_max: NonZeroU32,
    #[serde(with = "humantime_serde")]
    #[garde(skip)]
    pub budget: Duration,
    #[serde(with = "humantime_serde")]
    #[garde(custom(whole_days))]
    pub archive_retention: Duration,
}

/// Beyond these a queue is no longer one that memory holds.
const QUEUE_MAX: usize = 1_000_000;
const QUEUE_BYTES_MAX: usize = 1_000_000_000;

impl Outbound {
    /// The parsed secrets.
    pub fn secrets(&self) -> Vec<Secret> {
        let parsed = split(self.secrets.expose_secret()).map(Secret::parse);
        parsed.collect::<Result<_, _>>().expect("checked when the settings were read")
    }

    /// What makes pseudonyms, if there is a key for it.
    pub fn pseudonyms(&self) -> Option<Pseudonyms> {
        let key = self.pseudonym_key.expose_secret();
        (!key.is_empty()).then(|| Pseudonyms::new(key.as_bytes()))
    }
}

/// `[inbound]`
#[derive(Debug, Deserialize, Validate)]
#[expect(missing_docs, reason = "sidecar.toml says what each is for")]
pub struct Inbound {
    #[garde(skip)]
    pub in_flight_max: NonZeroUsize,
    #[garde(skip)]
    pub customer_in_flight_max: NonZeroUsize,
    #[garde(range(max = 10_000))]
    pub waiting_max: usize,
    #[serde(with = "humantime_serde")]
    #[garde(custom(at_most(Duration::from_secs(20))))]
    pub receive_wait: Duration,
    #[serde(with = "humantime_serde")]
    #[garde(custom(between(Duration::from_secs(2), Duration::from_hours(12))))]
    pub visibility: Duration,
    #[serde(with = "humantime_serde")]
    #[garde(custom(at_most(Duration::from_hours(12))))]
    pub visibility_total_max: Duration,
    #[serde(with = "humantime_serde")]
    #[garde(skip)]
    pub handler_budget: Duration,
    #[serde(deserialize_with = "durations")]
    #[garde(length(min = 1), inner(custom(at_most(Duration::from_hours(12)))))]
    pub redelivery_delays: Vec<Duration>,
    #[serde(with = "humantime_serde")]
    #[garde(skip)]
    pub receive_pause_min: Duration,
    #[serde(with = "humantime_serde")]
    #[garde(skip)]
    pub receive_pause_max: Duration,
    #[serde(with = "humantime_serde")]
    #[garde(skip)]
    pub settle_linger: Duration,
    #[garde(skip)]
    pub settle_attempts_max: NonZeroU32,
    #[garde(range(min = 1, max = 1_000))]
    pub receives_max: u32,
    #[serde(with = "humantime_serde")]
    #[garde(custom(between(Duration::from_mins(1), FOURTEEN_DAYS)))]
    pub queue_retention: Duration,
    #[serde(with = "humantime_serde")]
    #[garde(custom(between(self.queue_retention, FOURTEEN_DAYS)))]
    pub dead_letter_retention: Duration,
}

/// The longest that SQS keeps a message. A dead letter's age counts from its first day, so that the
/// dead-letter queue must keep messages at least as long as the queue.
const FOURTEEN_DAYS: Duration = Duration::from_hours(14 * 24);

/// `[directus]`
#[derive(Debug, Deserialize, Validate)]
#[expect(missing_docs, reason = "sidecar.toml says what each is for")]
pub struct Directus {
    #[garde(custom(web_address))]
    pub url: Url,
    #[garde(custom(present))]
    pub token: SecretString,
    #[serde(with = "humantime_serde")]
    #[garde(skip)]
    pub timeout: Duration,
    #[garde(custom(endpoint_batch))]
    pub effects_max: NonZeroUsize,
    #[serde(with = "humantime_serde")]
    #[garde(skip)]
    pub effects_linger: Duration,
    #[garde(skip)]
    pub requests_in_flight_max: NonZeroUsize,
    #[garde(skip)]
    pub attempts_max: NonZeroU32,
    #[serde(with = "humantime_serde")]
    #[garde(skip)]
    pub retry_delay_min: Duration,
    #[serde(with = "humantime_serde")]
    #[garde(skip)]
    pub retry_delay_max: Duration,
    #[garde(skip)]
    pub failures_max: NonZeroU32,
    #[garde(skip)]
    pub failure_window: NonZeroUsize,
    #[serde(with = "humantime_serde")]
    #[garde(skip)]
    pub probe_interval: Duration,
}

/// `[comprehend]`
#[derive(Debug, Deserialize, Validate)]
#[expect(missing_docs, reason = "sidecar.toml says what each is for")]
pub struct Comprehend {
    #[garde(custom(within(1, 1_000)))]
    pub texts_in_flight_max: NonZeroUsize,
    #[serde(with = "humantime_serde")]
    #[garde(skip)]
    pub timeout: Duration,
    #[garde(skip)]
    pub attempts_max: NonZeroU32,
    #[serde(with = "humantime_serde")]
    #[garde(skip)]
    pub retry_delay_min: Duration,
    #[serde(with = "humantime_serde")]
    #[garde(skip)]
    pub retry_delay_max: Duration,
}

impl Settings {
    /// Who may post events, with their credentials.
    pub fn members(&self) -> Members {
        let requests_max = self.server.producer_requests_in_flight_max.get();
        let tolerance = self.outbound.signature_tolerance;
        let member =
            |(name, producer): (&String, &Producer)| producer.member(name, tolerance, requests_max);
        Members(self.producers.iter().map(member).collect())
    }
}

/// `[setup]`
#[derive(Debug, Deserialize, Validate)]
#[expect(missing_docs, reason = "sidecar.toml says what each is for")]
pub struct Setup {
    #[garde(skip)]
    pub admin_token: SecretString,
    #[garde(pattern("^[^@ ]+@[^@ ]+$"))]
    pub account_email: String,
}

/// `[contracts]`
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "sidecar.toml says what each is for")]
pub struct Contracts {
    pub folder: PathBuf,
}

/// `[shutdown]`
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "sidecar.toml says what each is for")]
pub struct Shutdown {
    #[serde(with = "humantime_serde")]
    pub drain: Duration,
}

/// `[log]`
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "sidecar.toml says what each is for")]
pub struct Log {
    pub format: LogFormat,
    pub level: String,
}
