//! Saves items as a client of the REST API does.

use std::time::Instant;

use anyhow::Result;
use futures_util::future::try_join_all;
use serde_json::{Value, json};

use super::variant::Variant;

/// Saves one after the other; how long each took, in milliseconds.
pub(super) async fn save_in_turn(variant: &Variant, saves: usize) -> Result<Vec<f64>> {
    let mut latencies = Vec::with_capacity(saves);
    for _ in 0..saves {
        let started = Instant::now();
        save(variant).await?;
        latencies.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(latencies)
}

/// Saves with several clients at once; how many a second they managed together.
pub(super) async fn save_at_once(variant: &Variant, saves: usize, clients: usize) -> Result<f64> {
    let each = saves / clients;
    let started = Instant::now();
    try_join_all((0..clients).map(async |_| {
        for _ in 0..each {
            save(variant).await?;
        }
        anyhow::Ok(())
    }))
    .await?;
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    Ok((each * clients) as f64 / started.elapsed().as_secs_f64())
}

async fn save(variant: &Variant) -> Result<()> {
    let number = variant.count_save();
    variant.directus().create("feedback", feedback(number)).await.map(drop)
}

fn feedback(number: u64) -> Value {
    json!({
        "text": format!("I love the new dark mode, and I have loved it {number} times by now."),
        "rating": number % 5 + 1,
        "category": "feature_request",
        "source": "mobile_app",
        "user_email": "ada@example.com",
        "customer": number % 3 + 1,
    })
}
