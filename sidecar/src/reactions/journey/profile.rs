//! What of a customer's timeline stands on the customer's own item: interests and segments.

use std::{collections::BTreeSet, time::Duration};

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::timeline::Rows;
use crate::{
    delivery::DeliveryError,
    directus::effects::{Effect, Operation},
    event::{Event, EventType, Subject},
    insight::interest,
    reaction::{Action, Context, Needs, Reaction},
};

/// `[journey.<route>.profile]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Profile {
    /// Where customers are.
    pub(super) collection: String,
    /// The field for what they are drawn to.
    interests: String,
    /// The field for the segments that they are in.
    segments: String,
    /// How long an interest or a segment stays without being told anew.
    #[serde(with = "humantime_serde")]
    good_for: Duration,
}

impl Profile {
    pub(super) fn good_for(&self) -> SignedDuration {
        SignedDuration::try_from(self.good_for).unwrap_or(SignedDuration::MAX)
    }

    /// The two fields are written; nothing is read.
    pub(super) fn add_needs(&self, needs: &mut Needs) {
        needs.add(&self.collection, Action::Update, [&self.interests, &self.segments]);
    }

    /// What writes the profile anew when `event` changes it. It is made of the timeline, and of nothing
    /// that was there before.
    pub(super) async fn renew(
        &self,
        rows: &Rows,
        event: &Event,
        customer: &str,
        context: &Context,
    ) -> Result<Option<Effect>, DeliveryError> {
        let types: Vec<EventType> = interest::TYPES
            .map(|name| name.to_owned().try_into().expect("the names are event types"))
            .into();
        if !types.contains(&event.event_type) {
            return Ok(None);
        }
        // By when the timeline is read: whoever reads later sees at least as much.
        let read = context.now;
        let since = read.saturating_sub(self.good_for).unwrap_or(read);
        let types: BTreeSet<_> = types.iter().collect();
        let moments = rows.read(&context.directus, customer, &types, since..=read).await?;
        let profile = interest::profile(moments);
        let Value::Object(data) = json!({
            self.interests.as_str(): profile.interests,
            self.segments.as_str(): profile.segments,
        }) else {
            unreachable!("the literal above is an object")
        };
        let subject = Subject { collection: self.collection.clone(), key: customer.to_owned() };
        let sequence = u64::try_from(read.as_millisecond()).ok();
        let in_order = Event { sequence, ..event.clone() };
        let name = super::Journey::NAME;
        Ok(Some(Effect::on(&in_order, name, subject, Operation::Update, data)))
    }
}
