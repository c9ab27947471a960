use super::*;

const FIRST: Save = Save { writer: 0, item: 1, version: 1 };
const SECOND: Save = Save { writer: 0, item: 1, version: 2 };

/// Two saves of feedback 7, both told and done.
fn sound() -> (Journal, Evidence) {
    let journal =
        [(FIRST, Answer::Acknowledged), (SECOND, Answer::Acknowledged)].into_iter().collect();
    let announced = [(FIRST, "a"), (SECOND, "b")]
        .map(|(save, id)| (save, BTreeSet::from([id.to_owned()])))
        .into();
    let item =
        Item { key: "7".to_owned(), save: SECOND, sentiment: Some(SECOND.sentiment().to_owned()) };
    let evidence = Evidence {
        announced,
        messages: 2,
        strange: Vec::new(),
        items: [((0, 1), item)].into(),
        timeline: ["a", "b"].map(str::to_owned).into(),
        effects: vec![effect("a"), effect("b")],
        verdicts: BTreeMap::new(),
    };
    (journal, evidence)
}

fn effect(event: &str) -> Effect {
    Effect {
        collection: "feedback".to_owned(),
        key: "7".to_owned(),
        event: event.to_owned(),
        signature: format!("{SIGNATURE}{event}:enrich"),
    }
}

fn broken(journal: impl FnOnce(&mut Journal), evidence: impl FnOnce(&mut Evidence)) -> Vec<String> {
    let mut sound = sound();
    journal(&mut sound.0);
    evidence(&mut sound.1);
    judge(&sound.0, &sound.1)
}

#[test]
fn what_is_as_it_was_told_breaks_nothing() {
    assert_eq!(broken(|_| (), |_| ()), Vec::<String>::new());
}

#[test]
fn a_save_that_is_gone_from_directus_or_never_came_to_the_bus_is_lost() {
    assert_ne!(broken(|_| (), |seen| seen.items.clear()), Vec::<String>::new());
    assert_ne!(broken(|_| (), |seen| drop(seen.announced.remove(&FIRST))), Vec::<String>::new());
}

#[test]
fn an_event_without_its_row_in_the_timeline_is_seen() {
    let forgotten = broken(
        |_| (),
        |seen| {
            seen.timeline.remove("a");
        },
    );

    assert_eq!(forgotten, ["event a is not in the timeline of its customer"]);
}

#[test]
fn an_effect_done_twice_is_seen() {
    let twice = broken(|_| (), |seen| seen.effects.push(effect("b")));

    assert_eq!(twice, ["2 × event-bridge:b:enrich on feedback/7"]);
}

#[test]
fn an_older_effect_after_a_newer_one_is_seen() {
    let turned = broken(|_| (), |seen| seen.effects.reverse());

    assert!(turned.iter().any(|line| line == "feedback 7: 1 after 2"), "{turned:?}");
}

#[test]
fn an_event_that_nobody_wrote_is_seen() {
    assert_ne!(broken(|told| told.forget(FIRST), |_| ()), Vec::<String>::new());
}

#[test]
fn a_save_whose_answer_was_lost_may_be_done_or_not_but_not_half() {
    let lost = |told: &mut Journal| told.lose(SECOND);
    let undone = |seen: &mut Evidence| {
        let item = seen.items.get_mut(&(0, 1)).unwrap();
        (item.save, item.sentiment) = (FIRST, Some(FIRST.sentiment().to_owned()));
        seen.effects.pop();
    };

    assert_eq!(broken(lost, |_| ()), Vec::<String>::new());
    assert_ne!(broken(lost, undone), Vec::<String>::new(), "announced, not committed");
    let neither = |seen: &mut Evidence| {
        undone(seen);
        seen.announced.remove(&SECOND);
    };
    assert_eq!(broken(lost, neither), Vec::<String>::new());
}
