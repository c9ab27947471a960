//! Columns on a terminal.

use std::fmt;

const GAP: &str = "  ";

/// Rows whose cells stand below each other.
#[derive(Debug)]
pub(super) struct Table<const COLUMNS: usize> {
    rows: Vec<[String; COLUMNS]>,
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    /// A table with these headings; without any heading it has no first line.
    pub(super) fn new(headings: [&str; COLUMNS]) -> Self {
        let headings = headings.map(str::to_owned);
        let is_headed = headings.iter().any(|heading| !heading.is_empty());
        Self { rows: if is_headed { vec![headings] } else { Vec::new() } }
    }

    /// Adds a row. Control characters become spaces: a cell may quote what a stranger wrote, and must
    /// not speak to the terminal.
    pub(super) fn row(&mut self, cells: [String; COLUMNS]) {
        self.rows.push(cells.map(|cell| cell.replace(char::is_control, " ")));
    }
}

impl<const COLUMNS: usize> fmt::Display for Table<COLUMNS> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: usize| {
            self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..COLUMNS).map(width).collect();
        for (number, row) in self.rows.iter().enumerate() {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            let line = cells.collect::<Vec<_>>().join(GAP);
            let end = if number + 1 < self.rows.len() { "\n" } else { "" };
            write!(formatter, "{}{end}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_below_their_headings() {
        let mut table = Table::new(["ID", "REASON", ""]);
        table.row(["a".to_owned(), "contract".to_owned(), "x".to_owned()]);
        table.row(["long".to_owned(), "bus".to_owned(), String::new()]);

        assert_eq!(table.to_string(), "ID    REASON\na     contract  x\nlong  bus");
    }

    #[test]
    fn a_cell_cannot_speak_to_the_terminal() {
        let mut table = Table::new([""]);
        table.row(["\u{1b}[2Jgone\nnext".to_owned()]);

        assert_eq!(table.to_string(), " [2Jgone next");
    }
}
