//! What the past leads to expect of a window.
//!
//! Medians, because the past has odd windows of its own, the last episode among them: up to half of
//! the windows may be so without a change of what is usual.

use std::f64::consts::FRAC_PI_2;

use super::Count;

/// What the median of absolute deviations is multiplied with to be a standard deviation, were the
/// counts distributed normally.
const MAD_TO_DEVIATION: f64 = 1.4826;
/// A share is taken of so many at least: of fewer it says little.
const SHARE_OF_MIN: u64 = 20;

/// What is usual.
#[derive(Debug, Clone, Copy)]
pub(super) struct Usual {
    /// How many are to be expected.
    pub(super) expected: f64,
    /// How much the windows of the past differ.
    spread: f64,
    /// How well the past is known that is expected to go on.
    unsure: f64,
}

impl Usual {
    /// How far `observed` is off, in standard deviations.
    ///
    /// One is the mean of the square roots of what was expected and of what came, at least the former:
    /// so much do counts of things that happen by themselves differ, even if those of the past
    /// did not. For a few, the root of what was expected alone would call a double portion a wonder.
    pub(super) fn deviation(&self, observed: f64) -> f64 {
        let of_expected = self.expected.sqrt();
        let counting = of_expected.max(of_expected.midpoint(observed.sqrt()));
        let off = observed - self.expected;
        // Nothing where nothing was expected.
        if off == 0.0 { 0.0 } else { off / counting.max(self.spread).hypot(self.unsure) }
    }
}

/// What is usual after `past`, in a window with `of` things that could count; nothing if the past does
/// not tell.
pub(super) fn usual(past: &[Count], of: Option<u64>) -> Option<Usual> {
    match of {
        None => Some(usual_number(past)),
        Some(of) => usual_share(past, number(of)),
    }
}

fn usual_number(past: &[Count]) -> Usual {
    let hits: Vec<_> = past.iter().map(|count| number(count.hits)).collect();
    let (expected, spread) = centre(&hits);
    let deviation = expected.sqrt().max(spread);
    let unsure = deviation * (FRAC_PI_2 / number(past.len() as u64)).sqrt();
    Usual { expected, spread, unsure }
}

/// Windows with little in them are put together until their share says something.
fn usual_share(past: &[Count], of: f64) -> Option<Usual> {
    let (mut shares, mut so_far) = (Vec::new(), (0, 0));
    let (mut hits_of_all, mut all) = (0, 0);
    for count in past {
        so_far = (so_far.0 + count.hits, so_far.1 + count.of.unwrap_or(0));
        if so_far.1 >= SHARE_OF_MIN {
            shares.push(number(so_far.0) / number(so_far.1));
            (hits_of_all, all) = (hits_of_all + so_far.0, all + so_far.1);
            so_far = (0, 0);
        }
    }
    if shares.is_empty() {
        return None;
    }
    let (share, spread) = centre(&shares);
    // As if one more of either sort had been there: what never was is still not impossible.
    let cautious = number(hits_of_all + 1) / number(all + 2);
    let unsure = (FRAC_PI_2 * cautious * (1.0 - cautious) / number(all)).sqrt();
    Some(Usual { expected: of * share, spread: of * spread, unsure: of * unsure })
}

/// The median, and the standard deviation by the median of what they are off.
fn centre(values: &[f64]) -> (f64, f64) {
    let centre = median(values.to_vec());
    let off = values.iter().map(|value| (value - centre).abs()).collect();
    (centre, MAD_TO_DEVIATION * median(off))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        values[middle - 1].midpoint(values[middle])
    } else {
        values[middle]
    }
}

#[expect(clippy::cast_precision_loss, reason = "what is counted is far below 2^52")]
pub(super) fn number(count: u64) -> f64 {
    count as f64
}
