//! One queue: which messages wait, which are hidden and until when.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::Mutex,
    time::Duration,
};

use jiff::Timestamp;
use tokio::{sync::Notify, time::Instant};
use uuid::Uuid;

use super::{attributes::Attributes, digest::MessageAttributes};
use crate::{faults::Faults, lock, operation::AwsError};

/// SQS hands out no more than this before some are deleted.
const IN_FLIGHT_MAX: usize = 120_000;
/// How far the fault that reorders looks.
const REORDER_WINDOW: usize = 100;

#[derive(Debug)]
pub(crate) struct Queue {
    arn: String,
    /// Told whenever a message may have become visible.
    arrived: Notify,
    state: Mutex<State>,
}

/// A message in a queue.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) id: Uuid,
    pub(crate) body: String,
    pub(crate) attributes: MessageAttributes,
    pub(crate) sent_at: Timestamp,
    pub(crate) first_received_at: Option<Timestamp>,
    pub(crate) receives: u32,
    /// The queue it was given up in.
    pub(crate) dead_letter_source: Option<String>,
    /// When it expires.
    pub(crate) age_from: Instant,
    hidden_until: Option<Instant>,
}

/// One delivery: which message, for the how-manieth time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Receipt {
    pub(crate) serial: u64,
    pub(crate) receives: u32,
}

/// What one look into the queue brought.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) messages: Vec<(Receipt, Stored)>,
    /// Those that were received too often, and where they go.
    pub(crate) dead: Vec<(String, Stored)>,
    /// When the next hidden message shows.
    pub(crate) next_at: Option<Instant>,
}

#[derive(Debug, Default)]
struct State {
    attributes: Attributes,
    messages: HashMap<u64, Stored>,
    /// Serials in the order they are to be received; those of deleted messages are passed over.
    waiting: VecDeque<u64>,
    hidden: BTreeSet<(Instant, u64)>,
    serial: u64,
}

impl Queue {
    pub(crate) fn new(arn: String, attributes: Attributes) -> Self {
        let state = Mutex::new(State { attributes, ..State::default() });
        Self { arn, arrived: Notify::new(), state }
    }

    pub(crate) fn arn(&self) -> &str {
        &self.arn
    }

    pub(crate) fn arrived(&self) -> &Notify {
        &self.arrived
    }

    pub(crate) fn attributes(&self) -> Attributes {
        lock(&self.state).attributes.clone()
    }

    pub(crate) fn set_attributes(
        &self,
        changes: &BTreeMap<String, String>,
    ) -> Result<(), AwsError> {
        lock(&self.state).attributes.set(changes)
    }

    /// Its attributes and its figures.
    pub(crate) fn described(&self) -> BTreeMap<String, String> {
        let mut state = lock(&self.state);
        state.wake(Instant::now());
        let is_delayed = |(_, serial): &&(Instant, u64)| {
            state.messages.get(serial).is_some_and(|message| message.receives == 0)
        };
        let delayed = state.hidden.iter().filter(is_delayed).count();
        let hidden = state.hidden.len() - delayed;
        let mut all = state.attributes.all();
        let mut tell = |name: &str, value: String| all.insert(name.to_owned(), value);
        tell("QueueArn", self.arn.clone());
        tell("ApproximateNumberOfMessages", (state.messages.len() - hidden - delayed).to_string());
        tell("ApproximateNumberOfMessagesNotVisible", hidden.to_string());
        tell("ApproximateNumberOfMessagesDelayed", delayed.to_string());
        all
    }

    /// Adds a message, to be visible after `delay`, or after the queue's own.
    pub(crate) fn push(&self, message: Stored, delay: Option<Duration>) {
        lock(&self.state).push(message, delay);
        self.arrived.notify_waiters();
    }

    /// Takes up to `count` messages and hides them for `visibility`, or for the queue's own time.
    pub(crate) fn take(
        &self,
        count: usize,
        visibility: Option<Duration>,
        faults: &Faults,
    ) -> Result<Taken, AwsError> {
        let taken = lock(&self.state).take(count, visibility, faults);
        // A copy, or one that another caller's wait ran out for.
        if taken.as_ref().is_ok_and(|taken| !taken.messages.is_empty()) {
            self.arrived.notify_waiters();
        }
        taken
    }

    /// Deletes the message of this delivery. A delivery that was followed by another one deletes
    /// nothing, and is told so by nobody.
    pub(crate) fn delete(&self, receipt: Receipt) {
        let mut state = lock(&self.state);
        let is_latest =
            state.messages.get(&receipt.serial).is_some_and(|one| one.receives == receipt.receives);
        if is_latest && let Some(message) = state.messages.remove(&receipt.serial) {
            let place = message.hidden_until.map(|until| (until, receipt.serial));
            place.map(|place| state.hidden.remove(&place));
        }
    }

