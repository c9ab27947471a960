//! `mappings.toml` as written, and how it is compiled.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Mapping, Mappings, Outcome, Shape, Slot, Template};
use crate::{event::EventType, expression::Expression, outbound::change::Action};

/// The event name of a mapping that wants no event.
const NONE: &str = "none";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    defaults: WrittenDefaults,
    // Read one by one, so that one run reports a mistake in each.
    #[serde(default)]
    mapping: Vec<toml::Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenDefaults {
    producer: String,
    customer: Option<String>,
}

impl Default for WrittenDefaults {
    fn default() -> Self {
        Self { producer: "directus".to_owned(), customer: None }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMapping {
    collection: String,
    #[serde(default = "every_action")]
    on: Vec<Action>,
    when: Option<String>,
    event: String,
    #[serde(default = "first_version")]
    version: u32,
    producer: Option<String>,
    customer: Option<String>,
    data: Option<WrittenShape>,
    #[serde(default)]
    context: WrittenShape,
    #[serde(default)]
    properties: WrittenShape,
    #[serde(default)]
    also: bool,
}

type WrittenShape = BTreeMap<String, WrittenSlot>;

#[derive(Deserialize)]
#[serde(untagged, expecting = "an expression in quotes, or a table of them")]
enum WrittenSlot {
    Expression(String),
    Object(WrittenShape),
}

fn every_action() -> Vec<Action> {
    vec![Action::Create, Action::Update, Action::Delete]
}

fn first_version() -> u32 {
    1
}

/// Compiles the text of `mappings.toml`, or lists every mistake in it.
pub(super) fn compile(text: &str) -> Result<Mappings, Vec<String>> {
    let written: Written = toml::from_str(text).map_err(|error| vec![error.to_string()])?;
    let mut compiler = Compiler::default();
    let customer = compiler.optional("defaults: customer", written.defaults.customer.as_deref());
    let mappings = (1..)
        .zip(written.mapping)
        .filter_map(|(number, table)| compiler.mapping(number, table))
        .collect();
    if compiler.problems.is_empty() {
        Ok(Mappings { producer: written.defaults.producer, customer, mappings })
    } else {
        Err(compiler.problems)
    }
}

/// Collects what is wrong while it goes on compiling.
#[derive(Default)]
struct Compiler {
    problems: Vec<String>,
}

impl Compiler {
    fn mapping(&mut self, number: usize, table: toml::Table) -> Option<Mapping> {
        let written = match table.try_into::<WrittenMapping>() {
            Ok(written) => written,
            Err(error) => {
                let reason = error.to_string();
                self.problems.push(format!("mapping {number}: {}", reason.trim_end()));
                return None;
            }
        };
        let name = format!("mapping {number} ({} to {})", written.collection, written.event);
        Some(Mapping {
            when: self.optional(&format!("{name}: when"), written.when.as_deref()),
            collection: written.collection.clone(),
            on: written.on.clone(),
            also: written.also,
            outcome: self.outcome(&name, written)?,
            name,
        })
    }

    fn outcome(&mut self, name: &str, written: WrittenMapping) -> Option<Outcome> {
        if written.event == NONE {
            return Some(Outcome::Nothing);
        }
        let event_type = match EventType::try_from(written.event) {
            Ok(event_type) => event_type,
            Err(error) => {
                self.problems.push(format!("{name}: event: {error}"));
                return None;
            }
        };
        Some(Outcome::Event(Box::new(Template {
            event_type,
            version: written.version,
            producer: written.producer,
            customer: self.optional(&format!("{name}: customer"), written.customer.as_deref()),
            data: written.data.map(|shape| self.shape(&format!("{name}: data"), shape)),
            context: self.shape(&format!("{name}: context"), written.context),
            properties: self.shape(&format!("{name}: properties"), written.properties),
        })))
    }

    fn shape(&mut self, place: &str, written: WrittenShape) -> Shape {
        let slots = written.into_iter().filter_map(|(field, slot)| {
            let place = format!("{place}.{field}");
            let slot = match slot {
                WrittenSlot::Expression(source) => Slot::Value(self.expression(&place, &source)?),
                WrittenSlot::Object(shape) => Slot::Object(self.shape(&place, shape)),
            };
            Some((field, slot))
        });
        Shape(slots.collect())
    }

    fn optional(&mut self, place: &str, source: Option<&str>) -> Option<Expression> {
        source.and_then(|source| self.expression(place, source))
    }

    fn expression(&mut self, place: &str, source: &str) -> Option<Expression> {
        Expression::compile(source)
            .map_err(|error| self.problems.push(format!("{place}: `{source}`: {error}")))
            .ok()
    }
}
