use serde_json::json;

use super::*;

const VISIBLE: [&str; 3] = ["item", "previous", "changed"];

#[rstest::rstest]
#[case("Bugs everywhere!", true)]
#[case("I was charged twice", true)]
#[case("debugging is fine", false)]
#[case("", false)]
fn a_text_mentions_what_a_word_of_it_begins_with(#[case] text: &str, #[case] expected: bool) {
    let scope = Scope::new(&json!({ "item": { "text": text, "nothing": null } }));
    let holds = |source: &str| Expression::compile(source, &VISIBLE).unwrap().holds(&scope);

    assert_eq!(holds("item.text | mentions('bug', 'Charged twice')").unwrap(), expected);
    assert!(!holds("item.nothing | mentions('bug')").unwrap());
}

fn visible() -> Value {
    json!({
        "item": { "status": "failed", "amount": 12.5, "tags": ["a", "b"], "customer": null },
        "previous": null,
        "changed": ["status"],
    })
}

fn value(source: &str) -> Value {
    Expression::compile(source, &VISIBLE).unwrap().value(&Scope::new(&visible())).unwrap()
}

#[rstest::rstest]
#[case("item.status == 'failed' and 'status' in changed", json!(true))]
#[case("item.amount", json!(12.5))]
#[case("item.tags", json!(["a", "b"]))]
#[case("item.status | upper", json!("FAILED"))]
#[case("item.customer", json!(null))]
#[case("item.no_such_field", json!(null))]
#[case("previous.status", json!(null))]
#[case("item.amount > 10 and not previous", json!(true))]
#[case("item.amount | text", json!("12.5"))]
#[case("item.customer | text", json!(null))]
#[case("item.no_such_field | text", json!(null))]
#[case("'12.50' | number", json!(12.5))]
#[case("'7' | number", json!(7))]
#[case("item.amount | number", json!(12.5))]
#[case("item.customer | number", json!(null))]
fn an_expression_has_a_typed_value(#[case] source: &str, #[case] expected: Value) {
    assert_eq!(value(source), expected);
}

#[rstest::rstest]
#[case("item")]
#[case("item.status")]
#[case("item.amount")]
#[case("item.tags")]
#[case("item.customer")]
#[case("item.customer.tier")]
#[case("item.status.length")]
#[case("item.no_such_field.nor_this")]
#[case("previous.status")]
#[case("changed")]
fn a_dotted_name_means_the_same_without_the_interpreter(#[case] source: &str) {
    let plain = Expression::compile(source, &VISIBLE).unwrap();
    let interpreted = Expression::compile(&format!("({source})"), &VISIBLE).unwrap();

    assert!(plain.path.is_some() && interpreted.path.is_none());
    let visible = visible();
    let scope = Scope::new(&visible);
    assert_eq!(plain.value(&scope).unwrap(), interpreted.value(&scope).unwrap());
    assert_eq!(plain.holds(&scope).unwrap(), interpreted.holds(&scope).unwrap());
}

#[rstest::rstest]
#[case("'x' * 100000000000")]
#[case("range(1000000000) | list")]
fn an_expression_cannot_take_unbounded_memory(#[case] source: &str) {
    let greedy = Expression::compile(source, &[]).unwrap();

    assert!(greedy.value(&Scope::new(&json!({}))).is_err());
}

#[rstest::rstest]
#[case("item.status ==", "not an expression: syntax error: unexpected end of input")]
#[case("itme.status", "there is no `itme` here, only item, previous, changed")]
#[case("frobnicate(item)", "there is no `frobnicate` here, only item, previous, changed")]
#[case("not item or item.status | uper", "not an expression: unknown filter: `uper`")]
#[case("item and item is not definde", "not an expression: unknown test: `definde`")]
fn a_mistake_is_found_when_it_is_compiled(#[case] source: &str, #[case] mistake: &str) {
    let error = Expression::compile(source, &VISIBLE).unwrap_err().to_string();

    assert!(error.starts_with(mistake), "{error}");
}

#[test]
fn an_error_quotes_what_the_expression_looked_at_in_bounds() {
    let failing = |source| {
        let expression = Expression::compile(source, &VISIBLE).unwrap();
        expression.value(&Scope::new(&visible())).unwrap_err().to_string()
    };

    let error = failing("item.status / 2");
    let long = failing("item.tags / (changed | map('replace', 's', 'é' * 999) | list)");

    assert!(error.ends_with("; `item.status` is \"failed\""), "{error}");
    assert!(long.ends_with("; `changed` is [\"status\"]; `item.tags` is [\"a\",\"b\"]"), "{long}");
    let visible = json!({ "item": "é".repeat(999) });
    let scope = Scope::new(&visible);
    assert_eq!(quote(&scope, "item").chars().filter(|c| *c == 'é').count(), 79);
    assert_eq!(quote(&scope, "item.status"), "`item.status` is null");
}
