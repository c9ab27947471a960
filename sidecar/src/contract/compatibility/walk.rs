//! Goes through two schemas side by side, and says where the new one refuses what the old one takes.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{
    Break,
    fields::{Fields, escaped},
    proof::{DEFINITIONS, takes_all},
};

/// How many references lead on to the next before a schema counts as going round in circles.
const REFERENCES_MAX: usize = 32;
/// The keywords that refuse values, other than those that [`Walk`] looks into.
const ASSERTIONS: [&str; 17] = [
    "additionalItems",
    "allOf",
    "anyOf",
    "dependencies",
    "enum",
    "format",
    "maxItems",
    "maxLength",
    "maxProperties",
    "minItems",
    "minLength",
    "minProperties",
    "multipleOf",
    "not",
    "oneOf",
    "pattern",
    "uniqueItems",
];

/// Where `new` refuses what `old` takes.
pub(super) fn narrowed(old: &Value, new: &Value) -> Vec<Break> {
    let mut walk = Walk { old, new, met: BTreeSet::new(), breaks: Vec::new() };
    walk.node("", "");
    walk.breaks
}

/// Goes through both schemas side by side. A schema is the sum of its keywords, so each keyword of
/// the new one has to take whatever the old schema takes.
struct Walk<'schema> {
    old: &'schema Value,
    new: &'schema Value,
    met: BTreeSet<(String, String)>,
    breaks: Vec<Break>,
}

/// A schema with its pointer, references followed.
struct Node<'schema> {
    pointer: String,
    schema: &'schema Map<String, Value>,
}

impl<'schema> Node<'schema> {
    fn at(root: &'schema Value, pointer: &str) -> Option<Self> {
        let mut pointer = pointer.to_owned();
        for _ in 0..REFERENCES_MAX {
            let schema = root.pointer(&pointer)?.as_object()?;
            match schema.get("$ref").and_then(Value::as_str) {
                Some(reference) => reference.strip_prefix('#')?.clone_into(&mut pointer),
                None => return Some(Self { pointer, schema }),
            }
        }
        None
    }

    fn child(&self, path: &[&str]) -> String {
        path.iter().fold(self.pointer.clone(), |place, step| format!("{place}/{}", escaped(step)))
    }

    fn members(&self, keyword: &str) -> impl Iterator<Item = (&'schema str, &'schema Value)> {
        let members = self.schema.get(keyword).and_then(Value::as_object);
        members.into_iter().flatten().map(|(name, schema)| (name.as_str(), schema))
    }

    fn has(&self, keyword: &str, name: &str) -> bool {
        self.members(keyword).any(|(member, _)| member == name)
    }

    fn is_schema(&self, keyword: &str) -> bool {
        self.schema.get(keyword).is_some_and(Value::is_object)
    }

    /// The new schema cut down to some keywords.
    fn only(&self, keywords: &[&str]) -> Map<String, Value> {
        let kept = self.schema.iter().filter(|(keyword, _)| keywords.contains(&keyword.as_str()));
        kept.map(|(keyword, value)| (keyword.clone(), value.clone())).collect()
    }
}

