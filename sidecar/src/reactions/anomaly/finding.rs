//! What a watch found, in words and numbers.

use std::time::Duration;

use humantime_serde::re::humantime::format_duration;
use serde_json::{Map, Value, json};

use crate::{
    event::EventType,
    insight::anomaly::{Count, Grid, Odd},
};

/// An episode.
#[derive(Debug)]
pub(super) struct Finding {
    /// Such as `negative_feedback_spike`.
    pub(super) kind: String,
    pub(super) event_type: Option<EventType>,
    pub(super) odd: Odd,
    pub(super) window: Duration,
}

impl Finding {
    /// The episode's name: the same for everybody who finds it.
    pub(super) fn anomaly_id(&self) -> String {
        let event_type = self.event_type.as_ref().map_or("", EventType::as_str);
        let start = self.grid().start(self.odd.window);
        [self.kind.as_str(), event_type, start.to_string().as_str()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("/")
    }

    /// What is told of it.
    pub(super) fn data(&self) -> Map<String, Value> {
        let Odd { window, count, expected, deviation } = self.odd;
        let Value::Object(data) = json!({
            "anomalyId": self.anomaly_id(),
            "kind": self.kind,
            "observed": count.hits,
            "expected": rounded(expected),
            "deviation": rounded(deviation),
            "eventType": self.event_type,
            "windowStart": self.grid().start(window),
            "windowEnd": self.grid().end(window),
            "explanation": self.explanation(),
        }) else {
            unreachable!("the literal above is an object")
        };
        data
    }

    fn explanation(&self) -> String {
        let Count { hits, of } = self.odd.count;
        let of = of.map_or_else(String::new, |of| format!(" of {of}"));
        let what = self.event_type.as_ref().map_or_else(String::new, |it| format!(" {it}"));
        let (window, expected) = (format_duration(self.window), rounded(self.odd.expected));
        format!("{hits}{of}{what} within {window}, where {expected} would be usual.")
    }

    fn grid(&self) -> Grid {
        Grid::of(self.window)
    }
}

/// With one digit: more would look surer than it is.
fn rounded(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}
