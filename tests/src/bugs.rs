//! `bugs.md` names the tests that hold each bug off; they must be there.

use std::{fs, path::Path};

/// Where tests are, seen from the root of the repository, and how their files end.
const TESTS: [(&str, &str); 3] =
    [("sidecar/src", ".rs"), ("tests/tests", ".rs"), ("directus-extension/src", ".test.ts")];

/// All sources of tests, as one text.
fn sources() -> String {
    fn collect(folder: &Path, ending: &str, text: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, ending, text);
            } else if path.to_str().unwrap().ends_with(ending) {
                text.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let mut text = String::new();
    for (folder, ending) in TESTS {
        collect(&root.join(folder), ending, &mut text);
    }
    text
}

#[test]
fn every_bug_has_tests_and_every_test_named_is_there() {
    let sources = sources();
    let rows: Vec<_> = include_str!("../bugs.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "))
        .filter(|(bug, _)| bug.starts_with(|first: char| first.is_ascii_digit()))
        .collect();
    assert_eq!(rows.len(), 30);

    for (number, (bug, row)) in (1..).zip(rows) {
        assert!(bug.starts_with(&format!("{number} ")), "{bug} is not number {number}");
        let (_, tests) = row.rsplit_once(" | ").unwrap();
        for test in tests.split("`, `").map(|test| test.trim_matches('`')) {
            let written =
                if test.contains(' ') { format!("'{test}'") } else { format!("fn {test}(") };
            assert!(sources.contains(&written), "{bug}: there is no test `{test}`");
        }
    }
}
