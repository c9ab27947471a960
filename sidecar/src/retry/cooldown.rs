//! How long to leave the far side alone after it asked for less.

use std::time::Duration;

use tokio::time::Instant;

use super::Pause;

/// Grows while the far side keeps asking for less, and ends as soon as it takes something again.
#[derive(Debug)]
pub struct Cooldown {
    pause: Pause,
    ends: Option<Instant>,
}

impl Cooldown {
    /// The first takes about `delay_min`; each that follows twice as long, up to about `delay_max`.
    pub fn new(delay_min: Duration, delay_max: Duration) -> Self {
        Self { pause: Pause::new(delay_min, delay_max), ends: None }
    }

    /// The far side asked for less. What it says while a cooldown runs belongs to that one.
    pub fn start(&mut self) {
        if self.remaining().is_none() {
            self.ends = Some(Instant::now() + self.pause.next());
        }
    }

    /// The far side works again: the next cooldown is a short one.
    pub fn end(&mut self) {
        if self.ends.take().is_some() {
            self.pause.reset();
        }
    }

    /// What is left of it; nothing when none runs.
    pub fn remaining(&self) -> Option<Duration> {
        let left = self.ends?.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cooldown() -> Cooldown {
        Cooldown::new(Duration::from_millis(200), Duration::from_secs(5))
    }

    /// Starts a cooldown, waits for its end, and tells how long it was.
    async fn endure(cooldown: &mut Cooldown) -> Duration {
        cooldown.start();
        let left = cooldown.remaining().expect("it has just started");
        tokio::time::advance(left).await;
        assert_eq!(cooldown.remaining(), None);
        left
    }

    #[tokio::test(start_paused = true)]
    async fn each_cooldown_is_longer_until_something_is_taken_again() {
        let mut cooldown = cooldown();

        let first = endure(&mut cooldown).await;
        for _ in 0..10 {
            endure(&mut cooldown).await;
        }
        let late = endure(&mut cooldown).await;
        cooldown.end();
        let afterwards = endure(&mut cooldown).await;

        assert!(first <= Duration::from_millis(300), "{first:?}");
        assert!(late >= Duration::from_millis(2_500), "{late:?}");
        assert!(afterwards <= Duration::from_millis(300), "{afterwards:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn many_calls_that_fail_together_start_one_cooldown() {
        let mut cooldown = cooldown();

        (0..100).for_each(|_| cooldown.start());

        assert!(cooldown.remaining().unwrap() <= Duration::from_millis(300));
    }

    #[tokio::test(start_paused = true)]
    async fn success_ends_it_at_once() {
        let mut cooldown = cooldown();
        cooldown.start();

        cooldown.end();

        assert_eq!(cooldown.remaining(), None);
    }
}
