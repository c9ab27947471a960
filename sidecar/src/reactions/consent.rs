//! Leaves alone whoever does not agree: a reaction that asks Directus first.
//!
//! Invariant: an answer is never remembered, so that who withdraws consent is left alone at once.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    delivery::DeliveryError,
    directus::reader::Reader,
    event::{Event, EventType},
    reaction::{AnyReaction, Context, Needs, Page, Reacted, Reaction, Round},
    reactions::{erase::Erase, filter::about},
    telemetry,
};

/// `[consent.<route>]` in `reactions.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentSettings {
    /// Where customers are, or what they agreed to.
    collection: String,
    /// A customer agrees if it takes any item; `$customer` stands for the customer.
    filter: Value,
}

/// A reaction to the events of those who agree.
#[derive(Debug)]
pub struct Consenting {
    reaction: Arc<dyn AnyReaction>,
    settings: ConsentSettings,
}

impl Consenting {
    /// Lets `reaction` have the events of those who agree, or lists what speaks against it.
    pub fn compile(
        reaction: Arc<dyn AnyReaction>,
        settings: ConsentSettings,
    ) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        if reaction.name() == Erase::NAME {
            problems.push("an erasure waits for nobody's consent".to_owned());
        }
        if about(&settings.filter, "") == settings.filter {
            problems.push("filter: without `$customer` it asks nobody".to_owned());
        }
        if problems.is_empty() { Ok(Self { reaction, settings }) } else { Err(problems) }
    }

    /// Whether the customer of this event agrees. An event that names none concerns nobody.
    async fn allows(&self, event: &Event, directus: &Reader) -> Result<bool, DeliveryError> {
        let Some(customer) = &event.customer_id else { return Ok(true) };
        let ConsentSettings { collection, filter } = &self.settings;
        let agreed = directus.count(collection, &about(filter, customer)).await? > 0;
        if !agreed {
            telemetry::withheld(self.reaction.name());
        }
        Ok(agreed)
    }
}

impl AnyReaction for Consenting {
    fn name(&self) -> &'static str {
        self.reaction.name()
    }

    fn newest_wins(&self) -> bool {
        self.reaction.newest_wins()
    }

    fn rebuilds(&self) -> bool {
        self.reaction.rebuilds()
    }

    fn announces(&self) -> Vec<&EventType> {
        self.reaction.announces()
    }

    fn add_needs(&self, subjects: &[&str], needs: &mut Needs) {
        needs.add_filter(&self.settings.collection, &self.settings.filter);
        self.reaction.add_needs(subjects, needs);
    }

    fn react<'a>(
        &'a self,
        event: &'a Event,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<Reacted, DeliveryError>> {
        Box::pin(async move {
            if self.allows(event, &context.directus).await? {
                self.reaction.react(event, context).await
            } else {
                Ok(Reacted::default())
            }
        })
    }

    fn looks_round_every(&self) -> Option<Duration> {
        self.reaction.looks_round_every()
    }

    /// What was known before somebody withdrew consent is not told afterwards.
    fn look_round<'a>(
        &'a self,
        round: &'a Round,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<Page, DeliveryError>> {
        Box::pin(async move {
            let page = self.reaction.look_round(round, context).await?;
            let mut events = Vec::with_capacity(page.events.len());
            for event in page.events {
                if self.allows(&event, &context.directus).await? {
                    events.push(event);
                }
            }
            Ok(Page { events, ..page })
        })
    }
}

#[cfg(test)]
mod tests;
