//! The privacy and the consent that `mappings.toml` writes.

use std::fmt;

use toml::{Spanned, de::DeValue};

use super::{Compiler, section::Section};
use crate::{
    event::EventTypes,
    outbound::privacy::{
        Rule, Rules, Treatment,
        consent::{Consent, CustomerFields},
        path::Path,
    },
};

impl<'text> Compiler<'text> {
    pub(super) fn rules(&mut self, section: Option<Section<'text>>) -> Rules {
        let mut rules = Vec::new();
        if let Some(section) = section {
            let name = section.name.clone();
            self.collect_rules(&name, "", section, &mut rules);
        }
        Rules::new(rules)
    }

    /// `"data.email" = …` and `data.email = …` mean the same; the second is a table to TOML.
    fn collect_rules(
        &mut self,
        name: &str,
        parent: &str,
        section: Section<'text>,
        rules: &mut Vec<Rule>,
    ) {
        for (key, value) in section.entries() {
            let path = format!("{parent}{key}");
            let name_of_path = format!("{name}: {path}");
            let span = value.span();
            let word = match value.into_inner() {
                DeValue::Table(table) => {
                    let section = Section::new(String::new(), Spanned::new(span, table));
                    self.collect_rules(name, &format!("{path}."), section, rules);
                    continue;
                }
                word => word,
            };
            match (Path::parse(&path), word.as_str().and_then(Treatment::parse)) {
                (Ok(path), Some(treatment)) => {
                    let place = self.problems.place(&span, &name_of_path);
                    rules.push(Rule { path, treatment, place });
                }
                (Err(error), _) => self.problems.report(&span, &name_of_path, error),
                (_, None) => {
                    let words = "is not `drop`, `mask` or `pseudonymize`";
                    self.problems.report(&span, &name_of_path, words);
                }
            }
        }
    }

    pub(super) fn consent(&mut self, mut section: Section<'text>) -> Option<Consent> {
        let events: Option<Vec<Spanned<String>>> = section.require("events", &mut self.problems);
        let decide: Option<Spanned<String>> = section.require("decide", &mut self.problems);
        let identity: Option<Vec<Spanned<String>>> = section.take("identity", &mut self.problems);
        let decide = decide.and_then(|source| {
            self.expression(&section.called("decide"), &source, &Consent::VISIBLE)
        });
        let customer = section.section("customer", &mut self.problems);
        let customer = customer.and_then(|customer| self.customer_fields(customer));
        let events = self.each(events, &section.called("events"), EventTypes::parse);
        let identity = self.each(identity, &section.called("identity"), Path::parse);
        let identity = identity.into_iter().chain([Path::CustomerId]);
        let place = self.problems.place(&section.span, &section.called("identity"));
        let drop = |path: Path| {
            let place = format!("{place}: {path}");
            Rule { path, treatment: Treatment::Drop, place }
        };
        let identity = Rules::new(identity.map(drop));
        section.end(&mut self.problems);
        Some(Consent { events, decide: decide?, identity, customer })
    }

    fn customer_fields(&mut self, mut section: Section<'text>) -> Option<CustomerFields> {
        let collection = section.require("collection", &mut self.problems);
        let key = section.take("key", &mut self.problems);
        let fields = section.require("fields", &mut self.problems);
        section.end(&mut self.problems);
        let key = key.unwrap_or_else(|| "id".to_owned());
        Some(CustomerFields { collection: collection?, key, fields: fields? })
    }

    /// Reads every text of a list.
    fn each<T, E: fmt::Display>(
        &mut self,
        texts: Option<Vec<Spanned<String>>>,
        name: &str,
        parse: fn(&str) -> Result<T, E>,
    ) -> Vec<T> {
        let parse = |text: Spanned<String>| match parse(text.get_ref()) {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                self.problems.report(&text.span(), name, error);
                None
            }
        };
        texts.into_iter().flatten().filter_map(parse).collect()
    }
}
