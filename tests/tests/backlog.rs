//! A backlog of a hundred thousand changes drains oldest first, and takes no more memory than a small one.

use anyhow::{Result, ensure};
use aws_stub::SeenEvent;
use e2e::{Database, Emulator, Setup, Stack, directus::Directus, eventually};

const SMALL: usize = 2_000;
const LARGE: usize = 100_000;
/// How far an event may be ahead of its place: two processes hold a batch of 100 each, and the next
/// ones, and send what failed again.
const OVERTAKING_MAX: usize = 1_000;
/// Rows that were delivered days ago, more than one step of the purge takes.
const OLD: usize = 3_000;
const PURGE_STEP_MAX: u64 = 500;
/// What a process may need for the large backlog beyond what it needed for the small one. The texts
/// of the whole backlog are 130 MB, and reading them makes several times as much.
const GROWTH_MAX_KIB: u64 = 64 * 1024;

#[tokio::test]
async fn a_hundred_thousand_pending_rows_drain_oldest_first_in_bounded_memory() -> Result<()> {
    let setup = Setup::default().on(Database::Postgres).aws(Emulator::Stub).nothing_reacts();
    setup
        .tell(async |stack| {
            let mut second = stack.another_directus("directus-2")?;
            second.start().await?;
            log_purges(&stack.directus)?;

            pile_up(&stack.directus, 1, SMALL)?;
            drained(stack, SMALL).await?;
            let usual = peaks(stack, &second)?;
            pile_up(&stack.directus, SMALL + 1, LARGE)?;
            remember_old_rows(&stack.directus)?;
            drained(stack, SMALL + LARGE).await?;
            let large = peaks(stack, &second)?;

            for ((part, usual), (_, large)) in usual.into_iter().zip(large) {
                let grown = large.saturating_sub(usual);
                ensure!(grown < GROWTH_MAX_KIB, "{part} held {usual} KiB, and then {large} KiB");
            }
            let seen = stack.aws.stub().seen().await?;
            ensure!(seen.accepted == (SMALL + LARGE) as u64, "each was sent once");
            ensure!(seen.events.iter().enumerate().all(is_in_its_place), "oldest first");
            only_old_rows_are_purged_in_small_steps(&stack.directus).await?;
            second.stop().await
        })
        .await
}

/// Waits until so many events are on the bus and nothing is pending.
async fn drained(stack: &Stack, published: usize) -> Result<()> {
    // The one patience of all stories is for a tenth of it.
    for tenth in 1..=10 {
        let enough = published * tenth / 10;
        eventually(format!("{enough} of {published} events on the bus"), async || {
            Ok((stack.aws.stub().accepted().await? >= enough as u64).then_some(()))
        })
        .await?;
    }
    no_rows(&stack.directus, "state = 'pending'").await
}

/// The most memory that each part held so far.
fn peaks(stack: &Stack, second: &Directus) -> Result<[(&'static str, u64); 3]> {
    Ok([
        ("the sidecar", stack.sidecar.peak_memory_kib()?),
        ("Directus", stack.directus.peak_memory_kib()?),
        ("the other Directus", second.peak_memory_kib()?),
    ])
}

/// Adds pending rows at once, as if they had been saved while no relay ran. They are numbered from
/// `first`, and their event ids tell the number.
fn pile_up(directus: &Directus, first: usize, count: usize) -> Result<()> {
    let last = first + count - 1;
    directus.execute(&format!(
        "insert into event_bridge_outbox
             (event_id, kind, collection, item, action, payload, state, available_at, created_at)
         select '00000000-0000-7000-8000-' || lpad(n::text, 12, '0'), 'change', 'customers',
             n::text, 'create', json_build_object(
                 'occurredAt', '2026-11-21T10:30:00.123Z', 'userId', null, 'item',
                 json_build_object('id', n, 'name', 'Customer ' || n, 'email', n || '@example.com',
                     'tier', 'plus', 'note', repeat('x', 1000)),
                 'previous', null, 'changed', json_build_array(), 'traceparent', null,
                 'capture', 'transactional'), 'pending', 0, 0
         from generate_series({first}, {last}) as n"
    ))
}

fn is_in_its_place((place, event): (usize, &SeenEvent)) -> bool {
    let number = event.id.rsplit('-').next().and_then(|number| number.parse::<usize>().ok());
    event.times == 1 && number.is_some_and(|number| number.abs_diff(place) <= OVERTAKING_MAX)
}

/// Writes down how many rows each statement deletes.
fn log_purges(directus: &Directus) -> Result<()> {
    directus.execute(
        "create table purges (id serial primary key, rows bigint);
         create function log_purge() returns trigger language plpgsql as
             'begin insert into purges (rows) select count(*) from deleted; return null; end';
         create trigger log_purge after delete on event_bridge_outbox
             referencing old table as deleted for each statement execute function log_purge()",
    )
}

/// Rows that were published and rejected in 1970.
fn remember_old_rows(directus: &Directus) -> Result<()> {
    directus.execute(&format!(
        "insert into event_bridge_outbox
             (event_id, kind, collection, item, action, payload, state, available_at, created_at, settled_at)
         select state || n, 'change', 'customers', n::text, 'create', '{{}}', state, 0, 0,
             case state when 'rejected' then 1000 else n % 1000 end
         from generate_series(1, {OLD}) as n, (values ('published'), ('rejected')) as states (state)"
    ))
}

async fn only_old_rows_are_purged_in_small_steps(directus: &Directus) -> Result<()> {
    no_rows(directus, "state = 'published' and settled_at < 1000").await?;
    let purged = &directus.rows("select sum(rows) as all, max(rows) as most from purges")?[0];
    ensure!(purged["all"] == OLD, "{OLD} rows were old, and {purged} were purged");
    ensure!(purged["most"].as_u64() <= Some(PURGE_STEP_MAX), "in small steps: {purged}");
    let rejected = "select count(*) from event_bridge_outbox where state = 'rejected'";
    ensure!(directus.rows(rejected)?[0]["count"] == OLD, "a rejected row stays, however old");
    Ok(())
}

async fn no_rows(directus: &Directus, such_as: &str) -> Result<()> {
    let query = format!("select id from event_bridge_outbox where {such_as} limit 1");
    eventually(format!("no row with {such_as}"), async || {
        Ok(directus.rows(&query)?.is_empty().then_some(()))
    })
    .await
}
