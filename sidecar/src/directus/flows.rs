//! Runs Flows that wait for a webhook, and learns how they end.

use std::time::Duration;

use reqwest::{Method, Response, StatusCode};
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    delivery::{DeliveryError, Quoted, Refusal, RefusalCode},
    directus::{Directus, availability::Availability},
    event::Event,
};

/// Runs Flows as the service account.
#[derive(Debug, Clone)]
pub struct Flows {
    directus: Directus,
    availability: Availability,
}

/// Directus' answer about something that failed. A Flow's error takes the same form.
#[derive(Default, Deserialize)]
struct Failed {
    errors: Vec<FlowError>,
}

#[derive(Deserialize)]
struct FlowError {
    message: Option<String>,
    extensions: Option<Extensions>,
}

#[derive(Deserialize)]
struct Extensions {
    code: Option<String>,
}

impl Flows {
    /// Runs the Flows of `directus`.
    pub fn new(directus: Directus, availability: Availability) -> Self {
        Self { directus, availability }
    }

    /// Runs a Flow on an event and waits for its end, `timeout` at most. A Flow that is run twice on
    /// one event can tell by the key that comes with it.
    pub async fn run(
        &self,
        flow: Uuid,
        event: &Event,
        timeout: Duration,
    ) -> Result<(), DeliveryError> {
        let request = self.directus.request(Method::POST, &format!("flows/trigger/{flow}"));
        let request = request.header("idempotency-key", event.event_id.to_string());
        let answer = request.json(event).timeout(timeout).send().await;
        self.learn(&answer);
        let response = match answer {
            Ok(response) => response,
            Err(error) if error.is_timeout() => {
                return Err(DeliveryError::Transient("the Flow took too long".into()));
            }
            Err(error) => return Err(DeliveryError::Transient(error.without_url().into())),
        };
        let status = response.status();
        if status.is_success() { Ok(()) } else { Err(failure(status, response).await) }
    }

    /// A Flow that fails or takes long says nothing about Directus, but that it answers.
    fn learn(&self, answer: &Result<Response, reqwest::Error>) {
        match answer {
            Err(error) if error.is_connect() => {
                let away = DeliveryError::Transient("cannot be reached".into());
                self.availability.record::<()>(&Err(away));
            }
            Err(_) => {}
            Ok(_) => self.availability.record(&Ok(())),
        }
    }
}

/// What the end of a Flow means. What it says of the event itself will not change; everything else
/// can be mended, from a Flow that is switched off to the system behind it.
async fn failure(status: StatusCode, response: Response) -> DeliveryError {
    let told: Failed = response.json().await.unwrap_or_default();
    let first = told.errors.into_iter().next();
    let (message, code) = first.map_or((None, None), |error| {
        (error.message, error.extensions.and_then(|extensions| extensions.code))
    });
    let code = code.unwrap_or_else(|| status.as_str().to_owned());
    let words = message.unwrap_or_else(|| format!("the Flow answers {status}"));
    match status {
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
            DeliveryError::Permanent(Refusal::new(RefusalCode::Flow, words).at(code))
        }
        StatusCode::FORBIDDEN => {
            let summary = "the Flow is not there, not active, or forbids it".to_owned();
            DeliveryError::Transient(Box::new(Quoted { summary, words }))
        }
        _ => {
            let summary = format!("the Flow answers {status}");
            DeliveryError::Transient(Box::new(Quoted {
                summary,
                words: format!("{code}: {words}"),
            }))
        }
    }
}

#[cfg(test)]
mod tests;
