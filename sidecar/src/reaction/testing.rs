//! A context for the tests of reactions.

use std::{
    num::{NonZeroU32, NonZeroUsize},
    time::Duration,
};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::*;
use crate::{
    batch::BatchLimits,
    directus::{effects::EFFECTS_MAX, testing::connection},
    outbound::privacy::pseudonym::Pseudonyms,
    retry::RetryPolicy,
};

/// A context at the beginning of time, for reactions that read nothing.
pub(crate) fn context() -> Context {
    context_of("http://127.0.0.1:9")
}

/// The same, with a Directus. Within a runtime: effects are written by a task.
pub(crate) fn context_of(url: &str) -> Context {
    let (directus, availability) = connection(url);
    let limits = BatchLimits {
        size_max: EFFECTS_MAX,
        linger: Duration::from_millis(1),
        in_flight_max: NonZeroUsize::MIN,
    };
    let once = RetryPolicy {
        delay_min: Duration::from_millis(1),
        delay_max: Duration::from_millis(1),
        attempts_max: NonZeroU32::MIN,
    };
    let effects = EffectWriter::start(
        directus.clone(),
        availability.clone(),
        limits,
        once,
        &TaskTracker::new(),
        CancellationToken::new(),
    );
    let key = Pseudonyms::new(&[7; 32]);
    Context {
        now: Timestamp::UNIX_EPOCH,
        directus: Reader::new(directus.clone(), availability.clone()),
        flows: Flows::new(directus.clone(), availability.clone()),
        comprehend: None,
        effects,
        erasures: Erasures::new(directus, availability, Some(key)),
        replayed: false,
    }
}
