//! Where a route's dead letters lie: taken down to be looked at, put back, sent again, discarded.

use std::time::Duration;

use crate::{
    delivery::DeliveryError,
    inbound::{
        dead_letter::letter::DeadLetter,
        queue::{BATCH_MAX, Queue},
    },
};

/// How long letters are ours once taken down. Whatever is not put back by then comes back by itself.
const HOLD: Duration = Duration::from_mins(5);
/// Asking all of the queue's servers, not some of them, takes a wait.
const WAIT: Duration = Duration::from_secs(1);

/// How much one look takes down.
#[derive(Debug, Clone, Copy)]
pub struct LookLimits {
    /// Letters.
    pub letters_max: usize,
    /// What they weigh: the look ends with the batch that goes beyond it.
    pub bytes_max: usize,
}

/// What one look took down.
#[derive(Debug, Default)]
pub struct Taken {
    /// Nobody else sees them until they are put back.
    pub letters: Vec<DeadLetter>,
    /// Whether a bound ended the look, so that there may be more.
    pub more: bool,
}

/// The dead letters of one route.
#[derive(Debug)]
pub struct Shelf {
    /// The route's name.
    pub route: String,
    /// Where its messages are worked on.
    pub queue: Queue,
    /// Where they lie that were given up.
    pub dead_letters: Queue,
}

impl Shelf {
    /// Takes letters down, until there are none or a bound is reached.
    pub async fn take(&self, limits: LookLimits) -> Result<Taken, DeliveryError> {
        let (mut letters, mut bytes) = (Vec::new(), 0);
        while letters.len() < limits.letters_max && bytes < limits.bytes_max {
            let count = BATCH_MAX.min(limits.letters_max - letters.len());
            let messages = self.dead_letters.receive(count, WAIT, HOLD).await?;
            if messages.is_empty() {
                return Ok(Taken { letters, more: false });
            }
            bytes += messages.iter().map(|message| message.body.len()).sum::<usize>();
            let read = messages.into_iter().map(|message| DeadLetter::read(&self.route, message));
            letters.extend(read);
        }
        Ok(Taken { letters, more: true })
    }

    /// Puts letters back. One that cannot be put back comes back by itself, later.
    pub async fn put_back(&self, letters: &[DeadLetter]) {
        for batch in letters.chunks(BATCH_MAX) {
            let receipts: Vec<_> = batch.iter().map(|letter| letter.receipt.clone()).collect();
            let _later = self.dead_letters.give_back(&receipts).await;
        }
    }

    /// Sends the letter to its queue again. Sent before it is deleted: at worst it is there twice,
    /// and its effects once.
    pub async fn redrive(&self, letter: &DeadLetter) -> Result<(), DeliveryError> {
        self.queue.send(&letter.body, &[]).await?;
        self.discard(letter).await
    }

