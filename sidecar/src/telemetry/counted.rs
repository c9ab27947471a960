//! What was counted so far, read back from what Prometheus is told: one count, two readers.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{CHANGES, EFFECTS, MESSAGES_IN_FLIGHT, MESSAGES_RECEIVED, MESSAGES_SETTLED, QUEUE_LAG};

/// Everything that was counted up to a moment.
#[derive(Debug, Default)]
pub struct Counted(Vec<Sample>);

#[derive(Debug)]
struct Sample {
    metric: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

/// What became of one queue's messages.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Messages {
    /// Deliveries of messages.
    pub received: u64,
    /// Those that are being worked on.
    pub in_flight: u64,
    /// How long the message that came last had waited, in seconds; none when nothing came last time.
    pub lag_secs: f64,
    /// How the others ended.
    pub settled: BTreeMap<String, u64>,
}

impl Counted {
    /// Reads the exposition format, as far as we write it: no value of a label of ours holds a quote.
    pub fn read(exposition: &str) -> Self {
        let lines = exposition.lines().filter(|line| !line.starts_with('#'));
        Self(lines.filter_map(Sample::read).collect())
    }

    /// Changes by verdict.
    pub fn changes(&self) -> BTreeMap<String, u64> {
        self.by("verdict", CHANGES, None)
    }

    /// Effects by verdict.
    pub fn effects(&self) -> BTreeMap<String, u64> {
        self.by("verdict", EFFECTS, None)
    }

    /// What became of the messages of this queue.
    pub fn messages(&self, queue: &str) -> Messages {
        let one = |metric| self.of(metric, Some(queue)).map(|sample| sample.value).sum::<f64>();
        Messages {
            received: whole(one(MESSAGES_RECEIVED)),
            in_flight: whole(one(MESSAGES_IN_FLIGHT)),
            lag_secs: one(QUEUE_LAG),
            settled: self.by("outcome", MESSAGES_SETTLED, Some(queue)),
        }
    }

    fn by(&self, label: &str, metric: &str, queue: Option<&str>) -> BTreeMap<String, u64> {
        let value =
            |sample: &Sample| Some((sample.labels.get(label)?.clone(), whole(sample.value)));
        self.of(metric, queue).filter_map(value).collect()
    }

    fn of(&self, metric: &str, queue: Option<&str>) -> impl Iterator<Item = &Sample> {
        let is_of = move |sample: &&Sample| {
            let its = sample.labels.get("queue").map(String::as_str);
            sample.metric == metric && queue.is_none_or(|queue| its == Some(queue))
        };
        self.0.iter().filter(is_of)
    }
}

impl Sample {
    fn read(line: &str) -> Option<Self> {
        let (series, value) = line.rsplit_once(' ')?;
        let (metric, labels) = series.split_once('{').unwrap_or((series, "}"));
        let labels = labels.strip_suffix('}')?.split_terminator("\",");
        let labels = labels.filter_map(|label| {
            let (name, value) = label.split_once("=\"")?;
            Some((name.to_owned(), value.trim_end_matches('"').to_owned()))
        });
        Some(Self {
            metric: metric.to_owned(),
            labels: labels.collect(),
            value: value.parse().ok()?,
        })
    }
}

/// A count is never negative, and whole until it is beyond 2^53.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "see above")]
fn whole(value: f64) -> u64 {
    value as u64
}

#[cfg(test)]
mod tests {
    use metrics::with_local_recorder;
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;
    use crate::telemetry;

    #[test]
    fn what_was_counted_is_read_back() {
        let recorder = PrometheusBuilder::new().build_recorder();
        with_local_recorder(&recorder, || {
            telemetry::changes("published", 3);
            telemetry::effect("applied");
            (0..3).for_each(|_| telemetry::message_received("feedback"));
            telemetry::message_received("tickets");
            telemetry::message_settled("feedback", "deleted");
            telemetry::message_settled("feedback", "dead_lettered");
            telemetry::queue_lag("feedback", std::time::Duration::from_millis(1_500));
        });

        let counted = Counted::read(&recorder.handle().render());

        let counts = |pairs: &[(&str, u64)]| {
            pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
        };
        assert_eq!(counted.changes(), counts(&[("published", 3)]));
        assert_eq!(counted.effects(), counts(&[("applied", 1)]));
        let expected = Messages {
            received: 3,
            in_flight: 1,
            lag_secs: 1.5,
            settled: counts(&[("dead_lettered", 1), ("deleted", 1)]),
        };
        assert_eq!(counted.messages("feedback"), expected);
        assert_eq!(counted.messages("unknown").received, 0);
    }
}
