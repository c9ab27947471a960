//! Publishes events in full batches, with one outcome for each and retry of only the failed ones.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use futures_util::future::join_all;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::{
    contract::Contracts,
    delivery::{DeliveryError, RefusalCode},
    event::Event,
    outbound::eventbridge::{Bus, ENTRIES_MAX, Entry},
    retry::{RetryPolicy, retry_each},
    telemetry,
};

/// The bounds of publishing.
#[derive(Debug, Clone, Copy)]
pub struct PublisherLimits {
    /// The size of one `PutEvents` call; also of a single entry.
    pub batch_bytes_max: NonZeroUsize,
    /// Calls under way at once.
    pub requests_in_flight_max: NonZeroUsize,
    /// How a failed entry is tried again.
    pub retry: RetryPolicy,
    /// All attempts of one batch together.
    pub budget: Duration,
}

/// Publishes events that obey their contracts.
#[derive(Debug)]
pub struct Publisher {
    bus: Bus,
    contracts: Arc<Contracts>,
    limits: PublisherLimits,
    slots: Semaphore,
    shutdown: CancellationToken,
}

impl Publisher {
    /// Publishes on `bus`; at `shutdown` no failed entry is tried again.
    pub fn new(
        bus: Bus,
        contracts: Arc<Contracts>,
        limits: PublisherLimits,
        shutdown: CancellationToken,
    ) -> Self {
        let slots = Semaphore::new(limits.requests_in_flight_max.get());
        Self { bus, contracts, limits, slots, shutdown }
    }

    /// Publishes any number of events and tells what became of each, in order.
    pub async fn publish(&self, events: &[Event]) -> Vec<Result<(), DeliveryError>> {
        let mut outcomes: Vec<_> = events.iter().map(|_| Ok(())).collect();
        let mut entries = Vec::with_capacity(events.len());
        for (index, event) in events.iter().enumerate() {
            match self.entry(event) {
                Ok(entry) => entries.push((index, entry)),
                Err(error) => outcomes[index] = Err(error),
            }
        }
        let batches = self.batches(entries).into_iter().map(|batch| async {
            let (indices, entries): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
            indices.into_iter().zip(self.publish_batch(entries).await)
        });
        for (index, outcome) in join_all(batches).await.into_iter().flatten() {
            outcomes[index] = outcome;
        }
        outcomes
    }

    fn entry(&self, event: &Event) -> Result<Entry, DeliveryError> {
        let document = serde_json::to_value(event).expect("an event is plain data");
        self.contracts.check(&document).map_err(DeliveryError::Permanent)?;
        let entry = Entry::new(event, document.to_string());
        let (bytes, bytes_max) =
            (entry.bytes(self.bus.source()), self.limits.batch_bytes_max.get());
        if bytes > bytes_max {
            let reason = format!("{bytes} bytes, and the bus takes {bytes_max}");
            return Err(DeliveryError::refused(RefusalCode::TooLarge, reason));
        }
        Ok(entry)
    }

    /// Splits by both of EventBridge's limits, keeping the order.
    fn batches(&self, entries: Vec<(usize, Entry)>) -> Vec<Vec<(usize, Entry)>> {
        let mut batches: Vec<Vec<(usize, Entry)>> = Vec::new();
        let mut batch_bytes = 0;
        for (index, entry) in entries {
            let bytes = entry.bytes(self.bus.source());
            let fits = batch_bytes + bytes <= self.limits.batch_bytes_max.get();
            if let Some(batch) =
                batches.last_mut().filter(|batch| fits && batch.len() < ENTRIES_MAX)
            {
                batch.push((index, entry));
            } else {
                batch_bytes = 0;
                batches.push(vec![(index, entry)]);
            }
            batch_bytes += bytes;
        }
        batches
    }

