//! The sidecar's pattern matcher and EventBridge's give the same answers.

use anyhow::Result;
use e2e::aws::Aws;
use proptest::{
    prelude::*,
    sample::select,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Map, Value, json};
use sidecar::route::pattern::Pattern;

const PAIRS: usize = 800;
/// The pairs are the same in every run, so that a failure can be looked at.
const SEED: [u8; 32] = *b"the same pairs in every run, yes";

#[tokio::test]
#[expect(clippy::print_stdout, reason = "a failure is looked at with the seed and the counts")]
async fn the_matcher_answers_as_eventbridge_does() -> Result<()> {
    let aws = Aws::alone("pattern").await?;
    println!("{PAIRS} pairs of seed {:?}", String::from_utf8_lossy(&SEED));
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &SEED);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let (mut matching, mut others, mut refused) = (0, 0, 0);

    for _ in 0..PAIRS {
        let pair = (pattern(), event()).new_tree(&mut runner).expect("nothing is filtered");
        let (pattern, event) = pair.current();

        let theirs = aws.test_event_pattern(&event, &pattern).await?;

        let ours = Pattern::compile(pattern.as_object().expect("an object"));
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => {
                assert_eq!(ours.matches(&event), theirs, "{pattern}\n{event}");
                if theirs { matching += 1 } else { others += 1 }
            }
            (Err(_), Err(_)) => refused += 1,
            // What is refused although EventBridge takes it: see `route/pattern.rs`.
            (Err(error), Ok(_)) => {
                let reason = error.to_string();
                let is_known = reason.contains("demanded twice") || reason.contains("$or");
                assert!(is_known, "refused alone: {reason}\n{pattern}");
            }
            (Ok(_), Err(reason)) => panic!("accepted alone: {reason}\n{pattern}"),
        }
    }

    println!("{matching} matching, {others} not, {refused} refused");
    let enough = PAIRS / 40;
    assert!(matching > enough && others > enough && refused > enough, "all kinds of pairs");
    Ok(())
}

fn event() -> impl Strategy<Value = Value> {
    detail().prop_map(|detail| {
        json!({
            "id": "1",
            "account": "000000000000",
            "region": "us-east-1",
            "source": "directus",
            "detail-type": "a.b",
            "time": "2026-11-21T10:30:00Z",
            "resources": [],
            "detail": detail,
        })
    })
}

fn detail() -> impl Strategy<Value = Value> {
    let value = scalar().prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            1 => fields(inner, 0..4),
        ]
    });
    fields(value, 1..4)
}

fn pattern() -> impl Strategy<Value = Value> {
    let leaf = prop::collection::vec(condition(), 1..4).prop_map(Value::from);
    let spoiled = prop_oneof![Just(json!([])), Just(json!({})), scalar()];
    let leaf = prop_oneof![40 => leaf, 1 => spoiled];
    let object = leaf.prop_recursive(2, 6, 2, |inner| fields(inner, 1..3));
    let or = prop::collection::vec(fields(object.clone(), 1..3), 1..4).boxed();
    prop_oneof![
        5 => fields(object.clone(), 1..3),
        1 => or.clone().prop_map(|or| json!({ "$or": or })),
        1 => (fields(object, 1..2), or).prop_map(|(mut fields, or)| {
            fields["$or"] = or.into();
            fields
        }),
    ]
    .prop_map(|detail| json!({ "source": ["directus"], "detail": detail }))
}

fn fields(
    value: impl Strategy<Value = Value>,
    count: std::ops::Range<usize>,
) -> impl Strategy<Value = Value> {
    let name = select(vec!["a", "b", "c"]).prop_map(str::to_owned);
    prop::collection::btree_map(name, value, count)
        .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>()))
}

/// Few values, so that patterns and events often meet.
fn scalar() -> impl Strategy<Value = Value> {
    let numbers = [json!(0), json!(1), json!(1.0), json!(-3), json!(2.5), json!(1e3)];
    let others = [json!(true), json!(false), json!(null)];
    prop_oneof![
        4 => text().prop_map(Value::from),
        2 => select(numbers.to_vec()),
        1 => select(others.to_vec()),
    ]
}

