//! Judges what customers wrote: sentiment, confidence and language, written back to the item.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    delivery::{DeliveryError, RefusalCode},
    directus::effects::Effect,
    event::{Event, EventType},
    expression::{Expression, Scope},
    insight::{self, Judgement, sentiment::Thresholds},
    reaction::{Context, Reacted, Reaction},
};

/// `[enrich.<route>]` in `reactions.toml`, as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrichSettings {
    /// Expression over the event: the text to judge.
    pub text: String,
    /// Expression over the event: the language, when the producer knows it.
    pub language: Option<String>,
    /// The type of the event that tells the result.
    pub announce: EventType,
    /// From which compound score on a text counts as positive or negative.
    #[serde(default)]
    pub thresholds: Thresholds,
    /// Which field of the item takes which finding. A finding without a field is not written.
    pub fields: BTreeMap<Finding, String>,
}

/// What enrichment finds out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// positive, neutral, negative or unscored.
    Label,
    /// −1 to 1.
    Score,
    /// 0 to 1.
    Confidence,
    /// ISO 639-1.
    Language,
}

/// The compiled reaction.
#[derive(Debug)]
pub struct Enrich {
    text: Expression,
    language: Option<Expression>,
    announce: EventType,
    thresholds: Thresholds,
    fields: BTreeMap<Finding, String>,
}

impl Enrich {
    /// Compiles the settings, or lists every mistake in them.
    pub fn compile(settings: EnrichSettings) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let mut expression = |name: &str, source: &str| {
            Expression::compile(source, &Event::FIELDS)
                .map_err(|error| problems.push(format!("{name}: `{source}`: {error}")))
                .ok()
        };
        let text = expression("text", &settings.text);
        let language = settings.language.and_then(|source| expression("language", &source));
        let Thresholds { positive, negative } = settings.thresholds;
        if !(0.0..=1.0).contains(&positive) || !(-1.0..=0.0).contains(&negative) {
            problems.push("thresholds: positive is 0 to 1, negative is -1 to 0".to_owned());
        }
        match text {
            Some(text) if problems.is_empty() => Ok(Self {
                text,
                language,
                announce: settings.announce,
                thresholds: settings.thresholds,
                fields: settings.fields,
            }),
            _ => Err(problems),
        }
    }

    fn judge(&self, event: &Event) -> Result<Judgement, DeliveryError> {
        let scope = Scope::new(event);
        let text = |expression: &Expression| match expression.value(&scope) {
            Ok(Value::String(text)) => Ok(Some(text)),
            Ok(Value::Null) => Ok(None),
            Ok(_) => Err(refused(expression, "is no text")),
            Err(error) => Err(refused(expression, &error.to_string())),
        };
        let written = text(&self.text)?.unwrap_or_default();
        let stated = self.language.as_ref().map(text).transpose()?.flatten();
        Ok(insight::judge(&written, stated.as_deref(), &self.thresholds))
    }

    fn fields(&self, judgement: &Judgement) -> Map<String, Value> {
        self.fields
            .iter()
            .map(|(finding, field)| {
                let value = match finding {
                    Finding::Label => json!(judgement.label),
                    Finding::Score => json!(judgement.score),
                    Finding::Confidence => json!(judgement.confidence),
                    Finding::Language => json!(judgement.language),
                };
                (field.clone(), value)
            })
            .collect()
    }
}

fn refused(expression: &Expression, reason: &str) -> DeliveryError {
    DeliveryError::refused(RefusalCode::Mapping, format!("`{}` {reason}", expression.source()))
}

impl Reaction for Enrich {
    const NAME: &str = "enrich";
    const NEWEST_WINS: bool = true;
    const REBUILDS: bool = true;

    fn announces(&self) -> Vec<&EventType> {
        vec![&self.announce]
    }

    async fn react(&self, event: &Event, context: &Context) -> Result<Reacted, DeliveryError> {
        let judgement = self.judge(event)?;
        let effect = Effect::update(event, Self::NAME, self.fields(&judgement));
        let Value::Object(data) = json!({
            "feedbackId": event.subject.key,
            "label": judgement.label,
            "score": judgement.score,
            "confidence": judgement.confidence,
            "language": judgement.language,
            "engine": judgement.engine,
        }) else {
            unreachable!("the literal above is an object")
        };
        let announced = event.derive(Self::NAME, self.announce.clone(), data, context.now);
        Ok(Reacted { effects: vec![effect], events: vec![announced] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Reactions, reaction::testing::context};

    fn feedback(text: &str, language: Option<&str>) -> Event {
        let golden = include_str!("../../../schemas/examples/valid/feedback.submitted-1.json");
        let mut event: Event = serde_json::from_str(golden).unwrap();
        event.data.insert("text".to_owned(), json!(text));
        event.data.insert("language".to_owned(), json!(language));
        event
    }

    async fn react(event: &Event) -> Reacted {
        let shipped = include_str!("../../config/reactions.toml");
        let reactions = Reactions::compile(shipped).unwrap();
        reactions.of("feedback").react(event, &context()).await.unwrap()
    }

    #[test]
    fn every_mistake_is_reported_at_once() {
        let mistakes = r#"
            [enrich.feedback]
            text = "data."
            language = "=="
            announce = "feedback.judged"
            thresholds = { positive = -0.5, negative = 0.0 }
            fields = {}
        "#;

        let problems = Reactions::compile(mistakes).unwrap_err();

        let places: Vec<_> =
            problems.iter().map(|problem| problem.split(": ").nth(1).unwrap()).collect();
        assert_eq!(places, ["text", "language", "thresholds"], "{problems:?}");
    }

    #[tokio::test]
    async fn a_happy_feedback_is_marked_positive() {
        let event = feedback("I love it, the best support I ever had!", None);

        let reacted = react(&event).await;

        let [effect] = reacted.effects.as_slice() else { panic!("one effect: {reacted:?}") };
        assert_eq!(effect.subject(), &event.subject);
        assert_eq!(effect.data()["sentiment"], "positive");
        assert_eq!(effect.data()["detected_language"], "en");
        let [announced] = reacted.events.as_slice() else { panic!("one event: {reacted:?}") };
        assert_eq!(announced.event_type.as_str(), "feedback.sentiment.calculated");
        assert_eq!(announced.causation_id, Some(event.event_id));
        assert_eq!(announced.data["label"], "positive");
    }

    #[tokio::test]
    async fn another_language_is_marked_and_not_scored() {
        let event = feedback("Die App stürzt ständig ab, das ist sehr ärgerlich.", None);

        let reacted = react(&event).await;

        let data = reacted.effects[0].data();
        assert_eq!(data["sentiment"], "unscored");
        assert_eq!(data["sentiment_score"], Value::Null);
        assert_eq!(data["detected_language"], "de");
    }

    #[tokio::test]
    async fn reacting_twice_names_everything_alike() {
        let event = feedback("It broke.", None);

        let (first, second) = (react(&event).await, react(&event).await);

        assert_eq!(first.effects, second.effects);
        assert_eq!(first.events, second.events);
    }
}
