//! A reaction: one event → effects on Directus and events that follow.

use std::{fmt, sync::Arc};

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use crate::{
    comprehend::Comprehend,
    delivery::DeliveryError,
    directus::{
        effects::{Effect, EffectWriter, Written},
        erasures::Erasures,
        flows::Flows,
        reader::Reader,
    },
    event::{Event, EventType},
    outbound::publisher::Publisher,
};

/// What the system does about one event. Pure in its decisions: all it may touch is in `Context`.
pub trait Reaction: fmt::Debug + Send + Sync + 'static {
    /// Its name in routes, effects, ids and dead letters.
    const NAME: &str;

    /// Whether of several events of one item only the newest counts, so that an older one may be
    /// passed over. Not for what tells, appends or counts.
    const NEWEST_WINS: bool = false;

    /// Whether all it does is to rebuild what Directus holds, so that a replay may run it again.
    /// Whatever notifies somebody, or counts, says nothing here, and a replay passes it by.
    const REBUILDS: bool = false;

    /// The types of the events that it may derive.
    fn announces(&self) -> Vec<&EventType>;

    /// Decides what follows from `event`.
    fn react(
        &self,
        event: &Event,
        context: &Context,
    ) -> impl Future<Output = Result<Reacted, DeliveryError>> + Send;
}

/// All that a reaction may touch.
#[derive(Debug)]
pub struct Context {
    /// When it reacts.
    pub now: Timestamp,
    /// What the service account may read.
    pub directus: Reader,
    /// The Flows that it may run.
    pub flows: Flows,
    /// Who may judge texts instead of us, in a build that has it.
    pub comprehend: Option<Comprehend>,
    /// What it may write before it has decided everything.
    pub effects: EffectWriter,
    /// Who was erased.
    pub erasures: Erasures,
    /// Whether the event comes out of the archive: what it tells was told before.
    pub replayed: bool,
}

/// What follows from an event.
#[derive(Debug, Default)]
pub struct Reacted {
    /// To be written to Directus.
    pub effects: Vec<Effect>,
    /// To be published when the effects are there.
    pub events: Vec<Event>,
}

/// Any reaction, behind a pointer: what a route leads to.
pub trait AnyReaction: fmt::Debug + Send + Sync {
    /// [`Reaction::NAME`].
    fn name(&self) -> &'static str;

    /// [`Reaction::NEWEST_WINS`].
    fn newest_wins(&self) -> bool;

    /// [`Reaction::REBUILDS`].
    fn rebuilds(&self) -> bool;

    /// [`Reaction::announces`].
    fn announces(&self) -> Vec<&EventType>;

    /// [`Reaction::react`].
    fn react<'a>(
        &'a self,
        event: &'a Event,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<Reacted, DeliveryError>>;
}

impl<R: Reaction> AnyReaction for R {
    fn name(&self) -> &'static str {
        R::NAME
    }

    fn newest_wins(&self) -> bool {
        R::NEWEST_WINS
    }

    fn rebuilds(&self) -> bool {
        R::REBUILDS
    }

    fn announces(&self) -> Vec<&EventType> {
        Reaction::announces(self)
    }

    fn react<'a>(
        &'a self,
        event: &'a Event,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<Reacted, DeliveryError>> {
        Box::pin(Reaction::react(self, event, context))
    }
}

/// Carries out what a reaction decides.
#[derive(Debug)]
pub struct Performer {
    /// Decides.
    pub reaction: Arc<dyn AnyReaction>,
    /// Reads what it asks for.
    pub directus: Reader,
    /// Runs the Flows.
    pub flows: Flows,
    /// Judges the texts that are sent to it.
    pub comprehend: Option<Comprehend>,
    /// Writes the effects.
    pub effects: EffectWriter,
    /// Knows who was erased.
    pub erasures: Erasures,
    /// Publishes the events.
    pub publisher: Arc<Publisher>,
}

impl Performer {
    /// Reacts to one event. When this succeeds, its message may be deleted; doing it again does
    /// nothing new, because every id is derived from the event.
    ///
    /// A replay rebuilds and tells nobody: what followed from the event was published when it was
    /// news, and comes out of the archive by itself.
    pub async fn perform(&self, event: &Event, replayed: bool) -> Result<(), DeliveryError> {
        if replayed && !self.reaction.rebuilds() {
            return Ok(());
        }
        let context = Context {
            now: Timestamp::now(),
            directus: self.directus.clone(),
            flows: self.flows.clone(),
            comprehend: self.comprehend.clone(),
            effects: self.effects.clone(),
            erasures: self.erasures.clone(),
            replayed,
        };
        let reacted = self.reaction.react(event, &context).await?;
        let customer = event.customer_id.as_ref();
        let customer = customer.and_then(|customer| self.erasures.hash(customer));
        let effects = reacted.effects.into_iter();
        let effects = effects.map(|effect| effect.for_customer(customer.clone())).collect();
        let written = self.effects.write(effects).await?;
        if replayed || written == Written::Declined {
            return Ok(());
        }
        self.publisher.publish(&reacted.events).await.into_iter().collect()
    }
}

#[cfg(test)]
pub(crate) mod testing {
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
}

#[cfg(test)]
mod tests;
