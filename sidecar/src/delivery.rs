//! What a failed attempt means for what comes next.

use std::{error::Error, fmt, time::Duration};

use serde::Serialize;

/// The most of a detail that a refusal keeps.
pub const DETAIL_BYTES_MAX: usize = 2_000;
/// The most of a place that a refusal keeps.
pub const PATH_BYTES_MAX: usize = 300;

/// Evidence of any kind.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// A failed attempt. The variant is the decision; the source is the evidence.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The far side may accept the same bytes later.
    #[error("delivery failed for now")]
    Transient(#[source] BoxError),
    /// The far side will never accept these bytes.
    #[error("delivery refused")]
    Permanent(#[source] Refusal),
}

impl DeliveryError {
    /// What a dead letter keeps of it, in full. Not for a log.
    pub fn words(&self) -> String {
        let quoted = self.source().and_then(|evidence| evidence.downcast_ref::<Quoted>());
        quoted.map_or_else(|| chain(self), |quoted| quoted.words.clone())
    }

    /// Whether another attempt makes sense.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Transient(_))
    }

    /// Whether another attempt makes sense at once. What has to be mended, or what asks for time,
    /// only loses by it.
    pub fn may_pass_soon(&self) -> bool {
        self.is_transient() && self.hindrance().is_none()
    }

    /// What is in the way of more than this attempt.
    pub fn hindrance(&self) -> Option<&Hindrance> {
        match self {
            Self::Transient(evidence) => evidence.downcast_ref(),
            Self::Permanent(_) => None,
        }
    }

    /// The same failure for another part of the batch that failed as a whole.
    #[must_use]
    pub fn spread(&self) -> Self {
        match self {
            Self::Transient(evidence) => Self::Transient(match self.hindrance() {
                Some(hindrance) => Box::new(hindrance.clone()),
                None => chain(&**evidence).into(),
            }),
            Self::Permanent(refusal) => Self::Permanent(refusal.clone()),
        }
    }

    /// A permanent failure with its reason.
    pub fn refused(code: RefusalCode, detail: impl Into<String>) -> Self {
        Self::Permanent(Refusal::new(code, detail))
    }
}

/// Evidence that the far side is in no state to take this, and that asking again soon is no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Hindrance {
    /// What may be logged.
    pub reason: String,
    /// When it may be over.
    pub until: Until,
}

/// When a [`Hindrance`] may be over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// An operator has to mend something.
    Mended,
    /// The far side asked for so much time.
    Rested(Duration),
}

impl From<Hindrance> for DeliveryError {
    fn from(hindrance: Hindrance) -> Self {
        Self::Transient(Box::new(hindrance))
    }
}

/// Evidence in the far side's own words, which may quote the payload: a log gets the summary, a dead
/// letter the words.
#[derive(Debug, thiserror::Error)]
#[error("{summary}")]
pub struct Quoted {
    /// What may be logged.
    pub summary: String,
    /// What was said.
    pub words: String,
}

/// Why something can never be delivered: what the outbox row and the dead letter keep.
///
/// Only `code` and `path` are logged: they name rules and places, while the words of an expression's
/// error may quote a value. The detail is kept beside the payload that it speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The class of the reason.
    pub code: RefusalCode,
    /// The reason, for a person.
    pub detail: String,
    /// The place in the event or the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

impl Refusal {
    /// A refusal of the whole. A detail that is too long is cut: a parser's error may quote all
    /// that it was given.
    pub fn new(code: RefusalCode, detail: impl Into<String>) -> Self {
        Self { code, detail: cut(detail.into(), DETAIL_BYTES_MAX), path: None }
    }

    /// The same refusal, with its place named.
    #[must_use]
    pub fn at(self, path: impl Into<String>) -> Self {
        Self { path: Some(cut(path.into(), PATH_BYTES_MAX)), ..self }
    }
}

impl Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code, self.detail)?;
        match &self.path {
            Some(path) => write!(formatter, " (at {path})"),
            None => Ok(()),
        }
    }
}

/// The classes of reasons, as they appear in verdicts, dead letters and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// The bytes are not what they claim to be.
    Undecodable,
    /// The event breaks the contract of its type.
    Contract,
    /// The sender may not say this.
    Forbidden,
    /// An expression of the mapping failed on this change.
    Mapping,
    /// Larger than EventBridge takes.
    TooLarge,
    /// EventBridge refused the entry for good.
    Bus,
    /// Directus refused the effect for good.
    Directus,
    /// The Flow refused the event for good.
    Flow,
    /// Amazon Comprehend refused the text for good.
    Comprehend,
    /// It failed for a passing reason, as often as it may.
    Exhausted,
}

impl RefusalCode {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Undecodable => "undecodable",
            Self::Contract => "contract",
            Self::Forbidden => "forbidden",
            Self::Mapping => "mapping",
            Self::TooLarge => "too_large",
            Self::Bus => "bus",
            Self::Directus => "directus",
            Self::Flow => "flow",
            Self::Comprehend => "comprehend",
            Self::Exhausted => "exhausted",
        }
    }
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// At most `bytes_max` of a text, whole characters, with a mark where something is missing.
fn cut(mut text: String, bytes_max: usize) -> String {
    const MARK: char = '…';
    if text.len() > bytes_max {
        text.truncate(text.floor_char_boundary(bytes_max - MARK.len_utf8()));
        text.push(MARK);
    }
    text
}

/// The whole chain of causes on one line, for a log.
pub fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_quotes_no_more_than_its_bound() {
        let long = "ä".repeat(DETAIL_BYTES_MAX);

        let refusal = Refusal::new(RefusalCode::Undecodable, long.clone()).at(long);

        assert!(refusal.detail.len() <= DETAIL_BYTES_MAX && refusal.detail.ends_with("ä…"));
        assert!(refusal.path.unwrap().len() <= PATH_BYTES_MAX);
        assert_eq!(Refusal::new(RefusalCode::Undecodable, "short").detail, "short");
    }

    #[test]
    fn a_log_gets_the_summary_and_a_dead_letter_the_words() {
        let quoted = Quoted { summary: "answers 500".into(), words: "no mail to ada".into() };
        let error = DeliveryError::Transient(Box::new(quoted));

        assert_eq!(chain(&error), "delivery failed for now: answers 500");
        assert_eq!(error.words(), "no mail to ada");
        assert_eq!(
            DeliveryError::Transient("gone".into()).words(),
            "delivery failed for now: gone"
        );
    }

    #[test]
    fn a_failure_that_is_spread_says_the_same_to_each() {
        let transient = DeliveryError::Transient("Directus answers 503".into());
        let permanent = DeliveryError::refused(RefusalCode::Directus, "Directus answers 400");

        assert_eq!(chain(&transient.spread()), "delivery failed for now: Directus answers 503");
        assert_eq!(chain(&permanent.spread()), "delivery refused: directus: Directus answers 400");
    }

    #[test]
    fn a_hindrance_is_one_for_each_that_it_is_spread_to() {
        let suspended = Hindrance { reason: "suspended".into(), until: Until::Mended };
        let error = DeliveryError::from(suspended.clone()).spread();

        assert_eq!(error.hindrance(), Some(&suspended));
        assert!(error.is_transient() && !error.may_pass_soon());
        assert!(DeliveryError::Transient("reset".into()).may_pass_soon());
    }
}
