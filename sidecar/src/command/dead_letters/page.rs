//! Dead letters on a terminal.

use std::{cmp::Reverse, time::Duration};

use humantime_serde::re::humantime;
use jiff::Timestamp;

use crate::{command::table::Table, inbound::dead_letter::letter::DeadLetter};

/// A detail on one line of a list.
const DETAIL_CHARS_MAX: usize = 60;

/// A line for each letter.
pub(super) fn of_letters(letters: &[&DeadLetter], now: Timestamp) -> String {
    let mut table = Table::new(["ID", "GROUP", "AGE", "ROUTE", "EVENT", "REASON", "DETAIL"]);
    for letter in letters {
        table.row([
            letter.id.clone(),
            letter.group.clone(),
            age(letter, now),
            letter.route.clone(),
            letter.event_type.clone().unwrap_or_default(),
            letter.reason.clone(),
            shortened(&letter.detail),
        ]);
    }
    table.to_string()
}

/// The largest group first: that is where one remedy does most.
pub(super) fn of_groups(letters: &[&DeadLetter], now: Timestamp) -> String {
    let mut groups: Vec<Vec<&DeadLetter>> = Vec::new();
    for letter in letters {
        match groups.iter_mut().find(|group| group[0].group == letter.group) {
            Some(group) => group.push(letter),
            None => groups.push(vec![letter]),
        }
    }
    groups.sort_by_key(|group| Reverse(group.len()));
    let mut table =
        Table::new(["GROUP", "LETTERS", "OLDEST", "ROUTE", "EVENT", "REASON", "DETAIL"]);
    for group in groups {
        let oldest = group.iter().min_by_key(|letter| letter.dead_since).expect("not empty");
        table.row([
            oldest.group.clone(),
            group.len().to_string(),
            age(oldest, now),
            oldest.route.clone(),
            oldest.event_type.clone().unwrap_or_default(),
            oldest.reason.clone(),
            shortened(&oldest.detail),
        ]);
    }
    table.to_string()
}

/// All that is known of one letter but its body.
pub(super) fn heading(letter: &DeadLetter, now: Timestamp) -> String {
    let mut table = Table::new(["", ""]);
    for (name, value) in [
        ("id", letter.id.clone()),
        ("route", letter.route.clone()),
        ("group", letter.group.clone()),
        ("reason", letter.reason.clone()),
        ("detail", letter.detail.clone()),
        ("attempts", letter.attempts.map_or_else(String::new, |count| count.to_string())),
        ("age", age(letter, now)),
    ] {
        table.row([name.to_owned(), value]);
    }
    table.to_string()
}

/// How long it has been dead.
fn age(letter: &DeadLetter, now: Timestamp) -> String {
    let Some(since) = letter.dead_since else { return String::new() };
    let secs = u64::try_from(now.duration_since(since).as_secs()).unwrap_or_default();
    humantime::format_duration(Duration::from_secs(secs)).to_string()
}

fn shortened(detail: &str) -> String {
    match detail.char_indices().nth(DETAIL_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &detail[..end]),
        None => detail.to_owned(),
    }
}
