//! SQS: the queues by name, and what can be asked about them.

mod attributes;
mod batch;
mod digest;
mod messages;
mod queue;

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    faults::Faults,
    operation::{Answer, AwsError, Operation, json, parse},
    sqs::{
        attributes::Attributes,
        queue::{Queue, Stored},
    },
};

/// The account of everything here.
pub(crate) const ACCOUNT: &str = "000000000000";
/// The region of everything here.
pub(crate) const REGION: &str = "us-east-1";
const NAME_CHARS_MAX: usize = 80;

#[derive(Debug)]
pub(crate) struct Sqs {
    address: SocketAddr,
    queues: RwLock<HashMap<String, Arc<Queue>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateQueue {
    queue_name: String,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetQueueUrl {
    queue_name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetQueueAttributes {
    queue_url: String,
    #[serde(default)]
    attribute_names: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SetQueueAttributes {
    queue_url: String,
    attributes: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PurgeQueue {
    queue_url: String,
}

impl Sqs {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, queues: RwLock::default() }
    }

    pub(crate) async fn call(&self, operation: Operation, body: &[u8], faults: &Faults) -> Answer {
        match operation {
            Operation::CreateQueue => self.create_queue(parse(body)?),
            Operation::GetQueueUrl => self.get_queue_url(&parse(body)?),
            Operation::ListQueues => self.list_queues(),
            Operation::GetQueueAttributes => self.get_queue_attributes(&parse(body)?),
            Operation::SetQueueAttributes => self.set_queue_attributes(&parse(body)?),
            Operation::PurgeQueue => self.purge_queue(&parse(body)?),
            Operation::SendMessage => self.send_message(parse(body)?),
            Operation::SendMessageBatch => self.send_message_batch(parse(body)?, faults),
            Operation::ReceiveMessage => self.receive_message(parse(body)?, faults).await,
            Operation::DeleteMessage => self.delete_message(&parse(body)?),
            Operation::DeleteMessageBatch => self.delete_message_batch(parse(body)?, faults),
            Operation::ChangeMessageVisibility => self.change_visibility(&parse(body)?),
            Operation::ChangeMessageVisibilityBatch => {
                self.change_visibility_batch(parse(body)?, faults)
            }
            of_eventbridge => unreachable!("{of_eventbridge:?} is not an operation of SQS"),
        }
    }

    /// Delivers on behalf of a rule; whether there is such a queue.
    pub(crate) fn deliver(&self, arn: &str, body: &str) -> bool {
        let queue = self.by_arn(arn);
        if let Some(queue) = &queue {
            queue.push(Stored::new(body.to_owned(), BTreeMap::new()), None);
        }
        queue.is_some()
    }

    pub(crate) fn purge_all(&self) {
        for queue in self.read().values() {
            queue.purge();
        }
    }

    fn create_queue(&self, call: CreateQueue) -> Answer {
        let name = call.queue_name;
        let is_allowed = |char: char| char.is_ascii_alphanumeric() || "-_".contains(char);
        if !(1..=NAME_CHARS_MAX).contains(&name.len()) || !name.chars().all(is_allowed) {
            let message = "Can only include alphanumeric characters, hyphens, or underscores. \
                           1 to 80 in length; aws-stub has no FIFO queues";
            return Err(AwsError::new("InvalidParameterValue", message));
        }
        let mut attributes = Attributes::default();
        attributes.set(&call.attributes)?;
        let mut queues = self.queues.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get(&name) {
            if !queue.attributes().contains(&call.attributes) {
                let message = "A queue already exists with the same name and a different value \
                               for an attribute";
                return Err(AwsError::new("QueueNameExists", message));
            }
        } else {
            queues.insert(name.clone(), Arc::new(Queue::new(queue_arn(&name), attributes)));
        }
        json(&json!({ "QueueUrl": self.url(&name) }))
    }

    fn get_queue_url(&self, call: &GetQueueUrl) -> Answer {
        let queues = self.read();
        let (name, _) = queues.get_key_value(&call.queue_name).ok_or_else(no_such_queue)?;
        json(&json!({ "QueueUrl": self.url(name) }))
    }

    fn list_queues(&self) -> Answer {
        let urls: Vec<_> = self.read().keys().map(|name| self.url(name)).collect();
        json(&json!({ "QueueUrls": urls }))
    }

    fn get_queue_attributes(&self, call: &GetQueueAttributes) -> Answer {
        let mut attributes = self.by_url(&call.queue_url)?.described();
        if !call.attribute_names.iter().any(|name| name == "All") {
            attributes.retain(|name, _| call.attribute_names.contains(name));
        }
        json(&json!({ "Attributes": attributes }))
    }

    fn set_queue_attributes(&self, call: &SetQueueAttributes) -> Answer {
        self.by_url(&call.queue_url)?.set_attributes(&call.attributes)?;
        nothing()
    }

    fn purge_queue(&self, call: &PurgeQueue) -> Answer {
        self.by_url(&call.queue_url)?.purge();
        nothing()
    }

    fn by_url(&self, url: &str) -> Result<Arc<Queue>, AwsError> {
        let name = url.rsplit('/').next().unwrap_or_default();
        self.read().get(name).cloned().ok_or_else(no_such_queue)
    }

    fn by_arn(&self, arn: &str) -> Option<Arc<Queue>> {
        self.read().get(arn.rsplit(':').next()?).cloned()
    }

    fn url(&self, name: &str) -> String {
        format!("http://{}/{ACCOUNT}/{name}", self.address)
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<String, Arc<Queue>>> {
        self.queues.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
}

fn no_such_queue() -> AwsError {
    AwsError::new("QueueDoesNotExist", "The specified queue does not exist.")
}

fn nothing() -> Answer {
    json(&Value::Object(serde_json::Map::new()))
}
