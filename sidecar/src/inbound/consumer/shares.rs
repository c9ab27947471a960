//! No customer takes all slots: what exceeds a share waits beside them.

use std::{
    collections::HashMap,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::slots::{Held, Slots};

/// Who has how many messages at work.
#[derive(Debug)]
pub(super) struct Shares {
    slots: Slots,
    share: NonZeroUsize,
    /// Places to wait in without a slot. When all are taken, messages wait in their slots, and no
    /// more are received.
    places: Arc<Semaphore>,
    customers: Arc<Customers>,
}

#[derive(Debug, Default)]
struct Customers(Mutex<HashMap<String, Customer>>);

#[derive(Debug)]
struct Customer {
    /// Messages at work or waiting.
    present: usize,
    turns: Arc<Semaphore>,
}

/// A slot, and the customer's permission to use it.
#[derive(Debug)]
pub(super) struct Turn {
    _slot: Held,
    _permission: Option<(OwnedSemaphorePermit, Stay)>,
}

/// One message of a customer's; the last one to go takes the customer out of the books.
#[derive(Debug)]
struct Stay {
    customer: String,
    customers: Arc<Customers>,
}

impl Shares {
    pub(super) fn new(slots: Slots, share: NonZeroUsize, waiting_max: usize) -> Self {
        let places = Arc::new(Semaphore::new(waiting_max));
        Self { slots, share, places, customers: Arc::default() }
    }

    /// Waits until the customer has less than a share at work, and meanwhile leaves the slot to
    /// others. Messages of no customer wait for nothing.
    pub(super) async fn turn(&self, customer: Option<&str>, slot: Held) -> Turn {
        let Some(customer) = customer else { return Turn { _slot: slot, _permission: None } };
        let (turns, stay) = self.customers.enter(customer, self.share);
        if let Ok(turn) = Arc::clone(&turns).try_acquire_owned() {
            return Turn { _slot: slot, _permission: Some((turn, stay)) };
        }
        let acquired = |turn: Result<_, _>| turn.expect("the semaphore is never closed");
        let (turn, slot) = match Arc::clone(&self.places).try_acquire_owned() {
            Err(_) => (acquired(turns.acquire_owned().await), slot),
            Ok(place) => {
                drop(slot);
                let turn = acquired(turns.acquire_owned().await);
                let slot = self.slots.one().await;
                drop(place);
                (turn, slot)
            }
        };
        Turn { _slot: slot, _permission: Some((turn, stay)) }
    }
}

impl Customers {
    fn enter(self: &Arc<Self>, customer: &str, share: NonZeroUsize) -> (Arc<Semaphore>, Stay) {
        let mut customers = self.lock();
        let stay = Stay { customer: customer.to_owned(), customers: Arc::clone(self) };
        let known = customers.entry(customer.to_owned()).or_insert_with(|| Customer {
            present: 0,
            turns: Arc::new(Semaphore::new(share.get())),
        });
        known.present += 1;
        (Arc::clone(&known.turns), stay)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Customer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        let mut customers = self.customers.lock();
        if let Some(known) = customers.get_mut(&self.customer) {
            known.present -= 1;
            if known.present == 0 {
                customers.remove(&self.customer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_customer_without_messages_is_in_no_books() {
        let slots = Slots::new(NonZeroUsize::new(2).unwrap());
        let shares = Shares::new(slots.clone(), NonZeroUsize::MIN, 1);

        let turn = shares.turn(Some("ada"), slots.one().await).await;
        assert_eq!(shares.customers.lock().len(), 1);

        drop(turn);
        assert!(shares.customers.lock().is_empty());
    }
}
