//! What the licence of a Directus allows.

use serde_json::{Value, json};

use super::{Kind, Wanted};
use crate::directus::administrator::{Administrator, Row};

/// What is left of what a licence allows.
#[derive(Debug, Clone)]
pub struct Licence {
    /// Its name, such as `Core`.
    pub name: String,
    /// Whether permissions may name fields.
    pub exact_fields: bool,
    collections: Option<Room>,
}

/// How many there may be of something, and how many are there.
#[derive(Debug, Clone, Copy)]
struct Room {
    limit: u64,
    used: u64,
}

impl Licence {
    /// Asks Directus.
    pub async fn read(directus: &Administrator) -> anyhow::Result<Self> {
        Ok(Self::of(&directus.row("license").await?))
    }

    fn of(answer: &Row) -> Self {
        let part = |name| answer.get(name).unwrap_or(&Value::Null);
        let (entitlements, usage) = (part("entitlements"), part("usage"));
        let limit = entitlements["collections"]["limit"].as_u64();
        let used = usage["collections"].as_u64().unwrap_or_default();
        let named = &entitlements["custom_permission_rules_enabled"]["default"];
        Self {
            name: answer.get("name").and_then(Value::as_str).unwrap_or("unnamed").to_owned(),
            exact_fields: named.as_bool().unwrap_or(true),
            collections: limit.map(|limit| Room { limit, used }),
        }
    }

    /// Why something cannot be made; none when it can.
    pub(super) fn forbids(&self, wanted: &Wanted) -> Option<String> {
        let name = &self.name;
        match (wanted.kind, self.collections) {
            (Kind::Collections, Some(Room { limit, used })) if used >= limit => Some(format!(
                "the licence “{name}” has room for {limit} collections, and {used} are there"
            )),
            (Kind::Permissions, _) if !self.exact_fields && names_fields(wanted) => {
                Some(format!("the licence “{name}” has no permissions for single fields"))
            }
            _ => None,
        }
    }

    /// Something was made, or would have been.
    pub(super) fn take(&mut self, kind: Kind) {
        if let (Kind::Collections, Some(room)) = (kind, &mut self.collections) {
            room.used += 1;
        }
    }
}

fn names_fields(permission: &Wanted) -> bool {
    permission.body.get("fields") != Some(&json!(["*"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_no_room_for_is_known_before_it_is_asked_for() {
        let answer = json!({
            "name": "Core",
            "entitlements": {
                "collections": { "limit": 25 }, "custom_permission_rules_enabled": { "default": false },
            },
            "usage": { "collections": 24 },
        });
        let mut licence = Licence::of(answer.as_object().unwrap());
        let wanted = |kind, body: Value| Wanted { kind, body: body.as_object().cloned().unwrap() };
        let collection = wanted(Kind::Collections, json!({ "collection": "a" }));

        assert_eq!(licence.forbids(&collection), None);
        licence.take(Kind::Collections);
        let why = licence.forbids(&collection).unwrap();
        assert_eq!(why, "the licence “Core” has room for 25 collections, and 25 are there");

        assert_eq!(licence.forbids(&wanted(Kind::Permissions, json!({ "fields": ["*"] }))), None);
        assert!(licence.forbids(&wanted(Kind::Permissions, json!({ "fields": ["id"] }))).is_some());
    }

    #[test]
    fn a_licence_without_limits_forbids_nothing() {
        let licence = Licence::of(json!({ "entitlements": {}, "usage": {} }).as_object().unwrap());
        let body = json!({ "collection": "a", "fields": [] }).as_object().cloned().unwrap();

        assert_eq!(licence.forbids(&Wanted { kind: Kind::Collections, body: body.clone() }), None);
        assert_eq!(licence.forbids(&Wanted { kind: Kind::Permissions, body }), None);
    }
}
