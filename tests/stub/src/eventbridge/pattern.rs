//! Event patterns, as far as routes use them: `source` and `detail-type`. What is more is refused,
//! because a pattern that is half understood would route silently wrong.

use serde::Deserialize;

/// Which events a rule takes.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Pattern {
    source: Option<Vec<Matcher>>,
    detail_type: Option<Vec<Matcher>>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "aws-stub matches only texts and prefixes")]
enum Matcher {
    Is(String),
    Begins(Prefix),
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Prefix {
    prefix: String,
}

impl Pattern {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        // A list would pass for the struct.
        if !text.trim_start().starts_with('{') {
            return Err("Event pattern is not valid: not an object".to_owned());
        }
        let pattern: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let is_empty = |matchers: &Option<Vec<_>>| matchers.as_ref().is_some_and(Vec::is_empty);
        if pattern == Self::default() || is_empty(&pattern.source) || is_empty(&pattern.detail_type)
        {
            return Err("Event pattern is not valid: empty objects and lists match nothing".into());
        }
        Ok(pattern)
    }

    pub(crate) fn matches(&self, source: &str, detail_type: &str) -> bool {
        any(self.source.as_deref(), source) && any(self.detail_type.as_deref(), detail_type)
    }
}

fn any(matchers: Option<&[Matcher]>, text: &str) -> bool {
    matchers.is_none_or(|matchers| {
        matchers.iter().any(|matcher| match matcher {
            Matcher::Is(whole) => whole == text,
            Matcher::Begins(Prefix { prefix }) => text.starts_with(prefix.as_str()),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_must_match_and_any_of_its_values_may() {
        let pattern = Pattern::parse(
            r#"{ "source": ["directus"], "detail-type": ["a.b", { "prefix": "cart." }] }"#,
        )
        .unwrap();

        assert!(pattern.matches("directus", "a.b"));
        assert!(pattern.matches("directus", "cart.abandoned"));
        assert!(!pattern.matches("directus", "a"));
        assert!(!pattern.matches("other", "a.b"));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for pattern in [
            "",
            "{}",
            "[]",
            r#"{ "source": [] }"#,
            r#"{ "detail": { "rating": [1] } }"#,
            r#"{ "source": "directus" }"#,
            r#"{ "source": [{ "suffix": "us" }] }"#,
        ] {
            assert!(Pattern::parse(pattern).is_err(), "{pattern}");
        }
    }
}
