//! Dead letters with one cause, together: that is where one remedy does most.

use std::{cmp::Reverse, collections::BTreeMap};

use jiff::Timestamp;
use serde::Serialize;

use super::letter::DeadLetter;

/// Letters with one cause, told by the oldest of them.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// Its name, made of the cause.
    pub group: String,
    /// The route whose queue they were in.
    pub route: String,
    /// The class of the reason.
    pub reason: String,
    /// The events' type, when they are events.
    pub event_type: Option<String>,
    /// The reason, for a person.
    pub detail: String,
    /// How many there are.
    pub letters: usize,
    /// Since when the oldest lies there.
    pub oldest: Option<Timestamp>,
}

impl Group {
    fn of(letter: &DeadLetter) -> Self {
        Self {
            group: letter.group.clone(),
            route: letter.route.clone(),
            reason: letter.reason.clone(),
            event_type: letter.event_type.clone(),
            detail: letter.detail.clone(),
            letters: 0,
            oldest: letter.dead_since,
        }
    }
}

/// The groups of these letters, the largest first.
pub fn groups(letters: &[DeadLetter]) -> Vec<Group> {
    let mut oldest_first: Vec<&DeadLetter> = letters.iter().collect();
    oldest_first.sort_by_key(|letter| letter.dead_since);
    let mut groups: BTreeMap<&str, Group> = BTreeMap::new();
    for letter in oldest_first {
        groups.entry(&letter.group).or_insert_with(|| Group::of(letter)).letters += 1;
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    groups.sort_by_key(|group| Reverse(group.letters));
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbound::dead_letter::letter::testing::letter;

    #[test]
    fn the_largest_group_comes_first_and_is_told_by_its_oldest_letter() {
        let at = |id: &str, reason: &str, second| DeadLetter {
            dead_since: Timestamp::from_second(second).ok(),
            detail: format!("of {id}"),
            ..letter(id, reason)
        };

        let groups = groups(&[at("a", "bus", 1), at("b", "contract", 7), at("c", "contract", 5)]);

        let told = |group: &Group| (group.reason.clone(), group.letters, group.detail.clone());
        assert_eq!(
            groups.iter().map(told).collect::<Vec<_>>(),
            [("contract".into(), 2, "of c".into()), ("bus".into(), 1, "of a".into())]
        );
    }
}
