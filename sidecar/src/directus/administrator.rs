//! What `sidecar setup` asks of Directus' own API, in the name of an administrator.

use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use crate::{
    delivery::{DeliveryError, Refusal, RefusalCode, chain},
    directus::Directus,
    retry::{RetryPolicy, retry},
};

/// One row of anything.
pub type Row = Map<String, Value>;

/// Directus, as an administrator meets it.
#[derive(Debug, Clone)]
pub struct Administrator {
    directus: Directus,
    retry: RetryPolicy,
    shutdown: CancellationToken,
}

/// What is to be changed.
#[derive(Debug)]
pub struct Change {
    /// How.
    pub method: Method,
    /// Where.
    pub path: String,
    /// With what further words.
    pub query: &'static [(&'static str, &'static str)],
    /// Into what.
    pub body: Option<Value>,
}

/// Why Directus does not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum Declined {
    /// The licence does not allow it. Everything else may still be done.
    #[error("the licence does not allow it: {0}")]
    ByLicence(String),
    /// Something is wrong.
    #[error(transparent)]
    Otherwise(#[from] anyhow::Error),
}

/// How Directus wraps every answer.
#[derive(Deserialize)]
struct Answered<Data> {
    data: Data,
}

#[derive(Default, Deserialize)]
struct Refused {
    errors: Vec<RefusedBecause>,
}

#[derive(Deserialize)]
struct RefusedBecause {
    message: String,
    #[serde(default)]
    extensions: Extensions,
}

#[derive(Default, Deserialize)]
struct Extensions {
    #[serde(default)]
    code: String,
}

impl Change {
    /// Makes something.
    pub fn create(path: impl Into<String>, body: Value) -> Self {
        Self { method: Method::POST, path: path.into(), query: &[], body: Some(body) }
    }

    /// Changes something that is there.
    pub fn update(path: impl Into<String>, body: Value) -> Self {
        Self { method: Method::PATCH, path: path.into(), query: &[], body: Some(body) }
    }

    /// Removes something.
    pub fn delete(path: impl Into<String>) -> Self {
        Self { method: Method::DELETE, path: path.into(), query: &[], body: None }
    }
}

impl Administrator {
    /// Asks `directus`; at `shutdown` no request is tried again.
    pub fn new(directus: Directus, retry: RetryPolicy, shutdown: CancellationToken) -> Self {
        Self { directus, retry, shutdown }
    }

    /// The rows of a list.
    pub async fn rows(&self, path: &str, query: &[(&str, &str)]) -> anyhow::Result<Vec<Row>> {
        let read = self.ask(Method::GET, path, query, None).await;
        Ok(serde_json::from_value(read.map_err(in_words)?)?)
    }

    /// The only row that there is at a place.
    pub async fn row(&self, path: &str) -> anyhow::Result<Row> {
        let read = self.ask(Method::GET, path, &[], None).await;
        Ok(serde_json::from_value(read.map_err(in_words)?)?)
    }

    /// Changes something, and returns what Directus makes of it.
    pub async fn change(&self, change: Change) -> Result<Value, Declined> {
        let Change { method, path, query, body } = change;
        self.ask(method, &path, query, body.as_ref()).await.map_err(|error| match error {
            DeliveryError::Permanent(refusal) if is_licence(refusal.path.as_deref()) => {
                Declined::ByLicence(refusal.detail)
            }
            error => Declined::Otherwise(in_words(error)),
        })
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value, DeliveryError> {
        let request = self.directus.request(method, path).query(query);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let again = || request.try_clone().expect("the body is in memory");
        retry(self.retry, &self.shutdown, || async {
            let refused = |reason| DeliveryError::refused(RefusalCode::Directus, reason);
            // What was lost on the way may have been done: only somebody who looks can say.
            let lost = |error: reqwest::Error| refused(chain(&error.without_url()));
            let response = again().send().await.map_err(lost)?;
            match response.status() {
                StatusCode::NO_CONTENT => Ok(Value::Null),
                status if status.is_success() => {
                    let Answered { data } = response.json().await.map_err(lost)?;
                    Ok(data)
                }
                status => Err(refusal(status, response.json().await.unwrap_or_default())),
            }
        })
        .await
    }
}

fn refusal(status: StatusCode, answer: Refused) -> DeliveryError {
    let told = answer.errors.into_iter().next();
    let (words, code) = told.map(|it| (it.message, it.extensions.code)).unwrap_or_default();
    let hint = match status {
        StatusCode::UNAUTHORIZED => " (is `setup.admin_token` an administrator's?)",
        _ => "",
    };
    let reason = format!("Directus answers {status}: {words}{hint}");
    match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            DeliveryError::Transient(reason.into())
        }
        _ => DeliveryError::Permanent(Refusal::new(RefusalCode::Directus, reason).at(code)),
    }
}

fn is_licence(code: Option<&str>) -> bool {
    matches!(code, Some("RESOURCE_RESTRICTED" | "LIMIT_EXCEEDED"))
}

/// The evidence alone: that it was a delivery matters to nobody here.
fn in_words(error: DeliveryError) -> anyhow::Error {
    match error {
        DeliveryError::Transient(evidence) => anyhow::anyhow!(chain(&*evidence)),
        DeliveryError::Permanent(refusal) => anyhow::anyhow!(refusal.detail),
    }
}

#[cfg(test)]
pub(crate) mod tests;
