//! Figures and what is promised of them, as a table for the terminal and for the page.

use serde_json::Value;

use crate::figures::shown;

/// A figure, and what is promised of it.
pub(crate) struct Row {
    pub(crate) what: &'static str,
    pub(crate) pointer: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) target: Target,
}

pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
    None,
}

pub(crate) const fn row(
    what: &'static str,
    pointer: &'static str,
    unit: &'static str,
    target: Target,
) -> Row {
    Row { what, pointer, unit, target }
}

impl Row {
    /// Its cells, when it was measured.
    fn cells(&self, figures: &Value) -> Option<[String; 4]> {
        let value = figures.pointer(self.pointer)?.as_f64()?;
        let (target, verdict) = match self.target {
            Target::AtLeast(least) => (format!("≥ {}", shown(least)), met(value >= least)),
            Target::AtMost(most) => (format!("≤ {}", shown(most)), met(value <= most)),
            Target::None => (String::new(), ""),
        };
        let value = format!("{}{}", shown(value), self.unit);
        Some([self.what.to_owned(), value, target, verdict.to_owned()])
    }
}

fn met(is_met: bool) -> &'static str {
    if is_met { "met" } else { "missed" }
}

/// For the terminal.
pub(crate) fn lines(rows: &[Row], figures: &Value) -> String {
    let cells = rows.iter().filter_map(|row| row.cells(figures));
    let lines = cells.map(|[what, value, target, verdict]| {
        format!("  {what:<58} {value:>12}  {target:>9}  {verdict}")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// For the page.
pub(crate) fn markdown(rows: &[Row], figures: &Value) -> String {
    let cells = rows.iter().filter_map(|row| row.cells(figures));
    let rows: Vec<String> = cells.map(|cells| format!("| {} |", cells.join(" | "))).collect();
    format!("| figure | measured | target | |\n|---|---:|---:|---|\n{}\n", rows.join("\n"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ROWS: [Row; 3] = [
        row("ratio", "/outbound/ratio_to_node", "×", Target::AtLeast(5.0)),
        row("memory", "/drain/rss_mb", " MB", Target::AtMost(60.0)),
        row("not measured", "/drain/nothing", "", Target::None),
    ];

    #[test]
    fn the_table_says_which_target_is_missed() {
        let figures = json!({ "drain": { "rss_mb": 61.5 }, "outbound": { "ratio_to_node": 5.5 } });

        let table = lines(&ROWS, &figures);

        assert_eq!(table.lines().count(), 2, "{table}");
        assert!(table.lines().next().unwrap().ends_with("met"), "{table}");
        assert!(table.lines().last().unwrap().ends_with("missed"), "{table}");
    }

    #[test]
    fn the_page_has_a_line_for_every_measured_figure() {
        let page = markdown(&ROWS, &json!({ "drain": { "rss_mb": 34.25 } }));

        assert!(page.ends_with("|---|\n| memory | 34.25 MB | ≤ 60 | met |\n"), "{page}");
    }
}
