//! Several processes of Directus on one database: each change is announced once, whoever sends it.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use e2e::{Account, Database, Event, Setup, Stack, directus::Directus, eventually};
use serde_json::json;

#[tokio::test]
async fn two_processes_that_write_in_parallel_announce_every_change_once_though_one_is_killed()
-> Result<()> {
    let setup = Setup::default().on(Database::Postgres);
    setup
        .tell(async |stack| {
            let mut other = stack.another_directus("other")?;
            other.start().await?;

            both_write_in_parallel(stack, &other).await?;
            one_is_killed_while_both_write(stack, other).await
        })
        .await
}

async fn both_write_in_parallel(stack: &mut Stack, other: &Directus) -> Result<()> {
    let (here, there) =
        tokio::join!(open_tickets(&stack.directus, "here", 100), open_tickets(other, "there", 100));
    assert_eq!((here, there), (100, 100));

    let events = stack.aws.next_events("ticket.created", 200).await?;
    let arrived = by_id(&events)?;
    assert_eq!(arrived, recorded(&stack.directus)?, "every change, and no other");
    assert_eq!(events.len(), arrived.len(), "each of them once");
    for writer in ["here", "there"] {
        let order: Vec<_> =
            events.iter().filter(|event| subject(event).starts_with(writer)).collect();
        let (first, last) = (&order[..25], &order[75..]);
        let sequence = |event: &&Event| event.detail["sequence"].as_u64();
        assert!(first.iter().map(sequence).max() < last.iter().map(sequence).min(), "oldest first");
    }
    Ok(())
}

/// The sidecar hangs meanwhile, so that the killed one holds rows whose verdicts it will never hear.
async fn one_is_killed_while_both_write(stack: &mut Stack, mut other: Directus) -> Result<()> {
    stack.expect_log("changes wait in the outbox");
    stack.sidecar.freeze()?;
    let victim = Account::clone(&other);
    let (_, there, killed) = tokio::join!(
        open_tickets(&stack.directus, "here again", 50),
        open_tickets(&victim, "there again", 10_000),
        async {
            let leases = "select distinct lease_owner from event_bridge_outbox
                          where lease_owner is not null";
            eventually("both to hold rows", async || {
                Ok((stack.directus.rows(leases)?.len() == 2).then_some(()))
            })
            .await?;
            other.kill()
        }
    );
    killed?;
    ensure!(there < 10_000, "the kill came too late to prove anything");
    stack.sidecar.thaw()?;

    let pending = "select id from event_bridge_outbox where state <> 'published'";
    eventually("the other process to take over", async || {
        Ok(stack.directus.rows(pending)?.is_empty().then_some(()))
    })
    .await?;
    let tickets = stack.directus.rows("select id from tickets")?.len();
    let recorded = recorded(&stack.directus)?;
    assert_eq!(recorded.len(), tickets, "what was committed was recorded");

    let mut arrived = BTreeMap::new();
    eventually("the rest on the bus", async || {
        // What was sent, and whose verdict was lost, comes a second time: under the same id.
        let mut events = stack.aws.other_events().await?;
        events.retain(|event| event.event_type == "ticket.created");
        arrived.extend(by_id(&events)?);
        Ok((arrived.len() == tickets - 200).then_some(()))
    })
    .await?;
    assert!(arrived.iter().all(|(id, key)| recorded.get(id) == Some(key)), "and no other");
    Ok(())
}

/// Opens tickets one after the other until they are so many or Directus is gone; returns how many.
async fn open_tickets(directus: &Account, writer: &str, count: usize) -> usize {
    for opened in 0..count {
        let ticket = json!({ "subject": format!("{writer} {opened}") });
        if directus.create("tickets", ticket).await.is_err() {
            return opened;
        }
    }
    count
}

/// The key of the item that each event is about, by the event's id.
fn by_id(events: &[Event]) -> Result<BTreeMap<String, String>> {
    let id = |event: &Event| event.detail["eventId"].as_str().map(str::to_owned);
    events
        .iter()
        .map(|event| Some((id(event)?, event.key())))
        .collect::<Option<_>>()
        .context("an id")
}

/// The key of the item of each row of the outbox, by the event's id.
fn recorded(directus: &Directus) -> Result<BTreeMap<String, String>> {
    let rows = directus.rows("select event_id, item from event_bridge_outbox")?;
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let rows = rows.iter().map(|row| Some((text(&row["event_id"])?, text(&row["item"])?)));
    rows.collect::<Option<_>>().context("an id and a key")
}

fn subject(event: &Event) -> &str {
    event.detail["data"]["title"].as_str().unwrap_or_default()
}
