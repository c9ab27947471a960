//! `sidecar check`: that we got here means that all configuration was read without a mistake.

use std::{collections::BTreeSet, path::Path};

use super::{say, table::Table};
use crate::{
    config::{Config, ConfigError, read_documents},
    contract::{ContractName, compatibility},
    outbound::mapping::Outcome,
};

/// Compares with the schemas of a former state, and says what was read.
pub fn run(config: &Config, against: Option<&Path>) -> anyhow::Result<()> {
    if let Some(folder) = against {
        let broken = |problems| ConfigError { problems };
        let former = read_documents(folder).map_err(broken)?;
        let problems = compatibility::since(&former, &config.documents);
        if !problems.is_empty() {
            return Err(broken(problems).into());
        }
    }
    say(&summary(config).to_string());
    for doubt in doubts(config) {
        say(&format!("note: {doubt}"));
    }
    say("no mistakes");
    Ok(())
}

fn summary(config: &Config) -> Table<2> {
    let mut table = Table::new(["", ""]);
    let mut row = |name: &str, count: usize, names: BTreeSet<&str>| {
        let names: Vec<_> = names.into_iter().collect();
        table.row([name.to_owned(), format!("{count}: {}", names.join(", "))]);
    };
    let mappings = &config.mappings.mappings;
    row("mappings", mappings.len(), mappings.iter().map(|it| it.collection.as_str()).collect());
    let types = event_types(config);
    row("contracts", config.contracts.count(), types.iter().map(|it| family(it)).collect());
    row("routes", config.routes.len(), config.routes.iter().map(|it| it.name.as_str()).collect());
    table
}

/// What is no mistake and yet worth a look.
fn doubts(config: &Config) -> Vec<String> {
    let known = event_types(config);
    let (mut types, mut doubts) = (known.clone(), Vec::new());
    for mapping in &config.mappings.mappings {
        let Outcome::Event(template) = &mapping.outcome else { continue };
        if !known.contains(template.event_type.as_str()) {
            let (place, event_type) = (mapping.place(), &template.event_type);
            doubts
                .push(format!("{place}: {event_type} has no contract: only the envelope binds it"));
        }
        types.insert(template.event_type.as_str());
    }
    let source = &config.settings.outbound.source;
    for route in &config.routes {
        if !types.iter().any(|event_type| route.share(event_type, source).is_some()) {
            let name = &route.name;
            doubts.push(format!(
                "routes.json: {name}: takes no event that has a contract or mapping"
            ));
        }
    }
    doubts
}

fn event_types(config: &Config) -> BTreeSet<&str> {
    let types = config.documents.iter().filter_map(|document| match &document.of {
        ContractName::Data(event_type, _) => Some(event_type.as_str()),
        ContractName::Envelope => None,
    });
    types.collect()
}

/// The first word: what the event is about.
fn family(event_type: &str) -> &str {
    event_type.split('.').next().unwrap_or(event_type)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{outbound::mapping::Mappings, route};

    const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config");
    const SCHEMAS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas");

    fn shipped() -> Config {
        Config::load_without_secrets(Path::new(CONFIG)).unwrap()
    }

    #[test]
    fn what_is_shipped_raises_no_doubt_and_keeps_its_own_contracts() {
        assert_eq!(doubts(&shipped()), [""; 0]);
        run(&shipped(), Some(Path::new(SCHEMAS))).unwrap();
    }

    #[test]
    fn a_route_that_nothing_can_take_and_a_mapping_without_a_contract_are_told() {
        let mut config = shipped();
        let routes = r#"{
            "typo": { "reaction": "enrich", "pattern": { "detail-type": ["feedback.submited"] } },
            "boxes": { "reaction": "enrich", "pattern": { "detail-type": ["box.opened"] } },
            "paid": { "reaction": "enrich", "pattern": { "detail-type": [{ "prefix": "payment." }] } }
        }"#;
        config.routes = route::compile(routes).unwrap();
        let mappings = "[[mapping]]\ncollection = 'boxes'\nevent = 'box.opened'";
        config.mappings = Mappings::compile(mappings).unwrap();

        insta::assert_snapshot!(doubts(&config).join("\n"), @r"
        mappings.toml:1: mapping 1 (boxes to box.opened): box.opened has no contract: only the envelope binds it
        routes.json: typo: takes no event that has a contract or mapping
        ");
    }

    #[test]
    fn a_contract_that_the_former_state_had_must_still_be_there() {
        let mut config = shipped();
        config.documents.retain(|document| !document.of.to_string().starts_with("payment.failed/"));

        let error = run(&config, Some(Path::new(SCHEMAS))).unwrap_err();

        assert!(error.to_string().contains("payment.failed/1.json: is removed"), "{error}");
    }
}
