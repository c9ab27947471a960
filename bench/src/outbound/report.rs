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

const ROWS: [Row; 10] = [
    row(
        "save with capture, p50, as a multiple of bare Directus",
        "/capture/p50_ratio",
        "×",
        Target::AtMost(1.05),
    ),
    row(
        "throughput with capture, as a share of bare Directus",
        "/capture/throughput_ratio",
        "×",
        Target::AtLeast(0.95),
    ),
    row(
        "save with a Flow that sends a request instead, p50",
        "/capture/flow_ratio",
        "×",
        Target::None,
    ),
    row(
        "save with a hook that awaits PutEvents instead, p50",
        "/capture/naive_hook_ratio",
        "×",
        Target::None,
    ),
    row(
        "events per CPU second of the sidecar",
        "/outbound/events_per_second_per_core",
        "",
        Target::AtLeast(20_000.0),
    ),
    row(
        "events per second, the sidecar on one core",
        "/outbound/events_per_second_on_one_core",
        "",
        Target::None,
    ),
    row("the same, Node service", "/outbound/node_events_per_second_on_one_core", "", Target::None),
    row(
        "per CPU second, as a multiple of the Node service",
        "/outbound/ratio_to_node",
        "×",
        Target::AtLeast(5.0),
    ),
    row(
        "on one core, as a multiple of the Node service",
        "/outbound/ratio_to_node_on_one_core",
        "×",
        Target::None,
    ),
    row(
        "highest memory while 100,000 changes are drained",
        "/drain/rss_mb",
        " MB",
        Target::AtMost(60.0),
    ),
];

/// For the terminal.
pub(super) fn table(figures: &Value) -> String {
    table::lines(&ROWS, figures)
}

/// For the page.
pub(super) fn section(figures: &Value) -> Result<Section> {
    let (date, machine) = (Zoned::now().date(), machine::describe()?);
    let markdown = format!(
        "`make bench-outbound` on {date}, {machine}.\n\n\
         {}\n\
         ![What a save takes in Directus]({SAVES_IMAGE})\n\n\
         ![Events per second on one core]({THROUGHPUT_IMAGE})\n\n\
         ![Memory while 100,000 changes are drained]({DRAIN_IMAGE})\n",
        table::markdown(&ROWS, figures),
    );
    let images = vec![
        (SAVES_FILE, saves(figures)),
        (THROUGHPUT_FILE, throughput(figures)),
        (DRAIN_FILE, drain(figures)),
    ];
    Ok(Section { markdown, images })
}

const SAVES_FILE: &str = "outbound-saves.svg";
const SAVES_IMAGE: &str = "images/outbound-saves.svg";
const THROUGHPUT_FILE: &str = "outbound-throughput.svg";
const THROUGHPUT_IMAGE: &str = "images/outbound-throughput.svg";
const DRAIN_FILE: &str = "outbound-drain.svg";
const DRAIN_IMAGE: &str = "images/outbound-drain.svg";

fn saves(figures: &Value) -> String {
    let bar = |label: &str, variant: &str, is_ours| {
        let value = figures["capture"]["postgres"][variant]["p50_ms"].as_f64().unwrap_or_default();
        Bar { label: label.to_owned(), value, shown: format!("{} ms", shown(value)), is_ours }
    };
    chart::bars(
        "What a save takes in Directus, on PostgreSQL",
        "milliseconds until the client has its answer, p50; shorter is better",
        &[
            bar("bare Directus", "bare", false),
            bar("with capture", "capture", true),
            bar("Flow with a request", "flow", false),
            bar("hook that awaits PutEvents", "awaiting_hook", false),
        ],
    )
}

fn throughput(figures: &Value) -> String {
    let bar = |label: &str, key: &str, is_ours| {
        let value = figures["outbound"][key].as_f64().unwrap_or_default();
        Bar { label: label.to_owned(), value, shown: shown(value), is_ours }
    };
    chart::bars(
        "What one core carries: signed changes → accepted entries",
        "events per second, one core to itself; longer is better",
        &[
            bar("sidecar", "events_per_second_on_one_core", true),
            bar("Node service", "node_events_per_second_on_one_core", false),
        ],
    )
}

fn drain(figures: &Value) -> String {
    let samples = figures["drain"]["samples"].as_array().map(Vec::as_slice).unwrap_or_default();
    let points: Vec<(f64, f64)> = samples
        .iter()
        .filter_map(|sample| Some((sample["secs"].as_f64()?, sample["rss_mb"].as_f64()?)))
        .collect();
    chart::line(
        "The sidecar's memory while it drains 100,000 changes",
        "resident memory in MB, over seconds",
        " s",
        &points,
        (60.0, "target: 60 MB"),
    )
}
