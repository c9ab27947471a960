//! A reaction: one event → effects on Directus and events that follow.

mod any;
mod need;
mod performer;
#[cfg(test)]
pub(crate) mod testing;

use std::{fmt, time::Duration};

use jiff::Timestamp;

pub use self::{
    any::AnyReaction,
    need::{Action, Needs},
    performer::Performer,
};
use crate::{
    comprehend::Comprehend,
    delivery::DeliveryError,
    directus::{
        effects::{Effect, EffectWriter},
        erasures::Erasures,
        flows::Flows,
        reader::Reader,
    },
    event::{Event, EventType},
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

    /// Adds what it does to Directus' collections. `subjects` are those whose items its route brings
    /// events about. What is missing here, the account that `setup` makes is not allowed.
    fn add_needs(&self, _subjects: &[&str], _needs: &mut Needs) {}

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
#[derive(Debug, Clone)]
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
