//! What an operator's commands ask of the extension's endpoint.
//!
//! Unlike the consumers, a command has somebody who waits and reads: it asks again only while
//! Directus is busy, and repeats Directus' own words when it refuses.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio_util::sync::CancellationToken;

use crate::{
    delivery::{DeliveryError, RefusalCode, chain},
    directus::{
        Directus,
        outbox::{
            BackfillPage, BackfillRequest, Figures, GapsPage, GapsRequest, Health, RejectedPage,
            Resend, Resent,
        },
    },
    retry::{RetryPolicy, retry},
};

/// Directus, as an operator's command meets it.
#[derive(Debug, Clone)]
pub struct Operator {
    directus: Directus,
    retry: RetryPolicy,
    shutdown: CancellationToken,
}

impl Operator {
    /// Asks `directus`; at `shutdown` no failed request is tried again.
    pub fn new(directus: Directus, retry: RetryPolicy, shutdown: CancellationToken) -> Self {
        Self { directus, retry, shutdown }
    }

    /// How the extension is.
    pub async fn health(&self) -> anyhow::Result<Health> {
        self.ask(self.directus.extension(Method::GET, "health")).await
    }

    /// How full the outbox is.
    pub async fn figures(&self) -> anyhow::Result<Figures> {
        self.ask(self.directus.extension(Method::GET, "outbox")).await
    }

    /// A page of rejected rows.
    pub async fn rejected(&self, after: u64, limit: u32) -> anyhow::Result<RejectedPage> {
        let request = self.directus.extension(Method::GET, "outbox/rejected");
        self.ask(request.query(&[("after", after), ("limit", limit.into())])).await
    }

    /// Makes rejected rows pending again.
    pub async fn resend(&self, resend: &Resend) -> anyhow::Result<Resent> {
        self.post("outbox/resend", resend).await
    }

    /// Checks a page of activities, and repairs what is missing if asked to.
    pub async fn gaps(&self, request: &GapsRequest) -> anyhow::Result<GapsPage> {
        self.post("gaps", request).await
    }

    /// Records a page of existing items.
    pub async fn backfill(&self, request: &BackfillRequest) -> anyhow::Result<BackfillPage> {
        self.post("backfill", request).await
    }

    async fn post<Answer: DeserializeOwned>(
        &self,
        route: &str,
        body: &impl Serialize,
    ) -> anyhow::Result<Answer> {
        self.ask(self.directus.extension(Method::POST, route).json(body)).await
    }

    async fn ask<Answer: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> anyhow::Result<Answer> {
        let again = || request.try_clone().expect("the body is in memory");
        retry(self.retry, &self.shutdown, || attempt(again())).await.map_err(in_words)
    }
}

async fn attempt<Answer: DeserializeOwned>(
    request: RequestBuilder,
) -> Result<Answer, DeliveryError> {
    let lost = |error: reqwest::Error| DeliveryError::Transient(error.without_url().into());
    let response = request.send().await.map_err(lost)?;
    let status = response.status();
    if !status.is_success() {
        let answer = response.json().await.unwrap_or_default();
        return Err(refusal(status, answer));
    }
    response.json().await.map_err(|error| {
        let reason = format!("the extension answers in a shape of another version: {error}");
        DeliveryError::refused(RefusalCode::Directus, reason)
    })
}

/// Directus' answer to what it does not do.
#[derive(Default, Deserialize)]
struct Refused {
    errors: Vec<RefusedBecause>,
}

#[derive(Deserialize)]
struct RefusedBecause {
    message: String,
}

fn refusal(status: StatusCode, answer: Refused) -> DeliveryError {
    let words = answer.errors.into_iter().next().map(|error| format!(": {}", error.message));
    let hint = match status {
        StatusCode::UNAUTHORIZED => " (is `directus.token` the service account's?)",
        StatusCode::FORBIDDEN => " (only the service account and admins may ask)",
        StatusCode::NOT_FOUND => " (is the extension installed, and as new as this sidecar?)",
        _ => "",
    };
    let reason = format!("Directus answers {status}{}{hint}", words.unwrap_or_default());
    let is_busy = status.is_server_error()
        || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
    if is_busy {
        DeliveryError::Transient(reason.into())
    } else {
        DeliveryError::refused(RefusalCode::Directus, reason)
    }
}

