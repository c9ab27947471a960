//! Judgement of what customers write: pure, without I/O, the same on every run.

pub mod anomaly;
pub mod interest;
pub mod language;
mod lexicon;
pub mod pattern;
pub mod sentiment;
pub mod triage;
mod vader;

use serde::Serialize;

use self::language::Language;
use self::sentiment::{Label, Thresholds};

/// What judges, and which version of it.
pub const ENGINE: &str = "vader-3.3.2";

/// What is written about a text: into its item, and into the event that follows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judgement {
    /// Positive, neutral, negative or unscored.
    pub label: Label,
    /// VADER's compound, -1 to 1; absent when unscored.
    pub score: Option<f64>,
    /// How firmly the text supports the label, 0 to 1 and no probability; absent when unscored.
    pub confidence: Option<f64>,
    /// The language by its code of ISO 639-1, if it is known.
    pub language: Option<String>,
    /// [`ENGINE`].
    pub engine: &'static str,
}

/// Judges a text, unless it is in a language that the rules are not made for.
///
/// Where the language cannot be told, the text counts as English if some word of it means
/// something to VADER, at half the confidence. Else it is unscored rather than neutral: nothing
/// is known of it at all.
pub fn judge(text: &str, stated_language: Option<&str>, thresholds: &Thresholds) -> Judgement {
    let language = language::detect(text, stated_language);
    let trust = match language {
        Language::English | Language::Wordless => 1.0,
        Language::Unknown if sentiment::polarity(text).is_charged() => 0.5,
        Language::Unknown | Language::Other(_) => 0.0,
    };

    let judged = (trust > 0.0)
        .then(|| sentiment::score(text, thresholds))
        .filter(|sentiment| sentiment.label != Label::Unscored);
    Judgement {
        label: judged.map_or(Label::Unscored, |sentiment| sentiment.label),
        score: judged.map(|sentiment| sentiment.score),
        confidence: judged.map(|sentiment| sentiment.confidence * trust),
        language: language.code().map(str::to_owned),
        engine: ENGINE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(text: &str, stated_language: Option<&str>) -> Judgement {
        judge(text, stated_language, &Thresholds::default())
    }

    fn assert_unscored(judgement: &Judgement) {
        assert_eq!(judgement.label, Label::Unscored, "{judgement:?}");
        assert_eq!((judgement.score, judgement.confidence), (None, None));
    }

    #[test]
    fn english_is_scored() {
        let judgement = judged("Thank you, I love it!", None);

        assert_eq!(judgement.label, Label::Positive);
        assert_eq!(judgement.score, Some(0.7901));
        assert!(judgement.confidence.is_some_and(|confidence| confidence > 0.5), "{judgement:?}");
        assert_eq!(judgement.language.as_deref(), Some("en"));
        assert_eq!(judgement.engine, "vader-3.3.2");
    }

    #[test]
    fn another_language_is_unscored_but_named() {
        let judgement = judged("Die Lieferung war eine Katastrophe und niemand hilft mir", None);

        assert_unscored(&judgement);
        assert_eq!(judgement.language.as_deref(), Some("de"));
    }

    #[test]
    fn what_the_item_states_decides() {
        assert_unscored(&judged("Thank you, I love it!", Some("fr")));
        assert_eq!(judged("Terrible experiencia", Some("en")).label, Label::Negative);
    }

    #[test]
    fn emoji_alone_are_scored_in_any_language() {
        let judgement = judged("😢😢", None);

        assert_eq!(judgement.label, Label::Negative);
        assert_eq!(judgement.language, None);
    }

    #[test]
    fn a_text_too_short_to_tell_is_scored_only_by_words_that_are_known() {
        let known = judged("Great app", None);

        assert_eq!(known.label, Label::Positive);
        assert!(known.confidence < judged("Great app", Some("en")).confidence, "{known:?}");
        assert_unscored(&judged("Muy bueno", None));
    }

    #[test]
    fn nothing_written_is_unscored() {
        assert_unscored(&judged("", None));
        assert_unscored(&judged(" \n", Some("en")));
    }

    #[test]
    fn a_judgement_is_plain_json() {
        let json = serde_json::to_value(judged("", None)).unwrap();

        assert_eq!(
            json,
            serde_json::json!({
                "label": "unscored", "score": null, "confidence": null, "language": null,
                "engine": "vader-3.3.2",
            })
        );
    }
}
