//! What a caller may ask for, and how an answer is told.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// An operation of EventBridge or SQS that the stub knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "AWS describes its operations")]
pub enum Operation {
    PutEvents,
    CreateEventBus,
    DescribeEventBus,
    ListEventBuses,
    CreateArchive,
    PutRule,
    PutTargets,
    CreateQueue,
    GetQueueUrl,
    ListQueues,
    GetQueueAttributes,
    SetQueueAttributes,
    PurgeQueue,
    SendMessage,
    SendMessageBatch,
    ReceiveMessage,
    DeleteMessage,
    DeleteMessageBatch,
    ChangeMessageVisibility,
    ChangeMessageVisibilityBatch,
}

/// Who is asked: each speaks a protocol of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// JSON 1.1.
    EventBridge,
    /// JSON 1.0, and errors that also tell their code of old.
    Sqs,
}

impl Operation {
    /// Reads the header `X-Amz-Target`.
    pub(crate) fn parse(target: &str) -> Result<(Service, Self), AwsError> {
        let (service, name) = match target.split_once('.') {
            Some(("AWSEvents", name)) => (Service::EventBridge, name),
            Some(("AmazonSQS", name)) => (Service::Sqs, name),
            _ => return Err(AwsError::unknown_operation(target)),
        };
        let name = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(name);
        let operation = Self::deserialize(name).map_err(|_| AwsError::unknown_operation(target))?;
        if operation.service() == service {
            Ok((service, operation))
        } else {
            Err(AwsError::unknown_operation(target))
        }
    }

    fn service(self) -> Service {
        // In the order of the variants, EventBridge's come first.
        if self <= Self::PutTargets { Service::EventBridge } else { Service::Sqs }
    }
}

impl Service {
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::EventBridge => "application/x-amz-json-1.1",
            Self::Sqs => "application/x-amz-json-1.0",
        }
    }
}

/// The body of an answer, or why there is none.
pub(crate) type Answer = Result<Bytes, AwsError>;

/// Makes the body of an answer.
#[expect(clippy::unnecessary_wraps, reason = "operations end with it")]
pub(crate) fn json(answer: &impl Serialize) -> Answer {
    Ok(serde_json::to_vec(answer).expect("answers are plain data").into())
}

/// Reads the body of a call.
pub(crate) fn parse<'body, Call: Deserialize<'body>>(body: &'body [u8]) -> Result<Call, AwsError> {
    serde_json::from_slice(body)
        .map_err(|error| AwsError::new("SerializationException", error.to_string()))
}

/// A call that was refused, as AWS tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AwsError {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl AwsError {
    /// The caller's fault.
    pub(crate) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { status: 400, code: code.to_owned(), message: message.into() }
    }

    pub(crate) fn server(status: u16) -> Self {
        let code = if status == 503 { "ServiceUnavailable" } else { "InternalFailure" };
        Self { status, ..Self::new(code, "The request failed because of an internal error.") }
    }

    pub(crate) fn throttled(service: Service) -> Self {
        match service {
            Service::EventBridge => Self::new("ThrottlingException", "Rate exceeded"),
            Service::Sqs => Self::new("RequestThrottled", "Rate exceeded"),
        }
    }

    fn unknown_operation(target: &str) -> Self {
        let message = format!("aws-stub does not speak \"{target}\"");
        Self::new("UnknownOperationException", message)
    }

    /// What SQS called this error before it spoke JSON; the SDKs still go by it.
    pub(crate) fn code_of_old(&self) -> String {
        match self.code.as_str() {
            "QueueDoesNotExist" => "AWS.SimpleQueueService.NonExistentQueue".to_owned(),
            "QueueNameExists" => "QueueAlreadyExists".to_owned(),
            "BatchEntryIdsNotDistinct"
            | "BatchRequestTooLong"
            | "EmptyBatchRequest"
            | "InvalidBatchEntryId"
            | "MessageNotInflight"
            | "TooManyEntriesInBatchRequest"
            | "UnsupportedOperation" => format!("AWS.SimpleQueueService.{}", self.code),
            _ => self.code.clone(),
        }
    }
}
