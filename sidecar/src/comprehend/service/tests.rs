use std::sync::Mutex;

use aws_sdk_comprehend::{
    error::ErrorMetadata,
    operation::{
        detect_dominant_language::DetectDominantLanguageOutput,
        detect_sentiment::DetectSentimentError,
    },
    types::{DominantLanguage, SentimentScore},
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use rstest::rstest;

use super::{
    testing::{TIMEOUT, comprehend},
    *,
};

const ENGLISH: &str = "The app is what I was looking for.";

fn answer(sentiment: SentimentType) -> DetectSentimentOutput {
    let scores = SentimentScore::builder().positive(0.7).negative(0.1).neutral(0.15).mixed(0.05);
    DetectSentimentOutput::builder().sentiment(sentiment).sentiment_score(scores.build()).build()
}

/// Takes a text for positive if the call says what it should.
fn positive_in(language: &'static str) -> Rule {
    mock!(Client::detect_sentiment)
        .match_requests(move |call| call.language_code().is_some_and(|it| it.as_str() == language))
        .then_output(|| answer(SentimentType::Positive))
}

fn speaks(language: &'static str, score: f32) -> Rule {
    mock!(Client::detect_dominant_language).then_output(move || {
        let told = DominantLanguage::builder().language_code(language).score(score).build();
        DetectDominantLanguageOutput::builder().languages(told).build()
    })
}

fn error(code: &'static str) -> DetectSentimentError {
    DetectSentimentError::generic(ErrorMetadata::builder().code(code).build())
}

#[rstest]
#[case(SentimentType::Positive, Label::Positive, 0.7)]
#[case(SentimentType::Negative, Label::Negative, 0.1)]
#[case(SentimentType::Neutral, Label::Neutral, 0.15)]
#[case(SentimentType::Mixed, Label::Neutral, 0.05)]
#[tokio::test]
async fn an_answer_becomes_a_judgement(
    #[case] sentiment: SentimentType,
    #[case] label: Label,
    #[case] confidence: f64,
) {
    let rule = mock!(Client::detect_sentiment)
        .match_requests(|call| call.text() == Some(ENGLISH))
        .then_output(move || answer(sentiment.clone()));
    let comprehend = comprehend(mock_client!(aws_sdk_comprehend, [&rule]));

    let judgement = comprehend.judge(ENGLISH, None).await.unwrap();

    let (score, confidence) = (Some(0.6), Some(confidence));
    let language = Some("en".to_owned());
    assert_eq!(judgement, Judgement { label, score, confidence, language, engine: ENGINE });
}

#[tokio::test]
async fn a_text_is_judged_in_its_own_language() {
    let german = positive_in("de");
    let comprehend = comprehend(mock_client!(aws_sdk_comprehend, [&german]));

    let judgement = comprehend.judge("Das ist genau die App, die ich gesucht habe.", None).await;

    assert_eq!(judgement.unwrap().language.as_deref(), Some("de"));
}

#[tokio::test]
async fn a_language_that_comprehend_does_not_know_is_named_and_not_asked_about() {
    let never = positive_in("en");
    let comprehend = comprehend(mock_client!(aws_sdk_comprehend, [&never]));

    let judgement = comprehend.judge(ENGLISH, Some("fi")).await.unwrap();

    assert_eq!((judgement.label, judgement.language.as_deref()), (Label::Unscored, Some("fi")));
    assert_eq!(never.num_calls(), 0);
}

#[rstest]
#[case::sure(0.9, Label::Positive, Some("es"))]
#[case::unsure(0.4, Label::Unscored, None)]
#[tokio::test]
async fn comprehend_tells_the_language_of_what_is_too_short_to_tell(
    #[case] score: f32,
    #[case] label: Label,
    #[case] language: Option<&str>,
) {
    let (spanish, positive) = (speaks("es", score), positive_in("es"));
    let client = mock_client!(aws_sdk_comprehend, RuleMode::MatchAny, [&spanish, &positive]);

    let judgement = comprehend(client).judge("Muy bueno", None).await.unwrap();

    assert_eq!((judgement.label, judgement.language.as_deref()), (label, language));
}

#[rstest]
#[case::nothing("")]
#[case::blank(" \n")]
#[tokio::test]
async fn nothing_written_is_unscored_and_not_asked_about(#[case] text: &str) {
    let never = positive_in("en");

    let judgement =
        comprehend(mock_client!(aws_sdk_comprehend, [&never])).judge(text, Some("en")).await;

    assert_eq!(judgement.unwrap().label, Label::Unscored);
    assert_eq!(never.num_calls(), 0);
}

#[tokio::test]
async fn a_text_is_cut_between_characters_to_what_a_call_takes() {
    let lengths = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&lengths);
    let rule = mock!(Client::detect_sentiment)
        .match_requests(move |call| {
            seen.lock().unwrap().extend(call.text().map(str::len));
            true
        })
        .then_output(|| answer(SentimentType::Positive));
    let long = format!("a{}", "ö".repeat(TEXT_BYTES_MAX));

    comprehend(mock_client!(aws_sdk_comprehend, [&rule])).judge(&long, Some("en")).await.unwrap();

    assert_eq!(lengths.lock().unwrap().first(), Some(&(TEXT_BYTES_MAX - 1)));
}

#[tokio::test(start_paused = true)]
async fn a_throttled_text_is_judged_a_little_later() {
    let throttled = mock!(Client::detect_sentiment)
        .sequence()
        .error(|| error("ThrottlingException"))
        .times(2)
        .output(|| answer(SentimentType::Positive))
        .build();

    let judgement =
        comprehend(mock_client!(aws_sdk_comprehend, [&throttled])).judge(ENGLISH, None).await;

    assert_eq!(judgement.unwrap().label, Label::Positive);
    assert_eq!(throttled.num_calls(), 3);
}

#[rstest]
#[case::throttled("ThrottlingException", 3)]
#[case::failed("InternalServerException", 3)]
#[case::forbidden_until_an_operator_mends_it("AccessDeniedException", 3)]
#[case::refused("InvalidRequestException", 1)]
#[case::too_long("TextSizeLimitExceededException", 1)]
#[case::unknown_language("UnsupportedLanguageException", 1)]
#[tokio::test(start_paused = true)]
async fn only_what_may_pass_later_is_tried_again(#[case] code: &'static str, #[case] calls: usize) {
    let failing = mock!(Client::detect_sentiment).then_error(move || error(code));
    let client = mock_client!(aws_sdk_comprehend, RuleMode::MatchAny, [&failing], |config| {
        bounded(config, TIMEOUT)
    });

    let failure = comprehend(client).judge(ENGLISH, None).await.unwrap_err();

    assert_eq!(failing.num_calls(), calls);
    assert_eq!(failure.is_transient(), calls > 1, "{failure:?}");
}

#[tokio::test]
async fn an_answer_without_scores_is_no_answer() {
    let bare = mock!(Client::detect_sentiment).then_output(|| {
        DetectSentimentOutput::builder().sentiment(SentimentType::Positive).build()
    });
    let client = mock_client!(aws_sdk_comprehend, RuleMode::MatchAny, [&bare]);

    let failure = comprehend(client).judge(ENGLISH, None).await.unwrap_err();

    assert!(failure.is_transient(), "{failure:?}");
}
