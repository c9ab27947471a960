//! What somebody who waits gets to see: a bar on a terminal, a line now and then elsewhere.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};

/// So much from one line to the next where there is no terminal.
const LINE_EVERY: u64 = 1000;

/// Goes to standard error: standard output is for the answer.
#[derive(Debug)]
pub(super) enum Progress {
    Bar(ProgressBar),
    Lines { of: &'static str, total: Option<u64>, told: u64 },
    Silent,
}

impl Progress {
    /// Of `of`, such as `items`.
    pub(super) fn on_terminal(of: &'static str) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self::Lines { of, total: None, told: 0 };
        }
        let bar = ProgressBar::no_length();
        bar.set_style(style(of));
        Self::Bar(bar)
    }

    /// So many are to come.
    pub(super) fn expect(&mut self, items: u64) {
        match self {
            Self::Bar(bar) => bar.set_length(items),
            Self::Lines { total, .. } => *total = Some(items),
            Self::Silent => (),
        }
    }

    /// So many are done.
    pub(super) fn reached(&mut self, items: u64) {
        match self {
            Self::Bar(bar) => {
                bar.set_message("");
                bar.set_position(items);
            }
            Self::Lines { of, total, told } => {
                if let Some(line) = next_line(items, *total, told) {
                    line_to_stderr(&format!("{line} {of}"));
                }
            }
            Self::Silent => (),
        }
    }

    /// Nothing goes on until the outbox has emptied.
    pub(super) fn holds_back(&mut self, pending: u64) {
        let why = format!("{pending} changes wait in the outbox, holding back");
        match self {
            Self::Bar(bar) => bar.set_message(why),
            Self::Lines { .. } => line_to_stderr(&why),
            Self::Silent => (),
        }
    }

    pub(super) fn finish(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

fn style(of: &str) -> ProgressStyle {
    let template = format!("{{bar:40}} {{pos}}/{{len}} {of}, {{per_sec}}, {{eta}} to go {{msg}}");
    ProgressStyle::with_template(&template).expect("a template that a test reads, too")
}

fn next_line(items: u64, total: Option<u64>, told: &mut u64) -> Option<String> {
    if items / LINE_EVERY == *told / LINE_EVERY {
        return None;
    }
    *told = items;
    let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
    Some(format!("{items}{of}"))
}

#[expect(clippy::print_stderr, reason = "standard output is for the answer")]
fn line_to_stderr(line: &str) {
    eprintln!("{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_told_every_thousand_items() {
        let mut told = 0;
        let lines: Vec<_> = [100, 900, 1000, 1100, 1950, 2050]
            .into_iter()
            .filter_map(|items| next_line(items, Some(2500), &mut told))
            .collect();

        assert_eq!(lines, ["1000 of 2500", "2050 of 2500"]);
    }

    #[test]
    fn the_bar_is_drawn_as_it_is_written() {
        style("items");
    }
}
