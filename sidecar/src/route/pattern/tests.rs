use serde_json::json;

use super::*;

fn pattern(pattern: &Value) -> Result<Pattern, InvalidPattern> {
    Pattern::compile(pattern.as_object().unwrap())
}

/// Whether the conditions on field `a` match an event whose field `a` is this.
fn matches(conditions: &Value, a: &Value) -> bool {
    pattern(&json!({ "a": conditions })).unwrap().matches(&json!({ "a": a }))
}

#[rstest::rstest]
#[case(json!(["x", 1, true, null]), vec![json!("x"), json!(1), json!(1.0), json!(true), json!(null), json!(["y", "x"])], vec![json!("X"), json!("1"), json!(false), json!([]), json!({})])]
#[case(json!([{ "prefix": "ab" }]), vec![json!("abc"), json!(["x", "ab"])], vec![json!("xab"), json!(1)])]
#[case(json!([{ "prefix": "" }]), vec![json!("")], vec![json!(1), json!(null)])]
#[case(json!([{ "prefix": { "equals-ignore-case": "aB" } }]), vec![json!("ABc")], vec![json!("cab")])]
#[case(json!([{ "suffix": "png" }]), vec![json!("a.png")], vec![json!("a.PNG")])]
#[case(json!([{ "suffix": { "equals-ignore-case": ".Png" } }]), vec![json!("a.pNG")], vec![json!(".png.")])]
#[case(json!([{ "equals-ignore-case": "straße" }]), vec![json!("STRASSE"), json!("Straße")], vec![json!("strasse"), json!("straße ")])]
#[case(json!([{ "wildcard": "a*b*c" }]), vec![json!("abc"), json!("a__b__c"), json!("abcbc")], vec![json!("ab"), json!("xabc"), json!("abcx"), json!("acb")])]
#[case(json!([{ "wildcard": "*" }]), vec![json!(""), json!("x")], vec![json!(1)])]
#[case(json!([{ "wildcard": "a\\*\\\\" }]), vec![json!("a*\\")], vec![json!("abc\\")])]
#[case(json!([{ "wildcard": "ab*ba" }]), vec![json!("abba")], vec![json!("aba")])]
#[case(json!([{ "anything-but": "x" }]), vec![json!("y"), json!(1), json!(null), json!(["x", "y"])], vec![json!("x"), json!([]), json!(["x"])])]
#[case(json!([{ "anything-but": [1, 2] }]), vec![json!(3), json!("1")], vec![json!(1), json!(2.0)])]
#[case(json!([{ "anything-but": { "prefix": ["a", "b"] } }]), vec![json!("c"), json!(1)], vec![json!("ax"), json!("b")])]
#[case(json!([{ "anything-but": { "suffix": "a" } }]), vec![json!("ab")], vec![json!("ba")])]
#[case(json!([{ "anything-but": { "equals-ignore-case": ["A"] } }]), vec![json!("b")], vec![json!("a"), json!("A")])]
#[case(json!([{ "anything-but": { "wildcard": "*/x/*" } }]), vec![json!("/y/")], vec![json!("/x/")])]
#[case(json!([{ "numeric": [">", 0, "<=", 5] }]), vec![json!(0.1), json!(5)], vec![json!(0), json!(5.1), json!("3")])]
#[case(json!([{ "numeric": ["=", 3] }]), vec![json!(3), json!(3.0)], vec![json!(4), json!(true)])]
#[case(json!([{ "numeric": ["<", 3] }]), vec![json!(-7)], vec![json!(3), json!(null)])]
#[case(json!([{ "cidr": "10.0.0.5/24" }]), vec![json!("10.0.0.255")], vec![json!("10.0.1.0"), json!("::1"), json!("10.0.0"), json!(167_772_161)])]
#[case(json!([{ "cidr": "2001:db8::/32" }]), vec![json!("2001:db8:1::9")], vec![json!("2001:db9::"), json!("10.0.0.1")])]
#[case(json!([{ "cidr": "0.0.0.0/0" }]), vec![json!("192.0.2.7")], vec![json!("::1")])]
#[case(json!([{ "exists": true }]), vec![json!(null), json!(""), json!([1])], vec![json!([]), json!({}), json!({ "b": 1 })])]
#[case(json!([{ "exists": false }]), vec![json!([]), json!({ "b": 1 })], vec![json!(null), json!(0)])]
#[case(json!([{ "exists": false }, "x"]), vec![json!("x"), json!([])], vec![json!("y")])]
fn an_operator_means_what_eventbridge_means(
    #[case] conditions: Value,
    #[case] matching: Vec<Value>,
    #[case] others: Vec<Value>,
) {
    for value in matching {
        assert!(matches(&conditions, &value), "{conditions} should match {value}");
    }
    for value in others {
        assert!(!matches(&conditions, &value), "{conditions} should not match {value}");
    }
}

#[test]
fn every_field_has_to_match_and_a_missing_one_does_not() {
    let pattern = pattern(&json!({
        "source": ["directus"],
        "detail": { "data": { "rating": [1, 2] }, "customerId": [{ "exists": false }] },
    }))
    .unwrap();
    let event = |rating: Value, customer: &str| json!({ "source": "directus", "detail": { "data": { "rating": rating }, customer: "7" } });

    assert!(pattern.matches(&event(json!(1), "other")));
    assert!(!pattern.matches(&event(json!(3), "other")));
    assert!(!pattern.matches(&event(json!(1), "customerId")));
    assert!(!pattern.matches(&json!({ "source": "directus" })));
}

