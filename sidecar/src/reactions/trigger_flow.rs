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

    /// What comes out of the archive was told before: no Flow runs twice for it.
    async fn react(&self, event: &Event, context: &Context) -> Result<Reacted, DeliveryError> {
        if !context.replayed {
            context.flows.run(self.flow, event, self.timeout).await?;
        }
        Ok(Reacted::default())
    }
}

#[cfg(test)]
mod tests {
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

    use super::*;
    use crate::reaction::testing::context_of;

    async fn runs(replayed: bool) -> usize {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&server).await;
        let golden = include_str!("../../../schemas/examples/valid/payment.failed-1.json");
        let event: Event = serde_json::from_str(golden).unwrap();
        let reaction = TriggerFlow { flow: Uuid::from_u128(7), timeout: TIMEOUT };

        let context = Context { replayed, ..context_of(&server.uri()) };
        reaction.react(&event, &context).await.unwrap();

        server.received_requests().await.unwrap().len()
    }

    #[tokio::test]
    async fn an_event_runs_the_flow() {
        assert_eq!(runs(false).await, 1);
    }

    #[tokio::test]
    async fn a_replayed_event_runs_no_flow() {
        assert_eq!(runs(true).await, 0);
    }
}
