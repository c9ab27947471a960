use aws_sdk_eventbridge::{
    error::ProvideErrorMetadata as _, operation::create_event_bus::CreateEventBusError,
    types::PutEventsRequestEntry,
};
use aws_stub::SeenEvent;

use crate::{Caller, entry};

#[tokio::test]
async fn an_event_reaches_the_queue_of_its_rule_as_eventbridge_would_wrap_it() {
    let caller = Caller::start().await;
    let queue = caller.queue("paid").await;
    caller.route_to("paid").await;

    let other = PutEventsRequestEntry::builder().event_bus_name("shop").source("directus");
    let other = other.detail_type("order.sent").detail("{}").build();
    let put = caller.bus.put_events().entries(entry("event-1")).entries(other);
    let put = put.send().await.unwrap();

    assert_eq!(put.failed_entry_count(), 0);
    assert!(put.entries().iter().all(|entry| entry.event_id().is_some()));
    let [message] = &caller.receive(&queue).await[..] else { panic!("only one matches") };
    let message: serde_json::Value = serde_json::from_str(message.body().unwrap()).unwrap();
    assert_eq!(message["detail-type"], "order.paid");
    assert_eq!(message["source"], "directus");
    assert_eq!(message["time"], "2026-11-21T10:30:00Z");
    assert_eq!(message["resources"][0], "directus:orders/1");
    assert_eq!(message["detail"]["data"]["text"], "naïve \"💥\"");
    assert_eq!(caller.stub.seen().unmatched, 1);
}

#[tokio::test]
async fn what_was_accepted_is_known_by_the_id_in_its_detail_and_how_often() {
    let caller = Caller::start().await;

    for ids in [["a", "b"], ["b", "c"]] {
        let [first, second] = ids.map(entry);
        caller.bus.put_events().entries(first).entries(second).send().await.unwrap();
    }

    let seen = |id: &str, times| SeenEvent { id: id.to_owned(), times };
    assert_eq!(caller.stub.seen().events, [seen("a", 1), seen("b", 2), seen("c", 1)]);
    assert_eq!(caller.stub.seen().accepted, 4);
    caller.stub.reset();
    assert_eq!(caller.stub.seen(), aws_stub::Report::default());
}

#[tokio::test]
async fn each_bad_entry_is_refused_in_its_place_and_the_others_pass() {
    let caller = Caller::start().await;
    let good = || PutEventsRequestEntry::builder().source("s").detail_type("t").detail("{}");
    let bad = [
        good().detail("[]"),
        good().detail("{ \"open\": "),
        PutEventsRequestEntry::builder().source("s").detail_type("t"),
        good().detail_type("t".repeat(129)),
    ];

    let put = caller.bus.put_events().entries(good().build());
    let put = bad.into_iter().fold(put, |put, entry| put.entries(entry.build()));
    let put = put.send().await.unwrap();

    let codes: Vec<_> = put.entries().iter().map(|entry| entry.error_code()).collect();
    let (malformed, invalid) = (Some("MalformedDetail"), Some("InvalidArgument"));
    assert_eq!(codes, [None, malformed, malformed, invalid, invalid]);
    assert_eq!(put.failed_entry_count(), 4);
    assert_eq!((caller.stub.seen().accepted, caller.stub.seen().refused), (1, 4));
}

#[tokio::test]
async fn a_call_of_too_many_entries_or_bytes_is_refused_whole() {
    let caller = Caller::start().await;
    let eleven = (0..11).map(|n| entry(&n.to_string()));
    // Half a megabyte each, and the limit is one.
    let large = format!(r#"{{ "text": "{}" }}"#, "x".repeat(500_000));
    let large = || {
        let large = PutEventsRequestEntry::builder().source("s").detail_type("t").detail(&large);
        large.build()
    };

    let too_many = caller.bus.put_events().set_entries(Some(eleven.collect())).send().await;
    let too_large = caller.bus.put_events().entries(large()).entries(large()).send().await;
    let one = caller.bus.put_events().entries(large()).send().await;

    assert_eq!(too_many.unwrap_err().code(), Some("ValidationException"));
    assert_eq!(too_large.unwrap_err().code(), Some("ValidationException"));
    assert!(one.is_ok());
    assert_eq!(caller.stub.seen().accepted, 1);
}

#[tokio::test]
async fn buses_and_rules_are_there_once_and_wrong_ones_are_refused() {
    let caller = Caller::start().await;
    let create = || caller.bus.create_event_bus().name("shop").send();
    create().await.unwrap();

    let again = create().await.unwrap_err().into_service_error();
    assert!(matches!(again, CreateEventBusError::ResourceAlreadyExistsException(_)), "{again:?}");
    let described = caller.bus.describe_event_bus().name("shop").send().await.unwrap();
    assert_eq!(described.arn(), Some("arn:aws:events:us-east-1:000000000000:event-bus/shop"));
    let rule = |bus: &str, pattern: &str| {
        let rule = caller.bus.put_rule().name("rule").event_bus_name(bus).event_pattern(pattern);
        async {
            rule.send().await.map_err(aws_sdk_eventbridge::error::SdkError::into_service_error)
        }
    };
    let unknown_operator = rule("shop", r#"{ "source": [{ "postfix": "a" }] }"#).await.unwrap_err();
    assert!(unknown_operator.is_invalid_event_pattern_exception(), "{unknown_operator:?}");
    let nowhere = rule("nowhere", r#"{ "source": ["a"] }"#).await.unwrap_err();
    assert!(nowhere.is_resource_not_found_exception(), "{nowhere:?}");
    let put = rule("shop", r#"{ "source": ["a"] }"#).await.unwrap();
    assert_eq!(put.rule_arn(), Some("arn:aws:events:us-east-1:000000000000:rule/shop/rule"));
}

#[tokio::test]
async fn an_operation_that_the_stub_does_not_know_is_refused_by_name() {
    let caller = Caller::start().await;

    let refused = caller.bus.list_archives().send().await.unwrap_err();

    assert_eq!(refused.code(), Some("UnknownOperationException"));
    assert!(refused.message().unwrap().contains("AWSEvents.ListArchives"), "{refused:?}");
}
