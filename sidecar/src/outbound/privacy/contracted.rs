//! Rules that no event could obey together with its contract.

use jsonschema::Draft;
use serde_json::{Value, json};

use super::{
    MASK, Rule, Treatment,
    path::{Part, Path, Segment},
};

/// How deep references of a schema are followed; one may lead to itself.
const REFERENCES_MAX: usize = 8;

/// What the rule does that the schema of an event's data does not take.
pub fn breaks(rule: &Rule, schema: &Value) -> Option<&'static str> {
    let Path::In(Part::Data, path) = &rule.path else { return None };
    let mut places = Vec::new();
    visit(schema, schema, path, &mut places);
    places.into_iter().find_map(|place| place.break_by(rule.treatment, schema))
}

/// A property that the path leads to.
struct Place<'schema> {
    is_required: bool,
    schema: &'schema Value,
}

impl Place<'_> {
    fn break_by(&self, treatment: Treatment, root: &Value) -> Option<&'static str> {
        let text_becomes = |text: &str| self.admits("string") && !self.takes(&json!(text), root);
        let scalar = ["integer", "number", "boolean"];
        match treatment {
            Treatment::Drop if self.is_required => Some("is dropped, and required"),
            Treatment::Drop => None,
            Treatment::Mask if text_becomes(MASK) => Some("becomes `***`, which is not taken"),
            Treatment::Mask => {
                let others = scalar.into_iter().chain(["array", "object"]);
                let is_other = others.into_iter().any(|kind| self.admits(kind));
                (is_other && !self.takes(&Value::Null, root))
                    .then_some("becomes null, which is not taken")
            }
            Treatment::Pseudonymize => {
                let pseudonym = "0".repeat(64);
                let is_number = scalar.into_iter().any(|kind| self.admits(kind));
                (text_becomes(&pseudonym) || is_number && !self.takes(&json!(pseudonym), root))
                    .then_some("becomes a pseudonym, which is not taken")
            }
        }
    }

    /// Whether a value of this kind may stand here. A schema that names no type is not asked for
    /// anything but text: it may be meant for that alone.
    fn admits(&self, kind: &str) -> bool {
        match &self.schema["type"] {
            Value::String(one) => one == kind,
            Value::Array(several) => several.iter().any(|one| one == kind),
            _ => kind == "string",
        }
    }

    fn takes(&self, value: &Value, root: &Value) -> bool {
        let mut schema = json!({ "allOf": [self.schema] });
        if let Some(definitions) = root.get("definitions") {
            schema["definitions"] = definitions.clone();
        }
        // A schema that is none is reported elsewhere.
        let validator = jsonschema::options().with_draft(Draft::Draft4).build(&schema);
        validator.map_or(true, |validator| validator.is_valid(value))
    }
}

fn visit<'schema>(
    root: &'schema Value,
    schema: &'schema Value,
    path: &[Segment],
    places: &mut Vec<Place<'schema>>,
) {
    let Some((segment, rest)) = path.split_first() else { return };
    for schema in parts(root, schema, REFERENCES_MAX) {
        let items = schema.get("items").filter(|items| items.is_object());
        match (items, segment) {
            (Some(items), Segment::Every) if rest.is_empty() => {
                places.push(Place { is_required: false, schema: items });
            }
            (Some(items), Segment::Every) => visit(root, items, rest, places),
            (Some(items), Segment::Field(_)) => visit(root, items, path, places),
            (None, _) => {}
        }
        let required = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
        let properties = schema["properties"].as_object().into_iter().flatten();
        for (name, property) in properties {
            match segment {
                Segment::Field(field) if field != name => {}
                _ if rest.is_empty() => {
                    let is_required = required.iter().any(|required| required == name);
                    let described = parts(root, property, REFERENCES_MAX);
                    let described =
                        described.into_iter().map(|schema| Place { is_required, schema });
                    places.extend(described);
                }
                _ => visit(root, property, rest, places),
            }
        }
    }
}

