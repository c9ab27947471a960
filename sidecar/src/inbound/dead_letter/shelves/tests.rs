use std::sync::{Arc, Mutex};

use super::{testing::shelves, *};
use crate::inbound::dead_letter::shelf::testing::shelf;

type Log = Arc<Mutex<Vec<String>>>;

/// Two routes with dead letters, and what is done to those of each.
fn two_routes(sending_works: bool) -> (Shelves, Log, Log) {
    let (feedback, of_feedback) = shelf("feedback", 3, sending_works);
    let (tickets, of_tickets) = shelf("tickets", 2, sending_works);
    (shelves(vec![feedback, tickets]), of_feedback, of_tickets)
}

fn all() -> Selection {
    Selection { all: true, ..Selection::default() }
}

fn order(selection: &Selection) -> Order<'_> {
    Order {
        selection,
        verb: Verb::Redrive,
        rate: NonZeroU32::new(1_000).unwrap(),
        letters_max: usize::MAX,
        dry_run: false,
    }
}

fn lines(log: &Log) -> Vec<String> {
    log.lock().unwrap().clone()
}

#[tokio::test]
async fn what_is_only_looked_at_is_put_back() {
    let (shelves, of_feedback, of_tickets) = two_routes(true);
    let filter = Filter { route: Some("tickets".to_owned()), ..Filter::default() };

    let seen = shelves.look(&filter).await.unwrap();

    let ids: Vec<&str> = seen.letters.iter().map(|letter| letter.id.as_str()).collect();
    assert_eq!((ids.as_slice(), seen.more), (["tickets-0", "tickets-1"].as_slice(), false));
    assert_eq!(lines(&of_tickets), ["returned 2"]);
    assert!(lines(&of_feedback).is_empty(), "another route's shelf is left alone");
}

#[tokio::test(start_paused = true)]
async fn what_is_meant_is_sent_again_and_the_others_are_put_back() {
    let (shelves, of_feedback, of_tickets) = two_routes(true);
    let selection = Selection { ids: vec!["feedback-1".to_owned()], ..Selection::default() };
    let mut reached = Vec::new();

    let performed =
        shelves.perform(order(&selection), |through, total| reached.push((through, total)));
    let performed = performed.await.unwrap();

    assert_eq!((performed.done, performed.left), (1, 0));
    assert_eq!(lines(&of_feedback), ["returned 2", "sent letter", "deleted 1"]);
    assert_eq!(lines(&of_tickets), ["returned 2"]);
    assert_eq!(reached, [(1, 1)]);
}

#[tokio::test(start_paused = true)]
async fn what_is_one_too_many_is_put_back_and_told() {
    let (shelves, of_feedback, of_tickets) = two_routes(true);
    let (all, verb) = (all(), Verb::Discard);

    let performed = shelves.perform(Order { letters_max: 2, verb, ..order(&all) }, |_, _| ());
    let performed = performed.await.unwrap();

    assert_eq!((performed.done, performed.left), (2, 3));
    assert_eq!(lines(&of_feedback), ["returned 1", "deleted 1", "deleted 1"]);
    assert_eq!(lines(&of_tickets), ["returned 2"]);
}

#[tokio::test]
async fn a_dry_run_counts_and_changes_nothing() {
    let (shelves, of_feedback, of_tickets) = two_routes(true);
    let all = all();

    let performed = shelves.perform(Order { dry_run: true, ..order(&all) }, |_, _| ()).await;

    assert_eq!(performed.unwrap().done, 5);
    assert_eq!(
        (lines(&of_feedback), lines(&of_tickets)),
        (vec!["returned 3".to_owned()], vec!["returned 2".to_owned()])
    );
}

#[tokio::test(start_paused = true)]
async fn a_letter_that_cannot_be_sent_again_is_put_back_and_named() {
    let (shelves, of_feedback, _) = two_routes(false);
    let selection = Selection { ids: vec!["feedback-2".to_owned()], ..Selection::default() };

    let performed = shelves.perform(order(&selection), |_, _| ()).await.unwrap();

    assert_eq!(performed.done, 0);
    assert_eq!(performed.failed[0].id, "feedback-2");
    assert_eq!(lines(&of_feedback), ["returned 2", "returned 1"]);
}

#[tokio::test]
async fn a_route_that_is_not_there_is_a_mistake() {
    let (shelves, ..) = two_routes(true);
    let filter = Filter { route: Some("payments".to_owned()), ..Filter::default() };

    let error = shelves.look(&filter).await.unwrap_err();

    assert_eq!(error.to_string(), "there is no route payments; there are: feedback, tickets");
}
