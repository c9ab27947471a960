use std::{cell::Cell, time::Duration};

use proptest::prelude::*;

use super::*;
use crate::delivery::RefusalCode;

const POLICY: RetryPolicy = RetryPolicy {
    delay_min: Duration::from_millis(200),
    delay_max: Duration::from_secs(5),
    attempts_max: NonZeroU32::new(4).unwrap(),
};

fn transient() -> DeliveryError {
    DeliveryError::Transient("closed".into())
}

#[tokio::test(start_paused = true)]
async fn a_transient_error_is_retried_until_it_works() {
    let attempts = Cell::new(0);

    let outcome = retry(POLICY, &CancellationToken::new(), || {
        attempts.set(attempts.get() + 1);
        let attempt = attempts.get();
        async move { if attempt < 3 { Err(transient()) } else { Ok(attempt) } }
    })
    .await;

    assert_eq!(outcome.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_permanent_error_is_not_retried() {
    let attempts = Cell::new(0);

    let outcome: Result<(), _> = retry(POLICY, &CancellationToken::new(), || {
        attempts.set(attempts.get() + 1);
        async { Err(DeliveryError::refused(RefusalCode::Bus, "malformed")) }
    })
    .await;

    assert!(!outcome.unwrap_err().is_transient());
    assert_eq!(attempts.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn retries_are_bounded() {
    let attempts = Cell::new(0);

    let outcome: Result<(), _> = retry(POLICY, &CancellationToken::new(), || {
        attempts.set(attempts.get() + 1);
        async { Err(transient()) }
    })
    .await;

    assert!(outcome.is_err());
    assert_eq!(attempts.get(), 4);
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_on_shutdown() {
    let shutdown = CancellationToken::new();
    let attempts = Cell::new(0);

    let outcome: Result<(), _> = retry(POLICY, &shutdown, || {
        attempts.set(attempts.get() + 1);
        shutdown.cancel();
        async { Err(transient()) }
    })
    .await;

    assert!(outcome.is_err());
    assert_eq!(attempts.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn only_the_failed_part_of_a_batch_is_sent_again() {
    let sent = std::sync::Mutex::new(Vec::new());

    let outcomes = retry_each(POLICY, &CancellationToken::new(), vec![1, 2, 3], |items| {
        let attempt = {
            let mut sent = sent.lock().unwrap();
            sent.push(items.clone());
            sent.len()
        };
        async move {
            items
                .into_iter()
                .map(|item| match item {
                    2 if attempt < 3 => Err(transient()),
                    3 => Err(DeliveryError::refused(RefusalCode::Bus, "malformed")),
                    _ => Ok(()),
                })
                .collect()
        }
    })
    .await;

    assert!(outcomes[0].is_ok() && outcomes[1].is_ok());
    assert!(matches!(outcomes[2], Err(DeliveryError::Permanent(_))));
    assert_eq!(*sent.lock().unwrap(), [vec![1, 2, 3], vec![2], vec![2]]);
}

proptest! {
    #[test]
    fn a_redelivery_delay_is_between_half_and_all_of_its_step(receive_count in 0_u32..20) {
        let steps = [5, 15, 60, 300, 900];
        let delays =
            RedeliveryDelays::new(steps.iter().map(|secs| Duration::from_secs(*secs)).collect());
        let step = Duration::from_secs(steps[(receive_count.max(1) as usize - 1).min(4)]);

        let delay = delays.after(receive_count);

        prop_assert!(delay + Duration::from_millis(1) >= step / 2 && delay <= step, "{delay:?}");
    }

    #[test]
    fn a_pause_never_grows_beyond_its_cap(failures in 0_usize..40) {
        let mut pause = Pause::new(Duration::from_secs(1), Duration::from_secs(30));
        for _ in 0..failures {
            pause.next();
        }
        prop_assert!(pause.next() <= Duration::from_secs(45));
    }
}

#[test]
fn a_pause_is_short_again_after_success() {
    let mut pause = Pause::new(Duration::from_secs(1), Duration::from_secs(30));
    for _ in 0..10 {
        pause.next();
    }

    pause.reset();

    assert!(pause.next() <= Duration::from_millis(1_500));
}

#[tokio::test(start_paused = true)]
async fn an_outcome_is_told_as_soon_as_it_is_final() {
    let started = tokio::time::Instant::now();
    let mut told = Vec::new();

    let attempt = async |items: Vec<u32>| {
        items.into_iter().map(|item| if item == 2 { Err(transient()) } else { Ok(()) }).collect()
    };
    let settled = |index, outcome: Result<(), _>| {
        told.push((index, outcome.is_ok(), started.elapsed().is_zero()));
    };
    settle_each(POLICY, &CancellationToken::new(), vec![1, 2, 3], attempt, settled).await;

    assert_eq!(told, [(0, true, true), (2, true, true), (1, false, false)]);
}
