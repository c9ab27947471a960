//! A table of `mappings.toml`, read key by key, so that one run reports a mistake in each.

use std::{fmt, ops::Range};

use serde::Deserialize;
use toml::{
    Spanned,
    de::{DeTable, DeValue, ValueDeserializer},
};

use crate::outbound::mapping::FILE;

/// What is wrong in the file.
pub(super) struct Problems<'text> {
    text: &'text str,
    found: Vec<(usize, String)>,
}

impl<'text> Problems<'text> {
    pub(super) fn of(text: &'text str) -> Self {
        Self { text, found: Vec::new() }
    }

    /// What stands at `span`, for a person: file, line, and the name of the place.
    pub(super) fn place(&self, span: &Range<usize>, name: &str) -> String {
        format!("{FILE}:{}: {name}", self.line(span))
    }

    pub(super) fn report(&mut self, span: &Range<usize>, name: &str, problem: impl fmt::Display) {
        self.found.push((self.line(span), format!("{}: {problem}", self.place(span, name))));
    }

    /// All of them, from the top of the file to its end.
    pub(super) fn into_lines(mut self) -> Vec<String> {
        self.found.sort_by_key(|(line, _)| *line);
        self.found.into_iter().map(|(_, problem)| problem).collect()
    }

    pub(super) fn line(&self, span: &Range<usize>) -> usize {
        1 + self.text.bytes().take(span.start).filter(|byte| *byte == b'\n').count()
    }
}

/// One table, and what it is called in a report.
pub(super) struct Section<'text> {
    pub(super) name: String,
    pub(super) span: Range<usize>,
    table: DeTable<'text>,
}

impl<'text> Section<'text> {
    /// The table called `name`; the whole file has no name.
    pub(super) fn new(name: String, table: Spanned<DeTable<'text>>) -> Self {
        Self { name, span: table.span(), table: table.into_inner() }
    }

    /// The table called `name`, or a report that it is something else.
    fn read(name: String, value: Spanned<DeValue<'text>>, problems: &mut Problems) -> Option<Self> {
        let span = value.span();
        let DeValue::Table(table) = value.into_inner() else {
            problems.report(&span, &name, "is no table");
            return None;
        };
        Some(Self { name, span, table })
    }

    /// What a key is called in a report.
    pub(super) fn called(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}: {key}", self.name) }
    }

    /// The value of a key that is there and of the right type.
    pub(super) fn take<T: Deserialize<'text>>(
        &mut self,
        key: &str,
        problems: &mut Problems,
    ) -> Option<T> {
        let value = self.table.remove(key)?;
        let span = value.span();
        T::deserialize(ValueDeserializer::from(value))
            .map_err(|error| {
                let span = error.span().unwrap_or(span);
                problems.report(&span, &self.called(key), error.message());
            })
            .ok()
    }

    /// The value of a key that must be there.
    pub(super) fn require<T: Deserialize<'text>>(
        &mut self,
        key: &str,
        problems: &mut Problems,
    ) -> Option<T> {
        if !self.table.contains_key(key) {
            problems.report(&self.span, &self.name, format_args!("`{key}` is missing"));
        }
        self.take(key, problems)
    }

    /// The table at a key.
    pub(super) fn section(&mut self, key: &str, problems: &mut Problems) -> Option<Self> {
        let name = self.called(key);
        Self::read(name, self.table.remove(key)?, problems)
    }

    /// The tables in the array at a key, numbered from one.
    pub(super) fn array(&mut self, key: &str, problems: &mut Problems) -> Vec<Self> {
        let Some(value) = self.table.remove(key) else { return Vec::new() };
        let (span, name) = (value.span(), self.called(key));
        let DeValue::Array(elements) = value.into_inner() else {
            problems.report(&span, &name, format_args!("is written `[[{key}]]`"));
            return Vec::new();
        };
        (1..)
            .zip(elements)
            .filter_map(|(number, value)| Self::read(format!("{name} {number}"), value, problems))
            .collect()
    }

    /// Every key that is left, and its value.
    pub(super) fn entries(self) -> impl Iterator<Item = (String, Spanned<DeValue<'text>>)> {
        self.table.into_iter().map(|(key, value)| (key.into_inner().into_owned(), value))
    }

    /// Every key that is left, and its table.
    pub(super) fn sections(self, problems: &mut Problems) -> Vec<(String, Self)> {
        let name = self.name.clone();
        self.entries()
            .filter_map(|(key, value)| {
                Some((key.clone(), Self::read(format!("{name}.{key}"), value, problems)?))
            })
            .collect()
    }

    /// Reports every key that nobody asked for.
    pub(super) fn end(self, problems: &mut Problems) {
        for (key, _) in &self.table {
            let name = self.called(key.get_ref());
            problems.report(&key.span(), &name, "there is no such key");
        }
    }
}
