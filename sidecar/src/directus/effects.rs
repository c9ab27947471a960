//! Effects on Directus items: written in batches, each with its own verdict.

use std::num::NonZeroUsize;

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{debug, error, warn};

use crate::{
    batch::{BatchLimits, Batcher},
    delivery::{DeliveryError, Hindrance, Refusal, RefusalCode, Until, chain},
    directus::{Directus, availability::Availability, erasures::CustomerHash, refusal},
    event::{EffectId, Event, EventId, Subject},
    retry::{RetryPolicy, retry_each},
    telemetry,
};

/// Effects that the extension's endpoint takes in one request.
pub const EFFECTS_MAX: NonZeroUsize = NonZeroUsize::new(100).unwrap();

/// One write to one item, with an id that makes it happen once.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Effect {
    #[serde(rename = "effectId")]
    id: EffectId,
    event_id: EventId,
    reaction: &'static str,
    sequence: u64,
    op: Operation,
    #[serde(flatten)]
    subject: Subject,
    data: Map<String, Value>,
    customer: Option<CustomerHash>,
}

/// What an effect does to its item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Writes fields of an item that is there.
    Update,
    /// Makes an item under a key of our choice.
    Create,
    /// Removes an item.
    Delete,
}

impl Effect {
    /// An update of the item that `event` is about.
    pub fn update(event: &Event, reaction: &'static str, data: Map<String, Value>) -> Self {
        Self::on(event, reaction, event.subject.clone(), Operation::Update, data)
    }

    /// What follows from `event` for any item, of which it is the reaction's only effect.
    pub fn on(
        event: &Event,
        reaction: &'static str,
        subject: Subject,
        operation: Operation,
        data: Map<String, Value>,
    ) -> Self {
        Self {
            id: EffectId::new(event.event_id, reaction, &subject),
            event_id: event.event_id,
            reaction,
            // Without a place in the order an event never overwrites one that has.
            sequence: event.sequence.unwrap_or(0),
            op: operation,
            subject,
            data,
            customer: None,
        }
    }

    /// The removal of the item that an event became, because its time is over: nothing that happens
    /// causes it, and whoever does it again names it alike.
    pub fn expire(event: EventId, reaction: &'static str, subject: Subject) -> Self {
        Self {
            id: EffectId::new(event, reaction, &subject),
            event_id: event,
            reaction,
            sequence: 0,
            op: Operation::Delete,
            subject,
            data: Map::new(),
            customer: None,
        }
    }

    /// The same effect for the sake of a customer: once that one is erased, it is not written.
    #[must_use]
    pub fn for_customer(self, customer: Option<CustomerHash>) -> Self {
        Self { customer, ..self }
    }

    /// Its identity in the ledger.
    pub fn id(&self) -> EffectId {
        self.id
    }

    /// What it does.
    pub fn operation(&self) -> Operation {
        self.op
    }

    /// The item it writes to.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The fields it writes.
    pub fn data(&self) -> &Map<String, Value> {
        &self.data
    }
}

/// What Directus says of one effect.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum EffectVerdict {
    /// Written, together with its ledger row.
    Applied,
    /// It had been written before.
    Duplicate,
    /// A later event has been there already.
    Stale,
    /// The item is gone, and with it the reason to write to it.
    Missing,
    /// The customer for whose sake it is was erased.
    Erased,
    /// It can never be written as it is.
    Refused {
        /// Directus' reason.
        error: DirectusReason,
    },
    /// It may be written later.
    Retry {
        /// Directus' reason.
        error: DirectusReason,
    },
}

/// How an effect that is over ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is done, or there is nothing to do any more.
    Done,
    /// Its customer was erased: nothing may follow from it.
    Declined,
}

/// A reason in Directus' words.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DirectusReason {
    /// One of Directus' error codes.
    pub code: String,
    /// For a person.
    pub message: String,
}

