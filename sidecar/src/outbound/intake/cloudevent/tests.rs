use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;

use super::*;
use crate::outbound::intake::producer::testing::shop;

fn receipt() -> Receipt {
    Receipt { at: "2026-11-21T10:30:00Z".parse().unwrap(), message_id: None, traceparent: None }
}

fn minimal() -> Value {
    json!({ "specversion": "1.0", "id": "order-7", "source": "/shop/de",
            "type": "com.example.shop.cart.emptied", "data": { "cartId": "c-1" } })
}

fn with(name: &str, value: Value) -> Value {
    let mut document = minimal();
    document[name] = value;
    document
}

fn event(document: Value) -> Event {
    read(document, &shop(), &receipt()).event.unwrap()
}

/// The place and the code that a document is refused with.
fn refused(document: Value) -> (String, RefusalCode) {
    let refusal = read(document, &shop(), &receipt()).event.unwrap_err();
    (refusal.path.unwrap_or_default(), refusal.code)
}

#[test]
fn every_attribute_has_its_place() {
    let document = json!({
        "specversion": "1.0", "id": "67e55044-10b1-426f-9247-bb680e5fe0c8", "source": "/shop/de",
        "type": "com.example.shop.cart.item-added.v2", "time": "2026-11-21T11:30:00.25+01:00",
        "subject": "carts/c/1", "datacontenttype": "application/json; charset=utf-8",
        "dataschema": "https://example.com/cart.item_added/2.json", "version": 2,
        "customerid": 7, "correlationid": "67e55044-10b1-426f-9247-bb680e5fe0c9",
        "causationid": "order-6",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "tracestate": "a=b", "region": "eu", "sampled": true, "sequence": "0042", "unset": null,
        "data": { "cartId": "c-1" },
    });

    let event = event(document);

    assert_eq!(
        serde_json::to_value(&event).unwrap(),
        json!({
            "eventId": "67e55044-10b1-426f-9247-bb680e5fe0c8", "eventType": "cart.item_added",
            "version": 2, "producer": "shop", "occurredAt": "2026-11-21T10:30:00.25Z",
            "sequence": null, "customerId": "7",
            "correlationId": "67e55044-10b1-426f-9247-bb680e5fe0c9",
            "causationId": EventId::of_producer("shop", "/shop/de", "order-6"),
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "subject": { "collection": "carts", "key": "c/1" },
            "context": { "source": "/shop/de" }, "data": { "cartId": "c-1" },
            "properties": {
                "dataschema": "https://example.com/cart.item_added/2.json",
                "tracestate": "a=b", "region": "eu", "sampled": true, "sequence": "0042",
            },
        })
    );
}

#[test]
fn the_required_attributes_are_enough() {
    let event = event(minimal());

    assert_eq!(event.version, 1);
    assert_eq!(event.occurred_at, receipt().at);
    assert_eq!(event.correlation_id, event.event_id);
    assert_eq!(
        (event.subject.collection.as_str(), event.subject.key),
        ("cart", event.event_id.to_string())
    );
    assert_eq!(event.context["source"], "/shop/de");
    assert_eq!(event.context["sourceId"], "order-7");
    assert!(event.properties.is_empty());
}

#[test]
fn an_event_is_named_by_producer_source_and_id() {
    let named = |document: Value| read(document, &shop(), &receipt()).event_id.unwrap();

    assert_eq!(named(minimal()), named(with("data", json!({ "other": true }))));
    assert_ne!(named(minimal()), named(with("source", json!("/shop/fr"))));
    assert_ne!(named(minimal()), named(with("id", json!("order-8"))));
    let other = Producer { name: "gateway".to_owned(), ..shop() };
    assert_ne!(named(minimal()), read(minimal(), &other, &receipt()).event_id.unwrap());
}

#[test]
fn a_key_alone_is_of_the_types_collection() {
    let subject = event(with("subject", json!("c-1"))).subject;

    assert_eq!((subject.collection.as_str(), subject.key.as_str()), ("cart", "c-1"));
}

#[test]
fn the_trace_of_the_request_goes_on_unless_the_event_has_its_own() {
    let own = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let receipt = Receipt { traceparent: Some("the request's".to_owned()), ..receipt() };
    let trace = |document| read(document, &shop(), &receipt).event.unwrap().traceparent.unwrap();

    assert_eq!(trace(minimal()), "the request's");
    assert_eq!(trace(with("traceparent", json!(own))), own);
}

