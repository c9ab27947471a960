//! Whether Directus takes effects at all: while it does not, no message is received, so that an
//! absence costs no message its attempts.

use std::{
    collections::VecDeque,
    num::{NonZeroU32, NonZeroUsize},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{error, info, warn};

use crate::{
    delivery::{DeliveryError, Until, chain},
    directus::Directus,
    readiness::Part,
    retry::Pause,
};

/// When Directus counts as away, and how often it is asked then.
#[derive(Debug, Clone, Copy)]
pub struct AvailabilityLimits {
    /// Failed requests in a row.
    pub failures_max: NonZeroU32,
    /// Of so many requests of late, half failed.
    pub failure_window: NonZeroUsize,
    /// Between two questions, about.
    pub probe_interval: Duration,
}

/// What is known of Directus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It takes effects.
    Here,
    /// It answers again; one message at a time finds out what that means.
    Doubtful,
    /// It takes none.
    Away,
}

/// How many times rarer a Directus is asked that somebody has to mend.
const MENDING_SLOWER: u32 = 6;

/// Learns from every request, and tells everybody who waits.
#[derive(Debug, Clone)]
pub struct Availability {
    limits: AvailabilityLimits,
    history: Arc<Mutex<History>>,
    presence: watch::Sender<Presence>,
    absence: Arc<Mutex<Absence>>,
}

/// Why Directus is away, and until when, if that is known.
#[derive(Debug, Clone, Default)]
struct Absence {
    reason: String,
    until: Option<Until>,
}

/// How the latest requests ended.
#[derive(Debug, Default)]
struct History {
    failures_in_a_row: u32,
    /// Of the window: true for each that failed.
    recent: VecDeque<bool>,
}

impl Availability {
    /// Directus counts as there until it is known to be away.
    pub fn new(limits: AvailabilityLimits) -> Self {
        Self {
            limits,
            history: Arc::default(),
            presence: watch::Sender::new(Presence::Here),
            absence: Arc::default(),
        }
    }

    /// What consumers wait on.
    pub fn watch(&self) -> watch::Receiver<Presence> {
        self.presence.subscribe()
    }

    /// Counts one request. A request that was refused for good was answered: Directus is there. What
    /// hinders every request, such as a suspended account, needs no second one to be known.
    pub fn record<T>(&self, outcome: &Result<T, DeliveryError>) {
        let failure = outcome.as_ref().err().filter(|error| error.is_transient());
        let is_too_much = self.history().add(failure.is_some(), &self.limits)
            || failure.is_some_and(|error| error.hindrance().is_some());
        let presence = *self.presence.borrow();
        match (failure, presence) {
            (Some(error), Presence::Doubtful) => self.is_away(error),
            (Some(error), Presence::Here) if is_too_much => self.is_away(error),
            (None, Presence::Doubtful) => self.is_back(),
            // An absence ends with the answer to a question, not with a straggler.
            _ => {}
        }
    }

    /// Asks an absent Directus until it is back: an empty batch takes the way of every effect, the
    /// token and the extension included, and costs no message anything. Then one message at a time
    /// may try. Meanwhile `readiness` says what is in the way.
    pub fn start_probing(
        &self,
        directus: Directus,
        readiness: Part,
        tasks: &TaskTracker,
        shutdown: CancellationToken,
    ) {
        let (availability, mut watched) = (self.clone(), self.watch());
        tasks.spawn(async move {
            loop {
                availability.tell(&readiness);
                let asked_for = watched.wait_for(|presence| *presence != Presence::Here);
                let asked_for = async { asked_for.await.is_ok() };
                if shutdown.run_until_cancelled(asked_for).await != Some(true) {
                    return;
                }
                availability.tell(&readiness);
                let delay = availability.probe_delay();
                Pause::new(delay, delay).wait(&shutdown).await;
                availability.answered(&directus.apply(&[]).await);
            }
        });
    }

    /// The answer to a question. The second good one in a row ends the doubt: there may be no message
    /// to end it.
    fn answered<T>(&self, answer: &Result<T, DeliveryError>) {
        let failure = answer.as_ref().err().filter(|error| error.is_transient());
        let presence = *self.presence.borrow();
        match (failure, presence) {
            (Some(error), Presence::Doubtful | Presence::Away) => self.is_away(error),
            (None, Presence::Doubtful) => self.is_back(),
            (None, Presence::Away) => self.may_be_back(),
            _ => {}
        }
    }

    fn tell(&self, readiness: &Part) {
        if *self.presence.borrow() == Presence::Away {
            readiness.hindered(self.absence().reason.clone());
        } else {
            readiness.ready();
        }
    }

    fn probe_delay(&self) -> Duration {
        let interval = self.limits.probe_interval;
        match self.absence().until {
            _ if *self.presence.borrow() != Presence::Away => interval,
            None => interval,
            Some(Until::Mended) => interval * MENDING_SLOWER,
            // A pause is jittered by half, and Directus is not to be asked too early.
            Some(Until::Rested(rest)) => (rest * 2).max(interval),
        }
    }

    fn is_away(&self, error: &DeliveryError) {
        let until = error.hindrance().map(|hindrance| hindrance.until);
        let absence = Absence { reason: chain(error), until };
        let before = std::mem::replace(&mut *self.absence(), absence).until;
        let is_news = self.becomes(Presence::Away);
        let error = chain(error);
        match until {
            // Nobody else can help, which has to be said also of who was away before.
            Some(Until::Mended) if is_news || before != until => {
                error!(error, "Directus has to be mended, messages wait");
            }
            Some(Until::Rested(_)) if is_news => {
                warn!(error, "Directus asks for time, messages wait");
            }
            None if is_news => error!(error, "Directus is away, messages wait"),
            _ => {}
        }
    }

    fn may_be_back(&self) {
        if self.becomes(Presence::Doubtful) {
            info!("Directus answers again, one message at a time");
        }
    }

    fn is_back(&self) {
        if self.becomes(Presence::Here) {
            info!("Directus is back");
        }
    }

    /// Whether that is news. What was before says nothing about what comes.
    fn becomes(&self, presence: Presence) -> bool {
        let is_news = self.presence.send_if_modified(|now| {
            let is_news = *now != presence;
            *now = presence;
            is_news
        });
        if is_news {
            *self.history() = History::default();
        }
        is_news
    }

    fn absence(&self) -> MutexGuard<'_, Absence> {
        self.absence.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl History {
    /// Adds a request, and tells whether too many have failed.
    fn add(&mut self, failed: bool, limits: &AvailabilityLimits) -> bool {
        self.failures_in_a_row = if failed { self.failures_in_a_row + 1 } else { 0 };
        let window = limits.failure_window.get();
        if self.recent.len() == window {
            self.recent.pop_front();
        }
        self.recent.push_back(failed);
        let failures = self.recent.iter().filter(|failed| **failed).count();
        let half_failed = self.recent.len() == window && 2 * failures >= window;
        self.failures_in_a_row >= limits.failures_max.get() || half_failed
    }
}

#[cfg(test)]
mod tests;
