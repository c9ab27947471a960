//! Routes: which events go to which queue, to be met by which reaction. Pure.

pub mod pattern;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use self::pattern::Pattern;
use crate::{
    event::Event,
    reaction::Reaction,
    reactions::{
        anomaly::Anomaly, enrich::Enrich, erase::Erase, escalate::Escalate, journey::Journey,
        trigger_flow::TriggerFlow,
    },
};

/// EventBridge's limit for a pattern.
const PATTERN_CHARS_MAX: usize = 2_048;
/// What SQS takes as a queue's name, with room for the suffix of the dead-letter queue.
const NAME_CHARS_MAX: usize = 40;

/// What of an event its type alone decides.
const KNOWN_OF_A_TYPE: [&str; 2] = ["source", "detail-type"];

/// One route: one rule, one queue, one dead-letter queue, one reaction.
#[derive(Debug, Clone)]
pub struct Route {
    /// Its name in the file.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What is done about the events.
    pub reaction: ReactionName,
    /// Which events, as an EventBridge pattern.
    pub pattern: String,
    /// The same, to be asked without EventBridge.
    matcher: Pattern,
}

/// Which events of a type go a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// All of them.
    Every,
    /// Those that meet further conditions.
    Some,
}

/// The reactions there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReactionName {
    /// [`Anomaly`].
    Anomaly,
    /// [`Enrich`].
    Enrich,
    /// [`Erase`].
    Erase,
    /// [`Escalate`].
    Escalate,
    /// [`Journey`].
    Journey,
    /// [`TriggerFlow`].
    TriggerFlow,
}

impl ReactionName {
    /// The word in routes and dead letters.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Anomaly => Anomaly::NAME,
            Self::Enrich => Enrich::NAME,
            Self::Erase => Erase::NAME,
            Self::Escalate => Escalate::NAME,
            Self::Journey => Journey::NAME,
            Self::TriggerFlow => TriggerFlow::NAME,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    description: String,
    reaction: ReactionName,
    pattern: Map<String, Value>,
}

impl Route {
    /// Whether an event that is put on the bus as from `source` goes this way. Account, region and
    /// the entry's id are EventBridge's to give: here they are not there.
    pub fn takes(&self, event: &Event, source: &str) -> bool {
        let subject = &event.subject;
        self.matcher.matches(&json!({
            "version": "0",
            "source": source,
            "detail-type": event.event_type,
            "time": event.occurred_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "resources": [format!("directus:{}/{}", subject.collection, subject.key)],
            "detail": event,
        }))
    }

    /// Which events of this type, put on the bus as from `source`, go this way; none when no event
    /// of the type does.
    pub fn share(&self, event_type: &str, source: &str) -> Option<Share> {
        let pattern: Map<String, Value> =
            serde_json::from_str(&self.pattern).expect("the pattern was compiled");
        let (known, unknown): (Map<_, _>, Map<_, _>) =
            pattern.into_iter().partition(|(key, _)| KNOWN_OF_A_TYPE.contains(&key.as_str()));
        let event = json!({ "source": source, "detail-type": event_type });
        // EventBridge knows no pattern that demands nothing.
        let takes = known.is_empty()
            || Pattern::compile(&known).expect("a part of a pattern is one").matches(&event);
        takes.then_some(if unknown.is_empty() { Share::Every } else { Share::Some })
    }

    /// The name of its rule and of its queue. The bus is part of it: an account may have several.
    pub fn queue(&self, bus: &str) -> String {
        format!("{bus}-{}", self.name)
    }

    /// The name of its dead-letter queue.
    pub fn dead_letter_queue(&self, bus: &str) -> String {
        format!("{}-dlq", self.queue(bus))
    }
}

/// Reads the text of `routes.json`, or lists every mistake in it.
pub fn compile(text: &str) -> Result<Vec<Route>, Vec<String>> {
    let written: BTreeMap<String, Value> =
        serde_json::from_str(text).map_err(|error| vec![error.to_string()])?;
    let mut problems = Vec::new();
    let mut routes = Vec::new();
    for (name, route) in written {
        match compile_one(&name, route) {
            Ok(route) => routes.push(route),
            Err(problem) => problems.push(format!("{name}: {problem}")),
        }
    }
    if problems.is_empty() { Ok(routes) } else { Err(problems) }
}