#[rstest::rstest]
#[case("specversion", json!(null))]
#[case("specversion", json!("1.1"))]
#[case("specversion", json!(1))]
#[case("id", json!(""))]
#[case("id", json!(7))]
#[case("id", json!(null))]
#[case("id", json!("a\u{1}b"))]
#[case("source", json!(""))]
#[case("source", json!("not a uri"))]
#[case("source", json!("/a%2"))]
#[case("type", json!(""))]
#[case("type", json!("Emptied"))]
#[case("time", json!("yesterday"))]
#[case("time", json!("2026-11-21 10:30:00Z"))]
#[case("time", json!("2026-11-21T10:30:00"))]
#[case("time", json!("2026-13-21T10:30:00Z"))]
#[case("time", json!("2026-11-21T10:30:00+01:00[Europe/Berlin]"))]
#[case("time", json!("2026-11-21T10:30:00.Z"))]
#[case("subject", json!(""))]
#[case("subject", json!("/c-1"))]
#[case("subject", json!("carts/"))]
#[case("dataschema", json!("no/scheme"))]
#[case("datacontenttype", json!("application/xml"))]
#[case("data", json!("text"))]
#[case("data", json!([1]))]
#[case("data", json!(null))]
#[case("version", json!("two"))]
#[case("version", json!(0))]
#[case("customerid", json!(""))]
#[case("correlationid", json!(true))]
#[case("Upper", json!("x"))]
#[case("with_underscore", json!("x"))]
#[case("nested", json!({ "a": 1 }))]
#[case("fraction", json!(1.5))]
#[case("large", json!(2_147_483_648_i64))]
#[case("noncharacter", json!("\u{FFFE}"))]
fn a_broken_rule_is_named_with_its_attribute(#[case] name: &str, #[case] value: Value) {
    assert_eq!(refused(with(name, value)), (name.to_owned(), RefusalCode::Undecodable));
}

#[test]
fn two_versions_that_disagree_are_refused() {
    let mut document = with("type", json!("cart.emptied.v2"));
    assert_eq!(event(document.clone()).version, 2);

    document["version"] = json!(3);

    assert_eq!(refused(document).0, "version");
}

#[test]
fn a_type_that_the_producer_may_not_publish_is_forbidden() {
    let refused = refused(with("type", json!("feedback.submitted")));

    assert_eq!(refused, ("type".to_owned(), RefusalCode::Forbidden));
}

#[test]
fn binary_data_is_taken_when_it_is_json() {
    let encoded = |text: &[u8]| {
        let mut document = with("data_base64", BASE64.encode(text).into());
        document.as_object_mut().unwrap().remove("data");
        document
    };

    assert_eq!(event(encoded(br#"{ "cartId": "c-1" }"#)).data, event(minimal()).data);
    assert_eq!(refused(encoded(b"\x00\x01")).0, "data_base64");
    let mut both = encoded(b"{}");
    both["data"] = json!({});
    assert_eq!(refused(both).0, "data");
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &str)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
    };
    pairs.iter().map(pair).collect()
}

const BINARY: [(&str, &str); 5] = [
    ("ce-specversion", "1.0"),
    ("ce-id", "order-7"),
    ("ce-source", "/shop/de"),
    ("ce-type", "com.example.shop.cart.emptied"),
    ("content-type", "application/json"),
];

#[test]
fn both_modes_say_the_same() {
    let binary = binary::read(&headers(&BINARY), br#"{ "cartId": "c-1" }"#, &shop(), &receipt());

    assert!(binary::is_binary(&headers(&BINARY)));
    assert_eq!(binary.event.unwrap(), event(minimal()));
}

#[test]
fn extensions_in_headers_are_decoded() {
    let extra = [("ce-customerid", "7"), ("ce-note", "Euro%20%E2%82%AC"), ("ce-version", "2")];
    let headers = headers(&[&BINARY[..], &extra].concat());

    let event = binary::read(&headers, b"", &shop(), &receipt()).event.unwrap();

    assert_eq!((event.customer_id.as_deref(), event.version), (Some("7"), 2));
    assert_eq!(event.properties["note"], "Euro €");
    assert!(event.data.is_empty());
}

#[rstest::rstest]
#[case(("ce-datacontenttype", "application/json"), "datacontenttype")]
#[case(("ce-id", "order-8"), "id")]
#[case(("ce-note", "%C0%A0"), "note")]
#[case(("ce-no-te", "x"), "no-te")]
fn a_header_that_breaks_a_rule_is_named(#[case] extra: (&'static str, &str), #[case] place: &str) {
    let headers = headers(&[&BINARY[..], &[extra]].concat());

    let refusal = binary::read(&headers, b"{}", &shop(), &receipt()).event.unwrap_err();

    assert_eq!(refusal.path.as_deref(), Some(place));
}
