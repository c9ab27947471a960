//! What holds for any counts.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn series() -> impl Strategy<Value = Vec<u64>> {
    let count = prop_oneof![6 => 15..30_u64, 1 => Just(0), 1 => 60..200_u64];
    prop::collection::vec(count, 10..40)
}

fn detectors() -> impl Strategy<Value = Detector> {
    let kind = prop::sample::select(vec![spike(), dip()]);
    (kind, 4..10_u32, 1..4_u32, 1..4_u32).prop_map(|(kind, history, step, calm)| Detector {
        history,
        step,
        calm,
        ..kind
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    /// As copies and restarts do: each looks at a part, and counts no more than it needs for that.
    #[test]
    fn looks_in_any_pieces_find_the_same_episodes(
        (detector, series) in (detectors(), series()),
        pieces in prop::collection::vec((0..40_i64, 1..15_i64), 0..8),
    ) {
        let all = counts(&series);
        let windows = i64::try_from(series.len()).unwrap();
        let whole: BTreeSet<_> = begins(&detector, &all).into_iter().collect();
        let mut found = BTreeSet::new();

        for (from, length) in pieces.into_iter().chain([(0, windows)]) {
            let looked_at = (from..(from + length).min(windows)).map(Window);
            let needed: BTreeSet<_> =
                looked_at.clone().flat_map(|it| detector.needs(it).collect::<Vec<_>>()).collect();
            let counted = all.counted.iter().filter(|(window, _)| needed.contains(window));
            let piece = Counts {
                first: all.first,
                counted: counted.map(|(window, count)| (*window, *count)).collect(),
            };
            let in_piece = looked_at.filter(|it| detector.episode(*it, &piece).is_some());
            let in_piece: BTreeSet<_> = in_piece.map(|it| it.0).collect();
            prop_assert!(in_piece.is_subset(&whole), "{in_piece:?} of {whole:?}");
            found.extend(in_piece);
        }

        prop_assert_eq!(found, whole);
    }

    #[test]
    fn every_odd_window_is_in_one_episode((detector, series) in (detectors(), series())) {
        let all = counts(&series);
        let odd = |window: i64| detector.judge(Window(window), &all).is_some();
        let begun = begins(&detector, &all);

        let (mut expected, mut last) = (Vec::new(), None);
        for window in (0..i64::try_from(series.len()).unwrap()).filter(|it| odd(*it)) {
            if last.is_none_or(|last| window - last > i64::from(detector.calm)) {
                expected.push(window);
            }
            last = Some(window);
        }

        prop_assert_eq!(begun, expected);
    }

    #[test]
    fn still_more_is_still_a_spike_and_still_less_still_a_dip(
        past in prop::collection::vec(0..200_u64, 8), last in 0..500_u64, by in 1..100_u64,
    ) {
        let odd = |detector: Detector, last: u64| {
            let series = [past.as_slice(), &[last]].concat();
            detector.judge(Window(8), &counts(&series)).is_some()
        };

        prop_assert!(!odd(spike(), last) || odd(spike(), last + by));
        prop_assert!(!odd(dip(), last) || odd(dip(), last.saturating_sub(by)));
        prop_assert!(!(odd(spike(), last) && odd(dip(), last)));
    }

    #[test]
    fn what_is_always_the_same_is_never_odd(count in 0..100_000_u64, of in prop::option::of(0..100_000_u64)) {
        let count = Count { hits: of.map_or(count, |of| count.min(of)), of };
        let counted = (0..20).map(|window| (Window(window), count)).collect();
        let all = Counts { first: Some(Window(0)), counted };

        prop_assert_eq!(begins(&spike(), &all), [0; 0]);
        prop_assert_eq!(begins(&dip(), &all), [0; 0]);
    }
}

/// Things that happen by themselves, `rate` in a window on average: Knuth's way to a Poisson number,
/// the same on every run.
struct Chance(u64);

impl Chance {
    fn unit(&mut self) -> f64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        past::number((bits ^ (bits >> 31)) >> 12) / past::number(1 << 52)
    }

    fn number(&mut self, rate: f64) -> u64 {
        let (mut left, mut number) = ((-rate).exp(), 0);
        let limit = left;
        left = self.unit();
        while left > limit {
            number += 1;
            left *= self.unit();
        }
        number
    }
}

/// How many windows in which nothing was the matter are odd, and how many of a hundred in which there
/// was `times` as much.
fn odd_by_chance(detector: Detector, rate: f64, times: f64) -> (usize, usize) {
    let mut chance = Chance(rate.to_bits());
    let series: Vec<_> = (0..WINDOWS).map(|_| chance.number(rate)).collect();
    let mut all = counts(&series);
    let odd = |all: &Counts, window: i64| detector.judge(Window(window), all).is_some();
    let false_alarms = (0..WINDOWS).filter(|it| odd(&all, *it)).count();
    let mut found = 0;
    for window in (WINDOWS - 1_000..WINDOWS).step_by(10) {
        let usual = all.counted[&Window(window)];
        let hits = chance.number(rate * times);
        all.counted.insert(Window(window), Count { hits, of: None });
        found += usize::from(odd(&all, window));
        all.counted.insert(Window(window), usual);
    }
    (false_alarms, found)
}

const WINDOWS: i64 = 2_000;

#[test]
fn chance_alone_raises_no_alarm_and_what_is_the_matter_is_found() {
    let spike = Detector { history: 96, ..spike() };
    let dip = Detector { history: 96, ..dip() };
    let rates = [0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0];

    let alarms = rates.map(|rate| (odd_by_chance(spike, rate, 4.0), odd_by_chance(dip, rate, 0.0)));

    let false_alarms: usize = alarms.iter().map(|(spike, dip)| spike.0 + dip.0).sum();
    assert_eq!(false_alarms, 0, "of 28,000: {alarms:?}");
    let found = alarms.map(|(spike, dip)| (spike.1, dip.1));
    assert!(found[4..].iter().all(|it| *it == (100, 100)), "{found:?}");
}
