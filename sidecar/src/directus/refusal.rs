//! What it means that Directus refuses a request, or one effect of it: whether the same can pass
//! later, and what has to happen before.

use std::time::Duration;

use reqwest::{Response, StatusCode, header::RETRY_AFTER};
use serde::Deserialize;

use crate::delivery::{DeliveryError, Hindrance, RefusalCode, Until};

/// The most of an answer that is read for its code.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// The longest that Directus may send everybody away for: it may be back sooner than it thought.
const REST_MAX: Duration = Duration::from_mins(1);

#[derive(Deserialize)]
struct Answer {
    errors: Vec<Told>,
}

#[derive(Deserialize)]
struct Told {
    extensions: Extensions,
}

#[derive(Deserialize)]
struct Extensions {
    code: String,
}

/// What the refusal of a whole request means.
pub(super) async fn of(response: Response) -> DeliveryError {
    let status = response.status();
    let rest =
        response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let code = code(response).await;
    meaning(status, code.as_deref(), rest.map(Duration::from_secs))
}

/// Only a request that is wrong in itself is refused for good; Directus answers 400, not 413, to a
/// body beyond its limit. A missing extension or permission may be there when it is asked again.
fn meaning(status: StatusCode, code: Option<&str>, rest: Option<Duration>) -> DeliveryError {
    let reason = match code {
        Some(code) => format!("Directus answers {status}, {code}"),
        None => format!("Directus answers {status}"),
    };
    if status == StatusCode::UNAUTHORIZED || code.is_some_and(concerns_everything) {
        return Hindrance { reason, until: Until::Mended }.into();
    }
    match status {
        StatusCode::BAD_REQUEST
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::UNSUPPORTED_MEDIA_TYPE
        | StatusCode::UNPROCESSABLE_ENTITY => DeliveryError::refused(RefusalCode::Directus, reason),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => match rest {
            // Without a time, or with none to wait, the usual backoff knows better.
            None | Some(Duration::ZERO) => DeliveryError::Transient(reason.into()),
            Some(rest) => Hindrance { reason, until: Until::Rested(rest.min(REST_MAX)) }.into(),
        },
        _ => DeliveryError::Transient(reason.into()),
    }
}

/// Whether an effect that Directus may take later has to wait for an admin.
pub(super) fn waits_for_admin(code: &str) -> bool {
    concerns_everything(code) || code == "COLLECTION_INACTIVE"
}

/// The codes of an account that may do nothing, and of a licence that allows no more.
fn concerns_everything(code: &str) -> bool {
    matches!(
        code,
        "INVALID_CREDENTIALS"
            | "INVALID_TOKEN"
            | "TOKEN_EXPIRED"
            | "USER_SUSPENDED"
            | "RESOURCE_RESTRICTED"
            | "LIMIT_EXCEEDED"
    )
}

async fn code(mut response: Response) -> Option<String> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > BODY_BYTES_MAX {
            return None;
        }
    }
    let answer: Answer = serde_json::from_slice(&body).ok()?;
    let told = answer.errors.into_iter().next()?;
    // Anybody may answer in Directus' place, and this goes into a log.
    let is_code =
        |code: &String| code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    Some(told.extensions.code).filter(is_code)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

    use super::*;
    use crate::directus::testing::connection;

    async fn refused(answer: ResponseTemplate) -> DeliveryError {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(answer).mount(&server).await;
        connection(&server.uri()).0.apply(&[]).await.unwrap_err()
    }

    fn answer(status: u16, code: &str) -> ResponseTemplate {
        let errors = json!({ "errors": [{ "message": "secret", "extensions": { "code": code } }] });
        ResponseTemplate::new(status).set_body_json(errors)
    }

    #[rstest]
    #[case(401, "INVALID_CREDENTIALS")]
    #[case(401, "")]
    #[case(403, "INVALID_TOKEN")]
    #[case(403, "USER_SUSPENDED")]
    #[case(403, "RESOURCE_RESTRICTED")]
    #[case(403, "LIMIT_EXCEEDED")]
    #[tokio::test]
    async fn what_an_operator_has_to_mend_hinders_everything(
        #[case] status: u16,
        #[case] code: &str,
    ) {
        let error = refused(answer(status, code)).await;

        let hindrance = error.hindrance().expect("a hindrance");
        assert_eq!(hindrance.until, Until::Mended);
        assert!(hindrance.reason.contains(code) && !hindrance.reason.contains("secret"));
    }

    #[rstest]
    #[case(429, "7", Some(7))]
    #[case(503, "7", Some(7))]
    #[case::no_longer_than_a_minute(503, "86400", Some(60))]
    #[case::nothing_to_wait_for(429, "0", None)]
    #[case::a_date(503, "Wed, 21 Oct 2026 07:28:00 GMT", None)]
    #[case::another_status(500, "7", None)]
    #[tokio::test]
    async fn directus_is_left_alone_as_long_as_it_asks(
        #[case] status: u16,
        #[case] retry_after: &str,
        #[case] seconds: Option<u64>,
    ) {
        let busy = answer(status, "SERVICE_UNAVAILABLE").insert_header("retry-after", retry_after);

        let error = refused(busy).await;

        let until = error.hindrance().map(|hindrance| hindrance.until);
        assert_eq!(until, seconds.map(|seconds| Until::Rested(Duration::from_secs(seconds))));
        assert!(error.is_transient());
    }

    #[rstest]
    #[case::pressure_without_a_time(503, "SERVICE_UNAVAILABLE")]
    #[case::a_missing_permission(403, "FORBIDDEN")]
    #[case::one_collection_of_many(403, "COLLECTION_INACTIVE")]
    #[case::a_missing_extension(404, "ROUTE_NOT_FOUND")]
    #[case::a_strangers_words(502, "<html>")]
    #[tokio::test]
    async fn everything_else_is_tried_again_as_usual(#[case] status: u16, #[case] code: &str) {
        let error = refused(answer(status, code)).await;

        assert!(error.may_pass_soon(), "{error:?}");
    }

    #[rstest]
    #[case(400, "INVALID_PAYLOAD")]
    #[case(413, "CONTENT_TOO_LARGE")]
    #[case(422, "UNPROCESSABLE_CONTENT")]
    #[tokio::test]
    async fn a_request_that_is_wrong_in_itself_is_refused_for_good(
        #[case] status: u16,
        #[case] code: &str,
    ) {
        assert!(!refused(answer(status, code)).await.is_transient());
    }
}
