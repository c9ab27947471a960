mod properties;

use std::time::Duration;

use jiff::ToSpan;
use rstest::rstest;
use serde_json::json;

use super::*;

const LATE_HOURS: i64 = 24;

fn pattern(text: &str) -> Pattern {
    let late = Duration::from_secs(LATE_HOURS.unsigned_abs() * 60 * 60);
    toml::from_str::<WrittenPattern<Option<()>>>(text).unwrap().compile(late).unwrap().0
}

fn hour(hour: i64) -> Timestamp {
    Timestamp::from_second(hour * 60 * 60).unwrap()
}

fn always() -> RangeInclusive<Timestamp> {
    Timestamp::MIN..=Timestamp::MAX
}

fn moment(id: u32, event_type: &str, at: i64, data: Value) -> Moment {
    let Value::Object(data) = data else { panic!("{data} is no object") };
    Moment {
        event_id: EventId(uuid::Uuid::from_u128(id.into())),
        event_type: event_type.to_owned().try_into().unwrap(),
        occurred_at: hour(at),
        customer_id: "7".to_owned(),
        subject: Subject { collection: "customers".to_owned(), key: "7".to_owned() },
        data,
    }
}

/// `a b - - c`: one event in each hour, named by a letter; `-` is nothing.
fn timeline(letters: &str) -> Timeline {
    let moments = (0..).zip(letters.split(' ')).filter(|(_, letter)| *letter != "-");
    let moments = moments.map(|(at, letter)| {
        moment(at, &format!("letter.{letter}"), at.into(), json!({ "hour": at }))
    });
    Timeline::new(moments.collect(), Some(hour(-99)))
}

/// The hours of what was found, and those of its evidence.
fn found(pattern: &Pattern, letters: &str) -> Vec<(i64, Vec<i64>)> {
    let hours = |at: Timestamp| at.as_second() / 3600;
    let timeline = timeline(letters);
    let found = pattern.find(&timeline, &always());
    found
        .iter()
        .map(|it| (hours(it.at), it.evidence.iter().map(|it| hours(it.occurred_at)).collect()))
        .collect()
}

const A_THEN_B: &str = "
    name = 'a_then_b'
    within = '3h'
    ordered = true
    again = 'always'
    steps = [{ event = 'letter.a' }, { event = 'letter.b' }]
";

#[rstest]
#[case::in_order("a b", vec![(1, vec![0, 1])])]
#[case::the_other_way_round("b a", vec![])]
#[case::something_between("a x b", vec![(2, vec![0, 2])])]
#[case::just_in_time("a - - b", vec![(3, vec![0, 3])])]
#[case::too_late("a - - - b", vec![])]
#[case::each_that_completes_it("a b b", vec![(1, vec![0, 1]), (2, vec![0, 2])])]
#[case::the_latest_proof("a a b", vec![(2, vec![1, 2])])]
fn steps_in_order(#[case] letters: &str, #[case] expected: Vec<(i64, Vec<i64>)>) {
    assert_eq!(found(&pattern(A_THEN_B), letters), expected);
}

#[rstest]
#[case::one_way("a b", vec![(1, vec![0, 1])])]
#[case::the_other("b a", vec![(1, vec![0, 1])])]
#[case::one_is_missing("a a", vec![])]
fn steps_in_any_order(#[case] letters: &str, #[case] expected: Vec<(i64, Vec<i64>)>) {
    let pattern = pattern(&A_THEN_B.replace("true", "false"));

    assert_eq!(found(&pattern, letters), expected);
}

#[test]
fn an_event_that_two_steps_could_take_goes_where_the_other_cannot() {
    let pattern = pattern(
        "name = 'both'\nwithin = '9h'\nagain = 'always'
        steps = [{ event = 'letter.a' }, { event = 'letter.a', when = 'data.hour == 0' }]",
    );

    assert_eq!(found(&pattern, "a a"), [(1, vec![0, 1])]);
}

