//! How many messages a core drains from a full queue when there is nothing to do about them, how many
//! calls and how much memory that takes, and what a few slow messages make of it.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use aws_stub::Operation;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    backlog::Backlog,
    worker::{QUEUE, Worker},
};
use crate::{
    figures::{median, megabytes, two_digits},
    machine::keep_off_the_measured_core,
    say,
    service::Service,
    stub::{Stub, StubQueue},
};

/// How long a slow message takes, in seconds.
pub(super) const SLOW: u64 = 5;
const SLOW_ONE_IN: u64 = 100;
/// What the shipped settings let be at work at once.
const SLOTS: u64 = 64;
const MESSAGES: u64 = 100_000;
/// Odd, so that the median is one of them.
const ROUNDS: usize = 3;
const DRAIN_MAX: Duration = Duration::from_mins(4);
const POLL: Duration = Duration::from_millis(10);
/// What a worker can ask a queue.
const CALLS: [Operation; 6] = [
    Operation::GetQueueUrl,
    Operation::ReceiveMessage,
    Operation::DeleteMessage,
    Operation::DeleteMessageBatch,
    Operation::ChangeMessageVisibility,
    Operation::ChangeMessageVisibilityBatch,
];

/// What it took one worker to drain one backlog.
#[derive(Debug, Clone, Copy, Serialize)]
struct Drained {
    /// Messages for each second that a core worked for it.
    messages_per_second_per_core: f64,
    /// Messages for each second of the clock.
    messages_per_second: f64,
    calls_per_1000: f64,
    /// The most memory that it ever had.
    rss_mb: f64,
    secs: f64,
    /// The share of the time in which the stub worked: near 1 it is the stub that is measured.
    stub_busy: f64,
}

pub(super) async fn measure() -> Result<Value> {
    keep_off_the_measured_core()?;
    let mut rounds: [Vec<Drained>; 3] = Default::default();
    for _ in 0..ROUNDS {
        for (worker, drained) in Worker::ALL.into_iter().zip(&mut rounds) {
            let backlog = Backlog { messages: messages(worker), slow_one_in: None };
            drained.push(drain(worker, backlog).await?);
        }
    }
    let [sidecar, sqs_consumer, python] = rounds.map(|rounds| of_rounds(&rounds));

    let mut slow = Map::new();
    for worker in Worker::ALL {
        let backlog = Backlog { messages: slow_messages(worker), slow_one_in: Some(SLOW_ONE_IN) };
        slow.insert(worker.name().to_owned(), json!(drain(worker, backlog).await?));
    }
    let slow_secs = slow["sidecar"]["secs"].as_f64().unwrap_or_default();
    let ratio =
        |figure: fn(&Drained) -> f64, other: &Drained| two_digits(figure(&sidecar) / figure(other));
    Ok(json!({
        "messages_per_second_per_core": sidecar.messages_per_second_per_core,
        "messages_per_second_on_one_core": sidecar.messages_per_second,
        "ratio_to_sqs_consumer": ratio(|it| it.messages_per_second_per_core, &sqs_consumer),
        "ratio_to_sqs_consumer_on_one_core": ratio(|it| it.messages_per_second, &sqs_consumer),
        "ratio_to_python": ratio(|it| it.messages_per_second_per_core, &python),
        "calls_per_1000": sidecar.calls_per_1000,
        "slow_of_ideal": two_digits(ideal_secs(MESSAGES) / slow_secs),
        "rss_mb": sidecar.rss_mb,
        "messages": MESSAGES,
        "rounds": ROUNDS,
        "plain": { "sidecar": sidecar, "sqs_consumer": sqs_consumer, "python": python },
        "slow": slow,
    }))
}

/// Python gets fewer, to be done in time.
fn messages(worker: Worker) -> u64 {
    if worker == Worker::Python { MESSAGES / 5 } else { MESSAGES }
}

/// Those who wait for their slowest message get as many as they do in half a minute.
fn slow_messages(worker: Worker) -> u64 {
    match worker {
        Worker::Sidecar => MESSAGES,
        Worker::SqsConsumer => 2_000,
        Worker::Python => 600,
    }
}

/// How long the slow messages alone take when every slot always has one.
fn ideal_secs(messages: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a few thousand seconds")]
    let slow = (messages / SLOW_ONE_IN * SLOW) as f64;
    slow / f64::from(u32::try_from(SLOTS).unwrap_or(u32::MAX))
}

/// The clock begins with the worker's first receive and ends when the queue is empty; both are the stub's
/// word, not the worker's.
async fn drain(worker: Worker, backlog: Backlog) -> Result<Drained> {
    let stub = Stub::start().await?;
    let queue = stub.create_queue(QUEUE).await?;
    backlog.fill(&queue).await?;
    let mut service = worker.start(&stub, &queue)?;
    while stub.calls(&[Operation::ReceiveMessage]).await? == 0 {
        service.ensure_alive()?;
        tokio::time::sleep(POLL).await;
    }
    let (started, cpu_secs, stub_secs) = (Instant::now(), service.cpu_secs()?, stub.cpu_secs()?);

    emptied(&queue, &mut service, started).await?;

    let secs = started.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^52")]
    let (messages, calls) = (backlog.messages as f64, stub.calls(&CALLS).await? as f64);
    let (_, highest) = service.memory()?;
    let drained = Drained {
        messages_per_second_per_core: (messages / (service.cpu_secs()? - cpu_secs)).round(),
        messages_per_second: (messages / secs).round(),
        calls_per_1000: two_digits(calls * 1_000.0 / messages),
        rss_mb: megabytes(highest),
        secs: two_digits(secs),
        stub_busy: two_digits((stub.cpu_secs()? - stub_secs) / secs),
    };
    say(&format!(
        "  {}, {} of {} messages slow: {} messages per CPU second, {} per second, {} s",
        worker.name(),
        backlog.slow_messages(),
        backlog.messages,
        drained.messages_per_second_per_core,
        drained.messages_per_second,
        drained.secs
    ));
    Ok(drained)
}

async fn emptied(queue: &StubQueue<'_>, service: &mut Service, started: Instant) -> Result<()> {
    while queue.messages().await? > 0 {
        service.ensure_alive()?;
        if started.elapsed() > DRAIN_MAX {
            bail!("{} messages are left after {DRAIN_MAX:?}", queue.messages().await?);
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

/// Each figure's own median.
fn of_rounds(rounds: &[Drained]) -> Drained {
    let of = |figure: fn(&Drained) -> f64| median(rounds.iter().map(figure));
    Drained {
        messages_per_second_per_core: of(|it| it.messages_per_second_per_core),
        messages_per_second: of(|it| it.messages_per_second),
        calls_per_1000: of(|it| it.calls_per_1000),
        rss_mb: of(|it| it.rss_mb),
        secs: of(|it| it.secs),
        stub_busy: of(|it| it.stub_busy),
    }
}
