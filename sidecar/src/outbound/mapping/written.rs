//! `mappings.toml` as written, and how it is compiled.

mod policy;
mod section;

use std::{collections::BTreeMap, num::NonZeroU32, sync::Arc};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use self::section::{Problems, Section};
use super::{Defaults, Mapping, Mappings, Outcome, Shape, Template, shape::Slot};
use crate::{
    event::EventType,
    expression::Expression,
    outbound::{
        change::{Action, Change},
        placed::Placed,
        privacy::Policy,
    },
};

/// The event name of a mapping that wants no event.
const NONE: &str = "none";
/// Says who events come from where nothing else does.
const PRODUCER: &str = "directus";

/// Compiles the text of `mappings.toml`, or lists every mistake in it.
pub(super) fn compile(text: &str) -> Result<Mappings, Vec<String>> {
    let mut problems = Problems::of(text);
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        problems.report(&error.span().unwrap_or_default(), "not TOML", error.message());
    }
    if !errors.is_empty() {
        return Err(problems.into_lines());
    }
    let mut compiler = Compiler { problems };
    let mappings = compiler.file(Section::new(String::new(), document));
    let problems = compiler.problems.into_lines();
    if problems.is_empty() { Ok(mappings) } else { Err(problems) }
}

/// Goes on after a mistake, with less than was written.
struct Compiler<'text> {
    problems: Problems<'text>,
}

impl<'text> Compiler<'text> {
    fn file(&mut self, mut file: Section<'text>) -> Mappings {
        let everywhere = file.section("privacy", &mut self.problems);
        let everywhere = self.rules(everywhere);
        let fallback = Defaults {
            producer: PRODUCER.to_owned(),
            customer: None,
            privacy: Arc::new(everywhere),
        };
        let defaults = match file.section("defaults", &mut self.problems) {
            Some(section) => self.defaults(section, &fallback),
            None => fallback,
        };
        let collections = match file.section("collections", &mut self.problems) {
            Some(section) => section.sections(&mut self.problems),
            None => Vec::new(),
        };
        let collections: BTreeMap<_, _> = collections
            .into_iter()
            .map(|(name, section)| (name, self.defaults(section, &defaults)))
            .collect();
        let mappings = file.array("mapping", &mut self.problems);
        let mappings = mappings.into_iter().filter_map(|section| {
            let of = |collection: &str| collections.get(collection).unwrap_or(&defaults);
            self.mapping(section, of)
        });
        let mappings: Vec<Spanned<Mapping>> = mappings.collect();
        let consent = file.section("consent", &mut self.problems);
        let consent = consent.and_then(|section| self.consent(section));
        file.end(&mut self.problems);
        self.check_repetitions(&mappings);
        let policy = Policy { consent, pseudonyms: None };
        let mappings = mappings.into_iter().map(Spanned::into_inner).collect();
        Mappings { mappings, policy, defaults, collections }
    }

    /// What a section says, and where it says nothing, what its `parent` does.
    fn defaults(&mut self, mut section: Section<'text>, parent: &Defaults) -> Defaults {
        let defaults = self.particulars(&mut section, parent);
        section.end(&mut self.problems);
        defaults
    }

    fn particulars(&mut self, section: &mut Section<'text>, parent: &Defaults) -> Defaults {
        let producer = section.take("producer", &mut self.problems);
        let customer = self.optional(section, "customer", &Change::FIELDS);
        let privacy = section.section("privacy", &mut self.problems);
        Defaults {
            producer: producer.unwrap_or_else(|| parent.producer.clone()),
            customer: customer.map(Arc::new).or_else(|| parent.customer.clone()),
            privacy: match self.rules(privacy) {
                rules if rules.is_empty() => Arc::clone(&parent.privacy),
                rules => Arc::new(parent.privacy.with(&rules)),
            },
        }
    }

