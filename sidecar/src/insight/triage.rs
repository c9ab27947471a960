//! Where a request belongs and how urgent it is: suggestions by rules, each with its reason.

use serde::{Deserialize, Serialize};

use crate::expression::{EvaluationError, Expression, InvalidExpression, Scope};

/// A rule, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenRule {
    /// Its name, for whoever asks why.
    pub name: String,
    /// When it holds.
    pub when: String,
    /// Why it suggests what it does, for a person.
    pub explanation: String,
    #[serde(flatten)]
    suggested: Suggested,
}

/// What a rule, or all of them, suggest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggested {
    /// What it is about.
    pub category: Option<String>,
    /// How urgent it is.
    pub priority: Option<String>,
    /// Who should care.
    pub team: Option<String>,
}

impl Suggested {
    /// Takes from `other` what is still open, and names what it took.
    fn fill(&mut self, other: &Self) -> Vec<&'static str> {
        let places = [
            ("category", &mut self.category, &other.category),
            ("priority", &mut self.priority, &other.priority),
            ("team", &mut self.team, &other.team),
        ];
        let taken = places.into_iter().filter_map(|(name, open, offered)| {
            (open.is_none() && offered.is_some()).then(|| {
                open.clone_from(offered);
                name
            })
        });
        taken.collect()
    }
}

/// Why something is suggested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// What is suggested: category, priority or team.
    pub finding: &'static str,
    /// The rule's name.
    pub rule: String,
    /// The rule's own words.
    pub explanation: String,
}

/// All suggestions for one request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Triage {
    /// What is suggested.
    #[serde(flatten)]
    pub suggested: Suggested,
    /// A reason for each suggestion.
    pub reasons: Vec<Reason>,
}

#[derive(Debug)]
struct Rule {
    name: String,
    when: Expression,
    explanation: String,
    suggested: Suggested,
}

/// The rules, in their order.
#[derive(Debug, Default)]
pub struct Rules(Vec<Rule>);

impl Rules {
    /// Compiles rules that see `visible`, or lists every mistake in them.
    pub fn compile(written: Vec<WrittenRule>, visible: &[&str]) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let compiled = written.into_iter().filter_map(|rule| {
            let WrittenRule { name, when, explanation, suggested } = rule;
            if suggested == Suggested::default() {
                problems.push(format!("{name}: suggests no category, priority or team"));
            }
            let when = Expression::compile(&when, visible)
                .map_err(|error: InvalidExpression| {
                    problems.push(format!("{name}: when: `{when}`: {error}"));
                })
                .ok()?;
            Some(Rule { name, when, explanation, suggested })
        });
        let compiled = compiled.collect();
        if problems.is_empty() { Ok(Self(compiled)) } else { Err(problems) }
    }

    /// What they suggest: for each finding the first rule that holds and has something to say.
    pub fn suggest(&self, scope: &Scope) -> Result<Triage, (String, EvaluationError)> {
        let mut triage = Triage::default();
        for Rule { name, when, explanation, suggested } in &self.0 {
            if !when.holds(scope).map_err(|error| (name.clone(), error))? {
                continue;
            }
            let taken = triage.suggested.fill(suggested);
            triage.reasons.extend(taken.into_iter().map(|finding| Reason {
                finding,
                rule: name.clone(),
                explanation: explanation.clone(),
            }));
        }
        Ok(triage)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const VISIBLE: [&str; 2] = ["text", "customer"];

    fn rules(toml: &str) -> Result<Rules, Vec<String>> {
        #[derive(Deserialize)]
        struct Written {
            rules: Vec<WrittenRule>,
        }
        Rules::compile(toml::from_str::<Written>(toml).unwrap().rules, &VISIBLE)
    }

    fn suggest(scope: &Value) -> Value {
        let rules = rules(
            r#"
            [[rules]]
            name = "outage"
            when = "'down' in text"
            explanation = "It speaks of an outage."
            category = "incident"
            priority = "urgent"

            [[rules]]
            name = "gold"
            when = "customer.tier == 'gold'"
            explanation = "A gold customer waits for nobody."
            priority = "high"
            team = "key accounts"
            "#,
        );
        json!(rules.unwrap().suggest(&Scope::new(scope)).unwrap())
    }

    #[test]
    fn each_finding_comes_from_the_first_rule_that_holds() {
        let triage =
            suggest(&json!({ "text": "the site is down", "customer": { "tier": "gold" } }));

        assert_eq!(triage["category"], "incident");
        assert_eq!(triage["priority"], "urgent");
        assert_eq!(triage["team"], "key accounts");
        let reasons = triage["reasons"].as_array().unwrap();
        let rules: Vec<_> = reasons.iter().map(|it| (&it["finding"], &it["rule"])).collect();
        assert_eq!(
            json!(rules),
            json!([["category", "outage"], ["priority", "outage"], ["team", "gold"]])
        );
        assert_eq!(reasons[2]["explanation"], "A gold customer waits for nobody.");
    }

    #[test]
    fn where_no_rule_holds_nothing_is_suggested() {
        let triage = suggest(&json!({ "text": "hello", "customer": null }));

        let nothing = json!({ "category": null, "priority": null, "team": null, "reasons": [] });
        assert_eq!(triage, nothing);
    }

    #[test]
    fn every_mistake_is_reported_at_once() {
        let problems = rules(
            r#"
            [[rules]]
            name = "idle"
            when = "true"
            explanation = "x"

            [[rules]]
            name = "blind"
            when = "mood == 'bad'"
            explanation = "x"
            team = "a"
            "#,
        )
        .unwrap_err();

        insta::assert_snapshot!(problems.join("\n"), @r"
        idle: suggests no category, priority or team
        blind: when: `mood == 'bad'`: there is no `mood` here, only text, customer
        ");
    }
}
