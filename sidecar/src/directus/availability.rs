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
use tracing::{error, info};

use crate::{
    delivery::{DeliveryError, chain},
    directus::Directus,
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

/// Learns from every request, and tells everybody who waits.
#[derive(Debug, Clone)]
pub struct Availability {
    limits: AvailabilityLimits,
    history: Arc<Mutex<History>>,
    presence: watch::Sender<Presence>,
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
        Self { limits, history: Arc::default(), presence: watch::Sender::new(Presence::Here) }
    }

    /// What consumers wait on.
    pub fn watch(&self) -> watch::Receiver<Presence> {
        self.presence.subscribe()
    }

    /// Counts one request. A request that was refused for good was answered: Directus is there.
    pub fn record<T>(&self, outcome: &Result<T, DeliveryError>) {
        let failure = outcome.as_ref().err().filter(|error| error.is_transient());
        let is_too_much = self.history().add(failure.is_some(), &self.limits);
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
    /// may try.
    pub fn start_probing(
        &self,
        directus: Directus,
        tasks: &TaskTracker,
        shutdown: CancellationToken,
    ) {
        let (availability, mut watched) = (self.clone(), self.watch());
        tasks.spawn(async move {
            let interval = availability.limits.probe_interval;
            let mut pause = Pause::new(interval, interval);
            loop {
                let asked_for = watched.wait_for(|presence| *presence != Presence::Here);
                let asked_for = async { asked_for.await.is_ok() };
                if shutdown.run_until_cancelled(asked_for).await != Some(true) {
                    return;
                }
                pause.wait(&shutdown).await;
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
            (Some(error), Presence::Doubtful) => self.is_away(error),
            (None, Presence::Doubtful) => self.is_back(),
            (None, Presence::Away) => self.may_be_back(),
            _ => {}
        }
    }

    fn is_away(&self, error: &DeliveryError) {
        if self.becomes(Presence::Away) {
            error!(error = chain(error), "Directus is away, messages wait");
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
mod tests {
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers::body_json};

    use super::*;
    use crate::delivery::RefusalCode;

    fn availability() -> Availability {
        Availability::new(AvailabilityLimits {
            failures_max: NonZeroU32::new(3).unwrap(),
            failure_window: NonZeroUsize::new(6).unwrap(),
            probe_interval: Duration::from_millis(1),
        })
    }

    fn failed() -> Result<(), DeliveryError> {
        Err(DeliveryError::Transient("connection refused".into()))
    }

    /// After these requests, true for each that failed.
    fn presence_after(requests: &[bool]) -> Presence {
        let availability = availability();
        for is_failure in requests {
            availability.record(&if *is_failure { failed() } else { Ok(()) });
        }
        *availability.watch().borrow()
    }

    #[test]
    fn directus_is_away_after_some_failures_in_a_row() {
        assert_eq!(presence_after(&[true, true, false, true, true]), Presence::Here);
        assert_eq!(presence_after(&[true, true, false, true, true, true]), Presence::Away);
    }

    #[test]
    fn directus_is_away_when_half_of_the_requests_fail() {
        let mostly_good = [true, false, false, true, false, false, true, false, false];
        assert_eq!(presence_after(&mostly_good), Presence::Here);

        let half = [true, false, true, false, true];
        assert_eq!(presence_after(&half), Presence::Here, "too few to judge");
        assert_eq!(presence_after(&[true, false, true, false, false, true]), Presence::Away);
    }

    #[test]
    fn an_absence_ends_by_a_good_answer_and_one_message_that_worked() {
        let availability = availability();
        let watched = availability.watch();
        (0..3).for_each(|_| availability.record(&failed()));

        availability.record(&Ok(()));
        assert_eq!(*watched.borrow(), Presence::Away, "a straggler ends no absence");

        availability.answered(&Ok(()));
        assert_eq!(*watched.borrow(), Presence::Doubtful);

        availability.record(&failed());
        assert_eq!(*watched.borrow(), Presence::Away, "one failure is enough for who is doubtful");

        availability.answered(&Ok(()));
        availability.record(&Ok(()));
        assert_eq!(*watched.borrow(), Presence::Here);

        (0..2).for_each(|_| availability.record(&failed()));
        assert_eq!(*watched.borrow(), Presence::Here, "what was before does not count");
    }

    #[test]
    fn a_refusal_is_an_answer() {
        let availability = availability();
        (0..3).for_each(|_| availability.record(&failed()));
        availability.answered(&Ok(()));

        availability
            .record::<()>(&Err(DeliveryError::refused(RefusalCode::Directus, "answers 400")));

        assert_eq!(*availability.watch().borrow(), Presence::Here);
    }

    #[tokio::test]
    async fn an_absent_directus_is_asked_until_it_is_back() {
        let server = MockServer::start().await;
        let empty: [(); 0] = [];
        let away = ResponseTemplate::new(503);
        Mock::given(body_json(empty)).respond_with(away).up_to_n_times(2).mount(&server).await;
        let back = ResponseTemplate::new(200).set_body_json(serde_json::json!({ "verdicts": [] }));
        Mock::given(body_json(empty)).respond_with(back).mount(&server).await;
        let (url, timeout) = (server.uri().parse().unwrap(), Duration::from_secs(5));
        let directus = Directus::connect(&url, "token".to_owned().into(), timeout).unwrap();
        let (availability, tasks, shutdown) =
            (availability(), TaskTracker::new(), CancellationToken::new());
        availability.start_probing(directus, &tasks, shutdown.clone());

        (0..3).for_each(|_| availability.record(&failed()));
        let mut watched = availability.watch();
        watched.wait_for(|presence| *presence == Presence::Here).await.unwrap();

        assert_eq!(server.received_requests().await.unwrap().len(), 4);
        shutdown.cancel();
        tasks.close();
        tasks.wait().await;
    }
}
