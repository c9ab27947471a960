//! The rules of VADER, as its Python reference `vaderSentiment` 3.3.2 applies them.
//!
//! The reference is matched to the last digit, oddities included: where a line below looks wrong,
//! it is so because the reference does it, and the lexicon's weights were tuned with it.

mod words;

use serde::Serialize;

use self::words::Words;
use super::lexicon::LEXICON;

/// Brings the sum of charges into -1..1.
const NORMALIZATION: f64 = 15.0;

/// What VADER says of a text, digit for digit what its Python reference says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Polarity {
    /// From -1, all bad, to 1, all good; four decimals.
    pub compound: f64,
    /// Share of the text that is good; three decimals.
    pub positive: f64,
    /// Share of the text that is neither.
    pub neutral: f64,
    /// Share of the text that is bad.
    pub negative: f64,
}

impl Polarity {
    /// Whether some word was found that is good or bad.
    pub fn is_charged(&self) -> bool {
        self.positive > 0.0 || self.negative > 0.0
    }
}

/// Reads the polarity of a text, whatever its language and length.
pub(super) fn polarity(text: &str) -> Polarity {
    let text = LEXICON.describe_emoji(text);
    let words = Words::split(&text);
    let mut charges: Vec<f64> = words.positions().map(|at| words.charge(at)).collect();

    if let Some(but) = words.positions().find(|&at| words.text(at) == "but") {
        favour_what_follows(but, &mut charges);
    }

    summarize(&charges, emphasis(&text))
}

/// Halves what was said before the "but" and strengthens what follows.
///
/// The reference rewrites its list while it walks it and finds each value by equality: a charge
/// that equals an earlier one, as that is by now, leaves its own place alone and changes that one.
fn favour_what_follows(but: usize, charges: &mut [f64]) {
    for at in 0..charges.len() {
        let charge = charges[at];
        // Nothing changes a zero; skipping it keeps long texts from costing their square.
        if charge == 0.0 {
            continue;
        }
        #[expect(clippy::float_cmp, reason = "the reference finds values by equality")]
        let first = charges.iter().position(|&other| other == charge).unwrap_or(at);
        if first < but {
            charges[first] = charge * 0.5;
        } else if first > but {
            charges[first] = charge * 1.5;
        }
    }
}

/// What exclamation and question marks add to whatever was said.
fn emphasis(text: &str) -> f64 {
    let count = |mark| text.bytes().filter(|&byte| byte == mark).take(4).count();
    let exclaimed = [0.0, 0.292, 2.0 * 0.292, 3.0 * 0.292, 4.0 * 0.292][count(b'!')];
    let questioned = [0.0, 0.0, 2.0 * 0.18, 3.0 * 0.18, 0.96][count(b'?')];
    exclaimed + questioned
}

fn further_from_zero(charge: f64, by: f64) -> f64 {
    if charge > 0.0 { charge + by } else { charge - by }
}

/// Sums the charges up.
fn summarize(charges: &[f64], emphasis: f64) -> Polarity {
    if charges.is_empty() {
        return Polarity::default();
    }

    let mut sum: f64 = charges.iter().fold(0.0, |sum, charge| sum + charge);
    if sum != 0.0 {
        sum = further_from_zero(sum, emphasis);
    }

    // A charged word weighs one more than its charge, because a neutral one weighs one.
    let (mut positive, mut negative, mut neutral) = (0.0, 0.0, 0.0);
    for &charge in charges {
        if charge > 0.0 {
            positive += charge + 1.0;
        } else if charge < 0.0 {
            negative += 1.0 - charge;
        } else {
            neutral += 1.0;
        }
    }
    if positive > negative {
        positive += emphasis;
    } else if positive < negative {
        negative += emphasis;
    }

    let total = positive + negative + neutral;
    Polarity {
        compound: round::<4>(sum / (sum * sum + NORMALIZATION).sqrt()),
        positive: round::<3>(positive / total),
        neutral: round::<3>(neutral / total),
        negative: round::<3>(negative / total),
    }
}

/// Rounds as Python does: by the exact value, and a tie to the even digit.
fn round<const PLACES: i32>(value: f64) -> f64 {
    let scale = 10_f64.powi(PLACES);
    let scaled = value * scale;
    // Multiplying may have moved a value across the tie: near it, only all digits tell.
    if (scaled.fract().abs() - 0.5).abs() < 1e-6 {
        let places = usize::try_from(PLACES).unwrap_or(0);
        return format!("{value:.places$}").parse().unwrap_or(value);
    }
    // Adding zero turns -0 into 0.
    scaled.round() / scale + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `data/write-golden.py` had the reference say: text, compound, positive, neutral,
    /// negative.
    type Golden = (String, f64, f64, f64, f64);

    #[test]
    fn every_golden_text_is_scored_as_the_reference_scores_it() {
        let golden = include_str!("data/sentiment-golden.jsonl");
        let golden: Vec<Golden> =
            golden.split_terminator('\n').map(|line| serde_json::from_str(line).unwrap()).collect();

        assert!(golden.len() > 500, "only {} texts", golden.len());
        for (text, compound, positive, neutral, negative) in golden {
            let expected = Polarity { compound, positive, neutral, negative };

            assert_eq!(polarity(&text), expected, "{text:?}");
        }
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "the digits are what is promised")]
    fn around_but_a_charge_that_equals_an_earlier_one_changes_that_instead() {
        let mut charges = [2.0, 1.0, 0.0, 3.0];

        favour_what_follows(2, &mut charges);

        assert_eq!(charges, [0.5, 1.0, 0.0, 4.5]);
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "the digits are what is promised")]
    fn a_tie_is_rounded_to_the_even_digit() {
        assert_eq!([0.031_25, 0.093_75, -0.031_25].map(round::<4>), [0.0312, 0.0938, -0.0312]);
        assert_eq!([0.0625, 0.1875, 2.0 / 3.0].map(round::<3>), [0.062, 0.188, 0.667]);
        assert!(round::<4>(-0.000_01).is_sign_positive());
    }
}
