//! Runs a Flow of Directus on every event of its route: durable, tried again, dead-lettered.

use std::time::Duration;

use serde::Deserialize;
use uuid::Uuid;

use crate::{
    delivery::DeliveryError,
    event::{Event, EventType},
    reaction::{Context, Reacted, Reaction},
};

/// How long a Flow may take when nothing else is said: less than an attempt may.
const TIMEOUT: Duration = Duration::from_secs(15);

/// `[trigger_flow.<route>]` in `reactions.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TriggerFlow {
    /// The Flow: triggered by a webhook, POST, not asynchronous, an error on reject.
    flow: Uuid,
    /// How long it may take.
    #[serde(default = "timeout", with = "humantime_serde")]
    timeout: Duration,
}

fn timeout() -> Duration {
    TIMEOUT
}

impl Reaction for TriggerFlow {
    const NAME: &str = "trigger_flow";

    fn announces(&self) -> Vec<&EventType> {
        Vec::new()
    }

    async fn react(&self, event: &Event, context: &Context) -> Result<Reacted, DeliveryError> {
        if !erased(event, context).await? {
            context.flows.run(self.flow, event, self.timeout).await?;
        }
        Ok(Reacted::default())
    }
}

/// Nothing is told of a customer who was erased.
async fn erased(event: &Event, context: &Context) -> Result<bool, DeliveryError> {
    let customer = event.customer_id.as_ref();
    match customer.and_then(|customer| context.erasures.hash(customer)) {
        Some(customer) => context.erasures.holds(&customer).await,
        None => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wiremock::{
        Mock, MockServer, ResponseTemplate,
        matchers::{method, path},
    };

    use super::*;
    use crate::reaction::testing::context_of;

    async fn runs(erased: bool) -> usize {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(200).set_body_json(json!({ "erased": erased }));
        Mock::given(method("GET")).respond_with(answer).mount(&server).await;
        let flow = format!("/flows/trigger/{}", Uuid::from_u128(7));
        let ran = ResponseTemplate::new(200);
        Mock::given(method("POST")).and(path(&flow)).respond_with(ran).mount(&server).await;
        let golden = include_str!("../../../schemas/examples/valid/payment.failed-1.json");
        let event: Event = serde_json::from_str(golden).unwrap();
        let reaction = TriggerFlow { flow: Uuid::from_u128(7), timeout: TIMEOUT };

        reaction.react(&event, &context_of(&server.uri())).await.unwrap();

        let requests = server.received_requests().await.unwrap();
        requests.iter().filter(|request| request.url.path() == flow).count()
    }

    #[tokio::test]
    async fn an_event_runs_the_flow() {
        assert_eq!(runs(false).await, 1);
    }

    #[tokio::test]
    async fn nothing_is_told_of_a_customer_who_was_erased() {
        assert_eq!(runs(true).await, 0);
    }
}
