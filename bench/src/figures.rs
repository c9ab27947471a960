//! Figures: how they are taken from many, and how a person writes them.

/// Of an odd number of values the middle one.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    quantile(&values.into_iter().collect::<Vec<_>>(), 0.5)
}

/// One of the values that were measured.
pub(crate) fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a place in a list of thousands"
    )]
    let place = ((sorted.len() - 1) as f64 * share).round() as usize;
    sorted[place]
}

pub(crate) fn two_digits(figure: f64) -> f64 {
    (figure * 100.0).round() / 100.0
}

#[expect(clippy::cast_precision_loss, reason = "memory is far below 2^52 bytes")]
pub(crate) fn megabytes(bytes: u64) -> f64 {
    (bytes as f64 / 100_000.0).round() / 10.0
}

/// Whole thousands with commas, small numbers with their fraction.
pub(crate) fn shown(value: f64) -> String {
    if value < 1_000.0 {
        return format!("{value:.2}").trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    let digits = format!("{value:.0}");
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_measured() {
        let values = [3.0, 1.0, 2.0];

        for (share, value) in [(0.0, 1.0), (0.5, 2.0), (0.99, 3.0)] {
            assert!((quantile(&values, share) - value).abs() < f64::EPSILON, "{share}");
        }
    }

    #[test]
    fn a_number_is_shown_as_a_person_writes_it() {
        assert_eq!(shown(1.0), "1");
        assert_eq!(shown(5.234), "5.23");
        assert_eq!(shown(21_345.6), "21,346");
        assert_eq!(shown(1_234_567.0), "1,234,567");
    }
}
