//! Directus → AWS: changes become events on the bus, each with a verdict.

pub mod announcement;
pub mod bounded;
pub mod change;
pub mod customers;
pub mod eventbridge;
pub mod intake;
pub mod mapping;
pub mod placed;
pub mod privacy;
pub mod publisher;
pub mod refused;
pub mod server;
pub mod trace;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use jiff::Timestamp;
use serde_json::value::RawValue;
use tracing::{info, warn};

use crate::{
    delivery::{DeliveryError, Refusal, RefusalCode, chain},
    directus::reader::Reader,
    event::{Event, EventId},
    outbound::{
        change::{Answer, Change, Hindrance, Row, RowHead, Verdict},
        customers::Known,
        mapping::Mappings,
        privacy::Considered,
        publisher::{Congestion, Outcome, Publisher},
    },
    telemetry,
};

/// Maps and publishes. It keeps nothing: what has no verdict yet is still in the outbox.
#[derive(Debug)]
pub struct Outbound {
    mappings: Mappings,
    publisher: Arc<Publisher>,
    /// Asked for the consent of those whom events of others name.
    directus: Reader,
}

/// What is to be considered.
enum Meant {
    Change(Box<Change>),
    /// Of an external producer, or of a Flow.
    Event(Box<Event>),
}

/// One entry of a batch: understood, or refused by itself so that the others flow on. It has no id
/// when not even that could be read.
pub type Received<T> = (Option<EventId>, Result<T, Refusal>);

impl Outbound {
    /// Maps by `mappings`, publishes through `publisher`, and asks `directus` for consent.
    pub fn new(mappings: Mappings, publisher: Arc<Publisher>, directus: Reader) -> Self {
        Self { mappings, publisher, directus }
    }

    /// What is in the way of more: a request should not be taken in now.
    pub fn congestion(&self) -> Option<Congestion> {
        self.publisher.congestion()
    }

    /// About how long it takes to publish what is waiting.
    pub fn drain_time(&self) -> Duration {
        self.publisher.drain_time()
    }

    /// Publishes what the rows of an outbox mean, and answers each, in order.
    pub async fn accept(&self, rows: Vec<Received<Row>>) -> Vec<Answer> {
        let meant = |row| match row {
            Row::Change(change) => Meant::Change(change),
            Row::Event(event) => Meant::Event(Box::new(self.mappings.announced(*event))),
        };
        let rows = rows.into_iter().map(|(id, row)| (id, row.map(meant)));
        let answers = self.publish(rows.collect()).await;
        report(&answers);
        answers
    }

    /// Publishes events that somebody else made, and answers each, in order.
    pub async fn accept_events(&self, events: Vec<Received<Event>>) -> Vec<Answer> {
        let meant = |event| Meant::Event(Box::new(event));
        let events = events.into_iter().map(|(id, event)| (id, event.map(meant)));
        self.publish(events.collect()).await
    }

    async fn publish(&self, received: Vec<Received<Meant>>) -> Vec<Answer> {
        let known = self.known(&received).await;
        let mut events = Vec::with_capacity(received.len());
        let counts: Vec<(Option<EventId>, Result<usize, Verdict>)> = received
            .into_iter()
            .map(|(id, entry)| {
                let entry = entry.map_err(|error| Verdict::Rejected { error });
                let considered = entry.and_then(|meant| self.consider(meant, &known));
                let count = considered.map(|considered| {
                    let before = events.len();
                    events.extend(considered.into_iter().filter_map(Considered::publishable));
                    events.len() - before
                });
                (id, count)
            })
            .collect();

        let outcomes = self.publisher.publish(&events).await;
        report_failures(&outcomes);

        let mut published = events.iter().zip(outcomes);
        let answers = counts.into_iter().map(|(event_id, count)| {
            let verdict = match count {
                Err(verdict) => verdict,
                Ok(count) => verdict(published.by_ref().take(count)),
            };
            Answer { event_id, verdict }
        });
        answers.collect()
    }

    /// What has to be known of customers before consent can be decided: one question for all.
    async fn known(&self, received: &[Received<Meant>]) -> Result<Known, DeliveryError> {
        let mut fields = None;
        let mut customers = BTreeSet::new();
        for (_, entry) in received {
            let Ok(Meant::Event(event)) = entry else { continue };
            let reads = self.mappings.policy.reads_of_customer(event);
            let (Some(reads), Some(customer)) = (reads, &event.customer_id) else { continue };
            fields = Some(reads);
            customers.insert(customer.as_str());
        }
        let Some(fields) = fields else { return Ok(Known::new()) };
        let known = customers::read(&self.directus, fields, customers).await;
        if let Err(error) = &known {
            warn!(error = chain(error), "consent could not be asked for");
        }
        known
    }

    fn consider(
        &self,
        meant: Meant,
        known: &Result<Known, DeliveryError>,
    ) -> Result<Vec<Considered<'_>>, Verdict> {
        let rejected = |error| Verdict::Rejected { error };
        let event = match meant {
            Meant::Change(change) => return self.mappings.consider(&change).map_err(rejected),
            Meant::Event(event) => event,
        };
        let customer = match (self.mappings.policy.reads_of_customer(&event), known) {
            (Some(_), Err(error)) => return Err(unknown(error)),
            (_, Err(_)) => None,
            (_, Ok(known)) => event.customer_id.as_ref().and_then(|it| known.get(it)),
        };
        let considered = self.mappings.consider_event(*event, customer).map_err(rejected)?;
        Ok(vec![considered])
    }
}

