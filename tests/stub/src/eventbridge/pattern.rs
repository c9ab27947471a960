//! Event patterns, as the sidecar understands them: a story holds that matcher against another AWS.

use serde_json::{Map, Value, json};

/// Which events a rule takes.
#[derive(Debug)]
pub(crate) struct Pattern {
    matcher: sidecar::route::pattern::Pattern,
    /// Whether the detail decides, too: most rules ask for the type alone, and reading is slow.
    looks_inside: bool,
}

impl Pattern {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let invalid = |reason: String| format!("Event pattern is not valid: {reason}");
        let pattern: Map<String, Value> =
            serde_json::from_str(text).map_err(|error| invalid(error.to_string()))?;
        if pattern.is_empty() {
            return Err(invalid("empty objects match nothing".to_owned()));
        }
        let looks_inside =
            pattern.keys().any(|key| !matches!(key.as_str(), "source" | "detail-type"));
        let matcher = sidecar::route::pattern::Pattern::compile(&pattern)
            .map_err(|error| invalid(error.to_string()))?;
        Ok(Self { matcher, looks_inside })
    }

    pub(crate) fn matches(&self, source: &str, detail_type: &str, detail: &str) -> bool {
        let mut event = json!({ "source": source, "detail-type": detail_type });
        if self.looks_inside {
            event["detail"] = serde_json::from_str(detail).unwrap_or_default();
        }
        self.matcher.matches(&event)
    }
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

        assert!(pattern.matches("directus", "a.b", "{}"));
        assert!(pattern.matches("directus", "cart.abandoned", "{}"));
        assert!(!pattern.matches("directus", "a", "{}"));
        assert!(!pattern.matches("other", "a.b", "{}"));
    }

    #[test]
    fn the_detail_decides_where_the_pattern_names_it() {
        let pattern = Pattern::parse(r#"{ "detail": { "customerId": [{ "wildcard": "*" }] } }"#);
        let takes = |detail: &str| pattern.as_ref().unwrap().matches("directus", "a.b", detail);

        assert!(takes(r#"{ "customerId": "7" }"#));
        assert!(!takes(r#"{ "customerId": null }"#));
        assert!(!takes("{}"));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for pattern in [
            "",
            "{}",
            "[]",
            r#"{ "source": [] }"#,
            r#"{ "source": "directus" }"#,
            r#"{ "source": [{ "postfix": "us" }] }"#,
        ] {
            assert!(Pattern::parse(pattern).is_err(), "{pattern}");
        }
    }
}
