//! What `mappings.toml` demands of the other files.

use std::collections::BTreeSet;

use super::Mappings;
use crate::{
    contract::{ContractName, Contracts, Document},
    event::EventType,
    outbound::privacy::{Rule, Treatment, contracted},
};

impl Mappings {
    /// The mappings whose events no contract admits.
    pub fn uncontracted(&self, contracts: &Contracts) -> Vec<String> {
        self.templates()
            .filter(|(_, template)| !contracts.admits(&template.event_type, template.version))
            .map(|(mapping, template)| {
                let (place, event_type) = (mapping.place(), &template.event_type);
                let version = template.version;
                format!("{place}: {event_type} has contracts, but none of version {version}")
            })
            .collect()
    }

    /// The rules that no event could obey together with its contract.
    pub fn uncontractable(&self, documents: &[Document]) -> Vec<String> {
        let mut problems = BTreeSet::new();
        for document in documents {
            let ContractName::Data(event_type, version) = &document.of else { continue };
            let Ok(schema) = serde_json::from_str(&document.text) else { continue };
            for rule in self.rules_for(event_type, *version) {
                if let Some(problem) = contracted::breaks(rule, &schema) {
                    problems.insert(format!("{}: {problem} by {}", rule.place, document.of));
                }
            }
        }
        problems.into_iter().collect()
    }

    /// All that may hold for events of this type, whichever way they come.
    fn rules_for(&self, event_type: &EventType, version: u32) -> impl Iterator<Item = &Rule> {
        let mapped = self.templates().map(|(_, template)| template).filter(move |template| {
            template.event_type == *event_type && template.version == version
        });
        let mapped = mapped.map(|template| &template.defaults);
        let consent = self.policy.consent.iter().filter(|consent| consent.asks_about(event_type));
        let rules = mapped.chain([&self.defaults]).flat_map(|defaults| defaults.privacy.iter());
        rules.chain(consent.flat_map(|consent| consent.identity.iter()))
    }

    /// A rule that needs the key of pseudonyms, if there is one.
    pub fn pseudonymizing(&self) -> Option<&Rule> {
        let of_mappings = self.templates().map(|(_, template)| &template.defaults);
        let all = of_mappings.chain(self.collections.values()).chain([&self.defaults]);
        all.flat_map(|defaults| defaults.privacy.iter())
            .find(|rule| rule.treatment == Treatment::Pseudonymize)
    }
}