/// A schema, what it refers to, and all that it demands besides.
fn parts<'schema>(
    root: &'schema Value,
    schema: &'schema Value,
    references_max: usize,
) -> Vec<&'schema Value> {
    let reference = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    let referred = reference.and_then(|pointer| root.pointer(pointer));
    let others = schema["allOf"].as_array().into_iter().flatten().chain(referred);
    let mut parts = vec![schema];
    if references_max > 0 {
        parts.extend(others.flat_map(|other| self::parts(root, other, references_max - 1)));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Value {
        json!({
            "required": ["id", "mail"],
            "properties": {
                "id": { "type": "string", "minLength": 1 },
                "mail": { "type": ["string", "null"] },
                "rating": { "type": ["integer", "null"] },
                "amount": { "type": "number" },
                "kind": { "type": "string", "enum": ["a", "b"] },
                "free": {},
                "items": {
                    "type": "array",
                    "items": { "required": ["sku"], "properties": { "sku": { "type": "string" } } }
                },
                "home": { "$ref": "#/definitions/address" }
            },
            "definitions": {
                "address": {
                    "allOf": [{ "required": ["city"], "properties": { "city": { "type": "string" } } }]
                }
            }
        })
    }

    #[rstest::rstest]
    #[case("data.id", Treatment::Drop, Some("is dropped, and required"))]
    #[case("data.id", Treatment::Mask, None)]
    #[case("data.mail", Treatment::Pseudonymize, None)]
    #[case("data.rating", Treatment::Drop, None)]
    #[case("data.rating", Treatment::Mask, None)]
    #[case("data.rating", Treatment::Pseudonymize, Some("becomes a pseudonym, which is not taken"))]
    #[case("data.amount", Treatment::Mask, Some("becomes null, which is not taken"))]
    #[case("data.kind", Treatment::Mask, Some("becomes `***`, which is not taken"))]
    #[case("data.kind", Treatment::Pseudonymize, Some("becomes a pseudonym, which is not taken"))]
    #[case("data.free", Treatment::Mask, None)]
    #[case("data.items", Treatment::Mask, Some("becomes null, which is not taken"))]
    #[case("data.items.sku", Treatment::Drop, Some("is dropped, and required"))]
    #[case("data.items.*.sku", Treatment::Drop, Some("is dropped, and required"))]
    #[case("data.items.*", Treatment::Drop, None)]
    #[case("data.home.city", Treatment::Drop, Some("is dropped, and required"))]
    #[case("data.*", Treatment::Drop, Some("is dropped, and required"))]
    #[case("data.unknown", Treatment::Drop, None)]
    #[case("context.id", Treatment::Drop, None)]
    fn a_rule_that_breaks_the_contract_is_found(
        #[case] path: &str,
        #[case] treatment: Treatment,
        #[case] expected: Option<&str>,
    ) {
        let rule = Rule { path: Path::parse(path).unwrap(), treatment, place: String::new() };

        assert_eq!(breaks(&rule, &schema()), expected);
    }

    #[test]
    fn a_schema_without_definitions_is_asked_alike() {
        let schema = json!({ "properties": { "text": { "type": "string", "minLength": 1 } } });
        let breaks = |path: &str, treatment| {
            let rule = Rule { path: Path::parse(path).unwrap(), treatment, place: String::new() };
            super::breaks(&rule, &schema)
        };

        assert_eq!(breaks("data.text", Treatment::Mask), None);
        assert_eq!(breaks("data.text", Treatment::Pseudonymize), None);
    }

    #[test]
    fn a_schema_that_refers_to_itself_comes_to_an_end() {
        let schema = json!({
            "properties": { "next": { "$ref": "#" } },
            "required": ["next"],
            "allOf": [{ "$ref": "#" }],
        });
        let path = Path::parse("data.next.next.next").unwrap();
        let rule = Rule { path, treatment: Treatment::Drop, place: String::new() };

        assert_eq!(breaks(&rule, &schema), Some("is dropped, and required"));
    }
}
