//! Which dead letters are meant, in the words of the command line and of the admin API.

use std::time::Duration;

use clap::Args;
use humantime_serde::re::humantime;
use jiff::Timestamp;
use serde::Deserialize;

use super::letter::DeadLetter;

/// Narrows down what is looked at; what is not said does not matter.
#[derive(Debug, Default, Args, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Filter {
    /// Only of this route.
    #[arg(long)]
    pub route: Option<String>,
    /// Only of this group, as `list` names it.
    #[arg(long)]
    pub group: Option<String>,
    /// Only with this reason, such as `contract`.
    #[arg(long)]
    pub reason: Option<String>,
    /// Only events of this type, such as `feedback.submitted`.
    #[arg(long, value_name = "TYPE")]
    pub event_type: Option<String>,
    /// Only those dead for longer than this, such as `90min` or `2d`.
    #[arg(long, value_name = "AGE", value_parser = humantime::parse_duration)]
    #[serde(with = "humantime_serde::option")]
    pub older_than: Option<Duration>,
    /// Only those dead for less than this.
    #[arg(long, value_name = "AGE", value_parser = humantime::parse_duration)]
    #[serde(with = "humantime_serde::option")]
    pub newer_than: Option<Duration>,
}

impl Filter {
    /// Whether the letter is meant.
    pub fn admits(&self, letter: &DeadLetter, now: Timestamp) -> bool {
        let is = |wanted: &Option<String>, value: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| Some(wanted) == value)
        };
        let age = letter.dead_since.map(|since| now.duration_since(since).unsigned_abs());
        is(&self.route, Some(&letter.route))
            && is(&self.group, Some(&letter.group))
            && is(&self.reason, Some(&letter.reason))
            && is(&self.event_type, letter.event_type.as_deref())
            && self.older_than.is_none_or(|limit| age.is_some_and(|age| age > limit))
            && self.newer_than.is_none_or(|limit| age.is_some_and(|age| age < limit))
    }

    fn is_empty(&self) -> bool {
        let Self { route, group, reason, event_type, older_than, newer_than } = self;
        let texts = [route, group, reason, event_type];
        texts.iter().all(|text| text.is_none()) && older_than.is_none() && newer_than.is_none()
    }
}

/// Says which letters something is done to; nothing said means none.
#[derive(Debug, Default, Args)]
pub struct Selection {
    /// The letters' ids.
    #[arg(required_unless_present_any = [
        "all", "route", "group", "reason", "event_type", "older_than", "newer_than",
    ])]
    pub ids: Vec<String>,
    /// All of them.
    #[arg(long, conflicts_with = "ids")]
    pub all: bool,
    /// Narrows down further.
    #[command(flatten)]
    pub filter: Filter,
}

impl Selection {
    /// Whether it names no letter, not even by a filter.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty() && !self.all && self.filter.is_empty()
    }

    /// Whether something is to be done to the letter.
    pub fn admits(&self, letter: &DeadLetter, now: Timestamp) -> bool {
        let named = self.ids.is_empty() || self.ids.contains(&letter.id);
        !self.is_empty() && named && self.filter.admits(letter, now)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::inbound::dead_letter::letter::testing::letter;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        selection: Selection,
    }

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    /// Which of three letters a command line selects: two of one group, one of another.
    fn selected(line: &str) -> Vec<&'static str> {
        let words = ["redrive"].into_iter().chain(line.split_whitespace());
        let selection = Line::try_parse_from(words).unwrap().selection;
        [("a", "contract", 1), ("b", "contract", 48), ("c", "bus", 1)]
            .into_iter()
            .filter(|(id, reason, hours)| {
                let dead_since = Some(NOW - Duration::from_hours(*hours));
                let letter = DeadLetter { dead_since, ..letter(id, reason) };
                selection.admits(&letter, NOW)
            })
            .map(|(id, ..)| id)
            .collect()
    }

    #[rstest::rstest]
    #[case("a", &["a"])]
    #[case("a c", &["a", "c"])]
    #[case("--all", &["a", "b", "c"])]
    #[case("--group group-of-contract", &["a", "b"])]
    #[case("--reason bus", &["c"])]
    #[case("--older-than 1d", &["b"])]
    #[case("--newer-than 1d --reason contract", &["a"])]
    #[case("--event-type feedback.submitted --route feedback", &["a", "b", "c"])]
    #[case("--event-type ticket.created", &[])]
    #[case("a b --reason bus", &[])]
    fn one_some_or_all_are_selected(#[case] line: &str, #[case] expected: &[&str]) {
        assert_eq!(selected(line), expected);
    }

    #[test]
    fn a_filter_is_written_alike_in_the_api() {
        let filter: Filter = serde_json::from_value(
            serde_json::json!({ "eventType": "ticket.created", "olderThan": "90min" }),
        )
        .unwrap();

        assert_eq!(filter.event_type.as_deref(), Some("ticket.created"));
        assert_eq!(filter.older_than, Some(Duration::from_mins(90)));
        assert!(serde_json::from_str::<Filter>(r#"{ "grup": "typo" }"#).is_err());
    }

    #[test]
    fn nothing_said_is_a_mistake_and_not_everything() {
        assert!(Line::try_parse_from(["redrive"]).is_err());
    }
}
