//! The words of a text, and what each adds to its sentiment given its neighbours.

use std::ops::Range;

use super::further_from_zero;
use crate::insight::lexicon::{DAMPENED, LEXICON, Meaning};

/// What a negation before a word makes of its charge.
const NEGATED: f64 = -0.74;
/// What capitals add where the rest of the text has none.
const SHOUTED: f64 = 0.733;
/// What "never so" and "never this" make of the charge that follows.
const EXCLAIMED: f64 = 1.25;
/// How much of a degree adverb's effect is left at one, two and three words' distance.
const REACH: [f64; 3] = [1.0, 0.95, 0.9];

/// One word of the text, without the punctuation around it.
struct Word {
    start: usize,
    end: usize,
    meaning: Option<Meaning>,
    is_shouted: bool,
}

/// The words of a text.
pub(super) struct Words {
    all: Vec<Word>,
    /// The words in lower case with one space between, so that a phrase is a slice.
    lower: String,
    /// Capitals mean something only where some words have them and some have not.
    shouting_matters: bool,
}

impl Words {
    /// Splits a text as the reference does.
    pub(super) fn split(text: &str) -> Self {
        let mut all = Vec::with_capacity(text.len() / 5);
        let mut lower = String::with_capacity(text.len() + 1);

        for token in text.split(is_space).filter(|token| !token.is_empty()) {
            let bare = token.trim_matches(|character: char| character.is_ascii_punctuation());
            // What is left of an emoticon is too short to be a word: it keeps its punctuation.
            let word = if bare.chars().nth(2).is_none() { token } else { bare };

            let start = lower.len();
            if word.is_ascii() {
                lower.push_str(word);
                lower[start..].make_ascii_lowercase();
            } else {
                lower.push_str(&word.to_lowercase());
            }
            let end = lower.len();
            let meaning = LEXICON.meaning(&lower[start..end]);
            lower.push(' ');
            all.push(Word { start, end, meaning, is_shouted: is_shouted(word) });
        }

        let shouted = all.iter().filter(|word| word.is_shouted).count();
        let shouting_matters = 0 < shouted && shouted < all.len();
        Self { all, lower, shouting_matters }
    }

    /// The position of every word.
    pub(super) fn positions(&self) -> Range<usize> {
        0..self.all.len()
    }

    /// The words from `first` to `last` in lower case, or nothing if the text ends before.
    fn phrase(&self, first: usize, last: usize) -> &str {
        match (self.all.get(first), self.all.get(last)) {
            (Some(first), Some(last)) => &self.lower[first.start..last.end],
            _ => "",
        }
    }

    /// The word at a position in lower case.
    pub(super) fn text(&self, at: usize) -> &str {
        self.phrase(at, at)
    }

    /// The word `distance` before `at`, or nothing if the text begins after.
    fn before(&self, at: usize, distance: usize) -> &str {
        at.checked_sub(distance).map_or("", |at| self.text(at))
    }

    fn valence(&self, at: usize) -> Option<f64> {
        match self.all.get(at)?.meaning? {
            Meaning::Valence(valence) => Some(valence),
            Meaning::Degree(_) | Meaning::Negation => None,
        }
    }

    /// What one word adds to the sentiment of the text, given the words around it.
    pub(super) fn charge(&self, at: usize) -> f64 {
        let Some(valence) = self.valence(at) else { return 0.0 };
        if self.phrase(at, at + 1) == "kind of" {
            return 0.0;
        }

        let mut charge = valence;
        if self.text(at) == "no" && self.valence(at + 1).is_some() {
            charge = 0.0;
        }
        if self.follows_no(at) {
            charge = valence * NEGATED;
        }
        if self.is_loud(at) {
            charge = further_from_zero(charge, SHOUTED);
        }

        for distance in 1..=at.min(3) {
            if self.valence(at - distance).is_some() {
                continue;
            }
            charge += self.degree(at - distance, charge) * REACH[distance - 1];
            charge *= self.negation(at, distance);
            if distance == 3 {
                charge = self.in_idiom(at, charge);
            }
        }

        if self.before(at, 1) == "least" && !matches!(self.before(at, 2), "at" | "very") {
            charge *= NEGATED;
        }
        charge
    }

    fn follows_no(&self, at: usize) -> bool {
        self.before(at, 1) == "no"
            || self.before(at, 2) == "no"
            || (self.before(at, 3) == "no" && matches!(self.before(at, 1), "or" | "nor"))
    }

    fn is_loud(&self, at: usize) -> bool {
        self.shouting_matters && self.all[at].is_shouted
    }