impl EffectVerdict {
    /// The word on the wire, and in metrics.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Duplicate => "duplicate",
            Self::Stale => "stale",
            Self::Missing => "missing",
            Self::Erased => "erased",
            Self::Refused { .. } => "refused",
            Self::Retry { .. } => "retry",
        }
    }

    /// Whether the effect is over and done with.
    fn into_outcome(self) -> Result<Written, DeliveryError> {
        match self {
            Self::Applied | Self::Duplicate | Self::Stale | Self::Missing => Ok(Written::Done),
            Self::Erased => Ok(Written::Declined),
            Self::Refused { error } => {
                let refusal = Refusal::new(RefusalCode::Directus, error.message).at(error.code);
                Err(DeliveryError::Permanent(refusal))
            }
            Self::Retry { error } => {
                let reason = format!("{}: {}", error.code, error.message);
                Err(if refusal::waits_for_admin(&error.code) {
                    error!(code = error.code, "an effect waits until Directus is mended");
                    Hindrance { reason, until: Until::Mended }.into()
                } else {
                    DeliveryError::Transient(reason.into())
                })
            }
        }
    }
}

/// Writes effects, many tasks' in one request.
#[derive(Debug, Clone)]
pub struct EffectWriter {
    batches: Batcher<Effect, Result<Written, DeliveryError>>,
}

impl EffectWriter {
    /// Writes to `directus` from `tasks`; at `shutdown` no failed effect is tried again here.
    pub fn start(
        directus: Directus,
        availability: Availability,
        limits: BatchLimits,
        retry: RetryPolicy,
        tasks: &TaskTracker,
        shutdown: CancellationToken,
    ) -> Self {
        let batches = Batcher::start(limits, tasks, move |effects| {
            let (directus, shutdown) = (directus.clone(), shutdown.clone());
            let availability = availability.clone();
            async move {
                retry_each(retry, &shutdown, effects, |some| apply(&directus, &availability, some))
                    .await
            }
        });
        Self { batches }
    }

    /// Writes all effects; the first failure counts, because none may be forgotten.
    pub async fn write(&self, effects: Vec<Effect>) -> Result<Written, DeliveryError> {
        let written = effects.into_iter().map(|effect| self.batches.submit(effect));
        join_all(written).await.into_iter().try_fold(Written::Done, |so_far, outcome| {
            let written =
                outcome.unwrap_or_else(|lost| Err(DeliveryError::Transient(lost.into())))?;
            Ok(if written == Written::Declined { written } else { so_far })
        })
    }
}

/// One attempt. A request that is refused as a whole, such as one beyond Directus' body limit, is
/// taken apart, so that the effect to blame fails alone.
async fn apply(
    directus: &Directus,
    availability: &Availability,
    effects: Vec<Effect>,
) -> Vec<Result<Written, DeliveryError>> {
    let answer = directus.apply(&effects).await;
    availability.record(&answer);
    match answer {
        Ok(verdicts) => verdicts.into_iter().zip(&effects).map(outcome).collect(),
        Err(DeliveryError::Permanent(_)) if effects.len() > 1 => {
            let mut outcomes = Vec::with_capacity(effects.len());
            for effect in effects {
                let alone = directus.apply(std::slice::from_ref(&effect)).await;
                outcomes
                    .push(alone.and_then(|mut verdicts| outcome((verdicts.remove(0), &effect))));
            }
            outcomes
        }
        Err(error) => {
            if error.is_transient() {
                warn!(error = chain(&error), effects = effects.len(), "effects not written");
            }
            effects.iter().map(|_| Err(error.spread())).collect()
        }
    }
}

fn outcome((verdict, effect): (EffectVerdict, &Effect)) -> Result<Written, DeliveryError> {
    telemetry::effect(verdict.as_str());
    debug!(event.id = %effect.event_id, effect.id = %effect.id.0, verdict = verdict.as_str(), "effect answered");
    verdict.into_outcome()
}

#[cfg(test)]
mod tests;
