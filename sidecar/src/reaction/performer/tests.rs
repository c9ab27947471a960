use aws_sdk_eventbridge::{
    Client, operation::put_events::PutEventsOutput, types::PutEventsResultEntry,
};
use aws_smithy_mocks::{mock, mock_client};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::any};

use super::*;
use crate::{
    directus::effects::Effect,
    event::EventType,
    outbound::publisher,
    reaction::{Reacted, Reaction, testing::context_of},
};

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
            include_str!("../../../../schemas/examples/valid/feedback.sentiment.calculated-1.json");
        let told: Event = serde_json::from_str(golden).unwrap();
        let data = json!({ "sentiment": "positive" }).as_object().cloned().unwrap();
        Ok(Reacted {
            effects: vec![Effect::update(event, Self::NAME, data)],
            events: vec![event.derive(Self::NAME, self.0.clone(), told.data, context.now)],
        })
    }
}

/// How many effects are written and events published when this happens to the reaction.
async fn told(reaction: impl Reaction, replayed: bool, verdict: &'static str) -> (usize, usize) {
    let server = MockServer::start().await;
    let answer = move |request: &Request| {
        let sent: Vec<Value> = request.body_json().unwrap();
        let applied = json!({ "effectId": sent[0]["effectId"], "verdict": verdict });
        ResponseTemplate::new(200).set_body_json(json!({ "verdicts": [applied] }))
    };
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let put = mock!(Client::put_events).then_output(|| {
        PutEventsOutput::builder().entries(PutEventsResultEntry::builder().build()).build()
    });
    let publisher = publisher::testing::publisher(mock_client!(aws_sdk_eventbridge, [&put]));
    let performer = Performer {
        reaction: Arc::new(reaction),
        context: context_of(&server.uri()),
        publisher: Arc::new(publisher),
    };
    let golden = include_str!("../../../../schemas/examples/valid/feedback.submitted-1.json");

    performer.perform(&serde_json::from_str(golden).unwrap(), replayed).await.unwrap();

    (server.received_requests().await.unwrap().len(), put.num_calls())
}

fn announced() -> EventType {
    EventType::try_from("feedback.sentiment.calculated".to_owned()).unwrap()
}

#[tokio::test]
async fn news_are_written_and_told() {
    assert_eq!(told(Telling::<true>(announced()), false, "applied").await, (1, 1));
    assert_eq!(told(Telling::<false>(announced()), false, "applied").await, (1, 1));
}

#[tokio::test]
async fn a_replay_is_written_and_tells_nothing() {
    assert_eq!(told(Telling::<true>(announced()), true, "applied").await, (1, 0));
}

#[tokio::test]
async fn a_replay_passes_by_whatever_does_more_than_rebuild() {
    assert_eq!(told(Telling::<false>(announced()), true, "applied").await, (0, 0));
}

#[tokio::test]
async fn nothing_is_told_of_a_customer_who_was_erased() {
    assert_eq!(told(Telling::<true>(announced()), false, "erased").await, (1, 0));
}
