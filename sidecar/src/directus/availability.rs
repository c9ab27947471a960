//! Whether Directus takes effects at all: while it does not, no message is received, so that an
//! absence costs no message its attempts.

use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
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
    /// Between two questions, about.
    pub probe_interval: Duration,
}

/// Learns from every request, and tells everybody who waits.
#[derive(Debug, Clone)]
pub struct Availability {
    limits: AvailabilityLimits,
    failures: Arc<AtomicU32>,
    available: watch::Sender<bool>,
}

impl Availability {
    /// Directus counts as there until it is known to be away.
    pub fn new(limits: AvailabilityLimits) -> Self {
        Self { limits, failures: Arc::default(), available: watch::Sender::new(true) }
    }

    /// What consumers wait on: true while Directus takes effects.
    pub fn watch(&self) -> watch::Receiver<bool> {
        self.available.subscribe()
    }

    /// Counts one request. A request that was refused for good was answered: Directus is there.
    pub fn record<T>(&self, outcome: &Result<T, DeliveryError>) {
        match outcome {
            Err(error @ DeliveryError::Transient(_)) => {
                let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
                let is_news = failures >= self.limits.failures_max.get()
                    && self.available.send_if_modified(std::mem::take);
                if is_news {
                    error!(error = chain(error), failures, "Directus is away, messages wait");
                }
            }
            Ok(_) | Err(DeliveryError::Permanent(_)) => {
                self.failures.store(0, Ordering::Relaxed);
                if self.available.send_if_modified(|available| !std::mem::replace(available, true))
                {
                    info!("Directus is back");
                }
            }
        }
    }

    /// Asks an absent Directus until it is back: an empty batch takes the way of every effect, the
    /// token and the extension included, and costs no message anything.
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
                let away = async { watched.wait_for(|available| !available).await.is_ok() };
                if shutdown.run_until_cancelled(away).await != Some(true) {
                    return;
                }
                pause.wait(&shutdown).await;
                availability.record(&directus.apply(&[]).await);
            }
        });
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
            probe_interval: Duration::from_millis(1),
        })
    }

    fn failed() -> Result<(), DeliveryError> {
        Err(DeliveryError::Transient("connection refused".into()))
    }

    #[test]
    fn directus_is_away_after_some_failures_in_a_row() {
        let availability = availability();
        let watched = availability.watch();

        for outcome in [failed(), failed(), Ok(()), failed(), failed()] {
            availability.record(&outcome);
        }
        assert!(*watched.borrow());

        availability.record(&failed());
        assert!(!*watched.borrow());

        availability.record(&Ok(()));
        assert!(*watched.borrow());
    }

    #[test]
    fn a_refusal_is_an_answer() {
        let availability = availability();
        (0..3).for_each(|_| availability.record(&failed()));

        availability
            .record::<()>(&Err(DeliveryError::refused(RefusalCode::Directus, "answers 400")));

        assert!(*availability.watch().borrow());
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
        availability.watch().wait_for(|available| *available).await.unwrap();

        assert_eq!(server.received_requests().await.unwrap().len(), 3);
        shutdown.cancel();
        tasks.close();
        tasks.wait().await;
    }
}
