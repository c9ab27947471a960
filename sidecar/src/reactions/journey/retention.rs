//! Lets go of what the timeline has kept for long enough.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use tracing::info;

use super::{Sought, profile::Profile, timeline::Rows};
use crate::{
    delivery::DeliveryError,
    directus::{
        effects::{EFFECTS_MAX, Effect},
        reader::Query,
    },
    event::{EventId, Subject},
    reaction::Context,
    telemetry,
};

/// The name of these effects: the journey's own wrote the same rows under the same ids.
const NAME: &str = "retention";
/// Steps of one look round, of [`EFFECTS_MAX`] events each; what is left is for the next one.
const STEPS_MAX: usize = 50;

/// For how long the timeline keeps an event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Retention(pub(super) SignedDuration);

impl Retention {
    /// Who looks further back than anything is kept.
    pub(super) fn problems(self, sought: &[Sought], profile: Option<&Profile>) -> Vec<String> {
        let reach = |it: &Sought| it.pattern.reach() + it.pattern.late;
        let short = sought.iter().filter(|it| reach(it) > self.0);
        let short =
            short.map(|it| format!("keep: the pattern {} reaches further back", it.pattern.name));
        let good_for = profile.map(Profile::good_for).filter(|good_for| *good_for > self.0);
        let profile = good_for.map(|_| "keep: the profile is good for longer".to_owned());
        short.chain(profile).collect()
    }

    /// Whether it is too late to write an event of that time.
    pub(super) fn is_over(self, occurred_at: Timestamp, now: Timestamp) -> bool {
        occurred_at < self.since(now)
    }

    fn since(self, now: Timestamp) -> Timestamp {
        super::earlier(now, self.0)
    }

    /// Removes what is older, the oldest first, in steps and no more than [`STEPS_MAX`] of them.
    ///
    /// Every copy does it. An event that another copy removed is missing or a duplicate, and that is an
    /// end as good as any.
    pub(super) async fn enforce(self, rows: &Rows, context: &Context) -> Result<(), DeliveryError> {
        let old = json!({ "occurred_at": { "_lt": self.since(context.now).to_string() } });
        let limit = u32::try_from(EFFECTS_MAX.get()).expect("a batch is small");
        let oldest = Query::of(["id"], old).sorted(["occurred_at", "id"]).limited(limit);
        let (mut removed, mut before) = (0, Vec::new());
        for _ in 0..STEPS_MAX {
            let items = context.directus.items(&rows.collection, &oldest).await?;
            let ids: Vec<_> = items.iter().filter_map(id).collect();
            // What came back after it was removed stays until the ledger has forgotten that.
            if ids.is_empty() || ids == before {
                break;
            }
            let effects = ids.iter().map(|id| {
                let subject = Subject { collection: rows.collection.clone(), key: id.to_string() };
                Effect::expire(*id, NAME, subject)
            });
            context.effects.write(effects.collect()).await?;
            removed += ids.len();
            before = ids;
        }
        if removed > 0 {
            telemetry::expired(removed);
            info!(
                events = removed,
                "let go of {removed} events that the timeline kept for long enough"
            );
        }
        Ok(())
    }
}

fn id(item: &Map<String, Value>) -> Option<EventId> {
    EventId::parse(item.get("id")?.as_str()?)
}
