//! The AWS of a bench: our stub, a process of its own on the core that is not measured.

use anyhow::{Context as _, Result, ensure};
use aws_stub::{Operation, Report};
use reqwest::Client;
use serde_json::{Value, json};

use crate::{
    machine::{OTHER_CORE, binaries},
    service::{Service, free_address, pinned},
};

/// Ends when it is dropped.
pub(crate) struct Stub {
    pub(crate) url: String,
    http: Client,
    service: Service,
}

impl Stub {
    pub(crate) async fn start() -> Result<Self> {
        let address = free_address()?;
        let url = format!("http://{address}");
        let mut command = pinned(OTHER_CORE, binaries()?.join("aws-stub"));
        command.args(["--listen", &address, "--count-only"]);
        let service = Service::start("aws-stub", command, &format!("{url}/_stub/health")).await?;
        Ok(Self { url, http: Client::new(), service })
    }

    /// The entries that its buses have accepted so far.
    pub(crate) async fn accepted(&self) -> Result<u64> {
        Ok(self.http.get(format!("{}/_stub/accepted", self.url)).send().await?.json().await?)
    }

    /// How often it was asked for any of these so far.
    pub(crate) async fn calls(&self, operations: &[Operation]) -> Result<u64> {
        let url = format!("{}/_stub/seen", self.url);
        let report: Report = self.http.get(url).send().await?.json().await?;
        Ok(operations.iter().filter_map(|operation| report.calls.get(operation)).sum())
    }

    /// The time that a core has worked for it so far.
    pub(crate) fn cpu_secs(&self) -> Result<f64> {
        self.service.cpu_secs()
    }

    /// A queue of this name.
    pub(crate) async fn create_queue(&self, name: &str) -> Result<StubQueue<'_>> {
        let queue = json!({ "QueueName": name, "Attributes": { "VisibilityTimeout": "120" } });
        let created = self.ask("AmazonSQS.CreateQueue", queue.to_string()).await?;
        let url = created["QueueUrl"].as_str().context("a queue has a URL")?.to_owned();
        Ok(StubQueue { stub: self, url })
    }

    /// Any call of EventBridge or SQS that must succeed.
    pub(crate) async fn ask(&self, target: &str, body: String) -> Result<Value> {
        let request = self.http.post(&self.url).header("x-amz-target", target).body(body);
        let response = request.send().await?;
        let status = response.status();
        let answer = response.json().await?;
        ensure!(status.is_success(), "{target}: {status}: {answer}");
        Ok(answer)
    }
}

/// One queue of a stub.
pub(crate) struct StubQueue<'stub> {
    stub: &'stub Stub,
    pub(crate) url: String,
}

impl StubQueue<'_> {
    /// Puts at most ten messages into it.
    pub(crate) async fn send(&self, bodies: impl IntoIterator<Item = String>) -> Result<()> {
        let entry =
            |(id, body): (usize, String)| json!({ "Id": id.to_string(), "MessageBody": body });
        let entries: Vec<Value> = bodies.into_iter().enumerate().map(entry).collect();
        let batch = json!({ "QueueUrl": self.url, "Entries": entries });
        let answer = self.stub.ask("AmazonSQS.SendMessageBatch", batch.to_string()).await?;
        ensure!(answer["Failed"].as_array().is_none_or(Vec::is_empty), "refused: {answer}");
        Ok(())
    }

    /// How many messages are in it: those that wait, and those that somebody works on.
    pub(crate) async fn messages(&self) -> Result<u64> {
        let question = json!({ "QueueUrl": self.url, "AttributeNames": ["All"] }).to_string();
        let answer = self.stub.ask("AmazonSQS.GetQueueAttributes", question).await?;
        let count = |suffix: &str| -> Result<u64> {
            let name = format!("ApproximateNumberOfMessages{suffix}");
            Ok(answer["Attributes"][&name].as_str().context("a queue counts")?.parse()?)
        };
        Ok(count("")? + count("NotVisible")? + count("Delayed")?)
    }
}
