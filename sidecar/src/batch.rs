//! Many tasks, one call: collects single items into batches and hands each task its own verdict.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use tokio::{
    sync::{Semaphore, mpsc, oneshot},
    time::{Instant, timeout_at},
};
use tokio_util::task::TaskTracker;

/// When a batch is full, and how many may be under way.
#[derive(Debug, Clone, Copy)]
pub struct BatchLimits {
    /// Items in a batch.
    pub size_max: NonZeroUsize,
    /// How long the first item waits for company.
    pub linger: Duration,
    /// Batches under way at once; more items wait.
    pub in_flight_max: NonZeroUsize,
}

/// The batch an item was in ended without a verdict for it.
#[derive(Debug, thiserror::Error)]
#[error("the batch ended without a verdict")]
pub struct Lost;

type Waiting<Item, Verdict> = (Item, oneshot::Sender<Verdict>);

/// Where tasks hand in items. The batches end when the last clone is dropped.
#[derive(Debug)]
pub struct Batcher<Item, Verdict> {
    waiting: mpsc::Sender<Waiting<Item, Verdict>>,
}

impl<Item, Verdict> Clone for Batcher<Item, Verdict> {
    fn clone(&self) -> Self {
        Self { waiting: self.waiting.clone() }
    }
}

impl<Item: Send + 'static, Verdict: Send + 'static> Batcher<Item, Verdict> {
    /// Starts collecting on `tasks`. `flush` answers with one verdict per item, in order.
    pub fn start<Flush>(
        limits: BatchLimits,
        tasks: &TaskTracker,
        flush: impl Fn(Vec<Item>) -> Flush + Send + 'static,
    ) -> Self
    where
        Flush: Future<Output = Vec<Verdict>> + Send + 'static,
    {
        // A bound of one batch: whoever hands in more waits here.
        let (waiting, mut arrivals) = mpsc::channel(limits.size_max.get());
        let batches = tasks.clone();
        tasks.spawn(async move {
            let slots = Arc::new(Semaphore::new(limits.in_flight_max.get()));
            while let Ok(slot) = Arc::clone(&slots).acquire_owned().await {
                let Some(batch) = collect(limits, &mut arrivals).await else { break };
                let (items, answers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
                let verdicts = flush(items);
                batches.spawn(async move {
                    for (answer, verdict) in answers.into_iter().zip(verdicts.await) {
                        // Whoever waited may have given up meanwhile.
                        let _gone = answer.send(verdict);
                    }
                    drop(slot);
                });
            }
        });
        Self { waiting }
    }

    /// Hands in one item and waits for its verdict.
    pub async fn submit(&self, item: Item) -> Result<Verdict, Lost> {
        let (answer, verdict) = oneshot::channel();
        self.waiting.send((item, answer)).await.map_err(|_| Lost)?;
        verdict.await.map_err(|_| Lost)
    }

    /// Hands in one item, and waits only for room: `flush` tells the verdict to whom it concerns.
    pub async fn hand_in(&self, item: Item) -> Result<(), Lost> {
        let (answer, _nobody_waits) = oneshot::channel();
        self.waiting.send((item, answer)).await.map_err(|_| Lost)
    }
}

/// The next batch: as soon as it is full or its first item has lingered; `None` at the end.
async fn collect<Item, Verdict>(
    limits: BatchLimits,
    arrivals: &mut mpsc::Receiver<Waiting<Item, Verdict>>,
) -> Option<Vec<Waiting<Item, Verdict>>> {
    let mut batch = vec![arrivals.recv().await?];
    let ends = Instant::now() + limits.linger;
    while batch.len() < limits.size_max.get() {
        match timeout_at(ends, arrivals.recv()).await {
            Ok(Some(waiting)) => batch.push(waiting),
            Ok(None) | Err(_) => break,
        }
    }
    Some(batch)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    const LIMITS: BatchLimits = BatchLimits {
        size_max: NonZeroUsize::new(3).unwrap(),
        linger: Duration::from_millis(10),
        in_flight_max: NonZeroUsize::new(2).unwrap(),
    };

    #[tokio::test(start_paused = true)]
    async fn every_task_gets_the_verdict_on_its_own_item() {
        let (tasks, callers) = (TaskTracker::new(), TaskTracker::new());
        let doubled = Batcher::start(LIMITS, &tasks, |items: Vec<u32>| async move {
            items.into_iter().map(|item| item * 2).collect()
        });

        let verdicts: Vec<_> = (0..10)
            .map(|item| {
                let doubled = doubled.clone();
                callers.spawn(async move { doubled.submit(item).await.unwrap() })
            })
            .collect();

        for (item, verdict) in (0..10).zip(verdicts) {
            assert_eq!(verdict.await.unwrap(), item * 2);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_is_sent_when_full_or_when_its_first_item_lingered() {
        let (tasks, callers) = (TaskTracker::new(), TaskTracker::new());
        let sizes = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&sizes);
        let batcher = Batcher::start(LIMITS, &tasks, move |items: Vec<u32>| {
            seen.lock().unwrap().push(items.len());
            async move { items }
        });

        for item in 0..4 {
            let batcher = batcher.clone();
            callers.spawn(async move { batcher.submit(item).await.unwrap() });
        }
        drop(batcher);
        callers.close();
        callers.wait().await;
        tasks.close();
        tasks.wait().await;

        assert_eq!(*sizes.lock().unwrap(), [3, 1]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_missing_verdict_is_told() {
        let tasks = TaskTracker::new();
        let silent = Batcher::start(LIMITS, &tasks, |_: Vec<u32>| async { Vec::<u32>::new() });

        assert!(silent.submit(1).await.is_err());
    }
}
