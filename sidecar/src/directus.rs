//! The Directus API, as the service account uses it.

pub mod administrator;
pub mod availability;
pub mod effects;
pub mod erasures;
pub mod flows;
pub mod operator;
pub mod outbox;
pub mod reader;
mod refusal;

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use url::Url;

use crate::{
    delivery::DeliveryError,
    directus::effects::{Effect, EffectVerdict},
    event::EffectId,
};

/// A connection to one Directus.
#[derive(Debug, Clone)]
pub struct Directus {
    client: Client,
    root: Url,
    token: SecretString,
}

#[derive(Deserialize)]
struct Answers {
    verdicts: Vec<Answer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    effect_id: EffectId,
    #[serde(flatten)]
    verdict: EffectVerdict,
}

impl Directus {
    /// Speaks to the Directus at `url` as the owner of `token`.
    pub fn connect(url: &Url, token: SecretString, timeout: Duration) -> anyhow::Result<Self> {
        let client = Client::builder()
            .timeout(timeout)
            .user_agent(concat!("event-bridge-sidecar/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let mut root = url.clone();
        // A Directus may live below a path; joining replaces what follows the last slash.
        if !root.path().ends_with('/') {
            root.set_path(&format!("{}/", root.path()));
        }
        Ok(Self { client, root, token })
    }

    /// A request to one of the extension's routes.
    fn extension(&self, method: Method, route: &str) -> RequestBuilder {
        self.request(method, &format!("event-bridge/{route}"))
    }

    /// A request to any route.
    fn request(&self, method: Method, route: &str) -> RequestBuilder {
        let mut url = self.root.clone();
        url.set_path(&format!("{}{route}", self.root.path()));
        self.client.request(method, url).bearer_auth(self.token.expose_secret())
    }

    /// Sends a request that must succeed, and reads its answer.
    async fn answer<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, DeliveryError> {
        let lost = |error: reqwest::Error| DeliveryError::Transient(error.without_url().into());
        let response = request.send().await.map_err(lost)?;
        if !response.status().is_success() {
            return Err(refusal::of(response).await);
        }
        response.json().await.map_err(lost)
    }

    /// Hands over a batch of effects and returns a verdict on each, in order.
    pub async fn apply(&self, effects: &[Effect]) -> Result<Vec<EffectVerdict>, DeliveryError> {
        let request = self.extension(Method::POST, "effects").json(effects);
        let answers: Answers = Self::answer(request).await?;
        let aligned = answers.verdicts.len() == effects.len()
            && answers.verdicts.iter().zip(effects).all(|(answer, e)| answer.effect_id == e.id());
        if !aligned {
            let reason = "Directus did not answer each effect";
            return Err(DeliveryError::Transient(reason.into()));
        }
        Ok(answers.verdicts.into_iter().map(|answer| answer.verdict).collect())
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use std::num::{NonZeroU32, NonZeroUsize};

    use super::{
        availability::{Availability, AvailabilityLimits},
        *,
    };

    /// Reads from the Directus of a test.
    pub(crate) fn reader(url: &str) -> super::reader::Reader {
        let (directus, availability) = connection(url);
        super::reader::Reader::new(directus, availability)
    }

    /// The way to the Directus of a test.
    pub(crate) fn connection(url: &str) -> (Directus, Availability) {
        let timeout = Duration::from_secs(5);
        let directus =
            Directus::connect(&url.parse().unwrap(), "token".to_owned().into(), timeout).unwrap();
        let limits = AvailabilityLimits {
            failures_max: NonZeroU32::new(3).unwrap(),
            failure_window: NonZeroUsize::new(20).unwrap(),
            probe_interval: timeout,
        };
        (directus, Availability::new(limits))
    }
}
