//! Dead letters on a terminal.

use std::time::Duration;

use humantime_serde::re::humantime;
use jiff::Timestamp;

use crate::{
    command::table::Table,
    inbound::dead_letter::{group::Group, letter::DeadLetter},
};

/// A detail on one line of a list.
const DETAIL_CHARS_MAX: usize = 60;

/// A line for each letter.
pub(super) fn of_letters(letters: &[DeadLetter], now: Timestamp) -> String {
    let mut table = Table::new(["ID", "GROUP", "AGE", "ROUTE", "EVENT", "REASON", "DETAIL"]);
    for letter in letters {
        table.row([
            letter.id.clone(),
            letter.group.clone(),
            age(letter.dead_since, now),
            letter.route.clone(),
            letter.event_type.clone().unwrap_or_default(),
            letter.reason.clone(),
            shortened(&letter.detail),
        ]);
    }
    table.to_string()
}

/// A line for each group.
pub(super) fn of_groups(groups: &[Group], now: Timestamp) -> String {
    let mut table =
        Table::new(["GROUP", "LETTERS", "OLDEST", "ROUTE", "EVENT", "REASON", "DETAIL"]);
    for group in groups {
        table.row([
            group.group.clone(),
            group.letters.to_string(),
            age(group.oldest, now),
            group.route.clone(),
            group.event_type.clone().unwrap_or_default(),
            group.reason.clone(),
            shortened(&group.detail),
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
        ("age", age(letter.dead_since, now)),
    ] {
        table.row([name.to_owned(), value]);
    }
    table.to_string()
}

/// How long it has been dead.
fn age(since: Option<Timestamp>, now: Timestamp) -> String {
    let Some(since) = since else { return String::new() };
    let secs = u64::try_from(now.duration_since(since).as_secs()).unwrap_or_default();
    humantime::format_duration(Duration::from_secs(secs)).to_string()
}

fn shortened(detail: &str) -> String {
    match detail.char_indices().nth(DETAIL_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &detail[..end]),
        None => detail.to_owned(),
    }
}
