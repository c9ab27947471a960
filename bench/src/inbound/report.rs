//! The figures as a table for the terminal, and as a section of the page.

use anyhow::Result;
use jiff::Zoned;
use serde_json::Value;

use crate::{
    chart::{self, Bar},
    figures::shown,
    machine,
    page::Section,
    table::{self, Row, Target, row},
};

const ROWS: [Row; 21] = [
    row("no-op messages per CPU second", "/drain/messages_per_second_per_core", "", Target::None),
    row(
        "per CPU second, as a multiple of sqs-consumer",
        "/drain/ratio_to_sqs_consumer",
        "×",
        Target::AtLeast(5.0),
    ),
    row(
        "on one core by the clock, as a multiple of sqs-consumer",
        "/drain/ratio_to_sqs_consumer_on_one_core",
        "×",
        Target::None,
    ),
    row(
        "per CPU second, as a multiple of a Python worker",
        "/drain/ratio_to_python",
        "×",
        Target::None,
    ),
    row("API calls per 1,000 messages", "/drain/calls_per_1000", "", Target::AtMost(210.0)),
    row("the same, sqs-consumer", "/drain/plain/sqs_consumer/calls_per_1000", "", Target::None),
    row(
        "drain with 1 % of messages slow, as a share of ideal",
        "/drain/slow_of_ideal",
        "×",
        Target::AtLeast(0.9),
    ),
    row("its messages per second", "/drain/slow/sidecar/messages_per_second", "", Target::None),
    row("the same, sqs-consumer", "/drain/slow/sqs_consumer/messages_per_second", "", Target::None),
    row("highest memory while 100,000 are drained", "/drain/rss_mb", " MB", Target::AtMost(60.0)),
    row("commit → enriched, p50", "/latency/p50_ms", " ms", Target::AtMost(60.0)),
    row("commit → enriched, p99", "/latency/p99_ms", " ms", Target::AtMost(250.0)),
    row(
        "created and enriched, as a share of bare creates",
        "/pipeline/of_bare",
        "×",
        Target::AtLeast(0.6),
    ),
    row(
        "created and enriched, as a multiple of hand-written",
        "/pipeline/ratio_to_handwritten",
        "×",
        Target::AtLeast(2.0),
    ),
    row(
        "the same, with ten messages at once",
        "/pipeline/ratio_to_handwritten_by_tens",
        "×",
        Target::None,
    ),
    row("created and enriched per second", "/pipeline/items_per_second", "", Target::None),
    row(
        "on SQLite, as a share of bare creates",
        "/pipeline/sqlite/event_bridge/of_bare",
        "×",
        Target::None,
    ),
    row(
        "on SQLite, as a multiple of hand-written",
        "/pipeline/sqlite/handwritten/ours",
        "×",
        Target::None,
    ),
    row("texts per second", "/sentiment/texts_per_second", "", Target::None),
    row(
        "texts per second, as a multiple of Python",
        "/sentiment/ratio_to_python",
        "×",
        Target::AtLeast(20.0),
    ),
    row(
        "largest difference of the compound from Python's",
        "/sentiment/compound_difference_max",
        "",
        Target::AtMost(0.0001),
    ),
];

/// For the terminal.
pub(super) fn table(figures: &Value) -> String {
    table::lines(&ROWS, figures)
}

/// For the page.
pub(super) fn section(figures: &Value) -> Result<Section> {
    let (date, machine) = (Zoned::now().date(), machine::describe()?);
    let images: [(&str, &str, String); 4] = [
        ("inbound-drain.svg", "Messages per second of a core's work", drain(figures)),
        ("inbound-slow.svg", "Messages per second when one in a hundred is slow", slow(figures)),
        ("inbound-latency.svg", "How soon items are enriched", latency(figures)),
        ("inbound-pipeline.svg", "Items created and enriched per second", pipeline(figures)),
    ];
    let pictures: Vec<String> =
        images.iter().map(|(file, alt, _)| format!("![{alt}](images/{file})\n")).collect();
    let markdown = format!(
        "`make bench-inbound` on {date}, {machine}.\n\n{}\n{}",
        table::markdown(&ROWS, figures),
        pictures.join("\n"),
    );
    let images = images.into_iter().map(|(file, _, svg)| (file, svg)).collect();
    Ok(Section { markdown, images })
}

const WORKERS: [(&str, &str); 3] = [
    ("sidecar", "sidecar"),
    ("sqs_consumer", "sqs-consumer, 4 in Node"),
    ("python", "boto3 in Python"),
];

fn workers(figures: &Value, key: &str) -> Vec<Bar> {
    let bar = |(worker, label): (&str, &str)| {
        let value = figures[worker][key].as_f64().unwrap_or_default();
        Bar { label: label.to_owned(), value, shown: shown(value), is_ours: worker == "sidecar" }
    };
    WORKERS.into_iter().map(bar).collect()
}

fn drain(figures: &Value) -> String {
    chart::bars(
        "What one core drains: no-op messages",
        "messages per second of the worker's own CPU time; longer is better",
        &workers(&figures["drain"]["plain"], "messages_per_second_per_core"),
    )
}

fn slow(figures: &Value) -> String {
    chart::bars(
        "The same when one message in a hundred takes 5 seconds",
        "messages per second of the clock; longer is better",
        &workers(&figures["drain"]["slow"], "messages_per_second"),
    )
}

fn latency(figures: &Value) -> String {
    let points = figures["latency"]["distribution"].as_array().map(Vec::as_slice);
    let points: Vec<(f64, f64)> = points
        .unwrap_or_default()
        .iter()
        .filter_map(|point| Some((point[0].as_f64()?, point[1].as_f64()?)))
        // The slowest one of thousands would flatten all others.
        .filter(|(share, _)| *share < 100.0)
        .collect();
    chart::line(
        "From commit to enriched, at 50 items a second on PostgreSQL",
        "milliseconds that so many percent of the items took at most",
        " %",
        &points,
        (250.0, "target for 99 %: 250 ms"),
    )
}

fn pipeline(figures: &Value) -> String {
    let bar = |label: &str, kind: &str, is_ours| {
        let value = figures["pipeline"]["postgres"][kind]["items_per_second"].as_f64();
        let value = value.unwrap_or_default();
        Bar { label: label.to_owned(), value, shown: shown(value), is_ours }
    };
    chart::bars(
        "One process of Directus on PostgreSQL",
        "items per second, created and enriched; longer is better",
        &[
            bar("bare, created only", "bare", false),
            bar("extension and sidecar", "event_bridge", true),
            bar("hook and Node worker", "handwritten", false),
            bar("ten messages at once", "handwritten_by_tens", false),
        ],
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_page_shows_every_picture_that_is_drawn() {
        let figures =
            json!({ "latency": { "p50_ms": 41.5, "distribution": [[0.0, 20.0], [99.0, 90.0]] } });

        let section = section(&figures).unwrap();

        assert!(section.markdown.contains("| commit → enriched, p50 | 41.5 ms | ≤ 60 | met |"));
        for (file, svg) in &section.images {
            assert!(section.markdown.contains(&format!("(images/{file})")), "{file}");
            assert!(svg.starts_with("<svg "), "{file}");
        }
    }
}