    /// What the word at `modifier` adds to a charge, if it is a degree adverb.
    fn degree(&self, modifier: usize, charge: f64) -> f64 {
        let Some(Meaning::Degree(degree)) = self.all[modifier].meaning else { return 0.0 };

        let degree = if charge < 0.0 { -degree } else { degree };
        match (self.is_loud(modifier), charge > 0.0) {
            (false, _) => degree,
            (true, true) => degree + SHOUTED,
            (true, false) => degree - SHOUTED,
        }
    }

    /// What the word `distance` before `at` multiplies the charge by.
    fn negation(&self, at: usize, distance: usize) -> f64 {
        let [one, two, three] = [1, 2, 3].map(|distance| self.before(at, distance));
        let exclaims = |word| matches!(word, "so" | "this");
        match distance {
            2 if two == "never" && exclaims(one) => EXCLAIMED,
            2 if two == "without" && one == "doubt" => 1.0,
            // "so" and "this" count here without any "never": the reference has `a and b or c`.
            3 if (three == "never" && exclaims(two)) || exclaims(one) => EXCLAIMED,
            3 if three == "without" && (two == "doubt" || one == "doubt") => 1.0,
            _ if self.negates(at - distance) => NEGATED,
            _ => 1.0,
        }
    }

    fn negates(&self, at: usize) -> bool {
        matches!(self.all[at].meaning, Some(Meaning::Negation)) || self.text(at).contains("n't")
    }

    /// The charge of the idiom that the word stands in, else its own. Needs three words before.
    fn in_idiom(&self, at: usize, charge: f64) -> f64 {
        let behind =
            [(at - 1, at), (at - 2, at), (at - 2, at - 1), (at - 3, at - 1), (at - 3, at - 2)];
        let behind = behind.iter().find_map(|&(first, last)| idiom(self.phrase(first, last)));
        let ahead = idiom(self.phrase(at, at + 2)).or_else(|| idiom(self.phrase(at, at + 1)));
        let charge = ahead.or(behind).unwrap_or(charge);

        [(at - 3, at - 2), (at - 2, at - 1)]
            .iter()
            .filter(|&&(first, last)| is_dampening(self.phrase(first, last)))
            .fold(charge, |charge, _| charge + DAMPENED)
    }
}

/// The charge of a phrase that means something else than its words.
fn idiom(phrase: &str) -> Option<f64> {
    Some(match phrase {
        "the shit" | "the bomb" | "to die for" => 3.0,
        "beating heart" => 3.5,
        "bad ass" => 1.5,
        "bus stop" => 0.0,
        "yeah right" => -2.0,
        "kiss of death" => -1.5,
        _ => return None,
    })
}

fn is_dampening(phrase: &str) -> bool {
    matches!(phrase, "just enough" | "kind of" | "sort of")
}

/// What Python's `str.split` splits at: Unicode's white space and the four ASCII separators.
fn is_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{1c}'..='\u{1f}')
}

/// Whether some letter of the word is upper case and none is lower or title case.
fn is_shouted(word: &str) -> bool {
    if word.is_ascii() {
        return word.bytes().any(|byte| byte.is_ascii_uppercase())
            && !word.bytes().any(|byte| byte.is_ascii_lowercase());
    }
    // A letter that is neither, yet has a lower case, is a title case digraph such as "ǅ".
    let is_title = |letter: char| !letter.is_uppercase() && !letter.to_lowercase().eq([letter]);
    word.chars().any(char::is_uppercase)
        && !word.chars().any(|letter| letter.is_lowercase() || is_title(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_are_told_as_python_tells_them() {
        for word in ["GREAT", "Ü", "Ⅳ", "1ST", "İ"] {
            assert!(is_shouted(word), "{word}");
        }
        for word in ["Great", "42", ":)", "Aǅ", "ÜBEr", "大", "Aª"] {
            assert!(!is_shouted(word), "{word}");
        }
    }

    #[test]
    fn short_words_keep_their_punctuation_and_longer_ones_lose_it() {
        let words = Words::split("(great) :) a! ok. ...so... \u{1c}don't");

        let texts: Vec<_> = words.positions().map(|at| words.text(at)).collect();

        assert_eq!(texts, ["great", ":)", "a!", "ok.", "...so...", "don't"]);
    }

    #[test]
    fn a_phrase_ends_where_the_text_ends() {
        let words = Words::split("Kind OF great");

        assert_eq!(words.phrase(0, 1), "kind of");
        assert_eq!(words.phrase(2, 3), "");
    }
}
