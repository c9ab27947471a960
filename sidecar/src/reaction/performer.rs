//! Carries out what a reaction decides.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{AnyReaction, Context, Round};
use crate::{
    delivery::{DeliveryError, chain},
    directus::effects::Written,
    event::Event,
    outbound::publisher::Publisher,
    retry::Pause,
    telemetry,
};

/// After being away for longer, a look round leaves out what became so meanwhile.
const AWAY_MAX: Duration = Duration::from_hours(24);
/// Pages of one look round.
const PAGES_MAX: u32 = 10_000;

/// Carries out what a reaction decides.
#[derive(Debug)]
pub struct Performer {
    /// Decides.
    pub reaction: Arc<dyn AnyReaction>,
    /// What it may touch; each time with the time of it.
    pub context: Context,
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
        let customer = customer.and_then(|customer| context.erasures.hash(customer));
        let effects = reacted.effects.into_iter();
        let effects = effects.map(|effect| effect.for_customer(customer.clone())).collect();
        let written = context.effects.write(effects).await?;
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
            let reaction = self.reaction.name();
            match shutdown.run_until_cancelled(self.look_round_once(since)).await {
                None => return,
                Some(Ok(())) => {
                    telemetry::looked_round(reaction, "done");
                    // With some overlap: clocks differ, and to tell a thing twice is harmless.
                    since = before(began, every);
                }
                Some(Err(error)) => {
                    telemetry::looked_round(reaction, "failed");
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
        Context { now: Timestamp::now(), replayed, ..self.context.clone() }
    }
}

fn before(at: Timestamp, duration: Duration) -> Timestamp {
    at.saturating_sub(duration).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests;
