//! The one polling helper, with the one timeout.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How long a story waits for something that must happen. Generous: a story that is about speed
/// measures the time itself.
const PATIENCE: Duration = Duration::from_mins(1);

const PAUSE: Duration = Duration::from_millis(50);

/// Asks again and again until there is an answer; `what` names it if none comes in time.
pub async fn eventually<T>(
    what: impl std::fmt::Display,
    mut ask: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask().await? {
            return Ok(answer);
        }
        if began.elapsed() > PATIENCE {
            bail!("waited {} s in vain for {what}", PATIENCE.as_secs());
        }
        tokio::time::sleep(PAUSE).await;
    }
}