    /// Deletes the letter.
    pub async fn discard(&self, letter: &DeadLetter) -> Result<(), DeliveryError> {
        let receipts = [letter.receipt.clone()];
        self.dead_letters.delete(&receipts).await.remove(0)
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use std::sync::{Arc, Mutex};

    use aws_sdk_sqs::{
        Client,
        operation::{
            change_message_visibility_batch::ChangeMessageVisibilityBatchOutput,
            delete_message_batch::DeleteMessageBatchOutput,
            receive_message::ReceiveMessageOutput,
            send_message::{SendMessageError, SendMessageOutput},
        },
        types::Message,
    };
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    use super::*;
    use crate::inbound::queue::testing;

    /// A shelf on which `count` letters lie, and what is done to them.
    pub(crate) fn shelf(
        route: &str,
        count: usize,
        sending_works: bool,
    ) -> (Shelf, Arc<Mutex<Vec<String>>>) {
        let log = Arc::new(Mutex::new(Vec::new()));
        let note = |log: &Arc<Mutex<Vec<String>>>| {
            let log = Arc::clone(log);
            move |line: String| log.lock().unwrap().push(line)
        };
        let left = Mutex::new((0..count).collect::<Vec<_>>());
        let of_route = route.to_owned();
        let receive = mock!(Client::receive_message).then_compute_output(move |input| {
            let mut left = left.lock().unwrap();
            let asked = usize::try_from(input.max_number_of_messages().unwrap()).unwrap();
            let taken = asked.min(left.len());
            let messages = left.drain(..taken).map(|n| {
                Message::builder()
                    .message_id(format!("{of_route}-{n}"))
                    .receipt_handle(n.to_string())
                    .body("letter")
                    .build()
            });
            ReceiveMessageOutput::builder().set_messages(Some(messages.collect())).build()
        });
        let (on_send, on_delete, on_return) = (note(&log), note(&log), note(&log));
        let send = if sending_works {
            mock!(Client::send_message).then_compute_output(move |input| {
                on_send(format!("sent {}", input.message_body().unwrap()));
                SendMessageOutput::builder().build()
            })
        } else {
            mock!(Client::send_message).then_error(|| SendMessageError::unhandled("no such queue"))
        };
        let delete = mock!(Client::delete_message_batch).then_compute_output(move |input| {
            on_delete(format!("deleted {}", input.entries().len()));
            let output = DeleteMessageBatchOutput::builder().set_successful(Some(vec![]));
            output.set_failed(Some(vec![])).build().unwrap()
        });
        let give_back =
            mock!(Client::change_message_visibility_batch).then_compute_output(move |input| {
                on_return(format!("returned {}", input.entries().len()));
                let output =
                    ChangeMessageVisibilityBatchOutput::builder().set_successful(Some(vec![]));
                output.set_failed(Some(vec![])).build().unwrap()
            });
        let rules = [receive, send, delete, give_back];
        let queue = testing::queue(mock_client!(aws_sdk_sqs, RuleMode::MatchAny, &rules));
        let shelf = Shelf { route: route.to_owned(), queue: queue.clone(), dead_letters: queue };
        (shelf, log)
    }
}

#[cfg(test)]
mod tests {
    use super::{testing::shelf, *};

    const LIMITS: LookLimits = LookLimits { letters_max: 100, bytes_max: 1_000 };

    #[tokio::test]
    async fn all_letters_are_taken_down_and_put_back_in_batches() {
        let (shelf, log) = shelf("feedback", 23, true);

        let Taken { letters, more } = shelf.take(LIMITS).await.unwrap();
        shelf.put_back(&letters).await;

        assert!(!more);
        assert_eq!(letters.len(), 23);
        assert_eq!(*log.lock().unwrap(), ["returned 10", "returned 10", "returned 3"]);
    }

    #[tokio::test]
    async fn no_more_letters_are_taken_down_than_asked_for() {
        let (shelf, _) = shelf("feedback", 23, true);

        let taken = shelf.take(LookLimits { letters_max: 12, ..LIMITS }).await.unwrap();

        assert_eq!((taken.letters.len(), taken.more), (12, true));
    }

    #[tokio::test]
    async fn a_look_ends_when_the_letters_are_heavy() {
        let (shelf, _) = shelf("feedback", 23, true);

        let taken = shelf.take(LookLimits { bytes_max: 61, ..LIMITS }).await.unwrap();

        assert_eq!((taken.letters.len(), taken.more), (20, true));
    }

    #[tokio::test]
    async fn a_letter_is_sent_again_before_it_is_deleted() {
        let (shelf, log) = shelf("feedback", 1, true);

        let letters = shelf.take(LIMITS).await.unwrap().letters;
        shelf.redrive(&letters[0]).await.unwrap();

        assert_eq!(*log.lock().unwrap(), ["sent letter", "deleted 1"]);
    }

    #[tokio::test]
    async fn a_letter_that_cannot_be_sent_again_stays() {
        let (shelf, log) = shelf("feedback", 1, false);

        let letters = shelf.take(LIMITS).await.unwrap().letters;
        let outcome = shelf.redrive(&letters[0]).await;

        assert!(outcome.is_err());
        assert!(log.lock().unwrap().is_empty(), "nothing was deleted");
    }
}
