//! A reaction: one event → effects on Directus and events that follow.

use std::{fmt, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::{
    comprehend::Comprehend,
    delivery::{DeliveryError, chain},
    directus::{
        effects::{Effect, EffectWriter, Written},
        erasures::Erasures,
        flows::Flows,
        reader::Reader,
    },
    event::{Event, EventType},
    outbound::publisher::Publisher,
    retry::Pause,
};

/// After being away for longer, a look round leaves out what became so meanwhile.
const AWAY_MAX: Duration = Duration::from_hours(24);
/// Pages of one look round.
const PAGES_MAX: u32 = 10_000;

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

    /// How often it looks round for what no event tells: that something has not happened.
    fn looks_round_every(&self) -> Option<Duration> {
        None
    }

    /// Looks round, one page at a time. What it tells has to have the same ids whoever looks, because
    /// every copy does.
    fn look_round(
        &self,
        _round: &Round,
        _context: &Context,
    ) -> impl Future<Output = Result<Page, DeliveryError>> + Send {
        async { Ok(Page::default()) }
    }
}

/// One look round.
#[derive(Debug, Clone, Copy)]
pub struct Round {
    /// What became so before this was seen by an earlier look.
    pub since: Timestamp,
    /// Counts from 1.
    pub page: u32,
}

/// What one page of a look round shows.
#[derive(Debug, Default)]
pub struct Page {
    /// To be published.
    pub events: Vec<Event>,
    /// Whether there is another page.
    pub more: bool,
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
    /// Writes what has to be there before the reaction reads on. Whatever else follows from the event
    /// is returned as [`Reacted`].
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

    /// [`Reaction::looks_round_every`].
    fn looks_round_every(&self) -> Option<Duration>;

    /// [`Reaction::look_round`].
    fn look_round<'a>(
        &'a self,
        round: &'a Round,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<Page, DeliveryError>>;
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

    fn looks_round_every(&self) -> Option<Duration> {
        Reaction::looks_round_every(self)
    }

    fn look_round<'a>(
        &'a self,
        round: &'a Round,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<Page, DeliveryError>> {
        Box::pin(Reaction::look_round(self, round, context))
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
        let context = self.context(replayed);
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

    /// Looks round again and again until `shutdown`, if the reaction wants to. The first look reaches
    /// back over the time that the sidecar may have been away.
    pub async fn look_round(&self, shutdown: CancellationToken) {
        let Some(every) = self.reaction.looks_round_every() else { return };
        let mut since = before(Timestamp::now(), AWAY_MAX);
        let mut pause = Pause::new(every, every);
        loop {
            pause.wait(&shutdown).await;
            let began = Timestamp::now();
            match shutdown.run_until_cancelled(self.look_round_once(since)).await {
                None => return,
                // With some overlap: clocks differ, and to tell a thing twice is harmless.
                Some(Ok(())) => since = before(began, every),
                Some(Err(error)) => {
                    let reaction = self.reaction.name();
                    warn!(reaction, error = chain(&error), "could not look round, will try again");
                }
            }
        }
    }

    async fn look_round_once(&self, since: Timestamp) -> Result<(), DeliveryError> {
        let context = self.context(false);
        for page in 1..=PAGES_MAX {
            let page = self.reaction.look_round(&Round { since, page }, &context).await?;
            self.publisher.publish(&page.events).await.into_iter().collect::<Result<(), _>>()?;
            if !page.more {
                return Ok(());
            }
        }
        warn!(reaction = self.reaction.name(), "looked round at too many, left some out");
        Ok(())
    }

    fn context(&self, replayed: bool) -> Context {
        Context {
            now: Timestamp::now(),
            directus: self.directus.clone(),
            flows: self.flows.clone(),
            comprehend: self.comprehend.clone(),
            effects: self.effects.clone(),
            erasures: self.erasures.clone(),
            replayed,
        }
    }
}

fn before(at: Timestamp, duration: Duration) -> Timestamp {
    at.saturating_sub(duration).unwrap_or(Timestamp::MIN)
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
