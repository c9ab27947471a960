mod properties;

use rstest::rstest;

use super::*;

pub(super) fn spike() -> Detector {
    Detector {
        kind: Kind::Spike,
        history: 8,
        step: 1,
        calm: 1,
        minimum: 10.0,
        ratio: 2.0,
        factor: 4.0,
    }
}

pub(super) fn dip() -> Detector {
    Detector { kind: Kind::Dip, minimum: 20.0, ..spike() }
}

/// These numbers in window 0 and those that follow.
pub(super) fn counts(hits: &[u64]) -> Counts {
    let counted = (0..).map(Window).zip(hits.iter().map(|hits| Count { hits: *hits, of: None }));
    Counts { first: Some(Window(0)), counted: counted.collect() }
}

/// So many of so many.
fn shares(of: &[(u64, u64)]) -> Counts {
    let count = |(hits, of): &(u64, u64)| Count { hits: *hits, of: Some(*of) };
    Counts {
        first: Some(Window(0)),
        counted: (0..).map(Window).zip(of.iter().map(count)).collect(),
    }
}

/// The windows in which episodes begin.
pub(super) fn begins(detector: &Detector, counts: &Counts) -> Vec<i64> {
    let windows = counts.counted.keys();
    windows.filter(|it| detector.episode(**it, counts).is_some()).map(|it| it.0).collect()
}

fn after(past: [u64; 8], then: &[u64]) -> Counts {
    counts(&[past.as_slice(), then].concat())
}

const USUAL: [u64; 8] = [21, 18, 25, 20, 17, 22, 19, 24];

#[rstest]
#[case::usual(&[23], &[])]
#[case::much_for_once(&[31], &[])]
#[case::a_spike(&[60], &[8])]
#[case::told_once_while_it_lasts(&[60, 55, 70], &[8])]
#[case::told_again_after_calm(&[60, 20, 60], &[8, 10])]
fn a_spike_begins_an_episode(#[case] then: &[u64], #[case] expected: &[i64]) {
    assert_eq!(begins(&spike(), &after(USUAL, then)), expected);
}

#[rstest]
#[case::usual(&[16], &[])]
#[case::half_of_it(&[10], &[])]
#[case::silence(&[0], &[8])]
#[case::silence_that_lasts(&[0, 0, 0], &[8])]
fn a_dip_begins_an_episode(#[case] then: &[u64], #[case] expected: &[i64]) {
    assert_eq!(begins(&dip(), &after(USUAL, then)), expected);
}

#[test]
fn an_episode_with_a_short_pause_is_one_if_more_calm_is_asked_for() {
    let detector = Detector { calm: 2, ..spike() };

    assert_eq!(begins(&detector, &after(USUAL, &[60, 20, 60, 20, 20, 60])), [8, 13]);
}

#[test]
fn few_are_never_odd() {
    assert_eq!(begins(&spike(), &after([0; 8], &[9])), [0; 0]);
    assert_eq!(begins(&spike(), &after([0; 8], &[10])), [8], "nothing was expected");
    assert_eq!(begins(&dip(), &after([4, 5, 3, 4, 6, 5, 4, 4], &[0])), [0; 0]);
}

#[test]
fn what_is_certain_may_still_be_too_small_to_tell() {
    let busy = after([10_000; 8], &[11_000]);

    assert_eq!(begins(&spike(), &busy), [0; 0], "ten standard deviations, and a tenth more");
    assert_eq!(begins(&Detector { ratio: 1.05, ..spike() }, &busy), [8]);
}

#[test]
fn a_past_that_differs_much_expects_it() {
    assert_eq!(begins(&spike(), &after([5, 60, 20, 90, 40, 10, 75, 30], &[90])), [0; 0]);
}

#[test]
fn former_episodes_do_not_hide_the_next_one() {
    assert_eq!(begins(&spike(), &after([300, 280, 18, 20, 21, 22, 290, 24], &[70])), [6, 8]);
}

#[test]
fn what_is_younger_than_half_of_the_history_is_not_judged() {
    let mut counts = after([0, 0, 0, 0, 20, 22, 19, 21], &[90]);
    counts.first = Some(Window(5));
    assert_eq!(begins(&spike(), &counts), [0; 0]);

    counts.first = Some(Window(4));
    assert_eq!(begins(&spike(), &counts), [8]);
}

#[test]
fn a_window_is_compared_with_the_same_hour_of_former_days() {
    let (day, night) = (40, 2);
    let series: Vec<_> = (0..20).map(|hour| if hour % 2 == 0 { day } else { night }).collect();
    let nightly = Detector { step: 2, ..dip() };

    assert_eq!(begins(&nightly, &counts(&series)), [0; 0], "nights are quiet");
    let mut outage = series.clone();
    outage[18] = 0;
    assert_eq!(begins(&nightly, &counts(&outage)), [18], "that day was not");
}

#[rstest]
#[case::more_of_all((40, 400), &[])]
#[case::a_greater_share((40, 100), &[8])]
#[case::a_greater_share_of_few((12, 20), &[8])]
#[case::too_few_to_tell((5, 5), &[])]
fn of_a_share_only_the_share_is_odd(#[case] then: (u64, u64), #[case] expected: &[i64]) {
    let past = [(9, 100), (11, 100), (8, 90), (12, 110), (10, 100), (9, 95), (10, 105), (11, 100)];

    assert_eq!(begins(&spike(), &shares(&[past.as_slice(), &[then]].concat())), expected);
}

#[test]
fn the_share_of_a_past_with_little_in_it_is_taken_of_several_windows() {
    let quiet = |windows: u32, last: (u64, u64)| {
        let past = (0..windows).map(|window| (u64::from(window % 3 == 0), 1));
        let counts = shares(&past.chain([last]).collect::<Vec<_>>());
        begins(&Detector { history: windows, ..spike() }, &counts)
    };

    assert_eq!(quiet(60, (11, 33)), [0; 0], "a third, as ever, of many more");
    assert_eq!(quiet(60, (33, 33)), [60]);
    assert_eq!(quiet(12, (33, 33)), [0; 0], "a third of twelve may have been chance");
}

#[test]
fn it_says_how_far_it_is_off() {
    let odd = spike().episode(Window(8), &after(USUAL, &[60])).unwrap();

    assert_eq!((odd.count.hits, odd.expected), (60, 20.5));
    assert!((odd.deviation - 6.1).abs() < 0.1, "{odd:?}");
    let odd = dip().episode(Window(8), &after(USUAL, &[0])).unwrap();
    assert!((odd.deviation + 4.1).abs() < 0.1, "{odd:?}");
}

#[test]
fn time_is_cut_alike_whoever_cuts_it() {
    let grid = Grid::of(std::time::Duration::from_mins(15));
    let window = grid.at("2026-11-21T10:44:59Z".parse().unwrap());

    assert_eq!(grid.start(window).to_string(), "2026-11-21T10:30:00Z");
    assert_eq!(grid.end(window).to_string(), "2026-11-21T10:45:00Z");
    assert_eq!(grid.at(grid.end(window)), Window(window.0 + 1));
}
