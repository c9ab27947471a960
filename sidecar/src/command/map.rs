//! `sidecar map`: what a change would become, without sending anything.

mod input;

use anyhow::bail;
use serde_json::{Value, json};

pub use self::input::MapInput;
use super::{say, table::Table};
use crate::{
    config::Config,
    delivery::Refusal,
    event::Event,
    outbound::{change::Change, mapping::Mapping, privacy::Considered},
};

/// Reads the item, says what would become of it, and fails if it would be rejected.
pub fn run(config: &Config, input: &MapInput) -> anyhow::Result<()> {
    let change = input.read(std::io::stdin())?;
    let explained: Vec<_> = match config.mappings.explain(&change) {
        Ok(considered) => considered
            .into_iter()
            .map(|(mapping, considered)| Explained::new(config, mapping, considered))
            .collect(),
        Err(refusal) => {
            if input.json {
                say(&format!("{:#}", json!({ "refusal": refusal })));
            }
            bail!("the change would be rejected: {refusal}");
        }
    };
    if input.json {
        say(&format!("{:#}", json!({ "events": documents(&explained) })));
    } else {
        say(&page(&change, &explained));
    }
    let broken = explained.iter().filter(|event| event.broken.is_some()).count();
    if broken > 0 {
        bail!("the change would be rejected: {broken} event(s) break their contract");
    }
    Ok(())
}

/// One event, and what would happen to it.
struct Explained<'config> {
    mapping: Option<&'config Mapping>,
    event_type: String,
    consent: Option<String>,
    /// Path, treatment, and where the rule stands.
    privacy: Vec<[String; 3]>,
    event: Option<Event>,
    /// How it breaks its contract.
    broken: Option<Refusal>,
    has_contract: bool,
    /// Route, queue, reaction.
    routes: Vec<[String; 3]>,
}

impl<'config> Explained<'config> {
    fn new(
        config: &'config Config,
        mapping: Option<&'config Mapping>,
        considered: Considered<'config>,
    ) -> Self {
        let privacy = considered.treated.iter();
        let privacy = privacy.map(|rule| {
            [rule.path.to_string(), rule.treatment.as_str().to_owned(), rule.place.clone()]
        });
        let (privacy, event_type) = (privacy.collect(), considered.event_type().to_string());
        let consent = considered.consent.map(|decision| decision.as_str().to_owned());
        let event = considered.publishable();
        let outbound = &config.settings.outbound;
        let routes = config.routes.iter().filter(|route| {
            event.as_ref().is_some_and(|event| route.takes(event, &outbound.source))
        });
        let routes = routes.map(|route| {
            [route.name.clone(), route.queue(&outbound.bus), route.reaction.as_str().to_owned()]
        });
        let document = event.as_ref().map(|event| json!(event));
        Self {
            mapping,
            has_contract: event.as_ref().is_some_and(|event| config.contracts.binds(event)),
            event_type,
            consent,
            privacy,
            broken: document.and_then(|document| config.contracts.check(&document).err()),
            routes: routes.collect(),
            event,
        }
    }

    /// A word for a program, a sentence for a person.
    fn contract(&self) -> (&'static str, String) {
        match (&self.event, &self.broken) {
            (None, _) => ("unchecked", "not published, so not checked".to_owned()),
            (Some(_), Some(refusal)) => ("broken", format!("broken: {}", refusal.detail)),
            (Some(event), None) if self.has_contract => {
                ("obeyed", format!("obeyed: {}/{}.json", event.event_type, event.version))
            }
            (Some(_), None) => ("obeyed", "obeyed: the envelope; its type has none".to_owned()),
        }
    }
}

fn documents(explained: &[Explained]) -> Vec<Value> {
    let document = |explained: &Explained| {
        let of = |[path, treatment, rule]: &[String; 3]| json!({ "path": path, "treatment": treatment, "rule": rule });
        json!({
            "eventType": explained.event_type,
            "mapping": explained.mapping.map(Mapping::place),
            "consent": explained.consent,
            "privacy": explained.privacy.iter().map(of).collect::<Vec<_>>(),
            "contract": { "verdict": explained.contract().0, "error": explained.broken },
            "routes": explained.routes.iter().map(|[name, ..]| name).collect::<Vec<_>>(),
            "event": explained.event,
        })
    };
    explained.iter().map(document).collect()
}

fn page(change: &Change, explained: &[Explained]) -> String {
    if explained.is_empty() {
        return format!("no event: a mapping of {} says so", change.collection);
    }
    let pages: Vec<_> = explained.iter().map(ToString::to_string).collect();
    pages.join("\n\n")
}

impl std::fmt::Display for Explained<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mapping = self.mapping.map_or("none: the default".to_owned(), Mapping::place);
        let consent = self.consent.clone().unwrap_or_else(|| "not needed".to_owned());
        let mut table = Table::new(["", ""]);
        let mut row = |name: &str, value: String| table.row([format!("  {name}"), value]);
        row("mapping", mapping);
        row("consent", consent);
        for [path, treatment, rule] in &self.privacy {
            row("privacy", format!("{path}: {treatment} ({rule})"));
        }
        if self.privacy.is_empty() {
            row("privacy", "no rule found anything".to_owned());
        }
        row("contract", self.contract().1);
        for [name, queue, reaction] in &self.routes {
            row("route", format!("{name}: {queue}, met by {reaction}"));
        }
        if self.routes.is_empty() {
            row("route", "none".to_owned());
        }
        write!(formatter, "{}\n{table}", self.event_type)?;
        match &self.event {
            Some(event) => write!(formatter, "\n{:#}", json!(event)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
