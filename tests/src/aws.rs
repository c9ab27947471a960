//! What a story may say to AWS: what came over the bus, what a queue was given, what was given up.

mod wiring;

use std::{net::SocketAddr, path::Path, process::Command};

use anyhow::{Context, Result};
use aws_config::{BehaviorVersion, Region};
use aws_sdk_eventbridge::{config::Credentials, types::Target};
use aws_sdk_sqs::types::{Message, QueueAttributeName};
use serde_json::Value;

use crate::{
    eventually,
    message::{DeadLetter, Event},
    part::{Part, command},
    stack::{free_address, root, target},
    stub::Stub,
};

pub use self::wiring::{Queue, Rule, Wiring};

const BUS: &str = "event-bridge";
/// A rule and a queue of the tests' own: whatever is on the bus is seen here, too.
const OBSERVER: &str = "e2e-observer";

/// Who stands in for AWS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Emulator {
    /// Somebody else's, so that we do not only agree with our own ideas of AWS.
    #[default]
    Ministack,
    /// Ours, which fails on command, is fast, and keeps a record of its own.
    Stub,
}

/// EventBridge and SQS.
pub struct Aws {
    part: Part,
    emulator: Emulator,
    stub: Stub,
    url: String,
    bus: aws_sdk_eventbridge::Client,
    queues: aws_sdk_sqs::Client,
    /// Seen on the bus, not asked for yet.
    observed: Vec<Event>,
}

impl Aws {
    pub(crate) async fn new(emulator: Emulator, dir: &Path, address: SocketAddr) -> Result<Self> {
        let url = format!("http://{address}");
        let part = match emulator {
            Emulator::Ministack => Part::new("ministack", dir, ministack(dir, address)),
            Emulator::Stub => Part::new("aws-stub", dir, aws_stub(address)?),
        };
        let config = aws_config::defaults(BehaviorVersion::latest())
            .credentials_provider(Credentials::new("test", "test", None, None, "e2e"))
            .endpoint_url(&url)
            .region(Region::from_static("us-east-1"))
            .load()
            .await;
        Ok(Self {
            part,
            emulator,
            stub: Stub::new(&url),
            url,
            bus: aws_sdk_eventbridge::Client::new(&config),
            queues: aws_sdk_sqs::Client::new(&config),
            observed: Vec::new(),
        })
    }

    /// Starts one without anything around it, for a test that is about AWS alone.
    pub async fn alone(test: &str) -> Result<Self> {
        let dir = target()?.join("e2e").join(test);
        std::fs::create_dir_all(&dir)?;
        let mut aws = Self::new(Emulator::Ministack, &dir, free_address()).await?;
        aws.start().await?;
        Ok(aws)
    }

    /// What EventBridge says about an event and a pattern; `Err` when it takes no such pattern.
    pub async fn test_event_pattern(
        &self,
        event: &Value,
        pattern: &Value,
    ) -> Result<Result<bool, String>> {
        let ask = self.bus.test_event_pattern();
        let answer = ask.event(event.to_string()).event_pattern(pattern.to_string()).send().await;
        match answer {
            Ok(answer) => Ok(Ok(answer.result())),
            Err(error) => match error.as_service_error().and_then(|error| error.meta().message()) {
                Some(message) if message.starts_with("Event pattern is not valid") => {
                    Ok(Err(message.to_owned()))
                }
                _ => Err(error.into()),
            },
        }
    }

    pub(crate) async fn start(&mut self) -> Result<()> {
        let health = match self.emulator {
            Emulator::Ministack => "_ministack/health",
            Emulator::Stub => "_stub/health",
        };
        self.part.start(&format!("{}/{health}", self.url)).await
    }

