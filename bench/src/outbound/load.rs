//! The load: signed batches of changes, as the relay of the extension sends them.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use reqwest::Client;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use uuid::Uuid;

/// What the load is signed with.
pub(super) const SECRET: &str = "whsec_YmVuY2hlcywgYSBzZWNyZXQgb2YgMzIgYnl0ZXMhISE=";
/// As many as the extension puts into one request unless told otherwise.
pub(super) const BATCH: usize = 100;
/// Requests under way at once: a few Directus processes with a backlog each.
const REQUESTS_IN_FLIGHT: usize = 8;
const TEXTS: [&str; 4] = [
    "I love the new dark mode, it is so much easier on my eyes in the evening.",
    "The export to CSV has been failing since yesterday, and nobody answers my mails.",
    "Could you add a way to sort the list by the date of the last order? Otherwise fine.",
    "The app crashed twice while I was paying \u{2013} please tell me that I was not charged twice!",
];

/// One request, ready to be sent.
struct Batch {
    id: String,
    timestamp: i64,
    signature: String,
    body: Vec<u8>,
}

/// Requests that are sent again and again while it is fresh.
pub(super) struct Load {
    client: Client,
    batches: Vec<Batch>,
    next: Cell<usize>,
}

impl Load {
    /// Makes and signs so many different batches.
    pub(super) fn of(batches: usize) -> Result<Self> {
        let batches = (0..batches).map(batch).collect::<Result<_>>()?;
        Ok(Self { client: Client::new(), batches, next: Cell::new(0) })
    }

    /// Sends for so long, each request as soon as another one is answered.
    pub(super) async fn send_for(&self, url: &str, duration: Duration) -> Result<()> {
        let ends = Instant::now() + duration;
        self.send_while(url, || Instant::now() < ends).await
    }

    /// Sends every batch once.
    pub(super) async fn send_all(&self, url: &str) -> Result<()> {
        let last = self.next.get() + self.batches.len();
        self.send_while(url, || self.next.get() < last).await
    }

    async fn send_while(&self, url: &str, goes_on: impl Fn() -> bool) -> Result<()> {
        let goes_on = &goes_on;
        let sender = || async move {
            while goes_on() {
                let index = self.next.get();
                self.next.set(index + 1);
                self.send(url, &self.batches[index % self.batches.len()]).await?;
            }
            Ok::<_, anyhow::Error>(())
        };
        let senders = (0..REQUESTS_IN_FLIGHT).map(|_| sender());
        try_join_all(senders).await.map(drop)
    }

    /// Every change of every request must be answered, and all of them published.
    async fn send(&self, url: &str, batch: &Batch) -> Result<()> {
        let response = self
            .client
            .post(url)
            .header("content-type", "application/json")
            .header("event-bridge-protocol", "1")
            .header("webhook-id", &batch.id)
            .header("webhook-timestamp", batch.timestamp)
            .header("webhook-signature", &batch.signature)
            .body(batch.body.clone())
            .send()
            .await?;
        let status = response.status();
        let body = response.text().await?;
        let published = body.matches(r#""verdict":"published""#).count();
        ensure!(status == 200 && published == BATCH, "{status}, {published} published: {body}");
        Ok(())
    }
}

fn batch(number: usize) -> Result<Batch> {
    let changes: Vec<Value> = (0..BATCH).map(|index| change(number * BATCH + index)).collect();
    let body = serde_json::to_vec(&json!({ "project": "directus", "changes": changes }))?;
    let id = Uuid::now_v7().to_string();
    let timestamp = Timestamp::now().as_second();
    let signature = Webhook::new(SECRET)
        .ok()
        .context("a secret")?
        .sign(&id, timestamp, &body)
        .ok()
        .context("a signature")?;
    Ok(Batch { id, timestamp, signature, body })
}

/// An update, with the item and what it was before.
fn change(number: usize) -> Value {
    let item = |rating: usize, text: &str| {
        json!({
            "id": number, "status": "published", "customer": number % 1_000, "rating": rating,
            "text": text, "category": "feature_request", "source": "mobile_app", "language": "en",
            "user_email": format!("customer-{}@example.com", number % 1_000),
            "date_created": "2026-11-21T10:30:00Z", "date_updated": "2026-11-21T10:32:00Z",
        })
    };
    json!({
        "eventId": Uuid::now_v7(), "sequence": number + 1, "collection": "feedback",
        "action": "update", "key": number.to_string(), "occurredAt": Timestamp::now(),
        "userId": "5b2f1f0e-52f0-4b39-9c8e-0a5b8c1d2e3f",
        "item": item(1 + number % 5, TEXTS[number % TEXTS.len()]),
        "previous": item(3, TEXTS[(number + 1) % TEXTS.len()]),
        "changed": ["rating", "text"],
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "capture": "transactional",
    })
}
