//! Amazon Comprehend, as far as this crate uses it. No type of its SDK leaves this file and its
//! tests.

use std::{sync::Arc, time::Duration};

use aws_config::{SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_comprehend::{
    Client,
    config::Builder,
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
    operation::detect_sentiment::DetectSentimentOutput,
    types::{LanguageCode, SentimentType},
};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::ComprehendLimits;
use crate::{
    delivery::{DeliveryError, RefusalCode},
    insight::{
        Judgement,
        language::{self, Language},
        sentiment::Label,
    },
    retry::{RetryPolicy, retry},
};

/// What judges. AWS changes its models without giving them versions.
const ENGINE: &str = "amazon-comprehend";
/// The longest text that a call takes; what follows is not judged.
const TEXT_BYTES_MAX: usize = 5_000;
/// A language that Comprehend is no surer of counts as not told.
const LANGUAGE_SCORE_MIN: f32 = 0.5;
/// What no later call with the same text will change. Access is not among them: an operator mends
/// it, and then the same call passes.
const REFUSALS: [&str; 3] =
    ["InvalidRequestException", "TextSizeLimitExceededException", "UnsupportedLanguageException"];

/// Judges texts, so many at once.
#[derive(Debug, Clone)]
pub struct Comprehend {
    client: Client,
    slots: Arc<Semaphore>,
    retry: RetryPolicy,
    shutdown: CancellationToken,
}

impl Comprehend {
    /// As AWS' own variables, files and roles describe it. Calls nobody.
    pub fn connect(
        aws: &SdkConfig,
        limits: ComprehendLimits,
        shutdown: &CancellationToken,
    ) -> Option<Self> {
        let config = bounded(Builder::from(aws), limits.timeout).build();
        Some(Self::over(Client::from_conf(config), limits, shutdown.clone()))
    }

    fn over(client: Client, limits: ComprehendLimits, shutdown: CancellationToken) -> Self {
        let slots = Arc::new(Semaphore::new(limits.texts_in_flight_max.get()));
        Self { client, slots, retry: limits.retry, shutdown }
    }

    /// Judges a text in a language that Comprehend knows; any other is unscored, but named.
    ///
    /// The label is Comprehend's own, with `MIXED` as neutral. The score is how much more it takes
    /// the text for positive than for negative, -1 to 1; the confidence is its score of the label.
    pub async fn judge(
        &self,
        text: &str,
        stated_language: Option<&str>,
    ) -> Result<Judgement, DeliveryError> {
        let text = &text[..text.floor_char_boundary(TEXT_BYTES_MAX)];
        if text.trim().is_empty() {
            return Ok(unscored(None));
        }
        // Kept during retries: who is throttled asks for less, and does not let others ask instead.
        let _slot = self.slots.acquire().await.expect("nobody closes it");
        let language = match language::detect(text, stated_language) {
            // Digits and emoji are read alike everywhere.
            Language::English | Language::Wordless => Some("en".to_owned()),
            Language::Other(Some(code)) => Some(code.into_owned()),
            Language::Other(None) | Language::Unknown => {
                self.persist(|| self.dominant_language(text)).await?
            }
        };
        let known = language.as_deref().and_then(|code| LanguageCode::try_parse(code).ok());
        let Some(known) = known else { return Ok(unscored(language)) };
        let answer = self.persist(|| self.sentiment(text, known.clone())).await?;
        judgement(&answer, language)
    }

    async fn persist<T, Attempt>(
        &self,
        attempt: impl FnMut() -> Attempt,
    ) -> Result<T, DeliveryError>
    where
        Attempt: Future<Output = Result<T, DeliveryError>>,
    {
        retry(self.retry, &self.shutdown, attempt).await
    }

    async fn sentiment(
        &self,
        text: &str,
        language: LanguageCode,
    ) -> Result<DetectSentimentOutput, DeliveryError> {
        let call = self.client.detect_sentiment().text(text).language_code(language);
        call.send().await.map_err(failure)
    }

    async fn dominant_language(&self, text: &str) -> Result<Option<String>, DeliveryError> {
        let call = self.client.detect_dominant_language().text(text);
        let answer = call.send().await.map_err(failure)?;
        // More than one half: only one language can be it.
        let told = answer.languages().iter().find(|it| it.score() > Some(LANGUAGE_SCORE_MIN));
        Ok(told.and_then(|language| language.language_code()).map(str::to_owned))
    }
}

/// One attempt per call, and not for ever: retries beneath ours would multiply with them.
fn bounded(config: Builder, timeout: Duration) -> Builder {
    config
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().operation_timeout(timeout).build())
}

