//! What a reaction does to Directus' collections, and so what its account must be allowed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::Serialize;
use serde_json::Value;

/// What may be done to an item, in the words of Directus' permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// To make one.
    Create,
    /// To see it.
    Read,
    /// To change it.
    Update,
    /// To remove it.
    Delete,
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
        })
    }
}

/// What has to be allowed: which fields, by collection and action.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Needs(BTreeMap<(String, Action), BTreeSet<String>>);

impl Needs {
    /// Adds fields of a collection that something is done to.
    pub fn add<Field: Into<String>>(
        &mut self,
        collection: &str,
        action: Action,
        fields: impl IntoIterator<Item = Field>,
    ) {
        let known = self.0.entry((collection.to_owned(), action)).or_default();
        known.extend(fields.into_iter().map(Into::into));
    }

    /// Adds what a filter looks at: that is read, too.
    pub fn add_filter(&mut self, collection: &str, filter: &Value) {
        let mut fields = BTreeSet::new();
        collect_fields(filter, &mut fields);
        self.add(collection, Action::Read, fields);
    }

    /// By collection and action.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Action, &BTreeSet<String>)> {
        self.0.iter().map(|((collection, action), fields)| (collection.as_str(), *action, fields))
    }
}

/// The names in one of Directus' filters: whatever is neither an operator nor beneath one. Of a path
/// through relations the first name: where the others are, the filter does not say.
fn collect_fields(filter: &Value, fields: &mut BTreeSet<String>) {
    match filter {
        Value::Array(parts) => parts.iter().for_each(|part| collect_fields(part, fields)),
        Value::Object(parts) => {
            for (name, part) in parts {
                match name.as_str() {
                    "_and" | "_or" => collect_fields(part, fields),
                    name if name.starts_with('_') => (),
                    name => {
                        fields.insert(name.to_owned());
                    }
                }
            }
        }
        _ => (),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_filter_needs_the_fields_that_it_looks_at() {
        let mut needs = Needs::default();
        needs.add("tickets", Action::Read, ["id"]);

        needs.add_filter(
            "tickets",
            &json!({ "_and": [
                { "customer": { "_eq": "$customer" } },
                { "_or": [{ "status": { "_neq": "closed" } }, { "customer": { "tier": { "_eq": "gold" } } }] },
            ] }),
        );

        let fields = needs.iter().next().unwrap().2;
        assert_eq!(
            fields.iter().map(String::as_str).collect::<Vec<_>>(),
            ["customer", "id", "status"]
        );
    }
}
