//! The catalogue of all events: who produces each, what its contract says, and who consumes it,
//! written from schemas, examples, mappings, routes and reactions. Pure.

mod table;

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
};

use serde_json::Value;

use crate::{
    catalogue::table::fields,
    config::Config,
    contract::{ContractName, Document},
    event::{DERIVED_PRODUCER, EventType, EventTypes},
    outbound::mapping::{Mapping, Outcome},
    route::{Route, Share},
};

/// One valid event, as somebody wrote it down.
#[derive(Debug)]
pub struct Example {
    /// The event.
    pub event: Value,
    /// Its text, in the order in which it is best read.
    pub text: String,
}

/// Everything known about one type of event.
struct Entry<'config> {
    event_type: &'config str,
    /// Every version, the newest last.
    versions: BTreeMap<u32, Value>,
    example: Option<&'config Example>,
    producers: Vec<Producer<'config>>,
    routes: Vec<(&'config Route, Share)>,
}

/// Who produces an event.
enum Producer<'config> {
    /// Changes that a mapping makes events of.
    Mapping(&'config Mapping),
    /// A reaction to what its route brings.
    Reaction(&'config Route),
    /// Somebody outside Directus who may post it.
    External(&'config str),
}

/// What the configuration tells about where an event comes from.
enum Origin<'config> {
    /// All of it.
    Known,
    /// Somebody outside posts it, as the producer of the example does.
    Others(&'config str),
    /// Nothing.
    Unknown,
}

/// Writes the catalogue in Markdown.
pub fn write(config: &Config, examples: &[Example]) -> String {
    let entries = entries(config, examples);
    let mut page = INTRODUCTION.to_owned();
    let result = index(&mut page, &entries)
        .and_then(|()| envelope(&mut page, &config.documents))
        .and_then(|()| entries.iter().try_for_each(|entry| section(&mut page, entry)));
    result.expect("text takes any text");
    page.truncate(page.trim_end().len());
    page
}

const INTRODUCTION: &str = "\
<!-- Written by `make catalogue` from schemas, examples, mappings, routes and reactions. Do not edit. -->

# Events

Every type of event that has a contract: who produces it, what it holds, and who consumes it.
A change of a collection that no mapping claims becomes `<collection>.created`, `.updated` or `.deleted` with the item as data; such events are not listed here.

";

/// What stands where nobody in this configuration is known.
const NOBODY: &str = "–";

fn entries<'config>(config: &'config Config, examples: &'config [Example]) -> Vec<Entry<'config>> {
    let mut entries: BTreeMap<&str, Entry> = BTreeMap::new();
    let routes = |event_type: &str| {
        let source = &config.settings.outbound.source;
        let routes = config.routes.iter();
        routes.filter_map(|it| Some((it, it.share(event_type, source)?))).collect()
    };
    for document in &config.documents {
        let ContractName::Data(event_type, version) = &document.of else { continue };
        let entry = entries.entry(event_type.as_str()).or_insert_with(|| Entry {
            event_type: event_type.as_str(),
            versions: BTreeMap::new(),
            example: None,
            producers: producers(config, event_type),
            routes: routes(event_type.as_str()),
        });
        entry.versions.insert(*version, schema(document));
    }
    for example in examples {
        let event_type = example.event["eventType"].as_str().unwrap_or_default();
        let Some(entry) = entries.get_mut(event_type) else { continue };
        let newest = entry.versions.last_key_value().map(|(version, _)| *version);
        if example.event["version"].as_u64() == newest.map(u64::from) {
            entry.example = Some(example);
        }
    }
    entries.into_values().collect()
}

fn schema(document: &Document) -> Value {
    serde_json::from_str(&document.text).expect("the contracts were compiled")
}

fn producers<'config>(config: &'config Config, event_type: &EventType) -> Vec<Producer<'config>> {
    let makes = |mapping: &&Mapping| match &mapping.outcome {
        Outcome::Event(template) => template.event_type == *event_type,
        Outcome::Nothing => false,
    };
    let announces =
        |route: &&Route| config.reactions.of(&route.name).announces().contains(&event_type);
    let may_post = |types: &String| EventTypes::parse(types).is_ok_and(|it| it.contain(event_type));
    let external = config.settings.producers.iter();
    let external = external.filter(|(_, producer)| producer.events.iter().any(may_post));
    let mappings = config.mappings.mappings.iter().filter(makes).map(Producer::Mapping);
    mappings
        .chain(config.routes.iter().filter(announces).map(Producer::Reaction))
        .chain(external.map(|(name, _)| Producer::External(name)))
        .collect()
}