/// Nothing is taken for a yes.
fn unknown(error: &DeliveryError) -> Verdict {
    match error {
        DeliveryError::Permanent(refusal) => Verdict::Rejected { error: refusal.clone() },
        DeliveryError::Transient(_) => {
            let reason = "Directus could not be asked whether the customer agrees";
            Verdict::Retry { error: Hindrance::directus_unavailable(reason) }
        }
    }
}

/// Once for a request: while the bus is away, all of its events fail alike.
fn report_failures(outcomes: &[Outcome]) {
    let failures = || outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
    if let Some(error) = failures().find(|error| error.is_transient()) {
        let events = failures().filter(|error| error.is_transient()).count();
        warn!(events, error = chain(error), "{events} events not published for now");
    }
}

fn report(answers: &[Answer]) {
    for Answer { event_id, verdict } in answers {
        if let Verdict::Rejected { error } = verdict {
            // The detail stays in the outbox row: an expression's error may quote a value.
            let event_id = event_id.map(tracing::field::display);
            warn!(event.id = event_id, code = %error.code, path = error.path, "change rejected");
        }
    }
    let [published, ignored, rejected, retry] =
        ["published", "ignored", "rejected", "retry"].map(|word| {
            let count = answers.iter().filter(|answer| answer.verdict.as_str() == word).count();
            telemetry::changes(word, count);
            count
        });
    let changes = answers.len();
    info!(changes, ignored, rejected, retry, "published {published} of {changes} changes");
}

/// One verdict on all the events of one change: it is published when all of them are.
fn verdict<'event>(
    outcomes: impl Iterator<Item = (&'event Event, Result<(), DeliveryError>)>,
) -> Verdict {
    let mut verdict = Verdict::Ignored;
    for (event, outcome) in outcomes {
        match outcome {
            Ok(()) => {
                telemetry::published(event.occurred_at, Timestamp::now());
                if verdict == Verdict::Ignored {
                    verdict = Verdict::Published;
                }
            }
            // The outcomes that follow are looked at nevertheless: the next change's come after them.
            _ if matches!(verdict, Verdict::Rejected { .. }) => (),
            Err(DeliveryError::Permanent(error)) => verdict = Verdict::Rejected { error },
            Err(DeliveryError::Transient(_)) => {
                let error = Hindrance::bus_unavailable("EventBridge did not take the event");
                verdict = Verdict::Retry { error };
            }
        }
    }
    verdict
}

/// Reads the rows of a batch one by one. Without an id nobody could be answered, so that a row that
/// lacks one fails the batch.
fn read_rows(documents: &[&RawValue]) -> Result<Vec<Received<Row>>, Refusal> {
    let rows = documents.iter().enumerate().map(|(index, document)| {
        let head: RowHead = serde_json::from_str(document.get()).map_err(|_| {
            let place = format!("/changes/{index}/eventId");
            Refusal::new(RefusalCode::Undecodable, "is no UUID").at(place)
        })?;
        Ok((Some(head.event_id), Row::read(&head, document)))
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::change::ChangeBatch;

    fn event() -> Event {
        serde_json::from_str(include_str!("../../schemas/examples/valid/feedback.submitted-1.json"))
            .unwrap()
    }

    fn of(outcomes: Vec<Result<(), DeliveryError>>) -> &'static str {
        let event = event();
        let verdict = verdict(outcomes.into_iter().map(|outcome| (&event, outcome)));
        ["published", "ignored", "rejected", "retry"]
            .into_iter()
            .find(|word| *word == verdict.as_str())
            .unwrap()
    }

    #[test]
    fn a_change_is_published_when_all_its_events_are() {
        let transient = || Err(DeliveryError::Transient("throttled".into()));
        let permanent = || Err(DeliveryError::refused(RefusalCode::Contract, "broken"));

        assert_eq!(of(vec![]), "ignored");
        assert_eq!(of(vec![Ok(()), Ok(())]), "published");
        assert_eq!(of(vec![Ok(()), transient()]), "retry");
        assert_eq!(of(vec![transient(), Ok(())]), "retry");
        assert_eq!(of(vec![transient(), permanent(), Ok(())]), "rejected");
    }

    #[test]
    fn a_rejected_event_leaves_the_next_changes_outcomes_in_their_place() {
        let event = event();
        let rejected = Err(DeliveryError::refused(RefusalCode::Contract, "broken"));
        let transient = Err(DeliveryError::Transient("throttled".into()));
        let mut outcomes = [rejected, Ok(()), transient].into_iter().map(|one| (&event, one));

        let first = verdict(outcomes.by_ref().take(2));
        let second = verdict(outcomes.by_ref().take(1));

        assert_eq!((first.as_str(), second.as_str()), ("rejected", "retry"));
    }

    #[test]
    fn a_change_that_cannot_be_read_is_refused_alone() {
        let golden = include_str!("../../schemas/examples/changes.json");
        let broken = golden.replacen(r#""update""#, r#""merge""#, 1);
        let batch: ChangeBatch = serde_json::from_str(&broken).unwrap();

        let read = read_rows(&batch.changes).unwrap();

        assert!(read[0].1.is_ok() && read[2].1.is_ok());
        let refusal = read[1].1.as_ref().unwrap_err();
        assert_eq!(refusal.code, RefusalCode::Undecodable);
        assert_eq!(refusal.path.as_deref(), Some("action"));
    }
}
