//! A reaction: one event → effects on Directus and events that follow.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    delivery::DeliveryError,
    directus::effects::{Effect, EffectWriter},
    event::Event,
    outbound::publisher::Publisher,
};

/// What the system does about one event. Pure in its decisions: all it may touch is in `Context`.
pub trait Reaction: Send + Sync + 'static {
    /// Its name in routes, effects, ids and dead letters.
    const NAME: &str;

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
}

/// What follows from an event.
#[derive(Debug, Default)]
pub struct Reacted {
    /// To be written to Directus.
    pub effects: Vec<Effect>,
    /// To be published when the effects are there.
    pub events: Vec<Event>,
}

/// Carries out what a reaction decides.
#[derive(Debug)]
pub struct Performer<R> {
    /// Decides.
    pub reaction: Arc<R>,
    /// Writes the effects.
    pub effects: EffectWriter,
    /// Publishes the events.
    pub publisher: Arc<Publisher>,
}

impl<R: Reaction> Performer<R> {
    /// Reacts to one event. When this succeeds, its message may be deleted; doing it again does
    /// nothing new, because every id is derived from the event.
    pub async fn perform(&self, event: &Event) -> Result<(), DeliveryError> {
        let context = Context { now: Timestamp::now() };
        let reacted = self.reaction.react(event, &context).await?;
        self.effects.write(reacted.effects).await?;
        self.publisher.publish(&reacted.events).await.into_iter().collect()
    }
}
