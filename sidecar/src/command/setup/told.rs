//! What `sidecar setup` says: a heading for each step, and a line for whatever is not as it should be.

use crate::{
    command::say,
    setup::{Outcome, Report},
};

/// Of the places where something differs, so many are named.
const PLACES_MAX: usize = 4;

/// Counts what was told.
#[derive(Debug)]
pub(super) struct Told {
    dry_run: bool,
    made: usize,
    same: usize,
    changed: usize,
    differing: usize,
    left_out: usize,
    made_account: bool,
}

impl Told {
    pub(super) fn new(dry_run: bool) -> Self {
        Self {
            dry_run,
            made: 0,
            same: 0,
            changed: 0,
            differing: 0,
            left_out: 0,
            made_account: false,
        }
    }

    pub(super) fn step(&mut self, title: &str, reports: &[Report]) {
        say(&format!("{title}: {}", self.count(reports)));
        for report in reports {
            if let Some(line) = self.line(report) {
                say(&format!("  {line}"));
            }
        }
    }

    pub(super) fn summary(&self) {
        let Self { made, same, changed, differing, left_out, .. } = self;
        let would = if self.dry_run { "would be " } else { "" };
        let changed =
            if *changed > 0 { format!(", {changed} {would}put back") } else { String::new() };
        let nothing = if self.is_untouched() { "nothing to do: " } else { "" };
        say(&format!(
            "\n{nothing}{made} {would}made{changed}, {same} as they should be, {differing} that differ, {left_out} left out"
        ));
        if *differing > 0 {
            say("what differs stays as somebody made it: `--restore` puts it back");
        }
    }

    pub(super) fn made_account(&self) -> bool {
        self.made_account
    }

    fn is_untouched(&self) -> bool {
        self.made == 0 && self.changed == 0
    }

    fn count(&mut self, reports: &[Report]) -> String {
        let mut same = 0;
        for Report { what, outcome } in reports {
            match outcome {
                Outcome::Same => same += 1,
                Outcome::Made => {
                    self.made += 1;
                    self.made_account |= what.starts_with("user ");
                }
                Outcome::Restored(_) | Outcome::Removed => self.changed += 1,
                Outcome::Kept(_) | Outcome::Beyond => self.differing += 1,
                Outcome::LeftOut(_) => self.left_out += 1,
            }
        }
        self.same += same;
        match reports.len() {
            all if all == same => format!("{same} as they should be"),
            all => format!("{same} of {all} as they should be"),
        }
    }

    fn line(&self, Report { what, outcome }: &Report) -> Option<String> {
        let would =
            |done: &str| if self.dry_run { format!("would be {done}") } else { done.to_owned() };
        Some(match outcome {
            Outcome::Same => return None,
            Outcome::Made => format!("+ {what}: {}", would("made")),
            Outcome::Kept(places) => format!("~ {what}: kept, differs in {}", named(places)),
            Outcome::Restored(places) => {
                format!("~ {what}: {}, differed in {}", would("put back"), named(places))
            }
            Outcome::Beyond => format!("~ {what}: kept, and nothing configured needs it"),
            Outcome::Removed => {
                format!("- {what}: {}, nothing configured needs it", would("removed"))
            }
            Outcome::LeftOut(why) => format!("! {what}: left out, {why}"),
        })
    }
}

fn named(places: &[String]) -> String {
    let more = places.len().saturating_sub(PLACES_MAX);
    let named = places.iter().take(PLACES_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{named} and {more} more") } else { named }
}
