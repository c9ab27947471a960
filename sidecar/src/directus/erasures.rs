//! Who was erased. Directus keeps a keyed hash of each and nothing else; the key is ours.

use std::time::Duration;

use moka::future::Cache;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    delivery::DeliveryError,
    directus::{Directus, availability::Availability},
    outbound::privacy::pseudonym::Pseudonyms,
};

/// Answers that are remembered at once.
const ANSWERS_MAX: u64 = 10_000;
/// For how long an answer is good enough.
const GOOD_FOR: Duration = Duration::from_secs(5);

/// A customer who is not named.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomerHash(String);

impl CustomerHash {
    /// As text, for an event that tells of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Remembers erasures, and asks for them.
#[derive(Debug, Clone)]
pub struct Erasures {
    directus: Directus,
    availability: Availability,
    pseudonyms: Option<Pseudonyms>,
    answers: Cache<String, bool>,
}

#[derive(Clone, Deserialize)]
struct Answer {
    erased: bool,
}

impl Erasures {
    /// Keeps them in `directus`. Without a key for their hashes nobody can be erased.
    pub fn new(
        directus: Directus,
        availability: Availability,
        pseudonyms: Option<Pseudonyms>,
    ) -> Self {
        let answers = Cache::builder().max_capacity(ANSWERS_MAX).time_to_live(GOOD_FOR).build();
        Self { directus, availability, pseudonyms, answers }
    }

    /// How a customer is remembered.
    pub fn hash(&self, customer: &str) -> Option<CustomerHash> {
        Some(CustomerHash(self.pseudonyms.as_ref()?.of(customer)))
    }

    /// From now on nothing is written for this customer.
    pub async fn remember(&self, customer: &CustomerHash) -> Result<(), DeliveryError> {
        let request = self.directus.extension(Method::POST, "erasures");
        let answer = Directus::answer(request.json(&json!({ "customer": customer }))).await;
        self.availability.record(&answer);
        let Answer { erased } = answer?;
        self.answers.insert(customer.0.clone(), erased).await;
        Ok(())
    }

    /// Whether this customer was erased, as of a few seconds ago.
    pub async fn holds(&self, customer: &CustomerHash) -> Result<bool, DeliveryError> {
        let ask = async {
            let route = format!("erasures/{}", customer.0);
            let answer = Directus::answer(self.directus.extension(Method::GET, &route)).await;
            self.availability.record(&answer);
            answer.map(|Answer { erased }| erased)
        };
        self.answers.try_get_with_by_ref(&customer.0, ask).await.map_err(|error| error.spread())
    }
}

#[cfg(test)]
mod tests {
    use wiremock::{
        Mock, MockServer, ResponseTemplate,
        matchers::{body_json, method, path},
    };

    use super::*;
    use crate::directus::testing::connection;

    fn erasures(url: &str) -> Erasures {
        let (directus, availability) = connection(url);
        Erasures::new(directus, availability, Some(Pseudonyms::new(&[7; 32])))
    }

    #[tokio::test]
    async fn an_answer_is_good_enough_for_a_while_and_an_erasure_takes_effect_at_once() {
        let server = MockServer::start().await;
        let erasures = erasures(&server.uri());
        let ada = erasures.hash("7").unwrap();
        let answer =
            |erased: bool| ResponseTemplate::new(200).set_body_json(json!({ "erased": erased }));
        Mock::given(method("GET"))
            .and(path(format!("/event-bridge/erasures/{}", ada.as_str())))
            .respond_with(answer(false))
            .expect(1)
            .mount(&server)
            .await;
        Mock::given(method("POST"))
            .and(path("/event-bridge/erasures"))
            .and(body_json(json!({ "customer": ada })))
            .respond_with(answer(true))
            .mount(&server)
            .await;

        let before = [erasures.holds(&ada).await.unwrap(), erasures.holds(&ada).await.unwrap()];
        erasures.remember(&ada).await.unwrap();

        assert_eq!(before, [false, false]);
        assert!(erasures.holds(&ada).await.unwrap());
    }

    #[tokio::test]
    async fn without_a_key_nobody_has_a_hash() {
        let (directus, availability) = connection("http://127.0.0.1:9");

        assert_eq!(Erasures::new(directus, availability, None).hash("7"), None);
    }
}
