//! A canonical event as a producer may write it: what it leaves out is filled.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    delivery::{Refusal, RefusalCode},
    event::{Event, EventId, EventType, Subject},
    outbound::intake::{Entry, Receipt, producer::Producer, subject_of},
};

/// What a producer writes. A member that is not here is a slip of the pen, and refused: dropped in
/// silence, nobody would ever miss it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Draft {
    #[serde(default)]
    event_id: Option<EventId>,
    event_type: EventType,
    #[serde(default)]
    version: Option<u32>,
    #[serde(default)]
    producer: Option<String>,
    #[serde(default)]
    occurred_at: Option<Timestamp>,
    #[serde(default)]
    sequence: Option<Value>,
    #[serde(default)]
    customer_id: Option<String>,
    #[serde(default)]
    correlation_id: Option<EventId>,
    #[serde(default)]
    causation_id: Option<EventId>,
    #[serde(default)]
    traceparent: Option<String>,
    #[serde(default)]
    subject: Option<Subject>,
    #[serde(default)]
    context: Option<Map<String, Value>>,
    data: Map<String, Value>,
    #[serde(default)]
    properties: Option<Map<String, Value>>,
}

/// Reads the event at `index` of a request of `producer`.
pub fn read(document: Value, producer: &Producer, receipt: &Receipt, index: usize) -> Entry {
    let named = serde_json::from_value(document["eventId"].clone()).unwrap_or_default();
    let draft: Result<Draft, _> = serde_path_to_error::deserialize(document);
    let event = draft
        .map_err(|error| {
            let place = error.path().to_string();
            Refusal::new(RefusalCode::Undecodable, error.into_inner().to_string()).at(place)
        })
        .and_then(|draft| draft.fill(producer, receipt, index));
    Entry { event_id: event.as_ref().map_or(named, |event| Some(event.event_id)), event }
}

impl Draft {
    fn fill(self, producer: &Producer, receipt: &Receipt, index: usize) -> Result<Event, Refusal> {
        producer.admit(&self.event_type).map_err(|refusal| refusal.at("eventType"))?;
        if self.sequence.is_some() {
            // It orders the effects on an item: from outside it could hide all later changes.
            let reason = "only Directus numbers its changes";
            return Err(Refusal::new(RefusalCode::Forbidden, reason).at("sequence"));
        }
        let event_id = self.event_id.unwrap_or_else(|| receipt.event_id(&producer.name, index));
        Ok(Event {
            event_id,
            version: self.version.unwrap_or(1),
            producer: producer.named(self.producer)?,
            occurred_at: self.occurred_at.unwrap_or(receipt.at),
            sequence: None,
            customer_id: self.customer_id,
            correlation_id: self.correlation_id.unwrap_or(event_id),
            causation_id: self.causation_id,
            traceparent: self.traceparent.or_else(|| receipt.traceparent.clone()),
            subject: self
                .subject
                .unwrap_or_else(|| subject_of(&self.event_type, event_id.to_string())),
            event_type: self.event_type,
            context: self.context.unwrap_or_default(),
            data: self.data,
            properties: self.properties.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::outbound::intake::producer::testing::shop;

    fn receipt(message_id: Option<&str>) -> Receipt {
        Receipt {
            at: "2026-11-21T10:30:00Z".parse().unwrap(),
            message_id: message_id.map(str::to_owned),
            traceparent: None,
        }
    }

    fn event(document: Value) -> Event {
        read(document, &shop(), &receipt(None), 0).event.unwrap()
    }

    fn refusal(document: Value) -> Refusal {
        read(document, &shop(), &receipt(None), 0).event.unwrap_err()
    }

    #[test]
    fn what_a_producer_leaves_out_is_filled() {
        let event = event(json!({ "eventType": "cart.emptied", "data": { "cartId": "c-1" } }));

        assert_eq!((event.version, event.producer.as_str()), (1, "shop"));
        assert_eq!(event.occurred_at, receipt(None).at);
        assert_eq!(event.correlation_id, event.event_id);
        assert_eq!(event.subject.collection, "cart");
        assert_eq!(event.subject.key, event.event_id.to_string());
    }

    #[test]
    fn what_a_producer_says_is_kept() {
        let document = json!({
            "eventId": "01939f0e-7b5c-7c3e-9a51-3f6d0c8f2a10", "eventType": "cart.emptied",
            "version": 2, "producer": "shop-app", "occurredAt": "2026-11-20T00:00:00Z",
            "sequence": null, "customerId": "7",
            "correlationId": "01939f0e-7b5c-7c3e-9a51-3f6d0c8f2a11",
            "causationId": "01939f0e-7b5c-7c3e-9a51-3f6d0c8f2a12",
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "subject": { "collection": "carts", "key": "c-1" },
            "context": { "device": "phone" }, "data": { "n": 1 }, "properties": { "p": true },
        });

        let event = event(document.clone());

        assert_eq!(serde_json::to_value(event).unwrap(), document);
    }

    #[test]
    fn a_request_sent_again_with_its_webhook_id_names_its_events_alike() {
        let document = json!({ "eventType": "cart.emptied", "data": {} });
        let id = |message_id, index| {
            read(document.clone(), &shop(), &receipt(message_id), index).event_id.unwrap()
        };

        assert_eq!(id(Some("msg-1"), 0), id(Some("msg-1"), 0));
        assert_ne!(id(Some("msg-1"), 0), id(Some("msg-1"), 1));
        assert_ne!(id(None, 0), id(None, 0));
    }

    #[rstest::rstest]
    #[case(json!({ "eventType": "feedback.submitted", "data": {} }), "forbidden", "eventType")]
    #[case(json!({ "eventType": "cart.emptied", "data": {}, "sequence": 9 }), "forbidden", "sequence")]
    #[case(json!({ "eventType": "cart.emptied", "data": {}, "producer": "x" }), "forbidden", "producer")]
    #[case(json!({ "eventType": "cart.emptied", "data": [] }), "undecodable", "data")]
    #[case(json!({ "eventType": "cart.emptied", "data": {}, "customerID": "7" }), "undecodable", "customerID")]
    #[case(json!({ "eventType": "Cart Emptied", "data": {} }), "undecodable", "eventType")]
    fn a_mistake_is_named_with_its_place(
        #[case] document: Value,
        #[case] code: &str,
        #[case] place: &str,
    ) {
        let refusal = refusal(document);

        assert_eq!((refusal.code.as_str(), refusal.path.as_deref()), (code, Some(place)));
    }

    #[test]
    fn a_refused_event_is_answered_by_its_own_id() {
        let id = "01939f0e-7b5c-7c3e-9a51-3f6d0c8f2a10";

        let entry = read(json!({ "eventId": id }), &shop(), &receipt(None), 0);

        assert!(entry.event.is_err());
        assert_eq!(entry.event_id.unwrap().to_string(), id);
    }
}
