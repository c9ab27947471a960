//! What holds for any pattern and any events.

mod oracle;

use std::collections::BTreeSet;

use proptest::{prelude::*, sample::subsequence};
use uuid::Uuid;

use super::*;

/// What a property is about: a pattern, as written, and events.
#[derive(Debug, Clone)]
struct Case {
    ordered: bool,
    within: i64,
    again: Option<i64>,
    steps: Vec<(char, usize, bool)>,
    absent: Option<i64>,
    events: Vec<(char, i64)>,
}

impl Case {
    fn pattern(&self) -> Pattern {
        let steps = self.steps.iter().map(|(letter, count, in_a_row)| {
            let in_a_row = *in_a_row && self.ordered;
            format!("{{ event = 'letter.{letter}', when = 'not data.odd', count = {count}, in_a_row = {in_a_row} }}")
        });
        let steps: Vec<_> = steps.collect();
        let absent = self
            .absent
            .map(|hours| format!("absent = [{{ event = 'letter.x', for = '{hours}h' }}]"));
        let again = self.again.map_or("always".to_owned(), |hours| format!("{hours}h"));
        pattern(&format!(
            "name = 'any'\nordered = {}\nwithin = '{}h'\nagain = '{again}'\nsteps = [{}]\n{}",
            self.ordered,
            self.within,
            steps.join(", "),
            absent.unwrap_or_default(),
        ))
    }

    /// An odd event is of the kind that a step counts, and does not meet its condition.
    fn moments(&self) -> Vec<Moment> {
        (1..)
            .zip(&self.events)
            .map(|(id, (letter, at))| {
                let event_type = format!("letter.{}", letter.to_ascii_lowercase());
                moment(id, &event_type, *at, json!({ "odd": letter.is_uppercase() }))
            })
            .collect()
    }

    fn timeline(&self) -> Timeline {
        Timeline::new(self.moments(), Some(hour(0)))
    }
}

fn cases() -> impl Strategy<Value = Case> {
    let letters = prop::sample::select(vec!['a', 'b', 'c']);
    let step = (letters, 1..=2_usize, any::<bool>());
    let event = (prop::sample::select(vec!['a', 'b', 'c', 'A', 'x']), 0..20_i64);
    (
        any::<bool>(),
        1..12_i64,
        prop::option::of(1..8_i64),
        prop::collection::vec(step, 1..=3),
        prop::option::of(1..8_i64),
        prop::collection::vec(event, 1..9),
    )
        .prop_map(|(ordered, within, again, steps, absent, events)| {
            let ordered = ordered || steps.len() == 1;
            Case { ordered, within, again, steps, absent, events }
        })
}

fn ids(found: &[Found<'_>]) -> BTreeSet<Uuid> {
    found.iter().map(|it| it.id.0).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn the_search_finds_what_trying_everything_finds(case in cases()) {
        let (pattern, timeline) = (case.pattern(), case.timeline());

        let found = pattern.find(&timeline, &always());

        prop_assert_eq!(ids(&found), oracle::found(&case));
        for it in &found {
            let evidence: Vec<_> = it.evidence.iter().map(|it| it.event_id.0.as_u128()).collect();
            prop_assert!(oracle::is_proof(&case, &evidence, it.at), "{evidence:?}");
        }
    }

    /// As the reaction does: whatever arrives is looked at with all that has arrived before.
    #[test]
    fn any_order_of_arrival_with_any_repetition_announces_the_same(
        case in cases().prop_map(|case| Case {
            absent: None,
            steps: case.steps.into_iter().map(|(letter, count, _)| (letter, count, false)).collect(),
            ..case
        }),
        arrivals in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let (pattern, moments) = (case.pattern(), case.moments());
        prop_assert!(pattern.is_found_at_once());
        let mut order: Vec<_> = arrivals.iter().map(|it| it.index(moments.len())).collect();
        order.extend(0..moments.len());
        let (mut announced, mut arrived) = (BTreeSet::new(), Vec::new());

        for index in order {
            arrived.push(moments[index].clone());
            let at = moments[index].occurred_at;
            let timeline = Timeline::new(arrived.clone(), None);
            let range = at..=at + pattern.within();
            announced.extend(ids(&pattern.find(&timeline, &range)));
        }

        let all = case.timeline();
        prop_assert_eq!(announced, ids(&pattern.find(&all, &always())));
    }

    /// As the sweep does: it judges what lies far enough back, with all that has arrived.
    #[test]
    fn sweeps_announce_the_same_however_late_events_come(
        case in cases(),
        delays in prop::collection::vec(0..=LATE_HOURS, 9),
        sweeps in subsequence((0..60_i64).collect::<Vec<_>>(), 0..30),
    ) {
        let (pattern, moments) = (case.pattern(), case.moments());
        let (mut announced, mut judged) = (BTreeSet::new(), hour(-1));

        for now in sweeps.into_iter().chain([99]) {
            let has_arrived = |(moment, delay): (&Moment, &i64)| {
                (moment.occurred_at + delay.hours() <= hour(now)).then(|| moment.clone())
            };
            let arrived = moments.iter().zip(&delays).filter_map(has_arrived).collect();
            let timeline = Timeline::new(arrived, Some(hour(0)));
            let horizon = hour(now - LATE_HOURS);
            announced.extend(ids(&pattern.find(&timeline, &(judged..=horizon))));
            judged = horizon;
        }

        let all = case.timeline();
        prop_assert_eq!(announced, ids(&pattern.find(&all, &(hour(-1)..=hour(99 - LATE_HOURS)))));
    }

    #[test]
    fn no_more_of_the_timeline_is_needed_than_the_pattern_reaches_back(
        case in cases(),
        from in 0..20_i64,
    ) {
        let (pattern, range) = (case.pattern(), hour(from)..=Timestamp::MAX);
        let (all, begins) = (case.timeline(), hour(from) - pattern.reach());
        let near = case.moments().into_iter().filter(|it| it.occurred_at >= begins).collect();
        let near = Timeline::new(near, Some(hour(0)));

        prop_assert_eq!(ids(&pattern.find(&near, &range)), ids(&pattern.find(&all, &range)));
    }
}
