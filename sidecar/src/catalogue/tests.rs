use std::path::Path;

use super::*;
use crate::config::{read_examples, settings::Producer};

const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config");

fn shipped() -> String {
    let config = Config::load_without_secrets(Path::new(CONFIG)).unwrap();
    let examples = read_examples(&Path::new(CONFIG).join(&config.settings.contracts.folder));
    write(&config, &examples.unwrap())
}

#[test]
fn the_catalogue_says_what_is_configured() {
    let committed = include_str!("../../../docs/events.md");

    assert!(
        committed.trim_end() == shipped(),
        "docs/events.md is out of date: run `make catalogue`"
    );
}

#[test]
fn who_produces_and_who_consumes_is_read_from_the_configuration() {
    let page = shipped();
    let (_, section) = page.split_once("## `feedback.submitted`\n").unwrap();
    let (section, _) = section.split_once("<details>").unwrap();

    insta::assert_snapshot!(section, @r"
    Somebody told us what they think.

    - Comes from changes of `feedback` (create, update) when `action == 'create' or 'text' in changed`, as producer `directus-webform`
    - Goes by route `escalations` to reaction `escalate`
    - Goes by route `feedback` to reaction `enrich`
    - Goes by route `journey` to reaction `journey` if it meets the other conditions of the pattern
    - Contract: [`feedback.submitted/1.json`](../schemas/feedback.submitted/1.json)

    | field | type | required | meaning |
    |---|---|---|---|
    | `feedbackId` | string | yes | The feedback's id. |
    | `text` | string | yes | What they wrote. |
    | `submittedAt` | string | yes | When it was given. RFC 3339. |
    | `category` | string or null |  | What it is about, such as bug or feature_request. |
    | `language` | string or null |  | The language of the text, when the form knew it. BCP 47. |
    | `rating` | integer 1 to 5 or null |  | 1 is the worst, 5 the best. |
    | `source` | string or null |  | Where it was given, such as mobile_app. |
    | `userEmail` | string or null |  | Where to reach whoever wrote it. |
    | `userId` | string or null |  | The account that wrote it. |
    ");
}

#[test]
fn what_a_reaction_announces_names_the_reaction() {
    let page = shipped();
    let row = page.lines().find(|line| line.starts_with("| [`feedback.sentiment.calculated`]"));

    insta::assert_snapshot!(row.unwrap(), @"| [`feedback.sentiment.calculated`](#feedbacksentimentcalculated) | The sentiment of a feedback is known, or known to be out of reach. | reaction `enrich` | reaction `escalate`, reaction `journey` |");
}

#[test]
fn a_producer_is_named_where_it_may_post() {
    let mut config = Config::load_without_secrets(Path::new(CONFIG)).unwrap();
    let monitoring = Producer { events: vec!["server.*".to_owned()], ..Producer::default() };
    config.settings.producers.insert("monitoring".to_owned(), monitoring);

    let page = write(&config, &[]);

    let rows: Vec<_> = page.lines().filter(|line| line.contains("producer `monitoring`")).collect();
    insta::assert_snapshot!(rows.join("\n"), @r"
    | [`server.health.alert`](#serverhealthalert) | Monitoring says that a server is not well, or is well again. | producer `monitoring` | reaction `journey` |
    - Comes from producer `monitoring`
    ");
}

#[test]
fn fields_are_listed_as_deep_as_they_go() {
    let schema = serde_json::json!({
        "required": ["rating"],
        "properties": {
            "note": { "$ref": "#/definitions/note" },
            "rating": { "type": "integer", "minimum": 1, "maximum": 5, "description": "How good." },
            "code": { "anyOf": [{ "type": "string", "pattern": "^(a|b)$" }, { "type": "null" }] },
            "size": { "enum": ["s", "m", null] },
            "lines": {
                "type": ["array", "null"],
                "items": { "required": ["sku"], "properties": { "sku": { "type": "string" } } },
            },
            "tags": { "type": "array", "minItems": 1, "items": { "type": "string" } },
        },
        "definitions": { "note": { "type": "string", "description": "What else." } },
    });

    insta::assert_snapshot!(fields(&schema), @r"
    | field | type | required | meaning |
    |---|---|---|---|
    | `rating` | integer 1 to 5 | yes | How good. |
    | `code` | string `^(a\|b)$` or null |  |  |
    | `lines` | array of anything or null |  |  |
    | `lines[].sku` | string | yes |  |
    | `note` | string |  | What else. |
    | `size` | `s`, `m`, null |  |  |
    | `tags` | array of string, 1 or more |  |  |
    ");
}
