//! What a pattern means, by trying every choice of events. Shares no code with the search.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::Case;
use crate::event::EventId;

/// An event's number, its letter and its hour.
type Event = (u128, char, i64);

/// The ids of everything that is found.
pub(super) fn found(case: &Case) -> BTreeSet<Uuid> {
    let events = sorted(case);
    let slots: Vec<usize> = case
        .steps
        .iter()
        .enumerate()
        .flat_map(|(step, (_, count, _))| vec![step; *count])
        .collect();
    let mut found = BTreeSet::new();
    // The silences begin when the customer comes, at 0, and end at the latest with the hours here.
    for now in 0..40 {
        let mut last_events = BTreeSet::new();
        choose(case, &events, &slots, &mut Vec::new(), &mut |chosen| {
            let ids: Vec<_> = chosen.iter().map(|at| events[*at].0).collect();
            if holds(case, chosen, now) && is_proof(case, &ids, hour(now)) {
                last_events.insert(*chosen.iter().max().unwrap());
            }
        });
        for last in &last_events {
            let completes = events[*last].2 == now;
            let is_latest = last_events.last() == Some(last);
            if completes || (is_latest && a_silence_ends(case, &events, now)) {
                let episode = match case.again {
                    Some(hours) => now.div_euclid(hours).to_string(),
                    None => Uuid::from_u128(events[*last].0).to_string(),
                };
                found.insert(EventId::found("any", "7", &episode).0);
            }
        }
    }
    found
}

/// Whether these events, in the order of time, prove the pattern at that time.
pub(super) fn is_proof(case: &Case, evidence: &[u128], at: jiff::Timestamp) -> bool {
    let events = sorted(case);
    let now = at.as_second() / 3600;
    let mut places: Vec<_> =
        evidence.iter().map(|id| events.iter().position(|event| event.0 == *id).unwrap()).collect();
    places.sort_unstable();
    let slots: Vec<usize> = case
        .steps
        .iter()
        .enumerate()
        .flat_map(|(step, (_, count, _))| vec![step; *count])
        .collect();
    let mut is_proof = false;
    choose(case, &events, &slots, &mut Vec::new(), &mut |chosen| {
        let mut sorted = chosen.to_vec();
        sorted.sort_unstable();
        is_proof |= sorted == places && holds(case, chosen, now);
    });
    is_proof
}

fn hour(hour: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(hour * 3600).unwrap()
}

fn sorted(case: &Case) -> Vec<Event> {
    let mut events: Vec<Event> =
        (1..).zip(&case.events).map(|(id, (letter, at))| (id, *letter, *at)).collect();
    events.sort_by_key(|(id, _, at)| (*at, *id));
    events
}

/// Every way to give each slot an event of its own that meets the step's condition.
fn choose(
    case: &Case,
    events: &[Event],
    slots: &[usize],
    chosen: &mut Vec<usize>,
    take: &mut impl FnMut(&[usize]),
) {
    let Some(step) = slots.get(chosen.len()) else { return take(chosen) };
    for place in 0..events.len() {
        if events[place].1 == case.steps[*step].0 && !chosen.contains(&place) {
            chosen.push(place);
            choose(case, events, slots, chosen, take);
            chosen.pop();
        }
    }
}

fn holds(case: &Case, chosen: &[usize], now: i64) -> bool {
    let events = sorted(case);
    let in_time = chosen.iter().all(|at| (now - case.within..=now).contains(&events[*at].2));
    let in_order = !case.ordered || chosen.is_sorted();
    let kind = |event: &Event| event.1.to_ascii_lowercase();
    let mut slot = 0;
    let rows_hold = case.steps.iter().all(|(letter, count, in_a_row)| {
        let group = &chosen[slot..slot + count];
        slot += count;
        let between = group[0] + 1..group[count - 1];
        let broken = between.clone().any(|at| kind(&events[at]) == *letter && !group.contains(&at));
        !(case.ordered && *in_a_row && broken)
    });
    let silent = case.absent.is_none_or(|hours| {
        let broken = |event: &Event| event.1 == 'x' && event.2 > now - hours && event.2 <= now;
        now - hours >= 0 && !events.iter().any(broken)
    });
    in_time && in_order && rows_hold && silent
}

fn a_silence_ends(case: &Case, events: &[Event], now: i64) -> bool {
    case.absent.is_some_and(|hours| {
        now == hours || events.iter().any(|event| event.1 == 'x' && event.2 + hours == now)
    })
}