impl Walk<'_> {
    fn report(&mut self, pointer: &str, reason: impl Into<String>) {
        self.breaks.push(Break { pointer: pointer.to_owned(), reason: reason.into() });
    }

    fn node(&mut self, old: &str, new: &str) {
        // What refers to itself is met again, and was judged then.
        if !self.met.insert((old.to_owned(), new.to_owned())) {
            return;
        }
        let (Some(old), Some(new_node)) = (Node::at(self.old, old), Node::at(self.new, new)) else {
            self.report(new, "refers to nowhere");
            return;
        };
        let new = new_node;
        self.fields(&old, &new);
        self.additional_fields(&old, &new);
        self.required(&old, &new);
        self.items(&old, &new);
        self.keywords(&old, &new, "type", &["type"]);
        self.keywords(&old, &new, "minimum", &["minimum", "exclusiveMinimum"]);
        self.keywords(&old, &new, "maximum", &["maximum", "exclusiveMaximum"]);
        for keyword in ASSERTIONS {
            self.keywords(&old, &new, keyword, &[keyword]);
        }
    }

    fn fields(&mut self, old: &Node<'_>, new: &Node<'_>) {
        for (name, schema) in new.members("properties") {
            let place = new.child(&["properties", name]);
            if old.has("properties", name) {
                self.node(&old.child(&["properties", name]), &place);
            } else if !Fields::at(self.old, &old.pointer).leaves_free(name) {
                let part = json!({ "properties": { name: schema } });
                self.prove(old, &part, &place, "is added where the former took something else");
            }
        }
        for (pattern, schema) in new.members("patternProperties") {
            let place = new.child(&["patternProperties", pattern]);
            if old.has("patternProperties", pattern) {
                self.node(&old.child(&["patternProperties", pattern]), &place);
            } else {
                let part = json!({ "patternProperties": { pattern: schema } });
                self.prove(old, &part, &place, "is added and may refuse fields that were taken");
            }
        }
    }

    fn additional_fields(&mut self, old: &Node<'_>, new: &Node<'_>) {
        const KEYWORD: &str = "additionalProperties";
        let Some(additional) = new.schema.get(KEYWORD) else { return };
        let place = new.child(&[KEYWORD]);
        let named = |node: &Node<'_>, keyword| {
            node.members(keyword).map(|(name, _)| name.to_owned()).collect::<BTreeSet<_>>()
        };
        // The rest is the same rest, or a smaller one.
        let shared = named(old, "properties").is_subset(&named(new, "properties"))
            && named(old, "patternProperties").is_subset(&named(new, "patternProperties"));
        if shared && old.is_schema(KEYWORD) && new.is_schema(KEYWORD) {
            self.node(&old.child(&[KEYWORD]), &place);
            return;
        }
        let anything = |names: BTreeSet<String>| -> Map<String, Value> {
            names.into_iter().map(|name| (name, json!({}))).collect()
        };
        let part = json!({
            "properties": anything(named(new, "properties")),
            "patternProperties": anything(named(new, "patternProperties")),
            KEYWORD: additional,
        });
        self.prove(
            old,
            &part,
            &place,
            "refuses fields that nobody named and that were taken so far",
        );
    }

    fn required(&mut self, old: &Node<'_>, new: &Node<'_>) {
        let names = new.schema.get("required").and_then(Value::as_array);
        for name in names.into_iter().flatten() {
            let reason = format!("{name} is newly required");
            self.prove(old, &json!({ "required": [name] }), &new.child(&["required"]), &reason);
        }
    }

    fn items(&mut self, old: &Node<'_>, new: &Node<'_>) {
        if old.is_schema("items") && new.is_schema("items") {
            self.node(&old.child(&["items"]), &new.child(&["items"]));
        } else {
            self.keywords(old, new, "items", &["items", "additionalItems"]);
        }
    }

    /// Some keywords of the new schema that only make sense together, reported at the first.
    fn keywords(&mut self, old: &Node<'_>, new: &Node<'_>, keyword: &str, group: &[&str]) {
        let Some(value) = new.schema.get(keyword) else { return };
        let part = new.only(group);
        let is_alike = part == old.only(group)
            && (self.shares_definitions()
                || !Value::Object(part.clone()).to_string().contains("$ref"));
        if is_alike {
            return;
        }
        let reason = narrowing(keyword, old.schema.get(keyword), value);
        self.prove(old, &Value::Object(part), &new.child(&[keyword]), &reason);
    }

    /// Whether a reference means the same in both.
    fn shares_definitions(&self) -> bool {
        self.old.get(DEFINITIONS) == self.new.get(DEFINITIONS)
    }

    /// Reports `part` of the new schema unless it takes whatever the old one takes.
    fn prove(&mut self, old: &Node<'_>, part: &Value, place: &str, reason: &str) {
        // Fewer keywords take more, so that what holds for them holds for the whole schema. Asked
        // first: a keyword that cannot be reasoned about spoils the answer about all the others.
        let mut kin: Vec<_> =
            part.as_object().into_iter().flat_map(Map::keys).map(String::as_str).collect();
        kin.extend(["type", "enum"]);
        let taken = [old.only(&kin), old.schema.clone()]
            .into_iter()
            .any(|old| takes_all(&Value::Object(old), self.old, part, self.new));
        if !taken {
            self.report(place, reason);
        }
    }
}

/// What became of a keyword, for a person.
fn narrowing(keyword: &str, old: Option<&Value>, new: &Value) -> String {
    let words = |value: &Value| value.as_array().map_or_else(|| vec![value.clone()], Clone::clone);
    match (keyword, old) {
        (_, None) => format!("is added: {new}"),
        ("type" | "enum", Some(old)) => {
            let (old, new) = (words(old), words(new));
            let lost = old.iter().filter(|word| !new.contains(word)).map(ToString::to_string);
            format!("no longer takes {}", lost.collect::<Vec<_>>().join(", "))
        }
        ("minimum" | "maximum", Some(old)) if old == new => "is itself excluded now".to_owned(),
        (_, Some(old)) if new.is_number() => format!("was {old}, is {new}"),
        (_, Some(_)) => {
            "is changed, and nothing proves that all that was taken still is".to_owned()
        }
    }
}
