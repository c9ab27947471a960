//! The SDKs of AWS talk to the stub as they would to AWS: unchanged.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod faults;
mod put_events;
mod queues;

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, Target};
use aws_stub::Stub;

/// A stub and the clients of one caller, who tries nothing twice.
struct Caller {
    stub: Stub,
    bus: aws_sdk_eventbridge::Client,
    queues: aws_sdk_sqs::Client,
}

impl Caller {
    async fn start() -> Self {
        let stub = Stub::start().await.unwrap();
        let config = config(&stub.url()).await;
        Self {
            stub,
            bus: aws_sdk_eventbridge::Client::new(&config),
            queues: aws_sdk_sqs::Client::new(&config),
        }
    }

    /// Creates a queue and returns its URL.
    async fn queue(&self, name: &str) -> String {
        self.queues.create_queue().queue_name(name).send().await.unwrap().queue_url.unwrap()
    }

    /// Creates a bus `shop` whose events of type `order.paid` go to this queue.
    async fn route_to(&self, queue: &str) {
        self.bus.create_event_bus().name("shop").send().await.unwrap();
        let rule = self.bus.put_rule().name("paid").event_bus_name("shop");
        rule.event_pattern(r#"{ "detail-type": ["order.paid"] }"#).send().await.unwrap();
        let arn = format!("arn:aws:sqs:us-east-1:000000000000:{queue}");
        let target = Target::builder().id("queue").arn(arn).build().unwrap();
        let targets = self.bus.put_targets().rule("paid").event_bus_name("shop").targets(target);
        targets.send().await.unwrap();
    }

    async fn send(&self, url: &str, body: &str) {
        self.queues.send_message().queue_url(url).message_body(body).send().await.unwrap();
    }

    /// Receives up to ten messages without waiting.
    async fn receive(&self, url: &str) -> Vec<aws_sdk_sqs::types::Message> {
        let received = self.queues.receive_message().queue_url(url).max_number_of_messages(10);
        received.send().await.unwrap().messages.unwrap_or_default()
    }

    async fn bodies(&self, url: &str) -> Vec<String> {
        self.receive(url).await.into_iter().map(|message| message.body.unwrap()).collect()
    }
}

async fn config(url: &str) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .credentials_provider(aws_sdk_sqs::config::Credentials::new("a", "b", None, None, "test"))
        .endpoint_url(url)
        .region(Region::from_static("us-east-1"))
        .retry_config(RetryConfig::disabled())
        .load()
        .await
}

/// An entry for the bus `shop`, of type `order.paid`.
fn entry(event_id: &str) -> PutEventsRequestEntry {
    PutEventsRequestEntry::builder()
        .event_bus_name("shop")
        .source("directus")
        .detail_type("order.paid")
        .resources("directus:orders/1")
        .time(aws_sdk_eventbridge::primitives::DateTime::from_secs(1_795_257_000))
        .detail(format!(r#"{{ "eventId": "{event_id}", "data": {{ "text": "naïve \"💥\"" }} }}"#))
        .build()
}