fn text() -> impl Strategy<Value = &'static str> {
    let words = ["", "a", "ab", "aB", "b", "ba", "abba", "a*b", "a\\b", "ß", "SS", "é", "É"];
    let addresses = ["10.0.0.1", "10.0.1.9", "192.0.2.7", "2001:db8::1", "::1"];
    select([words.as_slice(), addresses.as_slice()].concat())
}

fn condition() -> impl Strategy<Value = Value> {
    let blocks = ["10.0.0.0/24", "10.0.0.77/8", "2001:db8::/32", "0.0.0.0/0"];
    let wildcards = ["*", "a*", "*b", "a*b", "*b*", "a\\*b", "a\\\\b", "a*b*a"];
    let number = -4..4;
    let ranges = [">", ">="].into_iter().flat_map(|lower| [(lower, "<"), (lower, "<=")]);
    let ranges = (select(ranges.collect::<Vec<_>>()), number.clone(), 1..4);
    prop_oneof![
        6 => scalar(),
        3 => any::<bool>().prop_map(|exists| json!({ "exists": exists })),
        8 => about_text(),
        6 => anything_but(),
        3 => select(wildcards.to_vec()).prop_map(|text| json!({ "wildcard": text })),
        3 => select(blocks.to_vec()).prop_map(|block| json!({ "cidr": block })),
        2 => (select(vec!["<", "<=", ">", ">=", "="]), number)
            .prop_map(|(operator, number)| json!({ "numeric": [operator, number] })),
        2 => ranges.prop_map(|((lower, upper), bottom, width)| {
            json!({ "numeric": [lower, bottom, upper, bottom + width] })
        }),
        1 => text().prop_map(|text| json!({ "exactly": text })),
        1 => spoiled_condition(),
    ]
}

/// Often something that EventBridge does not take.
fn spoiled_condition() -> impl Strategy<Value = Value> {
    let operators = ["prefix", "suffix", "equals-ignore-case", "wildcard", "exactly", "cidr"];
    let others = ["exists", "numeric", "anything-but", "regex"];
    let operator = select([operators.as_slice(), others.as_slice()].concat());
    let comparisons = select(vec!["<", ">=", "=", "!="]);
    prop_oneof![
        (operator.clone(), scalar()).prop_map(|(operator, value)| json!({ operator: value })),
        (operator, text())
            .prop_map(|(operator, text)| json!({ "anything-but": { operator: text } })),
        select(vec!["**", "a\\b", "a\\"]).prop_map(|text| json!({ "wildcard": text })),
        select(vec!["10.0.0.1/32", "10.0.0", "::/128", "x/8"]).prop_map(|of| json!({ "cidr": of })),
        (comparisons.clone(), -4..4, comparisons, -4..4)
            .prop_map(|(a, from, b, to)| json!({ "numeric": [a, from, b, to] })),
        prop::collection::vec(scalar(), 0..3).prop_map(|values| json!({ "anything-but": values })),
        Just(json!({ "prefix": "a", "suffix": "b" })),
        Just(json!([])),
    ]
}

fn about_text() -> impl Strategy<Value = Value> {
    let operator = select(vec!["prefix", "suffix", "equals-ignore-case"]);
    (operator, text(), any::<bool>()).prop_map(|(operator, text, ignore_case)| {
        if ignore_case && operator != "equals-ignore-case" {
            json!({ operator: { "equals-ignore-case": text } })
        } else {
            json!({ operator: text })
        }
    })
}

fn anything_but() -> impl Strategy<Value = Value> {
    let operator = select(vec!["prefix", "suffix", "equals-ignore-case"]);
    let words = select(vec!["a", "b", "ab", "ß", "SS", "10.0"]);
    let texts = prop::collection::vec(words.clone(), 1..3);
    prop_oneof![
        words.prop_map(|word| json!({ "anything-but": word })),
        (0..3).prop_map(|number| json!({ "anything-but": [number, 2.5] })),
        texts.clone().prop_map(|words| json!({ "anything-but": words })),
        (operator, texts)
            .prop_map(|(operator, words)| json!({ "anything-but": { operator: words } })),
        Just(json!({ "anything-but": { "wildcard": ["a*", "*0.*"] } })),
    ]
}
