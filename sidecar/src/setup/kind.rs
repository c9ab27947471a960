//! The kinds of things that Directus keeps, and how its API speaks of each.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::directus::administrator::{Change, Row};

/// A kind of thing, in the order in which things can be made: what others refer to comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "they are Directus' own words")]
pub enum Kind {
    Collections,
    Fields,
    Relations,
    Presets,
    Roles,
    Policies,
    Access,
    Permissions,
    Users,
    Dashboards,
    Panels,
    Flows,
}

impl Kind {
    /// Where all of them are listed.
    pub(super) fn list(self) -> &'static str {
        match self {
            Self::Collections => "collections",
            Self::Fields => "fields",
            Self::Relations => "relations",
            Self::Presets => "presets",
            Self::Roles => "roles",
            Self::Policies => "policies",
            Self::Access => "access",
            Self::Permissions => "permissions",
            Self::Users => "users",
            Self::Dashboards => "dashboards",
            Self::Panels => "panels",
            Self::Flows => "flows",
        }
    }

    /// The fields that tell one from another.
    pub(super) fn identity(self) -> &'static [&'static str] {
        match self {
            Self::Collections => &["collection"],
            Self::Fields | Self::Relations => &["collection", "field"],
            Self::Presets => &["collection", "bookmark", "user", "role"],
            Self::Permissions => &["policy", "collection", "action"],
            _ => &["id"],
        }
    }

    /// Whether it is part of the schema: listed as a whole, and compared by what is said about it, not
    /// by what the database made of it.
    pub(super) fn is_schema(self) -> bool {
        matches!(self, Self::Collections | Self::Fields | Self::Relations)
    }

    /// What cannot be compared: it is written and never read, or it is compared as a thing of its own.
    pub(super) fn incomparable(self) -> &'static [&'static str] {
        match self {
            Self::Collections => &["schema", "fields"],
            Self::Fields => &["schema", "type"],
            Self::Relations => &["schema"],
            Self::Users => &["token"],
            _ => &[],
        }
    }

    /// Whether those that nobody wants are in the way: a permission too many is one too many.
    pub(super) fn is_exact(self) -> bool {
        self == Self::Permissions
    }

    /// What makes one.
    pub(super) fn creation(self, body: &Row) -> Change {
        match self {
            Self::Fields => {
                Change::create(format!("fields/{}", text(body, "collection")), json!(body))
            }
            Self::Flows => {
                let mut flow = body.clone();
                flow.insert("status".to_owned(), json!("inactive"));
                import(&flow)
            }
            _ => Change::create(self.list(), json!(body)),
        }
    }

    /// What makes of `row`, which is there, what `body` says.
    pub(super) fn restoration(self, row: &Row, body: &Row) -> Change {
        if self == Self::Flows {
            return import(body);
        }
        let mut said = body.clone();
        said.retain(|field, _| !self.incomparable().contains(&field.as_str()));
        Change::update(self.place(row), json!(said))
    }

    /// Where one that is there is found.
    pub(super) fn place(self, row: &Row) -> String {
        let keys = if self.is_schema() { self.identity() } else { &["id"] };
        let keys = keys.iter().map(|key| text(row, key));
        keys.fold(self.list().to_owned(), |place, key| format!("{place}/{key}"))
    }

    /// What a person calls it.
    pub(super) fn called(self, body: &Row) -> String {
        let text = |field| text(body, field);
        match self {
            Self::Collections => format!("collection {}", text("collection")),
            Self::Fields => format!("field {}.{}", text("collection"), text("field")),
            Self::Relations => {
                let to = text("related_collection");
                format!("relation {}.{} → {to}", text("collection"), text("field"))
            }
            Self::Presets => match body.get("bookmark").and_then(Value::as_str) {
                Some(bookmark) => format!("bookmark “{bookmark}” of {}", text("collection")),
                None => format!("layout of {}", text("collection")),
            },
            Self::Roles => format!("role “{}”", text("name")),
            Self::Policies => format!("policy “{}”", text("name")),
            Self::Access => "access of the role by the policy".to_owned(),
            Self::Permissions => {
                let fields = body.get("fields").and_then(Value::as_array).into_iter().flatten();
                let fields: Vec<_> = fields.filter_map(Value::as_str).collect();
                let fields =
                    if fields == ["*"] { "all fields".to_owned() } else { fields.join(", ") };
                format!("permission to {} {}: {fields}", text("action"), text("collection"))
            }
            Self::Users => format!("user {}", text("email")),
            Self::Dashboards => format!("dashboard “{}”", text("name")),
            Self::Panels => format!("panel “{}”", text("name")),
            Self::Flows => format!("Flow “{}”, inactive", text("name")),
        }
    }
}

/// A Flow and its operations refer to each other, so that they come together or not at all. A template
/// says nothing about whether it is active: one that is there stays as active as it is.
fn import(body: &Row) -> Change {
    let mut flow = body.clone();
    let operations = flow.remove("operations").unwrap_or_else(|| json!([]));
    let body = json!([
        { "collection": "directus_flows", "items": [flow] },
        { "collection": "directus_operations", "items": operations },
    ]);
    Change { query: &[("mode", "merge")], ..Change::create("utils/import", body) }
}

/// A field that is a text or a key.
pub(super) fn text(row: &Row, field: &str) -> String {
    match row.get(field) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}