/// The evidence alone: that it was a delivery matters to nobody here.
fn in_words(error: DeliveryError) -> anyhow::Error {
    match error {
        DeliveryError::Transient(evidence) => anyhow::anyhow!(chain(&*evidence)),
        DeliveryError::Permanent(refusal) => anyhow::anyhow!(refusal.detail),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::{num::NonZeroU32, time::Duration};

    use serde_json::json;
    use wiremock::{
        Mock, MockServer, ResponseTemplate,
        matchers::{body_json, header, method, path, query_param},
    };

    use super::*;
    use crate::directus::outbox::True;

    /// An operator of the Directus that `server` pretends to be.
    pub(crate) fn operator(server: &MockServer) -> Operator {
        let (url, timeout) = (server.uri().parse().unwrap(), Duration::from_secs(5));
        let directus = Directus::connect(&url, "token".to_owned().into(), timeout).unwrap();
        let retry = RetryPolicy {
            delay_min: Duration::from_millis(1),
            delay_max: Duration::from_millis(2),
            attempts_max: NonZeroU32::new(3).unwrap(),
        };
        Operator::new(directus, retry, CancellationToken::new())
    }

    fn resent() -> ResponseTemplate {
        ResponseTemplate::new(200).set_body_json(json!({ "resent": 2, "next": null }))
    }

    #[tokio::test]
    async fn a_page_is_asked_for_with_the_token() {
        let server = MockServer::start().await;
        let page = json!({ "rows": [], "next": 7 });
        Mock::given(method("GET"))
            .and(path("/event-bridge/outbox/rejected"))
            .and(query_param("after", "3"))
            .and(query_param("limit", "50"))
            .and(header("authorization", "Bearer token"))
            .respond_with(ResponseTemplate::new(200).set_body_json(page))
            .mount(&server)
            .await;

        let page = operator(&server).rejected(3, 50).await.unwrap();

        assert_eq!(page, RejectedPage { rows: vec![], next: Some(7) });
    }

    #[tokio::test]
    async fn a_directus_below_a_path_is_asked_there() {
        let server = MockServer::start().await;
        Mock::given(path("/cms/event-bridge/outbox/resend"))
            .respond_with(resent())
            .mount(&server)
            .await;
        let url = format!("{}/cms", server.uri()).parse().unwrap();
        let directus =
            Directus::connect(&url, "token".to_owned().into(), Duration::from_secs(5)).unwrap();

        let operator = Operator { directus, ..operator(&server) };

        operator.resend(&Resend::Rows { ids: vec![1] }).await.unwrap();
    }

    #[rstest::rstest]
    #[case(Resend::Rows { ids: vec![1, 2] }, json!({ "ids": [1, 2] }))]
    #[case(
        Resend::All { all: True, collection: None, code: Some("contract".into()), after: 0 },
        json!({ "all": true, "collection": null, "code": "contract", "after": 0 })
    )]
    #[tokio::test]
    async fn rows_are_named_as_the_endpoint_reads_them(
        #[case] resend: Resend,
        #[case] body: serde_json::Value,
    ) {
        let server = MockServer::start().await;
        Mock::given(body_json(body)).respond_with(resent()).mount(&server).await;

        assert_eq!(operator(&server).resend(&resend).await.unwrap().resent, 2);
    }

    #[tokio::test]
    async fn a_busy_directus_is_asked_again() {
        let server = MockServer::start().await;
        let busy = ResponseTemplate::new(503);
        Mock::given(method("POST")).respond_with(busy).up_to_n_times(2).mount(&server).await;
        Mock::given(method("POST")).respond_with(resent()).mount(&server).await;

        let resend = Resend::Rows { ids: vec![1] };

        assert_eq!(operator(&server).resend(&resend).await.unwrap().resent, 2);
    }

    #[tokio::test]
    async fn a_refusal_is_told_once_in_directus_own_words() {
        let server = MockServer::start().await;
        let refused = json!({ "errors": [{ "message": "Invalid payload. since is too old." }] });
        Mock::given(method("POST"))
            .respond_with(ResponseTemplate::new(400).set_body_json(refused))
            .expect(1)
            .mount(&server)
            .await;

        let error = operator(&server).resend(&Resend::Rows { ids: vec![1] }).await.unwrap_err();

        insta::assert_snapshot!(error, @"Directus answers 400 Bad Request: Invalid payload. since is too old.");
    }

    #[rstest::rstest]
    #[case(401, "token")]
    #[case(403, "admins")]
    #[case(404, "installed")]
    #[tokio::test]
    async fn what_an_operator_can_mend_comes_with_a_hint(#[case] status: u16, #[case] hint: &str) {
        let server = MockServer::start().await;
        Mock::given(method("GET")).respond_with(ResponseTemplate::new(status)).mount(&server).await;

        let error = operator(&server).figures().await.unwrap_err();

        assert!(error.to_string().contains(hint), "{error}");
    }
}
