use std::{
    num::{NonZeroU32, NonZeroUsize},
    time::Duration,
};

use aws_sdk_eventbridge::{
    Client, operation::put_events::PutEventsOutput, types::PutEventsResultEntry,
};
use aws_smithy_mocks::{mock, mock_client};
use serde_json::{Value, json};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::any};

use super::*;
use crate::{batch::BatchLimits, directus, outbound::publisher, retry::RetryPolicy};

/// Tells one effect and one event of whatever comes.
#[derive(Debug)]
struct Telling<const REBUILDS: bool>(EventType);

impl<const REBUILDS: bool> Reaction for Telling<REBUILDS> {
    const NAME: &str = "telling";
    const REBUILDS: bool = REBUILDS;

    fn announces(&self) -> Vec<&EventType> {
        vec![&self.0]
    }

    async fn react(&self, event: &Event, context: &Context) -> Result<Reacted, DeliveryError> {
        let golden =
            include_str!("../../../schemas/examples/valid/feedback.sentiment.calculated-1.json");
        let told: Event = serde_json::from_str(golden).unwrap();
        let data = json!({ "sentiment": "positive" }).as_object().cloned().unwrap();
        Ok(Reacted {
            effects: vec![Effect::update(event, Self::NAME, data)],
            events: vec![event.derive(Self::NAME, self.0.clone(), told.data, context.now)],
        })
    }
}

/// How many effects are written and events published when this happens to the reaction.
async fn told(reaction: impl Reaction, replayed: bool) -> (usize, usize) {
    let server = MockServer::start().await;
    let answer = |request: &Request| {
        let sent: Vec<Value> = request.body_json().unwrap();
        let applied = json!({ "effectId": sent[0]["effectId"], "verdict": "applied" });
        ResponseTemplate::new(200).set_body_json(json!({ "verdicts": [applied] }))
    };
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let put = mock!(Client::put_events).then_output(|| {
        PutEventsOutput::builder().entries(PutEventsResultEntry::builder().build()).build()
    });
    let publisher = publisher::testing::publisher(mock_client!(aws_sdk_eventbridge, [&put]));
    let context = testing::context_of(&server.uri());
    let performer = Performer {
        reaction: Arc::new(reaction),
        directus: context.directus,
        flows: context.flows,
        comprehend: None,
        effects: writer(&server.uri()),
        publisher: Arc::new(publisher),
    };
    let golden = include_str!("../../../schemas/examples/valid/feedback.submitted-1.json");

    performer.perform(&serde_json::from_str(golden).unwrap(), replayed).await.unwrap();

    (server.received_requests().await.unwrap().len(), put.num_calls())
}

fn writer(url: &str) -> EffectWriter {
    let (directus, availability) = directus::testing::connection(url);
    let limits = BatchLimits {
        size_max: NonZeroUsize::MIN,
        linger: Duration::ZERO,
        in_flight_max: NonZeroUsize::MIN,
    };
    let retry = RetryPolicy {
        delay_min: Duration::ZERO,
        delay_max: Duration::ZERO,
        attempts_max: NonZeroU32::MIN,
    };
    let (tasks, shutdown) = (TaskTracker::new(), CancellationToken::new());
    EffectWriter::start(directus, availability, limits, retry, &tasks, shutdown)
}

fn announced() -> EventType {
    EventType::try_from("feedback.sentiment.calculated".to_owned()).unwrap()
}

#[tokio::test]
async fn news_are_written_and_told() {
    assert_eq!(told(Telling::<true>(announced()), false).await, (1, 1));
    assert_eq!(told(Telling::<false>(announced()), false).await, (1, 1));
}

#[tokio::test]
async fn a_replay_is_written_and_tells_nothing() {
    assert_eq!(told(Telling::<true>(announced()), true).await, (1, 0));
}

#[tokio::test]
async fn a_replay_passes_by_whatever_does_more_than_rebuild() {
    assert_eq!(told(Telling::<false>(announced()), true).await, (0, 0));
}
