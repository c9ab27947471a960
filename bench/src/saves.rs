//! Saves feedback as clients of the REST API do.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use anyhow::Result;
use e2e::Account;
use futures_util::future::try_join_all;
use serde_json::{Value, json};

/// The saves of one Directus.
#[derive(Default)]
pub(crate) struct Saves {
    made: AtomicU64,
}

impl Saves {
    /// Saves one after the other; how long each took, in milliseconds.
    pub(crate) async fn in_turn(&self, account: &Account, saves: usize) -> Result<Vec<f64>> {
        let mut latencies = Vec::with_capacity(saves);
        for _ in 0..saves {
            let started = Instant::now();
            self.one(account).await?;
            latencies.push(started.elapsed().as_secs_f64() * 1000.0);
        }
        Ok(latencies)
    }

    /// Saves with several clients at once; how many a second they managed together.
    pub(crate) async fn at_once(
        &self,
        account: &Account,
        saves: usize,
        clients: usize,
    ) -> Result<f64> {
        let each = saves / clients;
        let started = Instant::now();
        try_join_all((0..clients).map(async |_| {
            for _ in 0..each {
                self.one(account).await?;
            }
            anyhow::Ok(())
        }))
        .await?;
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        Ok((each * clients) as f64 / started.elapsed().as_secs_f64())
    }

    /// How many were made so far.
    pub(crate) fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    async fn one(&self, account: &Account) -> Result<()> {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        account.create("feedback", feedback(number)).await.map(drop)
    }
}

/// The feedback of this number.
pub(crate) fn feedback(number: u64) -> Value {
    json!({
        "text": format!("I love the new dark mode, and I have loved it {number} times by now."),
        "rating": number % 5 + 1,
        "category": "feature_request",
        "source": "mobile_app",
        "user_email": "ada@example.com",
        "customer": number % 3 + 1,
    })
}