    /// The budget counts from here, so that waiting for a place is part of it.
    async fn publish_batch(&self, entries: Vec<Entry>) -> Vec<Result<(), DeliveryError>> {
        let count = entries.len();
        let put = |entries: Vec<Entry>| async move {
            telemetry::put_events(entries.len());
            self.bus.put(&entries).await
        };
        let attempts = async {
            let _slot = self.slots.acquire().await.expect("the semaphore is never closed");
            retry_each(self.limits.retry, &self.shutdown, entries, put).await
        };
        tokio::time::timeout(self.limits.budget, attempts).await.unwrap_or_else(|_| {
            let late = || DeliveryError::Transient("the bus took too long".into());
            (0..count).map(|_| Err(late())).collect()
        })
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use std::num::NonZeroU32;

    use super::*;
    use crate::{config::read_documents, outbound::eventbridge};

    /// A publisher of what obeys the shipped contracts, to a bus whose SDK client answers by rule.
    pub(crate) fn publisher(client: aws_sdk_eventbridge::Client) -> Publisher {
        let schemas = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas");
        let documents = read_documents(schemas.as_ref()).unwrap();
        let contracts = Arc::new(Contracts::compile(&documents).unwrap());
        let limits = PublisherLimits {
            batch_bytes_max: NonZeroUsize::new(10_000).unwrap(),
            requests_in_flight_max: NonZeroUsize::new(8).unwrap(),
            retry: RetryPolicy {
                delay_min: Duration::from_millis(200),
                delay_max: Duration::from_secs(5),
                attempts_max: NonZeroU32::new(3).unwrap(),
            },
            budget: Duration::from_secs(8),
        };
        let bus = eventbridge::testing::bus(client);
        Publisher::new(bus, contracts, limits, CancellationToken::new())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use aws_sdk_eventbridge::{
        Client,
        operation::put_events::{PutEventsInput, PutEventsOutput},
        types::PutEventsResultEntry,
    };
    use aws_smithy_mocks::{mock, mock_client};
    use serde_json::json;

    use super::*;

    /// A publisher whose bus answers each entry by `answer`, and the sizes of the calls it made.
    fn publisher(
        answer: fn(call: usize, detail: &str) -> Option<&'static str>,
    ) -> (Publisher, Arc<Mutex<Vec<usize>>>) {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&calls);
        let put = mock!(Client::put_events).then_compute_output(move |input: &PutEventsInput| {
            let call = {
                let mut seen = seen.lock().unwrap();
                seen.push(input.entries().len());
                seen.len()
            };
            let entries = input.entries().iter().map(|entry| {
                PutEventsResultEntry::builder()
                    .set_error_code(answer(call, entry.detail().unwrap()).map(str::to_owned))
                    .build()
            });
            PutEventsOutput::builder().set_entries(Some(entries.collect())).build()
        });
        let client =
            mock_client!(aws_sdk_eventbridge, aws_smithy_mocks::RuleMode::MatchAny, [&put]);
        let publisher = testing::publisher(client);
        (publisher, calls)
    }

    fn event(text: &str) -> Event {
        let golden = include_str!("../../../schemas/examples/valid/feedback.submitted-1.json");
        let mut event: Event = serde_json::from_str(golden).unwrap();
        event.data.insert("text".to_owned(), json!(text));
        event
    }

    #[tokio::test(start_paused = true)]
    async fn events_leave_in_full_batches() {
        let (publisher, calls) = publisher(|_, _| None);

        let outcomes = publisher.publish(&vec![event("short"); 23]).await;

        assert!(outcomes.iter().all(Result::is_ok));
        let mut sizes = calls.lock().unwrap().clone();
        sizes.sort_unstable();
        assert_eq!(sizes, [3, 10, 10]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_stays_below_the_size_that_the_bus_takes() {
        let (publisher, calls) = publisher(|_, _| None);

        let outcomes = publisher.publish(&vec![event(&"x".repeat(4_000)); 4]).await;

        assert!(outcomes.iter().all(Result::is_ok));
        assert_eq!(*calls.lock().unwrap(), [2, 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_that_is_too_large_is_refused_and_the_others_flow_on() {
        let (publisher, _) = publisher(|_, _| None);

        let outcomes = publisher.publish(&[event("a"), event(&"x".repeat(20_000))]).await;

        assert!(outcomes[0].is_ok());
        assert_refused(&outcomes[1], RefusalCode::TooLarge);
    }

    #[tokio::test(start_paused = true)]
    async fn only_the_throttled_entry_is_sent_again() {
        let (publisher, calls) = publisher(|call, detail| {
            (call == 1 && detail.contains("slow")).then_some("ThrottlingException")
        });

        let outcomes = publisher.publish(&[event("quick"), event("slow")]).await;

        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        assert_eq!(*calls.lock().unwrap(), [2, 1]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_entry_refused_for_good_is_sent_once() {
        let (publisher, calls) = publisher(|_, _| Some("MalformedDetail"));

        let outcomes = publisher.publish(&[event("bad")]).await;

        assert_refused(&outcomes[0], RefusalCode::Bus);
        assert_eq!(*calls.lock().unwrap(), [1]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_that_breaks_its_contract_is_never_sent() {
        let (publisher, calls) = publisher(|_, _| None);
        let mut broken = event("fine");
        broken.data.insert("rating".to_owned(), json!(9));

        let outcomes = publisher.publish(&[broken, event("fine")]).await;

        assert_refused(&outcomes[0], RefusalCode::Contract);
        assert!(outcomes[1].is_ok());
        assert_eq!(*calls.lock().unwrap(), [1]);
    }

    fn assert_refused(outcome: &Result<(), DeliveryError>, code: RefusalCode) {
        match outcome {
            Err(DeliveryError::Permanent(refusal)) => assert_eq!(refusal.code, code),
            other => panic!("expected a refusal, got {other:?}"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_bus_that_throttles_for_ever_is_given_up_within_the_budget() {
        let (publisher, _) = publisher(|_, _| Some("ThrottlingException"));
        let started = tokio::time::Instant::now();

        let outcomes = publisher.publish(&vec![event("slow"); 2_000]).await;

        assert!(
            outcomes.iter().all(|outcome| outcome.as_ref().is_err_and(DeliveryError::is_transient))
        );
        assert!(started.elapsed() <= Duration::from_secs(8));
    }
}
