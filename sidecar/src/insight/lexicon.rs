//! The words that VADER knows and what they mean.
//!
//! Parsed on first use; every word is borrowed from the program's own image.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

/// The lexicon, parsed once.
pub(super) static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::parse);

/// What an intensifier adds to a positive charge.
const INTENSIFIED: f64 = 0.293;
/// What a dampener adds to a positive charge.
pub(super) const DAMPENED: f64 = -0.293;

const INTENSIFIERS: &str = "absolutely amazingly awfully completely considerable considerably \
    decidedly deeply effing enormous enormously entirely especially exceptional exceptionally \
    extreme extremely fabulously flipping flippin frackin fracking fricking frickin frigging \
    friggin fully fuckin fucking fuggin fugging greatly hella highly hugely incredible incredibly \
    intensely major majorly more most particularly purely quite really remarkably so substantially \
    thoroughly total totally tremendous tremendously uber unbelievably unusually utter utterly very";

const DAMPENERS: &str = "almost barely hardly kinda kindof kind-of less little marginal marginally \
    occasional occasionally partly scarce scarcely slight slightly somewhat sorta sortof sort-of";

const NEGATIONS: &str = "aint arent cannot cant couldnt darent didnt doesnt dont hadnt hasnt havent \
    isnt mightnt mustnt neednt oughtnt shant shouldnt wasnt werent wont wouldnt neither never none \
    nope nor not nothing nowhere uhuh uh-uh without rarely seldom despite";

/// What VADER makes of a word. No word has two meanings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Meaning {
    /// Says something good or bad, -4 to 4.
    Valence(f64),
    /// Strengthens or weakens what follows.
    Degree(f64),
    /// Turns what follows around. A word with "n't" in it does so too.
    Negation,
}

/// Words and emoji.
pub(super) struct Lexicon {
    words: HashMap<&'static str, Meaning>,
    /// Sorted by character.
    emoji: Vec<(char, &'static str)>,
}

impl Lexicon {
    fn parse() -> Self {
        let valences = lines(include_str!("data/vader_lexicon.txt"))
            .filter_map(|(word, rest)| Some((word, rest.split('\t').next()?.parse().ok()?)))
            .map(|(word, valence)| (word, Meaning::Valence(valence)));
        let all = |words: &'static str, meaning| words.split(' ').map(move |word| (word, meaning));
        let words = valences
            .chain(all(INTENSIFIERS, Meaning::Degree(INTENSIFIED)))
            .chain(all(DAMPENERS, Meaning::Degree(DAMPENED)))
            .chain(all(NEGATIONS, Meaning::Negation))
            .collect();

        // The reference looks at one code point at a time, so longer emoji never match.
        let mut emoji: Vec<_> = lines(include_str!("data/emoji_utf8_lexicon.txt"))
            .filter_map(|(emoji, description)| {
                let mut characters = emoji.chars();
                characters.next().filter(|_| characters.next().is_none()).zip(Some(description))
            })
            .collect();
        emoji.sort_unstable();

        Self { words, emoji }
    }

    /// What a word in lower case means.
    pub(super) fn meaning(&self, word: &str) -> Option<Meaning> {
        self.words.get(word).copied()
    }

    /// The text with its emoji in words.
    pub(super) fn describe_emoji<'text>(&self, text: &'text str) -> Cow<'text, str> {
        if text.chars().all(|character| self.description(character).is_none()) {
            return Cow::Borrowed(text);
        }

        let mut described = String::with_capacity(text.len() * 2);
        for character in text.chars() {
            if let Some(description) = self.description(character) {
                if !described.is_empty() && !described.ends_with(' ') {
                    described.push(' ');
                }
                described.push_str(description);
            } else {
                // No space after the emoji: the reference lets the description run into the text.
                described.push(character);
            }
        }
        Cow::Owned(described)
    }

    fn description(&self, character: char) -> Option<&'static str> {
        if character.is_ascii() {
            return None;
        }
        let at = self.emoji.binary_search_by_key(&character, |&(emoji, _)| emoji).ok()?;
        Some(self.emoji[at].1)
    }
}

/// The lines of a data file, cut at the first tab.
fn lines(file: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    file.lines().filter_map(|line| line.trim().split_once('\t'))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_line_of_the_data_files_is_read() {
        let ours = [INTENSIFIERS, DAMPENERS, NEGATIONS];
        let ours: HashSet<_> = ours.iter().flat_map(|words| words.split(' ')).collect();
        let valences = lines(include_str!("data/vader_lexicon.txt")).map(|(word, _)| word);
        let valences: HashSet<_> = valences.collect();

        assert!(valences.is_disjoint(&ours), "no word has two meanings");
        assert_eq!(LEXICON.words.len(), valences.len() + ours.len());
        assert_eq!(valences.len(), 7_506);
        assert_eq!(LEXICON.emoji.len(), 1_212);
    }

    #[test]
    fn the_last_of_two_lines_for_a_word_counts() {
        assert_eq!(LEXICON.meaning("d:"), Some(Meaning::Valence(1.2)));
    }

    #[test]
    fn a_description_is_set_apart_from_what_precedes_it_only() {
        let described = LEXICON.describe_emoji("😀so😀good 😡👍");

        assert_eq!(described, "grinning faceso grinning facegood pouting face thumbs up");
    }

    #[test]
    fn a_text_without_emoji_is_not_copied() {
        assert!(matches!(LEXICON.describe_emoji("très bon"), Cow::Borrowed(_)));
    }
}
