//! No customer takes all slots: what exceeds a share waits beside them.

use std::{
    collections::{HashMap, VecDeque},
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Semaphore, oneshot};

use super::slots::Held;

/// Who has how many messages at work.
#[derive(Debug)]
pub(super) struct Shares {
    share: NonZeroUsize,
    /// Places to wait in without a slot. When all are taken, messages wait in their slots, and no
    /// more are received.
    places: Semaphore,
    customers: Arc<Customers>,
}

/// Those who have messages at work.
#[derive(Debug, Default)]
struct Customers(Mutex<HashMap<String, Customer>>);

#[derive(Debug, Default)]
struct Customer {
    at_work: usize,
    waiting: VecDeque<oneshot::Sender<Turn>>,
}

/// A slot, and the customer's permission to use it. When it ends it goes, slot and all, to the
/// customer's next message: a slot that went to whoever asks for one could go to a receive, which
/// brings one more message to wait for a turn that nobody could use.
#[derive(Debug)]
pub(super) struct Turn {
    slot: Option<Held>,
    permission: Option<Permission>,
}

#[derive(Debug)]
struct Permission {
    customer: String,
    customers: Arc<Customers>,
}

impl Shares {
    pub(super) fn new(share: NonZeroUsize, waiting_max: usize) -> Self {
        Self { share, places: Semaphore::new(waiting_max), customers: Arc::default() }
    }

    /// Waits until the customer has less than a share at work, and meanwhile leaves the slot to
    /// others. Messages of no customer wait for nothing.
    pub(super) async fn turn(&self, customer: Option<&str>, slot: Held) -> Turn {
        let Some(customer) = customer else { return Turn { slot: Some(slot), permission: None } };
        let waiting = {
            let mut customers = self.customers.lock();
            let known = customers.entry(customer.to_owned()).or_default();
            if known.at_work < self.share.get() {
                known.at_work += 1;
                let customers = Arc::clone(&self.customers);
                let permission = Permission { customer: customer.to_owned(), customers };
                return Turn { slot: Some(slot), permission: Some(permission) };
            }
            let (turn, waiting) = oneshot::channel();
            known.waiting.push_back(turn);
            waiting
        };
        let place = self.places.try_acquire();
        let _own_slot = place.is_err().then_some(slot);
        waiting.await.expect("whoever is at work hands on the turn")
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(permission) = self.permission.take() else { return };
        let customers = Arc::clone(&permission.customers);
        let mut customers = customers.lock();
        let mut turn = Self { slot: self.slot.take(), permission: Some(permission) };
        let Permission { customer, .. } = turn.permission.as_ref().expect("just set");
        let Some(known) = customers.get_mut(customer) else { return };
        while let Some(next) = known.waiting.pop_front() {
            match next.send(turn) {
                Ok(()) => return,
                // That message gave up waiting.
                Err(back) => turn = back,
            }
        }
        known.at_work -= 1;
        let is_gone = known.at_work == 0;
        // Without a permission, `turn` ends here without handing on anything.
        if let Some(Permission { customer, .. }) = turn.permission.take().filter(|_| is_gone) {
            customers.remove(&customer);
        }
    }
}

impl Customers {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Customer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{sleep, timeout};
    use tokio_util::task::TaskTracker;

    use super::*;
    use crate::inbound::consumer::slots::Slots;

    fn parts(slots: usize, share: usize, places: usize) -> (Slots, Arc<Shares>) {
        let count = |number| NonZeroUsize::new(number).unwrap();
        (Slots::new(count(slots)), Arc::new(Shares::new(count(share), places)))
    }

    #[tokio::test]
    async fn a_customer_without_messages_at_work_is_in_no_books() {
        let (slots, shares) = parts(2, 1, 1);

        let turn = shares.turn(Some("ada"), slots.one().await).await;
        assert_eq!(shares.customers.lock().len(), 1);

        drop(turn);
        assert!(shares.customers.lock().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn slow_messages_of_one_customer_end_though_slots_and_places_are_full_of_them() {
        let (slots, shares) = parts(2, 1, 1);
        let (done, tasks) = (Arc::new(Mutex::new(0)), TaskTracker::new());

        for _ in 0..20 {
            let (slot, shares, done) = (slots.one().await, Arc::clone(&shares), Arc::clone(&done));
            tasks.spawn(async move {
                let _turn = shares.turn(Some("ada"), slot).await;
                sleep(Duration::from_secs(1)).await;
                *done.lock().unwrap() += 1;
            });
        }
        sleep(Duration::from_secs(30)).await;

        assert_eq!(*done.lock().unwrap(), 20);
        assert!(shares.customers.lock().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_gives_up_waiting_breaks_no_turn_and_keeps_no_slot() {
        let (slots, shares) = parts(3, 1, 0);
        let first = shares.turn(Some("ada"), slots.one().await).await;
        let impatient = shares.turn(Some("ada"), slots.one().await);
        assert!(timeout(Duration::from_secs(1), impatient).await.is_err());
        let mut patient = Box::pin(shares.turn(Some("ada"), slots.one().await));
        assert!(timeout(Duration::from_secs(1), &mut patient).await.is_err());

        drop(first);
        drop(patient.await);

        assert!(shares.customers.lock().is_empty());
        let all = timeout(Duration::from_secs(1), slots.only_one()).await;
        assert!(all.is_ok(), "all slots are free");
    }
}