#[rstest]
#[case::three("a a a", vec![(2, vec![0, 1, 2])])]
#[case::another_kind_between("a x a a", vec![(3, vec![0, 2, 3])])]
#[case::another_of_the_kind_between("a a b a", vec![])]
#[case::afterwards("b a a a", vec![(3, vec![1, 2, 3])])]
fn events_in_a_row(#[case] letters: &str, #[case] expected: Vec<(i64, Vec<i64>)>) {
    let red = pattern(
        "name = 'row'\nwithin = '9h'\nagain = 'always'
        [[steps]]\nevent = 'letter.a'\nwhen = 'data.red'\ncount = 3\nin_a_row = true",
    );
    // Here `b` is an `a` that is not red.
    let Timeline { moments, known_since, .. } = timeline(letters);
    let coloured = moments.into_iter().map(|mut moment| {
        let is_red = moment.event_type.as_str() == "letter.a";
        moment.data.insert("red".to_owned(), json!(is_red));
        if moment.event_type.as_str() == "letter.b" {
            moment.event_type = "letter.a".to_owned().try_into().unwrap();
        }
        moment
    });
    let timeline = Timeline::new(coloured.collect(), known_since);

    let found = red.find(&timeline, &always());

    let hours = |at: Timestamp| at.as_second() / 3600;
    let found: Vec<(i64, Vec<i64>)> = found
        .iter()
        .map(|it| (hours(it.at), it.evidence.iter().map(|it| hours(it.occurred_at)).collect()))
        .collect();
    assert_eq!(found, expected);
}

const A_WITHOUT_X: &str = "
    name = 'a_without_x'
    within = '9h'
    steps = [{ event = 'letter.a' }]
    absent = [{ event = 'letter.x', for = '3h' }]
    again = 'always'
";

#[rstest]
#[case::quiet_all_the_time("- - - - a", vec![(4, vec![4])])]
#[case::quiet_for_long_enough("x - - a", vec![(3, vec![3])])]
#[case::quiet_when_time_has_passed("x a", vec![(3, vec![1])])]
#[case::quiet_only_later("- - x a - x", vec![(8, vec![3])])]
#[case::never_quiet("x a x - x - x - x - x - x", vec![])]
fn an_absence_is_found_by_events_and_by_time(
    #[case] letters: &str,
    #[case] expected: Vec<(i64, Vec<i64>)>,
) {
    assert_eq!(found(&pattern(A_WITHOUT_X), letters), expected);
}

#[test]
fn what_a_new_customer_has_not_done_yet_says_nothing() {
    let pattern = pattern(A_WITHOUT_X);
    let came_with_it = Timeline::new(vec![moment(1, "letter.a", 0, json!({}))], Some(hour(0)));

    let found = pattern.find(&came_with_it, &always());

    assert_eq!(found.iter().map(|it| it.at).collect::<Vec<_>>(), [hour(3)]);
}

#[test]
fn a_period_has_one_finding_whatever_completes_it() {
    let pattern = pattern(&A_THEN_B.replace("'always'", "'10h'"));

    assert_eq!(found(&pattern, "a b b a b - - - a b - a b").len(), 2);
    let early = pattern.find(&timeline("a b"), &always())[0].id;
    let late = pattern.find(&timeline("- - - a b"), &always())[0].id;
    assert_eq!(early, late);
}

#[test]
fn a_condition_that_fails_on_an_event_does_not_hold_there() {
    let pattern = pattern(
        "name = 'one'\nwithin = '9h'\nsteps = [{ event = 'letter.a', when = 'data.hour / data.name' }]",
    );

    assert_eq!(found(&pattern, "a"), []);
}

#[test]
fn what_a_late_event_can_take_back_waits_for_it_and_the_rest_does_not() {
    assert!(pattern(A_THEN_B).is_found_at_once());
    assert_eq!(pattern(A_WITHOUT_X).late, SignedDuration::from_hours(LATE_HOURS));
    assert!(!pattern(&format!("{A_WITHOUT_X}\nlate = '0s'")).is_found_at_once());
}

#[test]
fn every_mistake_is_reported_at_once() {
    let written = "
        name = 'A pattern'
        within = '0s'
        again = 'sometimes'
        steps = [{ event = 'letter.a', when = 'nothing.at.all' }, { event = 'letter.b', count = 0, in_a_row = true }]
    ";
    let problems =
        toml::from_str::<WrittenPattern<Option<()>>>(written).unwrap().compile(Duration::ZERO);

    insta::assert_snapshot!(problems.unwrap_err().join("\n"), @r"
    name: `A pattern` is not made of a-z, 0-9 and _
    again: `sometimes` is neither `always` nor a time: expected number at 0
    a duration is longer than nothing, and 400 days at most
    steps: together they take 1 to 32 events
    steps: events in a row need `ordered = true`
    when: `nothing.at.all`: there is no `nothing` here, only eventId, eventType, occurredAt, customerId, subject, data
    ");
}
