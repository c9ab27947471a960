use super::*;
use crate::delivery::RefusalCode;

const GOLDEN: &str = include_str!("../../../../schemas/examples/changes.json");

fn golden() -> Vec<&'static RawValue> {
    serde_json::from_str::<ChangeBatch>(GOLDEN).unwrap().changes
}

fn read(document: &RawValue) -> Result<Row, Refusal> {
    Row::read(&serde_json::from_str(document.get()).unwrap(), document)
}

#[test]
fn the_golden_batch_is_understood() {
    let rows: Vec<_> = golden().into_iter().map(|row| read(row).unwrap()).collect();

    let [Row::Change(created), Row::Change(updated), Row::Change(deleted), Row::Event(event)] =
        rows.as_slice()
    else {
        panic!("three changes and an event: {rows:?}")
    };
    let actions = [created, updated, deleted].map(|change| change.action);
    assert_eq!(actions, [Action::Create, Action::Update, Action::Delete]);
    assert_eq!(updated.changed, ["rating", "text"]);
    assert_eq!(updated.related["customer"]["tier"], "gold");
    assert_eq!(deleted.item, Value::Null);
    let document = serde_json::to_value(updated).unwrap();
    let parts = Change::FIELDS.map(|name| (name.to_owned(), made(updated.part(name))));
    let parts: Map<_, _> =
        parts.into_iter().map(|(name, part)| (name, part.into_owned())).collect();
    assert_eq!(Value::Object(parts), document, "expressions see what a change has");
    assert_eq!(event.event.event_type.as_str(), "loyalty.points_granted");
}

#[rstest::rstest]
#[case(serde_json::json!("merge"))]
#[case(serde_json::json!(null))]
#[case(serde_json::json!(7))]
fn a_row_of_an_unknown_kind_is_refused(#[case] kind: Value) {
    let mut row: Value = serde_json::from_str(golden()[0].get()).unwrap();
    row["kind"] = kind;
    let row = serde_json::value::to_raw_value(&row).unwrap();

    assert_eq!(read(&row).unwrap_err().path.as_deref(), Some("kind"));
}

#[test]
fn an_answer_names_the_change_the_verdict_and_the_reason() {
    let answer = Answer {
        event_id: Some(EventId(uuid::Uuid::nil())),
        verdict: Verdict::Rejected {
            error: Refusal::new(RefusalCode::Contract, "is too large").at("/data/rating"),
        },
    };

    insta::assert_snapshot!(serde_json::to_string(&answer).unwrap(), @r#"{"eventId":"00000000-0000-0000-0000-000000000000","verdict":"rejected","error":{"code":"contract","detail":"is too large","path":"/data/rating"}}"#);
}
