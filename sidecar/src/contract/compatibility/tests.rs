mod generated;

use rstest::rstest;
use serde_json::json;

use super::*;
use crate::event::EventType;

/// What is broken, a line each.
fn told(old: &Value, new: &Value) -> String {
    breaks(old, new).iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn object(properties: &Value) -> Value {
    json!({ "type": "object", "properties": properties })
}

#[rstest]
#[case::a_word(json!({"description": "a"}), json!({"description": "b", "title": "c", "default": 1}))]
#[case::an_optional_field(object(&json!({"a": {}})), object(&json!({"a": {}, "b": {"type": "string"}})))]
#[case::a_type(json!({"type": "string"}), json!({"type": ["string", "null"]}))]
#[case::a_wider_type(json!({"type": "integer"}), json!({"type": "number"}))]
#[case::a_word_of_an_enumeration(json!({"enum": ["a"]}), json!({"enum": ["a", "b"]}))]
#[case::room_below(json!({"minimum": 1}), json!({"minimum": 0}))]
#[case::room_at_the_bound(
    json!({"type": "number", "maximum": 1, "exclusiveMaximum": true}),
    json!({"type": "number", "maximum": 1})
)]
#[case::room_for_text(json!({"type": "string", "maxLength": 5}), json!({"type": "string", "maxLength": 6}))]
#[case::a_bound_on_what_is_new(
    json!({"type": "string"}),
    json!({"type": ["string", "number"], "minimum": 0})
)]
#[case::no_pattern_any_more(json!({"type": "string", "pattern": "^a"}), json!({"type": "string"}))]
#[case::nothing_required_any_more(json!({"required": ["a"]}), json!({}))]
#[case::a_coarser_step(json!({"type": "integer", "multipleOf": 6}), json!({"type": "integer", "multipleOf": 3}))]
#[case::another_case(json!({"anyOf": [{"type": "string"}]}), json!({"anyOf": [{"type": "null"}, {"type": "string"}]}))]
#[case::cases_in_one(json!({"anyOf": [{"type": "string"}, {"type": "null"}]}), json!({"type": ["string", "null"]}))]
#[case::one_of_more(json!({"oneOf": [{"type": "string"}]}), json!({"oneOf": [{"type": "string"}, {"type": "null"}]}))]
#[case::a_condition_less(json!({"allOf": [{"minimum": 0}, {"maximum": 9}]}), json!({"allOf": [{"minimum": 0}]}))]
#[case::an_exception_less(json!({"not": {"type": ["null", "array"]}}), json!({"not": {"type": "null"}}))]
#[case::what_was_an_enumeration(json!({"enum": ["GB", "DE"]}), json!({"type": "string", "pattern": "^[A-Z]{2}$"}))]
#[case::a_reference_in_place_of_its_target(
    json!({"properties": {"a": {"type": "string"}}}),
    json!({"properties": {"a": {"$ref": "#/definitions/text"}}, "definitions": {"text": {"type": "string"}}})
)]
#[case::wider_items(
    json!({"type": "array", "items": {"type": "string"}}),
    json!({"type": "array", "items": {"type": ["string", "null"]}})
)]
#[case::a_field_inside_items(
    json!({"items": object(&json!({"a": {}}))}),
    json!({"items": object(&json!({"a": {}, "b": {"type": "string"}}))})
)]
#[case::wider_additional_fields(
    json!({"additionalProperties": {"type": "string"}}),
    json!({"additionalProperties": {"type": ["string", "number"]}})
)]
#[case::a_field_named_in_a_closed_object(
    json!({"properties": {"a": {}}, "additionalProperties": false}),
    json!({"properties": {"a": {}, "b": {"type": "string"}}, "additionalProperties": false})
)]
#[case::an_object_that_refers_to_itself(
    json!({"properties": {"next": {"$ref": "#"}, "value": {"type": "string"}}}),
    json!({"properties": {"next": {"$ref": "#"}, "value": {"type": ["string", "null"]}}})
)]
fn a_contract_that_grows_is_kept(#[case] old: Value, #[case] new: Value) {
    assert_eq!(told(&old, &new), "");
}