fn compile_one(name: &str, route: Value) -> Result<Route, String> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > NAME_CHARS_MAX || !name.chars().all(is_plain) {
        return Err(format!("a name is 1 to {NAME_CHARS_MAX} of a-z, 0-9 and -"));
    }
    let written: Written = serde_json::from_value(route).map_err(|error| error.to_string())?;
    if written.pattern.is_empty() {
        return Err("pattern: without a condition it would take every event".to_owned());
    }
    let matcher =
        Pattern::compile(&written.pattern).map_err(|error| format!("pattern: {error}"))?;
    let pattern = Value::Object(written.pattern).to_string();
    if pattern.chars().count() > PATTERN_CHARS_MAX {
        return Err(format!("pattern: longer than {PATTERN_CHARS_MAX} characters"));
    }
    Ok(Route {
        name: name.to_owned(),
        description: written.description,
        reaction: written.reaction,
        pattern,
        matcher,
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn the_shipped_route_leads_feedback_to_enrichment() {
        let routes = compile(include_str!("../config/routes.json")).unwrap();

        let feedback = routes.iter().find(|route| route.name == "feedback").unwrap();
        assert_eq!(feedback.reaction, ReactionName::Enrich);
        assert_eq!(feedback.queue("event-bridge"), "event-bridge-feedback");
        assert_eq!(feedback.dead_letter_queue("event-bridge"), "event-bridge-feedback-dlq");
        assert_eq!(feedback.pattern, r#"{"detail-type":["feedback.submitted"]}"#);
    }

    #[test]
    fn a_route_takes_the_events_that_its_pattern_names() {
        let submitted = include_str!("../../schemas/examples/valid/feedback.submitted-1.json");
        let event: Event = serde_json::from_str(submitted).unwrap();
        let takes = |pattern: &str| {
            let text = format!(r#"{{ "a": {{ "reaction": "enrich", "pattern": {pattern} }} }}"#);
            compile(&text).unwrap()[0].takes(&event, "directus")
        };

        assert!(takes(r#"{ "detail-type": ["feedback.submitted"], "source": ["directus"] }"#));
        assert!(takes(r#"{ "resources": [{ "prefix": "directus:feedback/" }] }"#));
        assert!(takes(r#"{ "replay-name": [{ "exists": false }] }"#));
        assert!(takes(r#"{ "detail": { "data": { "rating": [{ "numeric": [">", 3] }] } } }"#));
        assert!(!takes(r#"{ "source": ["billing"] }"#));
    }

    #[rstest]
    #[case::named(r#"{"detail-type": ["order.paid"]}"#, Some(Share::Every))]
    #[case::by_its_beginning(r#"{"detail-type": [{"prefix": "order."}]}"#, Some(Share::Every))]
    #[case::by_source(r#"{"source": ["directus"]}"#, Some(Share::Every))]
    #[case::further_conditions(
        r#"{"detail-type": ["order.paid"], "detail": {"data": {"total": [{"numeric": [">", 9]}]}}}"#,
        Some(Share::Some)
    )]
    #[case::one_of_several(
        r#"{"$or": [{"detail-type": ["order.paid"]}, {"source": ["billing"]}]}"#,
        Some(Share::Some)
    )]
    #[case::another_type(r#"{"detail-type": ["order.placed"], "detail": {"version": [1]}}"#, None)]
    #[case::another_source(r#"{"source": ["billing"]}"#, None)]
    fn a_route_tells_which_events_of_a_type_it_takes(
        #[case] pattern: &str,
        #[case] expected: Option<Share>,
    ) {
        let route = format!(r#"{{"a": {{"reaction": "enrich", "pattern": {pattern}}}}}"#);

        let share = compile(&route).unwrap()[0].share("order.paid", "directus");

        assert_eq!(share, expected);
    }

    #[test]
    fn every_mistake_is_reported_at_once() {
        let problems = compile(
            r#"{
                "Feed back": { "reaction": "enrich", "pattern": { "source": ["a"] } },
                "empty": { "reaction": "enrich", "pattern": {} },
                "invalid": { "reaction": "enrich", "pattern": { "source": "a" } },
                "unknown": { "reaction": "dance", "pattern": { "source": ["a"] } }
            }"#,
        )
        .unwrap_err();

        insta::assert_snapshot!(problems.join("\n"), @r"
        Feed back: a name is 1 to 40 of a-z, 0-9 and -
        empty: pattern: without a condition it would take every event
        invalid: pattern: source: is no array of values, and no object
        unknown: unknown variant `dance`, expected one of `anomaly`, `enrich`, `erase`, `escalate`, `journey`, `trigger_flow`
        ");
    }
}
