//! The fields of a schema as a table.

use serde_json::Value;

/// A longer pattern says less than the description beside it.
const PATTERN_CHARS_MAX: usize = 30;

/// A row for each field, those inside of others too.
pub(super) fn fields(schema: &Value) -> String {
    let mut rows =
        vec!["| field | type | required | meaning |".to_owned(), "|---|---|---|---|".to_owned()];
    Table { root: schema, rows: &mut rows }.object(schema, "");
    rows.join("\n")
}

struct Table<'schema, 'rows> {
    root: &'schema Value,
    rows: &'rows mut Vec<String>,
}

impl<'schema> Table<'schema, '_> {
    /// The required ones first; beyond that a schema knows no order.
    fn object(&mut self, schema: &'schema Value, prefix: &str) {
        let none = Vec::new();
        let required = schema["required"].as_array().unwrap_or(&none);
        let rank = |name: &str| required.iter().position(|it| it == name).unwrap_or(usize::MAX);
        let mut fields: Vec<_> = schema["properties"].as_object().into_iter().flatten().collect();
        fields.sort_by_key(|(name, _)| (rank(name), name.as_str()));
        for (name, field) in fields {
            let path = format!("{prefix}{name}");
            let meaning = [field, self.resolved(field)].map(|it| it["description"].as_str());
            let meaning = meaning.into_iter().flatten().next().unwrap_or_default();
            let field = self.resolved(field);
            let needed = if rank(name) == usize::MAX { "" } else { "yes" };
            let kind = self.kind(field).replace('|', "\\|");
            self.rows.push(format!("| `{path}` | {kind} | {needed} | {meaning} |"));
            self.object(field, &format!("{path}."));
            self.object(self.resolved(&field["items"]), &format!("{path}[]."));
        }
    }

    fn resolved(&self, schema: &'schema Value) -> &'schema Value {
        let target = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        target.and_then(|pointer| self.root.pointer(pointer)).unwrap_or(schema)
    }

    fn kind(&self, schema: &'schema Value) -> String {
        if let Some(cases) = schema["anyOf"].as_array() {
            let cases = cases.iter().map(|case| self.kind(self.resolved(case)));
            return cases.collect::<Vec<_>>().join(" or ");
        }
        if let Some(words) = schema["enum"].as_array() {
            let word =
                |word: &Value| word.as_str().map_or("null".to_owned(), |it| format!("`{it}`"));
            return words.iter().map(word).collect::<Vec<_>>().join(", ");
        }
        let types = match &schema["type"] {
            Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
            Value::String(only) => vec![only.as_str()],
            _ => vec!["anything"],
        };
        let described = types.into_iter().map(|kind| match kind {
            "number" | "integer" => format!("{kind}{}", range(schema)),
            "string" => format!("{kind}{}", pattern(schema)),
            "array" if !schema["items"].is_null() => {
                let items = self.kind(self.resolved(&schema["items"]));
                let least = schema["minItems"].as_u64().map(|min| format!(", {min} or more"));
                format!("{kind} of {items}{}", least.unwrap_or_default())
            }
            _ => kind.to_owned(),
        });
        described.collect::<Vec<_>>().join(" or ")
    }
}

fn range(schema: &Value) -> String {
    match (&schema["minimum"], &schema["maximum"]) {
        (Value::Null, Value::Null) => String::new(),
        (min, Value::Null) => format!(" ≥ {min}"),
        (Value::Null, max) => format!(" ≤ {max}"),
        (min, max) => format!(" {min} to {max}"),
    }
}

fn pattern(schema: &Value) -> String {
    let short = |pattern: &&str| pattern.chars().count() <= PATTERN_CHARS_MAX;
    schema["pattern"].as_str().filter(short).map(|it| format!(" `{it}`")).unwrap_or_default()
}