#[rstest]
#[case::a_field_removed(
    object(&json!({"a": {}, "b": {}})),
    object(&json!({"a": {}})),
    "/properties/b: is removed: consumers may read it"
)]
#[case::a_field_removed_deep_inside(
    json!({"properties": {"a/b": {"items": object(&json!({"c": {}, "d": {}}))}}}),
    json!({"properties": {"a/b": {"items": object(&json!({"c": {}}))}}}),
    "/properties/a~1b/items/properties/d: is removed: consumers may read it"
)]
#[case::a_field_removed_from_one_case(
    json!({"anyOf": [object(&json!({"a": {}})), {"type": "null"}]}),
    json!({"anyOf": [{"type": "object"}, {"type": "null"}]}),
    "/anyOf/0/properties/a: is removed: consumers may read it"
)]
#[case::a_field_newly_required(
    json!({"properties": {"a": {}, "b": {}}, "required": ["a"]}),
    json!({"properties": {"a": {}, "b": {}}, "required": ["a", "b"]}),
    r#"/required: "b" is newly required"#
)]
#[case::a_type_lost(
    json!({"properties": {"a": {"type": ["string", "null"]}}}),
    json!({"properties": {"a": {"type": "string"}}}),
    r#"/properties/a/type: no longer takes "null""#
)]
#[case::a_type_narrowed(
    json!({"type": "number"}),
    json!({"type": "integer"}),
    r#"/type: no longer takes "number""#
)]
#[case::a_type_given(json!({}), json!({"type": "string"}), r#"/type: is added: "string""#)]
#[case::a_word_lost(
    json!({"enum": ["a", "b"]}),
    json!({"enum": ["b", "c"]}),
    r#"/enum: no longer takes "a""#
)]
#[case::an_enumeration_given(
    json!({"type": "string"}),
    json!({"type": "string", "enum": ["a"]}),
    r#"/enum: is added: ["a"]"#
)]
#[case::a_minimum_raised(
    json!({"type": "integer", "minimum": 0}),
    json!({"type": "integer", "minimum": 1}),
    "/minimum: was 0, is 1"
)]
#[case::a_bound_excluded(
    json!({"type": "number", "maximum": 1}),
    json!({"type": "number", "maximum": 1, "exclusiveMaximum": true}),
    "/maximum: is itself excluded now"
)]
#[case::a_length_given(
    json!({"type": "string"}),
    json!({"type": "string", "maxLength": 9}),
    "/maxLength: is added: 9"
)]
#[case::a_pattern_given(
    json!({"type": "string"}),
    json!({"type": "string", "pattern": "^a"}),
    r#"/pattern: is added: "^a""#
)]
#[case::a_pattern_changed(
    json!({"type": "string", "pattern": "^[a-z]+$"}),
    json!({"type": "string", "pattern": "^[a-y]+$"}),
    "/pattern: is changed, and nothing proves that all that was taken still is"
)]
#[case::a_format_given(
    json!({"type": "string"}),
    json!({"type": "string", "format": "date-time"}),
    r#"/format: is added: "date-time""#
)]
#[case::a_finer_step(
    json!({"type": "integer", "multipleOf": 2}),
    json!({"type": "integer", "multipleOf": 3}),
    "/multipleOf: was 2, is 3"
)]
#[case::closed(
    object(&json!({"a": {}})),
    json!({"type": "object", "properties": {"a": {}}, "additionalProperties": false}),
    "/additionalProperties: refuses fields that nobody named and that were taken so far"
)]
#[case::closed_inside(
    json!({"properties": {"a": object(&json!({"b": {}}))}}),
    json!({"properties": {"a": {"type": "object", "properties": {"b": {}}, "additionalProperties": false}}}),
    "/properties/a/additionalProperties: refuses fields that nobody named and that were taken so far"
)]
#[case::a_field_named_where_anything_was_free(
    json!({"type": "object"}),
    object(&json!({"a": {"type": "string"}})),
    "/properties/a: is added where the former took something else"
)]
#[case::a_field_named_among_additional_ones(
    json!({"properties": {"a": {}}, "additionalProperties": {"type": ["string", "null"]}}),
    json!({"properties": {"a": {}, "b": {"type": "string"}}, "additionalProperties": {"type": ["string", "null"]}}),
    "/properties/b: is added where the former took something else"
)]
#[case::narrower_items(
    json!({"type": "array", "items": {"type": ["string", "null"]}}),
    json!({"type": "array", "items": {"type": "string"}}),
    r#"/items/type: no longer takes "null""#
)]
#[case::items_given(
    json!({"type": "array"}),
    json!({"type": "array", "items": {"type": "string"}}),
    r#"/items: is added: {"type":"string"}"#
)]
#[case::more_items_needed(
    json!({"type": "array"}),
    json!({"type": "array", "minItems": 1}),
    "/minItems: is added: 1"
)]
#[case::a_case_lost(
    json!({"anyOf": [{"type": "string"}, {"type": "null"}]}),
    json!({"anyOf": [{"type": "string"}]}),
    "/anyOf: is changed, and nothing proves that all that was taken still is"
)]
#[case::a_condition_more(
    json!({"allOf": [{"type": "number"}]}),
    json!({"allOf": [{"type": "number"}, {"minimum": 0}]}),
    "/allOf: is changed, and nothing proves that all that was taken still is"
)]
#[case::an_exception_more(
    json!({"not": {"type": "null"}}),
    json!({"not": {"type": ["null", "array"]}}),
    "/not: is changed, and nothing proves that all that was taken still is"
)]
#[case::one_of_two_that_overlap(
    json!({"oneOf": [{"type": "string"}]}),
    json!({"oneOf": [{"type": "string"}, {"type": "string", "minLength": 2}]}),
    "/oneOf: is changed, and nothing proves that all that was taken still is"
)]
#[case::a_definition_narrowed(
    json!({"properties": {"a": {"$ref": "#/definitions/d"}}, "definitions": {"d": {"type": ["string", "null"]}}}),
    json!({"properties": {"a": {"$ref": "#/definitions/d"}}, "definitions": {"d": {"type": "string"}}}),
    r#"/definitions/d/type: no longer takes "null""#
)]
#[case::a_definition_narrowed_behind_a_case(
    json!({"anyOf": [{"$ref": "#/definitions/d"}], "definitions": {"d": {"type": ["string", "null"]}}}),
    json!({"anyOf": [{"$ref": "#/definitions/d"}], "definitions": {"d": {"type": "string"}}}),
    "/anyOf: is changed, and nothing proves that all that was taken still is"
)]
#[case::a_reference_to_nowhere(
    json!({"properties": {"a": {"$ref": "#/definitions/d"}}}),
    json!({"properties": {"a": {"$ref": "#/definitions/d"}}}),
    "/properties/a: refers to nowhere"
)]
#[case::a_dependency_given(
    json!({"properties": {"a": {}, "b": {}}}),
    json!({"properties": {"a": {}, "b": {}}, "dependencies": {"a": ["b"]}}),
    r#"/dependencies: is added: {"a":["b"]}"#
)]
fn a_contract_that_breaks_its_promise_is_named(
    #[case] old: Value,
    #[case] new: Value,
    #[case] expected: &str,
) {
    assert_eq!(told(&old, &new), expected);
}