    fn mapping<'defaults>(
        &mut self,
        mut section: Section<'text>,
        defaults_of: impl Fn(&str) -> &'defaults Defaults,
    ) -> Option<Spanned<Mapping>> {
        let collection: Option<String> = section.require("collection", &mut self.problems);
        let event: Option<Spanned<String>> = section.require("event", &mut self.problems);
        if let (Some(collection), Some(event)) = (&collection, &event) {
            section.name = format!("{} ({collection} to {})", section.name, event.get_ref());
        }
        let when = self.optional(&mut section, "when", &Change::FIELDS);
        let on = section.take("on", &mut self.problems);
        let also = section.take("also", &mut self.problems);
        let defaults = defaults_of(collection.as_deref().unwrap_or_default());
        let (span, name) = (section.span.clone(), section.name.clone());
        let outcome = self.outcome(section, event?, defaults)?;
        let mapping = Mapping {
            name,
            line: self.problems.line(&span),
            collection: collection?,
            on: on.unwrap_or_else(|| Action::ALL.to_vec()),
            when,
            outcome,
            also: also.unwrap_or(false),
        };
        Some(Spanned::new(span, mapping))
    }

    fn outcome(
        &mut self,
        mut section: Section<'text>,
        event: Spanned<String>,
        defaults: &Defaults,
    ) -> Option<Outcome> {
        let span = event.span();
        if event.get_ref() == NONE {
            section.end(&mut self.problems);
            return Some(Outcome::Nothing);
        }
        let version: Option<NonZeroU32> = section.take("version", &mut self.problems);
        let defaults = self.particulars(&mut section, defaults);
        let [data, context, properties] = ["data", "context", "properties"].map(|key| {
            let shape = section.section(key, &mut self.problems);
            shape.map(|shape| self.shape(shape))
        });
        let name = section.called("event");
        section.end(&mut self.problems);
        let event_type = EventType::try_from(event.into_inner())
            .map_err(|error| self.problems.report(&span, &name, error))
            .ok()?;
        Some(Outcome::Event(Box::new(Template {
            event_type,
            version: version.map_or(1, NonZeroU32::get),
            defaults,
            data,
            context: context.unwrap_or_default(),
            properties: properties.unwrap_or_default(),
        })))
    }

    fn shape(&mut self, section: Section<'text>) -> Shape {
        let name = section.name.clone();
        let slots = section.entries().filter_map(|(field, value)| {
            let name = format!("{name}.{field}");
            Some((field, self.slot(&name, value)?))
        });
        Shape(slots.collect())
    }

    fn slot(&mut self, name: &str, value: Spanned<DeValue<'text>>) -> Option<Slot> {
        let span = value.span();
        match value.into_inner() {
            DeValue::String(source) => {
                let source = Spanned::new(span, source.into_owned());
                self.expression(name, &source, &Change::FIELDS).map(Slot::Value)
            }
            DeValue::Table(table) => {
                let section = Section::new(name.to_owned(), Spanned::new(span, table));
                Some(Slot::Object(self.shape(section)))
            }
            _ => {
                let expected = "is no expression in quotes, and no table of them";
                self.problems.report(&span, name, expected);
                None
            }
        }
    }

    /// Two events of one type from one change would have one id, and consumers would see one.
    fn check_repetitions(&mut self, mappings: &[Spanned<Mapping>]) {
        for (index, later) in mappings.iter().enumerate() {
            let (span, later) = (later.span(), later.get_ref());
            let Some(template) = later.template() else { continue };
            let repeated = mappings[..index].iter().map(Spanned::get_ref).find(|earlier| {
                earlier.also
                    && earlier.collection == later.collection
                    && earlier.on.iter().any(|action| later.on.contains(action))
                    && earlier.template().is_some_and(|of| of.event_type == template.event_type)
            });
            if let Some(earlier) = repeated {
                let problem =
                    format!("one change would be announced twice alike, also by {}", earlier.name);
                self.problems.report(&span, &format!("{}: event", later.name), problem);
            }
        }
    }

    fn optional(
        &mut self,
        section: &mut Section<'text>,
        key: &str,
        visible: &[&str],
    ) -> Option<Placed> {
        let source = section.take(key, &mut self.problems)?;
        self.expression(&section.called(key), &source, visible)
    }

    fn expression(
        &mut self,
        name: &str,
        source: &Spanned<String>,
        visible: &[&str],
    ) -> Option<Placed> {
        match Expression::compile(source.get_ref(), visible) {
            Ok(expression) => {
                Some(Placed::new(expression, self.problems.place(&source.span(), name)))
            }
            Err(error) => {
                let problem = format!("`{}`: {error}", source.get_ref());
                self.problems.report(&source.span(), name, problem);
                None
            }
        }
    }
}
