//! A part ends or hangs in the middle of things: nothing is lost and nothing doubled.

use std::time::{Duration, Instant};

use anyhow::Result;
use e2e::{
    Setup, Stack,
    directus::{Directus, SERVICE_ACCOUNT},
    story,
};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

const SIDECAR_IS_AWAY: &str = "changes wait in the outbox";
/// Far more than scheduling costs on a busy machine, far less than waiting for a sidecar would.
const NOTICEABLE: u32 = 4;

#[tokio::test]
async fn fifty_saves_while_the_sidecar_is_down_all_arrive_and_none_is_slower() -> Result<()> {
    story(async |stack| {
        let (_, usual) = save_each(&stack.directus, 50).await?;
        stack.sidecar.stop().await?;
        stack.expect_log(SIDECAR_IS_AWAY);

        let (feedbacks, alone) = save_each(&stack.directus, 50).await?;

        assert!(alone < usual * NOTICEABLE, "a save took {alone:?}, with the sidecar {usual:?}");
        stack.sidecar.start().await?;
        everything_arrived_once(stack, &feedbacks, 100).await
    })
    .await
}

#[tokio::test]
async fn a_sidecar_that_hangs_slows_no_save() -> Result<()> {
    story(async |stack| {
        let (_, usual) = save_each(&stack.directus, 20).await?;
        stack.sidecar.freeze()?;
        stack.expect_log(SIDECAR_IS_AWAY);

        let (feedbacks, meanwhile) = save_each(&stack.directus, 20).await?;

        assert!(meanwhile < usual * NOTICEABLE, "a save took {meanwhile:?}, usually {usual:?}");
        stack.sidecar.thaw()?;
        everything_arrived_once(stack, &feedbacks, 40).await
    })
    .await
}

#[tokio::test]
async fn a_sidecar_killed_in_mid_stream_loses_nothing_and_doubles_nothing() -> Result<()> {
    story(async |stack| {
        stack.expect_log(SIDECAR_IS_AWAY);
        let feedbacks = stack.directus.create_many("feedback", opinions(200)).await?;
        stack.directus.enriched(&feedbacks[0]["id"]).await?;

        stack.sidecar.kill()?;
        let arrived = stack.directus.write_backs()?.len();
        stack.sidecar.start().await?;

        assert!(arrived < 200, "the kill came too late to prove anything");
        everything_arrived_once(stack, &feedbacks, 200).await
    })
    .await
}

#[tokio::test]
async fn directus_killed_right_after_its_saves_return_loses_nothing() -> Result<()> {
    story(async |stack| {
        // The sidecar answers nobody until Directus is dead: the verdict on what it took is lost.
        stack.sidecar.freeze()?;
        let feedbacks = stack.directus.create_many("feedback", opinions(50)).await?;

        stack.directus.kill()?;
        stack.sidecar.thaw()?;
        stack.directus.start().await?;

        everything_arrived_once(stack, &feedbacks, 50).await
    })
    .await
}

#[tokio::test]
async fn messages_wait_in_the_queue_while_directus_is_away() -> Result<()> {
    story(async |stack| {
        let feedback = stack.directus.create("feedback", json!({ "text": "Good." })).await?;
        stack.directus.enriched(&feedback["id"]).await?;
        let sound = stack.aws.next_event("feedback.submitted").await?;
        for away in ["effects not written", "attempt failed", "Directus is away"] {
            stack.expect_log(away);
        }

        stack.directus.kill()?;
        for _ in 0..20 {
            let another = sound.forged(|detail| detail["eventId"] = json!(Uuid::now_v7()))?;
            stack.aws.send("event-bridge-feedback", &another).await?;
        }
        stack.sidecar.hindered_by("effects cannot be written").await?;
        stack.directus.start().await?;

        stack.aws.is_done("event-bridge-feedback").await?;
        let effects = stack.directus.rows("select effect_id from event_bridge_effects")?;
        assert_eq!(effects.len(), 21, "none was given up");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_suspended_service_account_stops_everything_at_once_until_it_is_mended() -> Result<()> {
    let setup = Setup::default()
        .sidecar("SIDECAR__DIRECTUS__PROBE_INTERVAL", "500ms")
        .sidecar("SIDECAR__INBOUND__REDELIVERY_DELAYS", "1s");
    setup
        .tell(async |stack| {
            for mended in ["effects not written", "attempt failed", "Directus has to be mended"] {
                stack.expect_log(mended);
            }
            set_service_account(&stack.directus, "suspended").await?;

            let feedback = stack.directus.create("feedback", json!({ "text": "Good." })).await?;
            stack.sidecar.hindered_by("directus: delivery failed for now").await?;
            set_service_account(&stack.directus, "active").await?;

            stack.directus.enriched(&feedback["id"]).await?;
            Ok(())
        })
        .await
}

async fn set_service_account(directus: &Directus, status: &str) -> Result<()> {
    let path = format!("users/{SERVICE_ACCOUNT}");
    directus.ask(Method::PATCH, &path, Some(json!({ "status": status }))).await.map(drop)
}

fn opinions(count: u32) -> Vec<Value> {
    (1..=count).map(|n| json!({ "text": format!("I like it {n} times better!") })).collect()
}

/// Saves one after the other; returns them and the median time that a save took.
async fn save_each(directus: &Directus, count: u32) -> Result<(Vec<Value>, Duration)> {
    let (mut saved, mut times) = (Vec::new(), Vec::new());
    for opinion in opinions(count) {
        let began = Instant::now();
        saved.push(directus.create("feedback", opinion).await?);
        times.push(began.elapsed());
    }
    times.sort();
    Ok((saved, times[times.len() / 2]))
}

async fn everything_arrived_once(stack: &Stack, feedbacks: &[Value], total: usize) -> Result<()> {
    stack.directus.all_enriched(feedbacks).await?;
    stack.aws.is_done("event-bridge-feedback").await?;
    let write_backs = stack.directus.write_backs()?;
    assert_eq!(write_backs.len(), total, "nothing is lost");
    assert!(write_backs.values().all(|&times| times == 1), "nothing is doubled: {write_backs:?}");
    Ok(())
}
