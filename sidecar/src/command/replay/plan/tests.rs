use std::{collections::HashMap, fs, path::Path};

use clap::Parser;

use super::*;

const NOW: &str = "2026-11-22T10:30:00Z";
const ROUTES: &str = r#"{
    "feedback": {
        "reaction": "enrich",
        "pattern": { "detail-type": ["feedback.submitted"] }
    },
    "praise": {
        "reaction": "trigger_flow",
        "pattern": { "detail-type": ["feedback.submitted"] }
    }
}"#;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    args: ReplayArgs,
}

/// The shipped configuration, with a route that notifies.
fn config(folder: &Path) -> Config {
    let shipped = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/config"));
    for file in ["sidecar.toml", "mappings.toml"] {
        fs::copy(shipped.join(file), folder.join(file)).unwrap();
    }
    fs::write(folder.join("routes.json"), ROUTES).unwrap();
    let reactions = "
        [enrich.feedback]
        text = 'data.text'
        fields = { sentiment = 'sentiment.label' }
        announce = { event = 'feedback.sentiment.calculated', data = {} }

        [trigger_flow.praise]
        flow = '6d1d5a0e-7f0a-4c1f-9d57-5b1f3a6f0c11'
    ";
    fs::write(folder.join("reactions.toml"), reactions).unwrap();
    let schemas = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas");
    let variables = [
        ("SIDECAR__DIRECTUS__TOKEN", "token"),
        ("SIDECAR__OUTBOUND__SECRETS", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"),
        ("SIDECAR__CONTRACTS__FOLDER", schemas),
    ];
    let variables = variables.map(|(key, value)| (key.to_owned(), value.to_owned()));
    Config::load_with(folder, HashMap::from(variables)).unwrap()
}

/// What a command line comes to: the plan as it is told, or the complaint.
fn plan(line: &str) -> String {
    let folder = std::env::temp_dir().join(format!("replay-{}", uuid::Uuid::now_v7()));
    fs::create_dir(&folder).unwrap();
    let config = config(&folder);
    fs::remove_dir_all(&folder).unwrap();
    let line = Line::parse_from(["replay"].into_iter().chain(line.split_whitespace()));
    match Plan::new(&config, &line.args, NOW.parse().unwrap()) {
        Ok(plan) => plan.told("would be"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_replay_goes_to_what_rebuilds_and_leaves_out_what_notifies() {
    insta::assert_snapshot!(plan("--from 24h"), @r"
    replay event-bridge-261122T103000000: the events from 2026-11-21T10:30:00Z to 2026-11-22T10:30:00Z would be sent again to feedback
    left out, because they notify: praise
    what is missing in Directus is written; nobody is notified, no event is published
    ");
}

#[test]
fn whoever_asks_for_it_has_everything_done_again() {
    insta::assert_snapshot!(plan("--from 2h --to 1h --notify"), @r"
    replay event-bridge-261122T103000000-notify: the events from 2026-11-22T08:30:00Z to 2026-11-22T09:30:00Z would be sent again to feedback, praise
    everything is done again as if it were new: Flows run, people are called
    ");
}

#[rstest::rstest]
#[case("--from 1h --to 2026-11-23T00:00:00Z", "is yet to come")]
#[case("--from 1h --to 2h", "before it begins")]
#[case("--from 0s", "before it begins")]
#[case("--from 31d", "that is how long the archive keeps events")]
#[case("--from 1h --route nowhere", "there is no route nowhere; there are: feedback, praise")]
#[case("--from 1h --route praise", "route praise notifies")]
#[case("--from 1h --event-type order.paid", "no route is left to replay to")]
fn nonsense_is_refused_with_its_reason(#[case] line: &str, #[case] reason: &str) {
    let said = plan(line);

    assert!(said.contains(reason), "{said}");
}

#[test]
fn an_archive_keeps_whole_days() {
    assert_eq!(archive_days(Duration::from_hours(24 * 30)), 30);
    assert_eq!(archive_days(Duration::ZERO), 0);
}