#[test]
fn every_break_is_named_and_not_only_the_first() {
    let old = json!({
        "properties": {
            "a": { "type": "integer", "minimum": 0 },
            "b": { "type": "string" },
            "c": { "items": { "enum": [1, 2] } },
        },
        "dependencies": { "a": ["b"] },
    });
    let new = json!({
        "required": ["a"],
        "properties": {
            "a": { "type": "integer", "minimum": 5 },
            "c": { "items": { "enum": [1] } },
        },
        "dependencies": { "a": ["b"] },
    });

    insta::assert_snapshot!(told(&old, &new), @r#"
    /properties/b: is removed: consumers may read it
    /properties/a/minimum: was 0, is 5
    /properties/c/items/enum: no longer takes 2
    /required: "a" is newly required
    "#);
}

fn document(name: &str, version: u32, schema: &Value) -> Document {
    let event_type = EventType::try_from(name.to_owned()).unwrap();
    Document { of: ContractName::Data(event_type, version), text: schema.to_string() }
}

#[test]
fn each_version_is_held_against_the_one_before() {
    let problems = between_versions(&[
        document("a.made", 1, &json!({ "properties": { "x": { "maximum": 5 } } })),
        document("a.made", 2, &json!({ "properties": { "x": { "maximum": 6 } } })),
        document("a.made", 3, &json!({ "properties": { "x": { "maximum": 5 } } })),
        document("b.made", 1, &json!({ "type": "object" })),
        document("c.made", 1, &json!({})),
        document("c.made", 3, &json!({})),
    ]);

    assert_eq!(
        problems,
        ["a.made/3.json: /properties/x/maximum: was 6, is 5", "c.made/2.json: is missing"]
    );
}

#[test]
fn a_version_that_was_edited_or_removed_is_found_by_its_former_state() {
    let wide = json!({ "properties": { "x": { "type": ["string", "null"] } } });
    let narrow = json!({ "properties": { "x": { "type": "string" } } });
    let former = [document("a.made", 1, &wide), document("b.made", 1, &wide)];

    let problems = since(&former, &[document("a.made", 1, &narrow), document("c.made", 1, &wide)]);

    let lost = r#"a.made/1.json: /properties/x/type: no longer takes "null""#;
    assert_eq!(problems, [lost, "b.made/1.json: is removed"]);
}