fn index(page: &mut String, entries: &[Entry]) -> fmt::Result {
    writeln!(page, "| event | what happened | comes from | goes to |\n|---|---|---|---|")?;
    for entry in entries {
        let event_type = entry.event_type;
        let comes_from = entry.producers.iter().map(|producer| match producer {
            Producer::Mapping(mapping) => format!("collection `{}`", mapping.collection),
            Producer::Reaction(route) => format!("reaction `{}`", route.reaction.as_str()),
            Producer::External(name) => format!("producer `{name}`"),
        });
        let comes_from = match entry.origin() {
            Origin::Known => listed(comes_from),
            Origin::Others(example) => format!("others, such as `{example}`"),
            Origin::Unknown => NOBODY.to_owned(),
        };
        let goes_to =
            entry.routes.iter().map(|(it, _)| format!("reaction `{}`", it.reaction.as_str()));
        writeln!(
            page,
            "| [`{event_type}`](#{}) | {} | {} | {} |",
            anchor(event_type),
            entry.description(),
            comes_from,
            listed(goes_to)
        )?;
    }
    writeln!(page)
}

fn envelope(page: &mut String, documents: &[Document]) -> fmt::Result {
    let envelope = documents.iter().find(|document| document.of == ContractName::Envelope);
    let Some(envelope) = envelope.map(schema) else { return Ok(()) };
    writeln!(page, "## What every event holds\n\n{}\n", text(&envelope["description"]))?;
    writeln!(page, "{}\n", fields(&envelope))?;
    writeln!(page, "Contract: [`envelope.json`](../schemas/envelope.json)\n")
}

fn section(page: &mut String, entry: &Entry) -> fmt::Result {
    let event_type = entry.event_type;
    writeln!(page, "## `{event_type}`\n\n{}\n", entry.description())?;
    for producer in &entry.producers {
        match producer {
            Producer::Mapping(mapping) => {
                let actions = mapping.on.iter().map(|action| action.as_str());
                let actions = actions.collect::<Vec<_>>().join(", ");
                write!(page, "- Comes from changes of `{}` ({actions})", mapping.collection)?;
                if let Some(when) = &mapping.when {
                    write!(page, " when `{}`", when.source())?;
                }
                if let Outcome::Event(template) = &mapping.outcome {
                    write!(page, ", as producer `{}`", template.defaults.producer())?;
                }
                writeln!(page)?;
            }
            Producer::Reaction(route) => writeln!(
                page,
                "- Comes from reaction `{}` to what route `{}` brings",
                route.reaction.as_str(),
                route.name
            )?,
            Producer::External(name) => writeln!(page, "- Comes from producer `{name}`")?,
        }
    }
    match entry.origin() {
        Origin::Known => {}
        Origin::Others(example) => {
            writeln!(
                page,
                "- Comes from whoever posts it: an external producer or a Flow, such as `{example}`"
            )?;
        }
        Origin::Unknown => {
            writeln!(page, "- Comes from a reaction that this configuration does not have")?;
        }
    }
    for (route, share) in &entry.routes {
        let condition = match share {
            Share::Every => "",
            Share::Some => " if it meets the other conditions of the pattern",
        };
        let reaction = route.reaction.as_str();
        writeln!(page, "- Goes by route `{}` to reaction `{reaction}`{condition}", route.name)?;
    }
    if entry.routes.is_empty() {
        writeln!(page, "- Goes to the bus; no route of this configuration takes it")?;
    }
    let versions = entry.versions.keys().map(|version| {
        let file = format!("{event_type}/{version}.json");
        format!("[`{file}`](../schemas/{file})")
    });
    writeln!(page, "- Contract: {}\n", listed(versions))?;
    if let Some(newest) = entry.newest() {
        writeln!(page, "{}\n", fields(newest))?;
    }
    if let Some(example) = entry.example {
        let text = example.text.trim_end();
        writeln!(page, "<details><summary>Example</summary>\n\n```json\n{text}\n```\n")?;
        writeln!(page, "</details>\n")?;
    }
    Ok(())
}

impl<'config> Entry<'config> {
    fn origin(&self) -> Origin<'config> {
        let example = self.example.and_then(|example| example.event["producer"].as_str());
        match example {
            _ if !self.producers.is_empty() => Origin::Known,
            // What only a reaction derives comes from nobody when no reaction does.
            Some(producer) if producer != DERIVED_PRODUCER => Origin::Others(producer),
            _ => Origin::Unknown,
        }
    }

    fn newest(&self) -> Option<&Value> {
        self.versions.last_key_value().map(|(_, schema)| schema)
    }

    fn description(&self) -> String {
        self.newest().map(|schema| text(&schema["description"])).unwrap_or_default()
    }
}

fn listed(names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<_> = names.collect();
    names.dedup();
    if names.is_empty() { NOBODY.to_owned() } else { names.join(", ") }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What the web makes of a heading that is one code span.
fn anchor(heading: &str) -> String {
    heading.replace('.', "")
}

#[cfg(test)]
mod tests;