#[test]
fn fields_of_an_object_in_an_array_match_in_one_element() {
    let pattern = pattern(&json!({ "items": { "sku": ["red"], "count": [2] } })).unwrap();

    let red = json!({ "items": [{ "sku": "blue", "count": 1 }, { "sku": "red", "count": 2 }] });
    let crossed = json!({ "items": [{ "sku": "red", "count": 1 }, { "sku": "blue", "count": 2 }] });
    assert!(pattern.matches(&red));
    assert!(!pattern.matches(&crossed));
}

#[test]
fn or_makes_alternatives_at_its_place() {
    let pattern = pattern(&json!({
        "source": ["directus"],
        "detail": { "$or": [{ "rating": [1] }, { "tier": ["gold"], "open": [true] }] },
    }))
    .unwrap();
    let event = |detail: Value| json!({ "source": "directus", "detail": detail });

    assert!(pattern.matches(&event(json!({ "rating": 1 }))));
    assert!(pattern.matches(&event(json!({ "tier": "gold", "open": true }))));
    assert!(!pattern.matches(&event(json!({ "tier": "gold" }))));
    assert!(!pattern.matches(&json!({ "detail": { "rating": 1 } })));
}

#[rstest::rstest]
#[case(json!({}), "pattern: an empty object demands nothing")]
#[case(json!({ "a": {} }), "a: an empty object demands nothing")]
#[case(json!({ "a": "x" }), "a: is no array of values, and no object")]
#[case(json!({ "a": { "b": [] } }), "a.b: an empty array matches nothing")]
#[case(json!({ "a": [["x"]] }), "a: an array in an array is no value")]
#[case(json!({ "a": [{ "prefx": "x" }] }), "a: prefx: there is no such operator")]
#[case(json!({ "a": [{ "prefix": "x", "suffix": "y" }] }), "a: an operator is an object with one key")]
#[case(json!({ "a": [{ "prefix": 1 }] }), "a: prefix: is no text")]
#[case(json!({ "a": [{ "exists": "yes" }] }), "a: exists: is not true or false")]
#[case(json!({ "a": [{ "wildcard": "a**" }] }), "a: wildcard: has two `*` in a row")]
#[case(json!({ "a": [{ "wildcard": "a\\" }] }), "a: wildcard: a backslash stands only before `*` and another backslash")]
#[case(json!({ "a": [{ "numeric": [">"] }] }), "a: numeric: is no comparison such as [\">\", 0] or [\">\", 0, \"<=\", 5]")]
#[case(json!({ "a": [{ "numeric": ["<", 5, ">", 0] }] }), "a: numeric: the lower bound is not below the upper")]
#[case(json!({ "a": [{ "numeric": ["<", 0, ">", 5] }] }), "a: numeric: is no comparison such as [\">\", 0] or [\">\", 0, \"<=\", 5]")]
#[case(json!({ "a": [{ "numeric": [">", 9_007_199_254_740_993_u64] }] }), "a: numeric: 9007199254740993 has too many digits to compare")]
#[case(json!({ "a": [{ "cidr": "10.0.0.1" }] }), "a: cidr: has no `/`, as in `10.0.0.0/24`")]
#[case(json!({ "a": [{ "cidr": "10.0.0/8" }] }), "a: cidr: `10.0.0` is no address")]
#[case(json!({ "a": [{ "cidr": "10.0.0.1/32" }] }), "a: cidr: the mask has at most 31 bits")]
#[case(json!({ "a": [{ "anything-but": [1, "x"] }] }), "a: anything-but: excludes texts or numbers, and not both")]
#[case(json!({ "a": [{ "anything-but": null }] }), "a: anything-but: excludes texts or numbers, and not both")]
#[case(json!({ "a": [{ "anything-but": [] }] }), "a: anything-but: an empty array excludes nothing")]
#[case(json!({ "a": [{ "anything-but": { "prefix": "" } }] }), "a: anything-but: prefix: an empty text excludes every text")]
#[case(json!({ "a": [{ "anything-but": { "cidr": "10.0.0.0/8" } }] }), "a: anything-but: cidr: there is no such operator")]
#[case(json!({ "$or": [{ "a": ["x"] }] }), "$or: is no array of two or more objects")]
#[case(json!({ "$or": [{ "a": ["x"] }, "y"] }), "$or: is no array of objects")]
#[case(json!({ "a": { "$or": [{ "prefix": ["x"] }, { "b": ["y"] }] } }), "a.$or: `prefix` is an operator, and a branch names fields")]
#[case(json!({ "a": ["x"], "$or": [{ "a": ["y"] }, { "b": ["z"] }] }), "a: is demanded twice, and EventBridge would see only one of them")]
#[case(json!({ "a": { "b": ["x"] }, "a.b": ["y"] }), "a.b: is demanded twice, and EventBridge would see only one of them")]
fn what_eventbridge_would_not_take_is_named(#[case] pattern: Value, #[case] mistake: &str) {
    let error = self::pattern(&pattern).unwrap_err();

    assert_eq!(error.to_string(), mistake);
}

#[test]
fn alternatives_have_a_bound() {
    let branches = |names: &str| -> Vec<_> {
        names.chars().map(|name| json!({ name.to_string(): ["x"] })).collect()
    };
    let or = json!({ "$or": branches("0123456789") });
    let or = json!({ "x": or, "y": or, "z": or, "w": { "$or": branches("ab") } });

    let error = pattern(&or).unwrap_err();

    assert_eq!(error.to_string(), "pattern: `$or` makes more than 1000 combinations");
}