    /// Hides the message of this delivery for `visibility` from now on.
    pub(crate) fn hide(&self, receipt: Receipt, visibility: Duration) -> Result<(), AwsError> {
        let mut state = lock(&self.state);
        let now = Instant::now();
        state.wake(now);
        let latest = state.messages.get_mut(&receipt.serial).filter(|message| {
            message.receives == receipt.receives && message.hidden_until.is_some()
        });
        let Some(message) = latest else {
            let message = "The message referred to is not in flight.";
            return Err(AwsError::new("MessageNotInflight", message));
        };
        let until = now + visibility;
        let former = message.hidden_until.replace(until);
        if let Some(former) = former {
            state.hidden.remove(&(former, receipt.serial));
        }
        state.hidden.insert((until, receipt.serial));
        drop(state);
        // Zero gives it back at once.
        self.arrived.notify_waiters();
        Ok(())
    }

    pub(crate) fn purge(&self) {
        let state = &mut *lock(&self.state);
        state.messages.clear();
        state.waiting.clear();
        state.hidden.clear();
    }
}

impl State {
    fn push(&mut self, mut message: Stored, delay: Option<Duration>) {
        let delay = delay.unwrap_or_else(|| self.attributes.delay());
        self.serial += 1;
        if delay.is_zero() {
            self.waiting.push_back(self.serial);
        } else {
            let until = Instant::now() + delay;
            message.hidden_until = Some(until);
            self.hidden.insert((until, self.serial));
        }
        self.messages.insert(self.serial, message);
    }

    fn take(
        &mut self,
        count: usize,
        visibility: Option<Duration>,
        faults: &Faults,
    ) -> Result<Taken, AwsError> {
        let now = Instant::now();
        self.wake(now);
        if self.hidden.len() >= IN_FLIGHT_MAX {
            let message = format!("{IN_FLIGHT_MAX} messages are in flight.");
            return Err(AwsError::new("OverLimit", message));
        }
        let visibility = visibility.unwrap_or_else(|| self.attributes.visibility());
        let (mut taken, mut copies) = (Taken::default(), Vec::new());
        while taken.messages.len() < count
            && let Some(serial) = self.next(faults)
        {
            let Some(message) = self.messages.get_mut(&serial) else { continue };
            if now.duration_since(message.age_from) >= self.attributes.retention() {
                self.messages.remove(&serial);
                continue;
            }
            if let Some(redrive) = self.attributes.redrive()
                && message.receives >= redrive.receives_max
            {
                let target = redrive.target_arn.clone();
                taken.dead.extend(self.messages.remove(&serial).map(|message| (target, message)));
                continue;
            }
            message.receives += 1;
            message.first_received_at.get_or_insert_with(Timestamp::now);
            message.hidden_until = Some(now + visibility);
            self.hidden.insert((now + visibility, serial));
            let message = message.clone();
            if faults.duplicates() {
                copies.push(Stored { hidden_until: None, ..message.clone() });
            }
            taken.messages.push((Receipt { serial, receives: message.receives }, message));
        }
        // Only now: one call never brings a message and its copy.
        for copy in copies {
            self.push(copy, Some(Duration::ZERO));
        }
        taken.next_at = self.hidden.first().map(|(at, _)| *at);
        Ok(taken)
    }

    fn next(&mut self, faults: &Faults) -> Option<u64> {
        let window = self.waiting.len().min(REORDER_WINDOW);
        if window > 0
            && let Some(place) = faults.reorders(window)
        {
            return self.waiting.remove(place);
        }
        self.waiting.pop_front()
    }

    /// Shows what has been hidden long enough.
    fn wake(&mut self, now: Instant) {
        while let Some(&(at, serial)) = self.hidden.first()
            && at <= now
        {
            self.hidden.pop_first();
            if let Some(message) = self.messages.get_mut(&serial) {
                message.hidden_until = None;
                self.waiting.push_back(serial);
            }
        }
    }
}

impl Stored {
    pub(crate) fn new(body: String, attributes: MessageAttributes) -> Self {
        Self {
            id: Uuid::now_v7(),
            body,
            attributes,
            sent_at: Timestamp::now(),
            first_received_at: None,
            receives: 0,
            dead_letter_source: None,
            age_from: Instant::now(),
            hidden_until: None,
        }
    }
}
