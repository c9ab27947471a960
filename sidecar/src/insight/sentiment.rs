//! Whether an English text speaks well or ill, and how sure that is.
//!
//! The scores are those of VADER 3.3.2; the label and the confidence are ours.

use serde::{Deserialize, Serialize};

use super::vader;
pub use super::vader::Polarity;

/// Longest text that is read, in bytes; what follows is not judged.
pub const TEXT_BYTES_MAX: usize = 10 * 1024;

/// From where on a text counts as good or bad.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// Lowest compound of a positive text, 0 to 1.
    pub positive: f64,
    /// Highest compound of a negative text, -1 to 0.
    pub negative: f64,
}

impl Default for Thresholds {
    /// Those that VADER's authors recommend.
    fn default() -> Self {
        Self { positive: 0.05, negative: -0.05 }
    }
}

/// What a text is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Label {
    /// Speaks well.
    Positive,
    /// Speaks neither well nor ill, or as much of the one as of the other.
    Neutral,
    /// Speaks ill.
    Negative,
    /// Could not be judged: no words, or not English.
    Unscored,
}

impl Label {
    /// The label as it is written into events and fields.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Positive => "positive",
            Self::Neutral => "neutral",
            Self::Negative => "negative",
            Self::Unscored => "unscored",
        }
    }
}

/// A text's label, and the figures behind it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Sentiment {
    /// The label by the thresholds.
    pub label: Label,
    /// The compound, -1 to 1.
    pub score: f64,
    /// How firmly the text supports its label, 0 to 1. Not a probability: see [`score`].
    pub confidence: f64,
}

/// Reads the polarity of an English text. Knows nothing of languages: see [`super::judge`].
pub fn polarity(text: &str) -> Polarity {
    vader::polarity(&text[..text.floor_char_boundary(TEXT_BYTES_MAX)])
}

/// Labels an English text; one without words is `Unscored`.
///
/// The confidence ranks texts, so that people can look at the doubtful ones first. It is made of
/// - `margin`: how far the compound is from the nearest threshold, as a share of how far it could
///   be under this label. On the threshold it is 0;
/// - `charged`: the share of the text that is good or bad, `1 - neutral`.
///
/// For a positive or negative label it is `margin * (1 + charged) / 2`: one strong word in a long
/// text convinces half as much as a text that is nothing else.
/// For a neutral label it is `margin * (1 - charged) / 2`, at most one half, because VADER calls
/// neutral what it knows no word of, and also what praises and blames in equal parts.
pub fn score(text: &str, thresholds: &Thresholds) -> Sentiment {
    let polarity = polarity(text);
    if polarity == Polarity::default() {
        return Sentiment { label: Label::Unscored, score: 0.0, confidence: 0.0 };
    }

    let Thresholds { positive, negative } = *thresholds;
    let compound = polarity.compound;
    let charged = 1.0 - polarity.neutral;
    let (label, confidence) = if compound >= positive {
        (Label::Positive, share(compound - positive, 1.0 - positive) * (1.0 + charged) / 2.0)
    } else if compound <= negative {
        (Label::Negative, share(negative - compound, negative + 1.0) * (1.0 + charged) / 2.0)
    } else {
        let room = (positive - compound).min(compound - negative);
        (Label::Neutral, share(room, (positive - negative) / 2.0) * (1.0 - charged) / 2.0)
    };

    Sentiment { label, score: compound, confidence: (confidence * 1e4).round() / 1e4 }
}

/// `part` of `whole` within 0..1; thresholds at the end of the scale leave no room at all.
fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole).clamp(0.0, 1.0) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(text: &str) -> Sentiment {
        score(text, &Thresholds::default())
    }

    #[test]
    fn the_thresholds_decide_the_label() {
        // Its compound is 0.4404.
        let label = |positive, negative| score("good", &Thresholds { positive, negative }).label;

        assert_eq!(label(0.4404, -0.05), Label::Positive, "the threshold itself is positive");
        assert_eq!(label(0.4405, -0.05), Label::Neutral);
        assert_eq!(scored("bad").label, Label::Negative);
        assert_eq!(scored("The invoice is attached.").label, Label::Neutral);
    }

    #[test]
    fn a_text_without_words_is_unscored() {
        for text in ["", "   ", "\n\t"] {
            assert_eq!(scored(text).label, Label::Unscored, "{text:?}");
        }
        assert_eq!(scored("?").label, Label::Neutral);
    }

    #[test]
    fn confidence_grows_with_the_distance_from_the_threshold() {
        let [weak, strong] = ["good", "superb"].map(|text| scored(text).confidence);

        assert!(0.0 < weak && weak < strong && strong < 1.0, "{weak} {strong}");
    }

    #[test]
    fn confidence_is_zero_on_the_threshold() {
        let thresholds = Thresholds { positive: 0.4404, negative: -0.05 };

        assert!(score("good", &thresholds).confidence.abs() < 1e-9);
    }

    #[test]
    fn one_charged_word_among_many_convinces_less_than_alone() {
        let among = scored("this is what the people over there call a good table lamp");
        let alone = scored("good");

        assert!((among.score - alone.score).abs() < 1e-9, "the same compound");
        assert!(among.confidence < alone.confidence, "{among:?} {alone:?}");
    }

    #[test]
    fn neutral_is_never_more_than_half_sure_and_less_so_when_praise_and_blame_are_equal() {
        let silent = scored("The invoice is attached.");
        let torn = scored("nice, dreadful");

        assert_eq!((silent.label, torn.label), (Label::Neutral, Label::Neutral), "{torn:?}");
        assert!((silent.confidence - 0.5).abs() < 1e-9, "{silent:?}");
        assert!(torn.confidence < 0.25, "{torn:?}");
    }

    #[test]
    fn confidence_stays_within_bounds_whatever_the_thresholds() {
        let thresholds = [(0.0, 0.0), (1.0, -1.0), (0.05, -1.0), (1.0, 0.0), (-1.0, 1.0)];
        for (positive, negative) in thresholds {
            for text in ["good", "bad", "table", &"great ".repeat(500), &"awful ".repeat(500)] {
                let sentiment = score(text, &Thresholds { positive, negative });

                assert!((0.0..=1.0).contains(&sentiment.confidence), "{sentiment:?}");
            }
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let long = format!("good {}", "ö".repeat(TEXT_BYTES_MAX));

        assert_eq!(scored(&long).label, Label::Positive);
        assert_eq!(scored(&format!("{} good", "ö".repeat(TEXT_BYTES_MAX))).label, Label::Neutral);
    }

    #[test]
    fn labels_are_lower_case_words() {
        for label in [Label::Positive, Label::Neutral, Label::Negative, Label::Unscored] {
            assert_eq!(serde_json::to_value(label).unwrap(), label.as_str());
        }
    }

    #[test]
    fn thresholds_that_are_left_out_are_the_recommended_ones() {
        let thresholds: Thresholds = serde_json::from_str(r#"{"negative": -0.3}"#).unwrap();

        assert_eq!(thresholds, Thresholds { positive: 0.05, negative: -0.3 });
        assert!(serde_json::from_str::<Thresholds>(r#"{"neutral": 0}"#).is_err());
    }
}
