//! How many messages may be at work, and who may ask for more.

use std::{num::NonZeroUsize, sync::Arc};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::yield_now,
};

use crate::inbound::queue::BATCH_MAX;

/// How often work that is ready goes before a receive that would not be full.
const YIELDS_MAX: usize = 4;

/// Slots that somebody holds; they are free when it is dropped.
pub(super) type Held = OwnedSemaphorePermit;

/// The slots of one queue.
#[derive(Debug, Clone)]
pub(super) struct Slots {
    free: Arc<Semaphore>,
    all: u32,
}

impl Slots {
    pub(super) fn new(count: NonZeroUsize) -> Self {
        let all = u32::try_from(count.get()).unwrap_or(u32::MAX);
        Self { free: Arc::new(Semaphore::new(all as usize)), all }
    }

    /// Waits for one.
    pub(super) async fn one(&self) -> Held {
        self.acquire(1).await
    }

    /// Whether one receive more would be a full one: a call that brings few is a call too many.
    pub(super) fn has_batch(&self) -> bool {
        self.free.available_permits() >= self.batch_max() as usize
    }

    /// Takes as many as one receive can fill.
    pub(super) async fn batch(&self) -> Held {
        self.acquire(self.batch_max()).await
    }

    /// Waits for one, and takes what is free besides, up to what one receive can fill. For a receive
    /// that is alone: behind slow work it takes what little there is, but not before work that is
    /// ready to end has done so, which makes it a fuller one.
    pub(super) async fn some(&self) -> Held {
        let mut held = self.one().await;
        let more = self.batch_max() as usize - 1;
        for _ in 0..YIELDS_MAX {
            if self.free.available_permits() >= more {
                break;
            }
            yield_now().await;
        }
        while count(&held) <= more {
            let Ok(slot) = Arc::clone(&self.free).try_acquire_owned() else { break };
            held.merge(slot);
        }
        held
    }

    /// Waits until nobody holds any, and takes one.
    pub(super) async fn only_one(&self) -> Held {
        let mut all = self.acquire(self.all).await;
        all.split(1).expect("there is at least one slot")
    }

    fn batch_max(&self) -> u32 {
        self.all.min(u32::try_from(BATCH_MAX).unwrap_or(u32::MAX))
    }

    async fn acquire(&self, count: u32) -> Held {
        let acquired = Arc::clone(&self.free).acquire_many_owned(count).await;
        acquired.expect("the semaphore is never closed")
    }
}

/// How many slots these are.
pub(super) fn count(held: &Held) -> usize {
    held.num_permits()
}
