use std::path::Path;

use clap::Parser;

use super::*;
use crate::outbound::mapping::Mappings;

const MAPPINGS: &str = r#"
    [privacy]
    data.user_email = "mask"

    [consent]
    events = ["feedback.*"]
    decide = "'anonymous' if item.quiet else item.rating != 0"

    [[mapping]]
    collection = "feedback"
    event = "feedback.submitted"
    also = true
    [mapping.data]
    feedbackId = "key"
    text = "item.text"
    rating = "item.rating"
    submittedAt = "occurredAt"

    [[mapping]]
    collection = "feedback"
    event = "customer.spoke"
    [mapping.data]
    user_email = "item.user_email"
    changed = "changed"
    before = "previous.rating"
    tier = "related.customer.tier"
"#;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    input: MapInput,
}

fn input(arguments: &str) -> MapInput {
    Cli::try_parse_from(["map"].into_iter().chain(arguments.split_whitespace())).unwrap().input
}

fn config() -> Config {
    let variables = [
        ("SIDECAR__DIRECTUS__TOKEN", "token"),
        ("SIDECAR__OUTBOUND__SECRETS", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"),
    ];
    let variables = variables.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/config"));
    let mut config = Config::load_with(folder, variables).unwrap();
    config.mappings = Mappings::compile(MAPPINGS).unwrap();
    config
}

fn change(input: &MapInput, item: &Value, previous: Option<&Value>) -> Change {
    let object = |value: &Value| value.as_object().unwrap().clone();
    let related = object(&json!({ "customer": { "tier": "gold" } }));
    let mut change = input.change(object(item), previous.map(object), related).unwrap();
    change.event_id =
        serde_json::from_value(json!("01939f0e-7b5c-7c3e-9a51-3f6d0c8f2a10")).unwrap();
    change.occurred_at = "2026-11-21T10:30:00Z".parse().unwrap();
    change
}

fn explained<'config>(config: &'config Config, change: &Change) -> Vec<Explained<'config>> {
    let considered = config.mappings.explain(change).unwrap().into_iter();
    considered.map(|(mapping, one)| Explained::new(config, mapping, one)).collect()
}

#[test]
fn a_change_is_shown_with_its_events_and_what_happens_to_them() {
    let (config, input) = (config(), input("--collection feedback --action update"));
    let item = json!({ "id": 42, "rating": 4, "text": "Lovely", "user_email": "ada@example.com" });
    let before =
        json!({ "id": 42, "rating": 2, "text": "Lovely", "user_email": "ada@example.com" });

    let change = change(&input, &item, Some(&before));
    let events = explained(&config, &change);

    let page = page(&change, &events);
    let (submitted, spoke) = page.split_once("\n\n").unwrap();
    insta::assert_snapshot!(submitted.split_once("\n{").unwrap().0, @r"
    feedback.submitted
      mapping   mappings.toml:9: mapping 1 (feedback to feedback.submitted)
      consent   publish
      privacy   no rule found anything
      contract  obeyed: feedback.submitted/1.json
      route     escalations: event-bridge-escalations, met by escalate
      route     feedback: event-bridge-feedback, met by enrich
    ");
    insta::assert_snapshot!(spoke.split_once("\n{").unwrap().0, @r"
    customer.spoke
      mapping   mappings.toml:19: mapping 2 (feedback to customer.spoke)
      consent   not needed
      privacy   data.user_email: mask (mappings.toml:3: privacy: data.user_email)
      contract  obeyed: the envelope; its type has none
      route     none
    ");
    assert!(spoke.contains(r#""user_email": "***""#) && spoke.contains(r#""tier": "gold""#));
    let documents = documents(&events);
    assert_eq!(documents[0]["routes"], json!(["escalations", "feedback"]));
    assert_eq!(documents[0]["consent"], "publish");
    assert_eq!(documents[1]["event"]["data"]["before"], 2);
    assert_eq!(documents[1]["event"]["data"]["changed"], json!(["rating"]));
    assert_eq!(documents[1]["privacy"][0]["treatment"], "mask");
}

#[test]
fn an_event_without_consent_is_shown_as_not_published() {
    let (config, input) = (config(), input("--collection feedback"));

    let change = change(&input, &json!({ "id": "a", "rating": 0, "text": "No" }), None);
    let documents = documents(&explained(&config, &change));

    assert_eq!(documents[0]["consent"], "drop");
    assert_eq!(documents[0]["event"], Value::Null);
    assert_eq!(documents[0]["contract"]["verdict"], "unchecked");
    assert_eq!(documents[1]["eventType"], "customer.spoke");
}

#[test]
fn an_event_that_breaks_its_contract_says_where() {
    let (config, input) = (config(), input("--collection feedback --key 7"));

    let change = change(&input, &json!({ "rating": 9, "quiet": true }), None);
    let documents = documents(&explained(&config, &change));

    assert_eq!(documents[0]["consent"], "anonymous");
    assert_eq!(documents[0]["contract"]["verdict"], "broken");
    let detail = documents[0]["contract"]["error"]["detail"].as_str().unwrap();
    assert!(detail.contains("/data/rating") && detail.contains("/data/text"), "{detail}");
}

#[test]
fn a_deleted_item_is_the_previous_one() {
    let input = input("--collection feedback --action delete");

    let change = change(&input, &json!({ "id": 42, "rating": 4 }), None);

    assert_eq!((&change.item, &change.previous["rating"]), (&Value::Null, &json!(4)));
}

#[rstest::rstest]
#[case("", "not json", "the item on standard input: is no JSON")]
#[case("", "[1]", "the item on standard input: is no JSON object")]
#[case("", "{}", "the item has no `id`: name its primary key with --key")]
#[case("--previous /nowhere", r#"{"id":1}"#, "cannot read /nowhere")]
fn bad_input_is_explained(
    #[case] arguments: &str,
    #[case] item: &'static str,
    #[case] reason: &str,
) {
    let input = input(&format!("--collection feedback {arguments}"));

    let error = input.parse(item.as_bytes()).unwrap_err();

    assert!(format!("{error:#}").starts_with(reason), "{error:#}");
}
