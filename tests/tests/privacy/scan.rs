//! Everything that left Directus' database, by the place where it was found.

use std::{collections::BTreeMap, path::Path};

use anyhow::Result;
use e2e::Event;

/// A shorter word, such as "my", is everywhere.
const WORD_LENGTH_MIN: usize = 4;

#[derive(Default)]
pub(crate) struct Scan {
    texts: BTreeMap<String, String>,
}

impl Scan {
    pub(crate) fn read(&mut self, place: &str, text: impl AsRef<str>) {
        let texts = self.texts.entry(place.to_owned()).or_default();
        texts.push_str(text.as_ref());
        texts.push('\n');
    }

    pub(crate) fn read_event(&mut self, event: &Event) {
        self.read("bus", &event.message);
    }

    pub(crate) fn read_events(&mut self, events: Vec<Event>) {
        for event in events {
            self.read_event(&event);
        }
    }

    /// The log of every part.
    pub(crate) fn read_logs(&mut self, dir: &Path) -> Result<()> {
        for entry in std::fs::read_dir(dir)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "log") {
                let place = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                self.read(&place, String::from_utf8_lossy(&std::fs::read(&path)?));
            }
        }
        Ok(())
    }

    /// Where a text can be found, or any word of it that is long enough to mean something, in
    /// whatever case: what is cut short is found as well.
    pub(crate) fn places_of(&self, text: &str) -> Vec<&str> {
        let text = text.to_lowercase();
        let words: Vec<_> = text.split(' ').filter(|word| word.len() >= WORD_LENGTH_MIN).collect();
        let told = |found: &str| {
            let found = found.to_lowercase();
            words.iter().any(|word| found.contains(word))
        };
        let texts = self.texts.iter().filter(|(_, found)| told(found));
        texts.map(|(place, _)| place.as_str()).collect()
    }
}
