//! Any reaction, whatever its type.

use std::{fmt, time::Duration};

use futures_util::future::BoxFuture;

use super::{Context, Needs, Page, Reacted, Reaction, Round};
use crate::{
    delivery::DeliveryError,
    event::{Event, EventType},
};

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

    /// [`Reaction::add_needs`].
    fn add_needs(&self, subjects: &[&str], needs: &mut Needs);

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

    fn add_needs(&self, subjects: &[&str], needs: &mut Needs) {
        Reaction::add_needs(self, subjects, needs);
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
