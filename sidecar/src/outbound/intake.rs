//! What external producers post: shops, apps, gateways, monitoring. Their events become canonical
//! and take the same way as those of Directus.
//!
//! Reading is pure: `endpoint` alone knows HTTP's answers, and who may wait for how long.

pub mod body;
pub mod canonical;
pub mod cloudevent;
pub mod credential;
pub mod endpoint;
pub mod producer;

use jiff::Timestamp;

use crate::{
    delivery::Refusal,
    event::{Event, EventId, EventType, Subject},
};

/// One event of a request: understood, or refused by itself so that the others flow on.
#[derive(Debug)]
pub struct Entry {
    /// Its name, as far as it could be read.
    pub event_id: Option<EventId>,
    /// The event, or why there is none.
    pub event: Result<Event, Refusal>,
}

impl Entry {
    /// An entry of which not even the name could be read.
    pub fn nameless(refusal: Refusal) -> Self {
        Self { event_id: None, event: Err(refusal) }
    }
}

/// What the request around an event says: it fills what the event leaves out.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// When the request arrived.
    pub at: Timestamp,
    /// `webhook-id`: the same when the same request is sent again.
    pub message_id: Option<String>,
    /// The W3C trace context of the request.
    pub traceparent: Option<String>,
}

impl Receipt {
    /// The name of the event at `index` of a request, when it brings none. Without a `webhook-id`
    /// nothing ties two attempts together, and each has a name of its own.
    fn event_id(&self, producer: &str, index: usize) -> EventId {
        self.message_id.as_ref().map_or_else(EventId::random, |message_id| {
            EventId::of_producer(producer, "webhook-id", &format!("{message_id}/{index}"))
        })
    }
}

/// What an event is about when it does not say so: itself, in a collection named after its type.
fn subject_of(event_type: &EventType, key: String) -> Subject {
    let collection = event_type.as_str().split('.').next().unwrap_or_default().to_owned();
    Subject { collection, key }
}
