//! Patterns that would be found for ever, because what they tell proves them again.

use std::collections::{BTreeMap, BTreeSet};

use super::Sought;

/// A pattern that, by way of what it tells, may be found again because it was found.
pub(super) fn circle(sought: &[Sought]) -> Option<String> {
    let leads_to: BTreeMap<usize, Vec<usize>> = (0..sought.len())
        .map(|from| {
            let told = &sought[from].announcement.event_type;
            let next = (0..sought.len()).filter(|to| sought[*to].pattern.is_proved_by(told));
            (from, next.collect())
        })
        .collect();
    let returns = |start: &usize| {
        let (mut seen, mut next) = (BTreeSet::new(), leads_to[start].clone());
        while let Some(one) = next.pop() {
            if seen.insert(one) {
                next.extend(&leads_to[&one]);
            }
        }
        seen.contains(start)
    };
    (0..sought.len()).find(returns).map(|it| sought[it].pattern.name.clone())
}
