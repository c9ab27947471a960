//! What Directus needs to be a part of all this: a desired state, as data, compared with what is there
//! and made where it is missing.
//!
//! What is there stays as it is, whoever changed it: a difference is only told, until somebody asks
//! to put back what was shipped.

pub mod account;
mod difference;
pub mod installer;
mod kind;
pub mod licence;
mod module;
pub mod shipped;

use std::collections::BTreeMap;

pub use self::kind::Kind;
use crate::directus::administrator::Row;

/// A part of the desired state: what is told under one heading.
#[derive(Debug)]
pub struct Step {
    /// The heading.
    pub title: &'static str,
    /// The collections without which all of it makes no sense.
    pub needs: Vec<String>,
    /// In the order in which it can be made.
    pub wanted: Vec<Wanted>,
}

/// One thing that Directus should have.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What kind of thing.
    pub kind: Kind,
    /// In the words of Directus' API.
    pub body: Row,
}

/// What became of one thing.
#[derive(Debug)]
pub struct Report {
    /// The thing, for a person.
    pub what: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of something, or would.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is as it should be.
    Same,
    /// It was missing and is there now.
    Made,
    /// It differs here and was left so.
    Kept(Vec<String>),
    /// It differed here and is as it was shipped.
    Restored(Vec<String>),
    /// Nothing needs it; it was left.
    Beyond,
    /// Nothing needed it; it is gone.
    Removed,
    /// It is missing, and why.
    LeftOut(String),
}

impl Step {
    /// A step made of what a file says: things by their kinds.
    pub fn new(title: &'static str, things: BTreeMap<Kind, Vec<Row>>) -> Self {
        let mut wanted = Vec::new();
        for (kind, bodies) in things {
            for body in bodies {
                wanted.extend(Wanted { kind, body }.with_parts());
            }
        }
        // A collection's fields follow all collections, because a field may lead to any of them.
        wanted.sort_by_key(|it| it.kind);
        Self { title, needs: Vec::new(), wanted }
    }

    /// The same, where it makes sense only with these collections.
    #[must_use]
    pub fn needing<Name: Into<String>>(
        mut self,
        collections: impl IntoIterator<Item = Name>,
    ) -> Self {
        self.needs.extend(collections.into_iter().map(Into::into));
        self
    }
}

impl Wanted {
    /// A collection is made with its fields, and they are compared one by one.
    fn with_parts(self) -> Vec<Self> {
        let mut parts = Vec::new();
        if self.kind == Kind::Collections {
            let collection = &self.body["collection"];
            for field in self.body["fields"].as_array().into_iter().flatten() {
                let mut body = field.as_object().cloned().unwrap_or_default();
                body.insert("collection".to_owned(), collection.clone());
                parts.push(Self { kind: Kind::Fields, body });
            }
        }
        parts.insert(0, self);
        parts
    }
}
