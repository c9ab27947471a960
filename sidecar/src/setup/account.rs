//! The account that the sidecar acts as: it may do what the configured reactions do, and nothing else.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    Kind, Step,
    shipped::{self, Things},
};
use crate::{
    config::Config,
    directus::administrator::Row,
    outbound::mapping::Outcome,
    reaction::{Action, Needs},
};

/// Its id, the same everywhere: what the extension has to know before there is an account.
pub const ID: &str = "e7b00000-0000-4000-8000-000000000004";

/// How exactly its permissions speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Profile {
    /// All fields of each collection: all that there is without a licence key.
    Core,
    /// Only the fields that are needed.
    Licensed,
}

/// Everything that the configured reactions do to collections, and what consent is decided by.
pub fn needs(config: &Config) -> Needs {
    let mut needs = Needs::default();
    let consent = config.mappings.policy.consent.as_ref();
    if let Some(customer) = consent.and_then(|consent| consent.customer.as_ref()) {
        let fields = customer.fields.iter().chain([&customer.key]);
        needs.add(&customer.collection, Action::Read, fields);
    }
    let source = &config.settings.outbound.source;
    for route in &config.routes {
        let mappings = config.mappings.mappings.iter();
        let mut subjects: Vec<_> = mappings
            .filter(|mapping| match &mapping.outcome {
                Outcome::Event(template) => {
                    route.share(template.event_type.as_str(), source).is_some()
                }
                Outcome::Nothing => false,
            })
            .map(|mapping| mapping.collection.as_str())
            .collect();
        subjects.dedup();
        config.reactions.of(&route.name).add_needs(&subjects, &mut needs);
    }
    needs
}

/// The account with its role, policy and permissions. It gets this token when it is made.
pub fn step(needs: &Needs, profile: Profile, email: &str, token: &str) -> Step {
    let mut things: Things = shipped::account();
    for user in things.get_mut(&Kind::Users).into_iter().flatten() {
        user.insert("email".to_owned(), json!(email));
        user.insert("token".to_owned(), json!(token));
    }
    let policy = things[&Kind::Policies][0]["id"].clone();
    things.insert(Kind::Permissions, permissions(needs, profile, &policy));
    Step::new("Service account", things)
}

fn permissions(needs: &Needs, profile: Profile, policy: &Value) -> Vec<Row> {
    let permission = |(collection, action, fields): (&str, Action, &_)| {
        let fields = match profile {
            Profile::Core => json!(["*"]),
            // Whoever may delete an item deletes all of it.
            Profile::Licensed if action == Action::Delete => json!(["*"]),
            Profile::Licensed => json!(fields),
        };
        let permission = BTreeMap::from([
            ("policy", policy.clone()),
            ("collection", json!(collection)),
            ("action", json!(action)),
            ("fields", fields),
        ]);
        permission.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    };
    needs.iter().map(permission).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::outbound::mapping::Mappings;

    fn allowed(profile: Profile) -> BTreeMap<String, Vec<String>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let needs = needs(&Config::load_without_secrets(&folder).unwrap());
        let step = step(&needs, profile, "event-bridge@example.com", "secret");
        let permissions = step.wanted.iter().filter(|it| it.kind == Kind::Permissions);
        permissions
            .map(|it| {
                let text = |key: &str| it.body[key].as_str().unwrap_or_default();
                let fields = it.body["fields"].as_array().unwrap().iter();
                let fields = fields.map(|field| field.as_str().unwrap().to_owned());
                (format!("{} {}", text("action"), text("collection")), fields.collect())
            })
            .collect()
    }

    #[test]
    fn the_account_may_read_what_consent_is_decided_by() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let mut config = Config::load_without_secrets(&folder).unwrap();
        let consent = r#"
            [consent]
            events = ["page.*"]
            decide = "customer.tracking"
            customer = { collection = "people", fields = ["tracking"] }
        "#;
        config.mappings = Mappings::compile(consent).unwrap();

        let needs = needs(&config);

        let (_, action, fields) = needs.iter().find(|(of, ..)| *of == "people").unwrap();
        assert_eq!(action, Action::Read);
        assert!(fields.iter().eq(["id", "tracking"]), "{fields:?}");
    }

    #[test]
    fn the_account_may_do_what_the_shipped_reactions_do_and_nothing_else() {
        let allowed = allowed(Profile::Licensed);

        assert_eq!(allowed["update customers"], ["email", "interests", "name", "segments"]);
        assert_eq!(
            allowed["update feedback"],
            [
                "detected_language",
                "explanation",
                "sentiment",
                "sentiment_confidence",
                "sentiment_score",
                "text",
                "user_email"
            ]
        );
        assert_eq!(
            allowed["read feedback"],
            ["customer", "date_created", "id", "sentiment", "text", "user_email"]
        );
        for not_needed in
            ["create customers", "create feedback", "delete tickets", "update customer_events"]
        {
            assert!(!allowed.contains_key(not_needed), "{not_needed}");
        }
        assert!(!allowed.keys().any(|it| it.contains("directus_") || it.contains("payments")));
    }

    #[test]
    fn without_a_licence_key_the_same_holds_of_whole_collections() {
        let (core, licensed) = (allowed(Profile::Core), allowed(Profile::Licensed));

        assert!(core.keys().eq(licensed.keys()));
        assert!(core.values().all(|fields| fields == &["*"]));
    }
}
