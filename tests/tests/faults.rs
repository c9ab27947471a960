//! The bus refuses, throttles, loses answers or is gone: after each, everything that was saved is
//! published, rejected or pending, by the outbox's books and by the bus' own.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result, ensure};
use aws_stub::{Fault, Moment, Operation, Trouble};
use e2e::{Database, Emulator, Setup, Stack, eventually};
use serde_json::json;

/// Changes that the contract of a feedback refuses.
const REJECTED: usize = 3;

#[tokio::test]
async fn entries_refused_calls_throttled_and_answers_lost_leave_the_books_balanced() -> Result<()> {
    on_the_stub(async |stack| {
        let mut saved = 0;

        // One entry in a hundred is refused while its neighbours pass.
        let refuse = Trouble::RefuseEntry { code: "InternalFailure".to_owned() };
        stack.aws.stub().fault(put_events(refuse).at_rate(0.01)).await?;
        saved += save(stack, 400).await?;
        everything_is_published(stack, saved, REJECTED).await?;
        ensure!(stack.aws.stub().end_faults().await? > 0, "no entry was refused");

        // For ten seconds, nothing passes at all.
        let throttle = put_events(Trouble::Throttle).lasting(Duration::from_secs(10));
        stack.aws.stub().fault(throttle).await?;
        let before = stack.aws.stub().accepted().await?;
        saved += save(stack, 100).await?;
        let books = balanced(stack, saved).await?;
        ensure!(books["pending"] >= 100, "nothing passes, and {books:?}");
        ensure!(stack.aws.stub().accepted().await? == before, "nothing passes");
        everything_is_published(stack, saved, 2 * REJECTED).await?;
        ensure!(stack.aws.stub().end_faults().await? > 0, "no call was throttled");

        // Connections break; half of the calls they carried took effect. The sidecar dies, too.
        for moment in [Moment::BeforeEffect, Moment::AfterEffect] {
            let lose = put_events(Trouble::Disconnect { moment }).at_rate(0.25);
            stack.aws.stub().fault(lose.seeded(moment as u64)).await?;
        }
        saved += save(stack, 200).await?;
        stack.sidecar.kill()?;
        balanced(stack, saved).await?;
        stack.sidecar.start().await?;
        saved += save(stack, 200).await?;
        everything_is_published(stack, saved, 4 * REJECTED).await?;
        ensure!(stack.aws.stub().end_faults().await? > 0, "no connection was lost");
        let seen = stack.aws.stub().seen().await?;
        let again = seen.events.iter().filter(|event| event.times > 1).count();
        ensure!(again > 0, "a lost answer means that its events are sent again");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_bus_that_is_gone_for_half_a_minute_and_a_killed_sidecar_leave_the_books_balanced()
-> Result<()> {
    on_the_stub(async |stack| {
        let mut saved = save(stack, 20).await?;
        everything_is_published(stack, saved, REJECTED).await?;
        let before = stack.aws.stub().accepted().await?;

        stack.aws.stub().leave(Duration::from_secs(30)).await?;
        saved += save(stack, 100).await?;
        stack.sidecar.kill()?;
        saved += save(stack, 100).await?;
        let pending = stack.directus.outbox()?.into_values().filter(|state| state == "pending");
        ensure!(pending.count() >= 200, "nobody takes anything");
        // It is ready when it finds its queues, and so not before the bus is back.
        stack.sidecar.start().await?;

        everything_is_published(stack, saved, 3 * REJECTED).await?;
        ensure!(stack.aws.stub().accepted().await? >= before + 200);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_a_killed_directus_was_sending_is_taken_over_when_its_lease_ends() -> Result<()> {
    let setup = Setup::default().on(Database::Postgres).aws(Emulator::Stub).nothing_reacts();
    setup
        .tell(async |stack| {
            let mut second = stack.another_directus("directus-2")?;
            second.start().await?;
            // The other one sleeps until it is needed, or its polling could take the rows.
            second.freeze()?;
            let (min_ms, max_ms) = (2_000, 2_000);
            let late = Trouble::Delay { min_ms, max_ms, moment: Moment::AfterEffect };
            stack.aws.stub().fault(put_events(late)).await?;

            let customers = (1..=60).map(|n| json!({ "name": format!("Customer {n}") })).collect();
            stack.directus.create_many("customers", customers).await?;
            eventually("the bus to take all of them", async || {
                Ok((stack.aws.stub().accepted().await? == 60).then_some(()))
            })
            .await?;
            stack.directus.kill()?;

            let held = "select max(lease_until) as until from event_bridge_outbox
                where state = 'pending' and lease_owner is not null having count(*) = 60";
            let held = stack.directus.rows(held)?.pop().context("a lease on all 60")?;
            stack.aws.stub().end_faults().await?;
            second.thaw()?;
            everything_is_published(stack, 60, 0).await?;
            let settled = "select min(settled_at) as first from event_bridge_outbox";
            let settled = &stack.directus.rows(settled)?[0];
            ensure!(settled["first"].as_u64() > held["until"].as_u64(), "{settled}, {held}");
            let events = stack.aws.stub().seen().await?.events;
            ensure!(events.iter().all(|event| event.times == 2), "sent by both: {events:?}");
            second.stop().await?;
            stack.directus.start().await
        })
        .await
}

async fn on_the_stub(tell: impl AsyncFnOnce(&mut Stack) -> Result<()>) -> Result<()> {
    // Every queue is asked for again within seconds of the bus being back, however many there are.
    let setup =
        Setup::default().aws(Emulator::Stub).sidecar("SIDECAR__INBOUND__RECEIVE_PAUSE_MAX", "2s");
    setup
        .tell(async |stack| {
            for trouble in
                ["rejected", "changes wait in the outbox", "attempt failed", "cannot receive"]
            {
                stack.expect_log(trouble);
            }
            tell(stack).await
        })
        .await
}

/// A fault of the bus alone: the queues stay sound.
fn put_events(what: Trouble) -> Fault {
    Fault::new(what).on(Operation::PutEvents)
}

/// Saves so many changes that can be published and [`REJECTED`] that cannot; returns how many.
async fn save(stack: &Stack, good: usize) -> Result<usize> {
    let customers = (0..good / 2).map(|n| json!({ "name": format!("Customer {n}") }));
    let customers = stack.directus.create_many("customers", customers.collect()).await?;
    let keys: Vec<_> = customers.iter().map(|customer| customer["id"].clone()).collect();
    let upgrade = json!({ "keys": keys, "data": { "tier": "plus" } });
    stack.directus.ask(reqwest::Method::PATCH, "items/customers", Some(upgrade)).await?;

    let off_the_scale = vec![json!({ "text": "Off the scale", "rating": 9 }); REJECTED];
    let feedbacks = stack.directus.create_many("feedback", off_the_scale).await?;
    Ok(2 * customers.len() + feedbacks.len())
}

/// Waits until nothing is pending, and compares all books.
async fn everything_is_published(stack: &Stack, saved: usize, rejected: usize) -> Result<()> {
    eventually("an outbox without pending rows", async || {
        let pending = "select id from event_bridge_outbox where state = 'pending' limit 1";
        Ok(stack.directus.rows(pending)?.is_empty().then_some(()))
    })
    .await?;
    let books = balanced(stack, saved).await?;
    let of = |state: &str| books.get(state).copied().unwrap_or(0);
    let as_expected = of("published") == saved - rejected && of("rejected") == rejected;
    ensure!(as_expected, "{saved} were saved, and the outbox says {books:?}");
    let seen = stack.aws.stub().seen().await?.events.len();
    ensure!(seen == saved - rejected, "the bus took {seen} different events");
    Ok(())
}

/// How many changes are in each state. Whatever is going on: every change is in one, what is
/// published was accepted, and what was accepted is known and not rejected.
async fn balanced(stack: &Stack, saved: usize) -> Result<BTreeMap<String, usize>> {
    // In this order: what was published by now has been accepted by then.
    let outbox = stack.directus.outbox()?;
    let seen = stack.aws.stub().seen().await?;

    let mut books = BTreeMap::new();
    for state in outbox.values() {
        *books.entry(state.clone()).or_insert(0) += 1;
    }
    ensure!(outbox.len() == saved, "{saved} were saved, and the outbox has {}", outbox.len());
    let of_no_state =
        books.keys().find(|state| !["pending", "published", "rejected"].contains(&state.as_str()));
    ensure!(of_no_state.is_none(), "{books:?}");
    let accepted: BTreeMap<_, _> =
        seen.events.iter().map(|event| (event.id.as_str(), event.times)).collect();
    for (id, state) in &outbox {
        ensure!(state != "published" || accepted.contains_key(id.as_str()), "{id} never arrived");
        ensure!(state != "rejected" || !accepted.contains_key(id.as_str()), "{id} arrived");
    }
    let unknown = accepted.keys().find(|id| !outbox.contains_key(**id));
    ensure!(unknown.is_none(), "{unknown:?} was accepted and is not in the outbox");
    Ok(books)
}