    /// Ends at once: told to stop, ministack complains, and none has anything to lose.
    pub(crate) fn stop(&mut self) {
        self.part.end();
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The commands of the stub, on a stack that was set up with it.
    pub fn stub(&self) -> &Stub {
        assert_eq!(self.emulator, Emulator::Stub, "the story wants the stub: `Setup::aws` says so");
        &self.stub
    }

    /// Copies everything on the bus to the observer's queue. The stub keeps its own record, in less
    /// memory.
    pub(crate) async fn observe(&self) -> Result<()> {
        if self.emulator == Emulator::Stub {
            return Ok(());
        }
        self.watch_bus().await
    }

    /// The same on any emulator.
    pub(crate) async fn watch_bus(&self) -> Result<()> {
        self.queues.create_queue().queue_name(OBSERVER).send().await?;
        let everything = r#"{ "source": [{ "prefix": "" }] }"#;
        self.bus
            .put_rule()
            .event_bus_name(BUS)
            .name(OBSERVER)
            .event_pattern(everything)
            .send()
            .await?;
        let target = Target::builder()
            .id(OBSERVER)
            .arn(format!("arn:aws:sqs:us-east-1:000000000000:{OBSERVER}"));
        self.bus
            .put_targets()
            .event_bus_name(BUS)
            .rule(OBSERVER)
            .targets(target.build()?)
            .send()
            .await?;
        Ok(())
    }

    /// The next event of this type that came over the bus.
    pub async fn next_event(&mut self, event_type: &str) -> Result<Event> {
        Ok(self.next_events(event_type, 1).await?.remove(0))
    }

    /// The next so many events of this type, in the order of their arrival.
    pub async fn next_events(&mut self, event_type: &str, count: usize) -> Result<Vec<Event>> {
        eventually(format!("{count} × {event_type} on the bus"), async || {
            self.look().await?;
            let (wanted, others): (Vec<_>, Vec<_>) =
                self.observed.drain(..).partition(|event| event.event_type == event_type);
            self.observed = others;
            if wanted.len() < count {
                self.observed.extend(wanted);
                return Ok(None);
            }
            let mut wanted = wanted.into_iter();
            let next = wanted.by_ref().take(count).collect();
            self.observed.extend(wanted);
            Ok(Some(next))
        })
        .await
    }

    /// All that came over the bus and was not asked for.
    pub async fn other_events(&mut self) -> Result<Vec<Event>> {
        self.look().await?;
        Ok(std::mem::take(&mut self.observed))
    }

    /// Puts a message into a queue, past the bus.
    pub async fn send(&self, queue: &str, body: &str) -> Result<()> {
        let queue = self.queue_url(queue).await?;
        self.queues.send_message().queue_url(queue).message_body(body).send().await?;
        Ok(())
    }

    /// The next message that was given up.
    pub async fn next_dead_letter(&self, queue: &str) -> Result<DeadLetter> {
        let letter = eventually(format!("a dead letter in {queue}"), async || {
            Ok(self.take(queue).await?.pop())
        });
        letter.await.map(DeadLetter::read)
    }

    /// Waits until no message waits or is being worked on.
    pub async fn is_done(&self, queue: &str) -> Result<()> {
        use QueueAttributeName::{
            ApproximateNumberOfMessages as Waiting, ApproximateNumberOfMessagesNotVisible as AtWork,
        };
        let url = self.queue_url(queue).await?;
        eventually(format!("{queue} to be empty"), async || {
            let ask = self.queues.get_queue_attributes().queue_url(&url);
            let answer = ask.attribute_names(QueueAttributeName::All).send().await?;
            let count = answer.attributes().context("a queue has attributes")?;
            Ok((count[&Waiting] == "0" && count[&AtWork] == "0").then_some(()))
        })
        .await
    }

    async fn look(&mut self) -> Result<()> {
        loop {
            let messages = self.take(OBSERVER).await?;
            if messages.is_empty() {
                return Ok(());
            }
            for message in messages {
                self.observed.push(Event::read(message)?);
            }
        }
    }

    /// Takes up to one message, or for the observer ten, out of a queue.
    async fn take(&self, queue: &str) -> Result<Vec<Message>> {
        let url = self.queue_url(queue).await?;
        let batch = if queue == OBSERVER { 10 } else { 1 };
        let received = self
            .queues
            .receive_message()
            .queue_url(&url)
            .max_number_of_messages(batch)
            .message_attribute_names("All")
            .send()
            .await?;
        for message in received.messages() {
            let receipt = message.receipt_handle().context("a received message has a receipt")?;
            self.queues.delete_message().queue_url(&url).receipt_handle(receipt).send().await?;
        }
        Ok(received.messages.unwrap_or_default())
    }

    async fn queue_url(&self, queue: &str) -> Result<String> {
        let answer = self.queues.get_queue_url().queue_name(queue).send().await?;
        answer.queue_url.context("a queue has a URL")
    }
}

fn ministack(dir: &Path, address: SocketAddr) -> Command {
    let mut ministack = command(root().join(".cache/ministack/bin/python"));
    ministack.args(["-m", "ministack"]).current_dir(dir).envs([
        ("BIND_HOST", address.ip().to_string()),
        ("GATEWAY_PORT", address.port().to_string()),
        ("LOG_LEVEL", "WARNING".to_owned()),
    ]);
    ministack
}

fn aws_stub(address: SocketAddr) -> Result<Command> {
    let mut stub = command(target()?.join("aws-stub"));
    stub.args(["--listen", &address.to_string()]);
    Ok(stub)
}
