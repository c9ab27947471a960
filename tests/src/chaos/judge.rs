//! Compares what is there with what the writers were told.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde_json::Value;

use super::writer::{Answer, Journal, Save};
use crate::{Event, Stack, directus::SERVICE_ACCOUNT};

/// What an effect is signed with in Directus' activity log.
const SIGNATURE: &str = "event-bridge:";

/// What can be seen at the end, each by a witness that is none of the parts on trial: the bus'
/// observer, Directus' items, and Directus' own activity log.
pub(super) struct Evidence {
    /// The event ids that the bus carried for each save.
    announced: BTreeMap<Save, BTreeSet<String>>,
    /// Messages about feedback that the bus delivered to its observer.
    messages: usize,
    /// Events about feedback that no writer wrote.
    strange: Vec<String>,
    items: BTreeMap<(usize, usize), Item>,
    /// The events that have their row in the customers' timeline. Their id is its key: none has two.
    timeline: BTreeSet<String>,
    effects: Vec<Effect>,
    /// How often Directus answered an effect with each verdict, as the sidecar heard it.
    pub(super) verdicts: BTreeMap<String, u64>,
}

/// A feedback as it is in the end.
struct Item {
    key: String,
    save: Save,
    sentiment: Option<String>,
}

/// A write of the service account, in the order of its writes.
struct Effect {
    collection: String,
    key: String,
    event: String,
    signature: String,
}

impl Evidence {
    pub(super) async fn collect(stack: &mut Stack) -> Result<Self> {
        let events = stack.aws.other_events().await?;
        let about_feedback: Vec<_> =
            events.iter().filter(|event| event.event_type == "feedback.submitted").collect();
        let mut announced: BTreeMap<Save, BTreeSet<String>> = BTreeMap::new();
        let mut strange = Vec::new();
        for event in &about_feedback {
            match event.detail["data"]["text"].as_str().and_then(Save::read) {
                Some(save) => drop(announced.entry(save).or_default().insert(id(event))),
                None => strange.push(id(event)),
            }
        }
        Ok(Self {
            announced,
            messages: about_feedback.len(),
            strange,
            items: items(stack)?,
            timeline: timeline(stack)?,
            effects: effects(stack)?,
            verdicts: verdicts(stack)?,
        })
    }

    /// Different events.
    pub(super) fn events(&self) -> usize {
        self.announced.values().map(BTreeSet::len).sum()
    }

    /// Deliveries of them.
    pub(super) fn messages(&self) -> usize {
        self.messages
    }

    /// Effects that Directus itself recorded.
    pub(super) fn effects(&self) -> usize {
        self.effects.len()
    }
}

/// Every way in which the promise was broken: none, if it held.
pub(super) fn judge(journal: &Journal, evidence: &Evidence) -> Vec<String> {
    let mut broken: Vec<String> =
        evidence.strange.iter().map(|id| format!("nobody wrote what event {id} says")).collect();
    for save in evidence.announced.keys().filter(|save| journal.answer(**save).is_none()) {
        broken.push(format!("{save:?} was announced, and nobody wrote it"));
    }
    for (save, answer) in journal.saves() {
        broken.extend(lost(save, answer, evidence));
    }
    for item in evidence.items.values() {
        broken.extend(unfinished(item, evidence));
    }
    let announced = evidence.announced.values().flatten();
    for id in announced.filter(|id| !evidence.timeline.contains(*id)) {
        broken.push(format!("event {id} is not in the timeline of its customer"));
    }
    broken.extend(doubled(&evidence.effects));
    broken.extend(overwritten(evidence));
    broken
}

/// A save that is not in Directus, or not on the bus, exactly once.
fn lost(save: Save, answer: Answer, evidence: &Evidence) -> Option<String> {
    let stored = evidence.items.get(&(save.writer, save.item)).map(|item| item.save.version);
    let events = evidence.announced.get(&save).map_or(0, BTreeSet::len);
    let is_stored = stored >= Some(save.version);
    match answer {
        Answer::Acknowledged if !is_stored => Some(format!("{save:?} is not in Directus")),
        Answer::Acknowledged if events == 0 => Some(format!("{save:?} was never announced")),
        Answer::Lost if stored == Some(save.version) && events == 0 => {
            Some(format!("{save:?} was committed and never announced"))
        }
        Answer::Lost if !is_stored && events > 0 => {
            Some(format!("{save:?} was announced and never committed"))
        }
        _ if events > 1 => Some(format!("{save:?} became {events} events")),
        _ => None,
    }
}