fn judgement(
    answer: &DetectSentimentOutput,
    language: Option<String>,
) -> Result<Judgement, DeliveryError> {
    let incomplete = || DeliveryError::Transient("Comprehend's answer is incomplete".into());
    let scores = answer.sentiment_score().ok_or_else(incomplete)?;
    let (label, confidence) = match answer.sentiment().ok_or_else(incomplete)? {
        SentimentType::Positive => (Label::Positive, scores.positive()),
        SentimentType::Negative => (Label::Negative, scores.negative()),
        SentimentType::Neutral => (Label::Neutral, scores.neutral()),
        SentimentType::Mixed => (Label::Neutral, scores.mixed()),
        // A word that this version of the SDK has not heard of.
        _ => return Ok(unscored(language)),
    };
    let confidence = confidence.ok_or_else(incomplete)?;
    let score = scores.positive().zip(scores.negative()).ok_or_else(incomplete)?;
    Ok(Judgement {
        label,
        score: Some(rounded(f64::from(score.0) - f64::from(score.1))),
        confidence: Some(rounded(f64::from(confidence))),
        language,
        engine: ENGINE,
    })
}

fn unscored(language: Option<String>) -> Judgement {
    Judgement { label: Label::Unscored, score: None, confidence: None, language, engine: ENGINE }
}

/// To as many digits as VADER's.
fn rounded(score: f64) -> f64 {
    (score * 1e4).round() / 1e4
}

fn failure<E, R>(error: SdkError<E, R>) -> DeliveryError
where
    SdkError<E, R>: ProvideErrorMetadata + std::error::Error,
{
    let code = error.code().filter(|code| REFUSALS.contains(code));
    match code.map(str::to_owned) {
        Some(code) => DeliveryError::refused(RefusalCode::Comprehend, code),
        None => DeliveryError::Transient(DisplayErrorContext(error).to_string().into()),
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use std::num::{NonZeroU32, NonZeroUsize};

    use aws_sdk_comprehend::{
        error::ErrorMetadata, operation::detect_sentiment::DetectSentimentError,
    };
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    use super::*;

    pub(super) const TIMEOUT: Duration = Duration::from_secs(2);

    /// A Comprehend whose SDK client answers by rule.
    pub(crate) fn comprehend(client: Client) -> Comprehend {
        let retry = RetryPolicy {
            delay_min: Duration::from_millis(200),
            delay_max: Duration::from_secs(2),
            attempts_max: const { NonZeroU32::new(3).unwrap() },
        };
        let limits =
            ComprehendLimits { texts_in_flight_max: NonZeroUsize::MIN, timeout: TIMEOUT, retry };
        Comprehend::over(client, limits, CancellationToken::new())
    }

    /// A Comprehend that fails each time with this code.
    pub(crate) fn failing(code: &'static str) -> Comprehend {
        let failing = mock!(Client::detect_sentiment).then_error(move || {
            DetectSentimentError::generic(ErrorMetadata::builder().code(code).build())
        });
        comprehend(mock_client!(aws_sdk_comprehend, RuleMode::MatchAny, [&failing]))
    }
}

#[cfg(test)]
mod tests;