/// An item whose result is not that of its last save.
fn unfinished(item: &Item, evidence: &Evidence) -> Option<String> {
    let Item { key, save, sentiment } = item;
    let last = evidence.effects.iter().rfind(|effect| effect.is_on(key));
    let events = evidence.announced.get(save);
    let is_last = last.is_some_and(|last| events.is_some_and(|ids| ids.contains(&last.event)));
    if !is_last {
        return Some(format!("feedback {key}: its last effect is not that of {save:?}"));
    }
    let expected = save.sentiment();
    (sentiment.as_deref() != Some(expected))
        .then(|| format!("feedback {key} is {sentiment:?} and not {expected}"))
}

/// Effects that were done more than once.
fn doubled(effects: &[Effect]) -> Vec<String> {
    let mut times: BTreeMap<_, u32> = BTreeMap::new();
    for Effect { collection, key, signature, .. } in effects {
        *times.entry((collection, key, signature)).or_default() += 1;
    }
    let doubled = times.into_iter().filter(|(_, times)| *times > 1);
    doubled
        .map(|((collection, key, signature), times)| {
            format!("{times} × {signature} on {collection}/{key}")
        })
        .collect()
}

/// Effects of older saves after those of newer ones.
fn overwritten(evidence: &Evidence) -> Vec<String> {
    let versions: BTreeMap<&str, usize> = evidence
        .announced
        .iter()
        .flat_map(|(save, ids)| ids.iter().map(|id| (id.as_str(), save.version)))
        .collect();
    let mut newest: BTreeMap<&str, usize> = BTreeMap::new();
    let mut broken = Vec::new();
    for effect in evidence.effects.iter().filter(|effect| effect.collection == "feedback") {
        let Some(&version) = versions.get(effect.event.as_str()) else {
            broken.push(format!("{} has no event", effect.signature));
            continue;
        };
        let newest = newest.entry(&effect.key).or_default();
        if version < *newest {
            broken.push(format!("feedback {}: {version} after {newest}", effect.key));
        }
        *newest = version.max(*newest);
    }
    broken
}

impl Effect {
    fn is_on(&self, feedback: &str) -> bool {
        self.collection == "feedback" && self.key == feedback
    }
}

fn id(event: &Event) -> String {
    event.detail["eventId"].as_str().unwrap_or_default().to_owned()
}

fn items(stack: &Stack) -> Result<BTreeMap<(usize, usize), Item>> {
    let rows = stack.directus.rows("select id, text, sentiment from feedback")?;
    let item = |row: Value| {
        let save = Save::read(row["text"].as_str()?)?;
        let sentiment = row["sentiment"].as_str().map(str::to_owned);
        Some(((save.writer, save.item), Item { key: row["id"].to_string(), save, sentiment }))
    };
    rows.into_iter().map(|row| item(row).context("a feedback of ours")).collect()
}

fn timeline(stack: &Stack) -> Result<BTreeSet<String>> {
    let rows = stack.directus.rows("select id from customer_events")?;
    let id = |row: Value| row["id"].as_str().map(str::to_owned).context("an event's id");
    rows.into_iter().map(id).collect()
}

fn effects(stack: &Stack) -> Result<Vec<Effect>> {
    let rows = stack.directus.rows(&format!(
        "select collection, item, origin from directus_activity
         where \"user\" = '{SERVICE_ACCOUNT}' and action in ('create', 'update') order by id"
    ))?;
    let effect = |row: &Value| {
        let signature = row["origin"].as_str()?.to_owned();
        let event = signature.strip_prefix(SIGNATURE)?.split(':').next()?.to_owned();
        let text = |field: &str| Some(row[field].as_str()?.to_owned());
        Some(Effect { collection: text("collection")?, key: text("item")?, event, signature })
    };
    rows.iter().map(|row| effect(row).with_context(|| format!("an effect: {row}"))).collect()
}

/// From the sidecar's log, which outlives it.
fn verdicts(stack: &Stack) -> Result<BTreeMap<String, u64>> {
    let log = std::fs::read(stack.dir().join("sidecar.log"))?;
    let mut verdicts = BTreeMap::new();
    for line in String::from_utf8_lossy(&log).lines() {
        let Ok(record) = serde_json::from_str::<Value>(line) else { continue };
        let place = if record["fields"].is_object() { &record["fields"] } else { &record };
        if let Some(verdict) = place["verdict"].as_str() {
            *verdicts.entry(verdict.to_owned()).or_default() += 1;
        }
    }
    Ok(verdicts)
}

#[cfg(test)]
mod tests;
