//! How many entries a second the stub takes: requests that are written beforehand, over kept
//! connections, from one thread, to a stub on another one.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use aws_stub::{Options, Stub};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};
use uuid::Uuid;

const CONNECTIONS: usize = 16;
/// Requests of each connection, all different, sent in turn.
const REQUESTS: usize = 64;
const ENTRIES: u64 = 10;
/// What a feedback weighs as an event.
const TEXT_BYTES: usize = 300;
const WARM_UP: Duration = Duration::from_secs(1);
const MEASURED: Duration = Duration::from_secs(5);

fn main() -> Result<()> {
    let keeps_ids = !std::env::args().any(|word| word == "--count-only");
    let (address, stub_thread) = start_stub(keeps_ids)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (entries, bytes, elapsed, busy) = runtime.block_on(measure(address, stub_thread))?;
    let per_second = |count: u64, time: Duration| u128::from(count) * 1_000_000 / time.as_micros();
    say(&format!(
        "{} entries/s over {CONNECTIONS} connections, {} bytes an entry; \
         {} entries per second of the stub's own CPU time",
        per_second(entries, elapsed),
        bytes / entries,
        per_second(entries, busy),
    ));
    Ok(())
}

/// The stub in a thread of its own, and that thread's id.
fn start_stub(keeps_ids: bool) -> Result<(SocketAddr, String)> {
    let (started, start) = mpsc::sync_channel(1);
    thread::Builder::new().name("stub".to_owned()).spawn(move || -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let stub = Stub::start_with(Options { keeps_ids, ..Options::default() }).await?;
            let id = std::fs::read_link("/proc/thread-self")?.display().to_string();
            started.send((stub.address(), id))?;
            stub.ended().await;
            Ok(())
        })
    })?;
    start.recv().context("the stub did not start")
}

/// Entries and bytes that were taken, in how much time, and how long the stub worked on them.
async fn measure(address: SocketAddr, stub: String) -> Result<(u64, u64, Duration, Duration)> {
    let (taken, written) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let mut connections = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        connections.spawn(send(stream, Arc::clone(&taken), Arc::clone(&written)));
    }
    tokio::time::sleep(WARM_UP).await;
    let before = (taken.load(Ordering::Relaxed), written.load(Ordering::Relaxed), cpu(&stub)?);
    let began = Instant::now();
    tokio::time::sleep(MEASURED).await;
    let entries = taken.load(Ordering::Relaxed) - before.0;
    let bytes = written.load(Ordering::Relaxed) - before.1;
    let (elapsed, busy) = (began.elapsed(), cpu(&stub)?.saturating_sub(before.2));
    if let Some(ended) = connections.try_join_next() {
        ended??;
    }
    ensure!(entries > 0, "nothing was taken");
    Ok((entries, bytes, elapsed, busy))
}

async fn send(mut stream: TcpStream, taken: Arc<AtomicU64>, written: Arc<AtomicU64>) -> Result<()> {
    let requests: Vec<_> = (0..REQUESTS).map(|_| request()).collect();
    let mut answer = vec![0; 16 * 1024];
    for request in requests.iter().cycle() {
        stream.write_all(request).await?;
        read_answer(&mut stream, &mut answer).await?;
        taken.fetch_add(ENTRIES, Ordering::Relaxed);
        written.fetch_add(request.len() as u64, Ordering::Relaxed);
    }
    Ok(())
}

/// Reads one answer to its end, and makes sure that it refuses nothing.
async fn read_answer(stream: &mut TcpStream, buffer: &mut [u8]) -> Result<()> {
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).await?;
        ensure!(read > 0, "the stub closed the connection");
        filled += read;
        let text = std::str::from_utf8(&buffer[..filled])?;
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.context("an answer has a length")?.parse()? {
            ensure!(body.starts_with(r#"{"FailedEntryCount":0"#), "{text}");
            return Ok(());
        }
    }
}

fn request() -> Vec<u8> {
    let entries: Vec<_> = (0..ENTRIES).map(|_| entry()).collect();
    let body = json!({ "Entries": entries }).to_string();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-amz-json-1.1\r\n\
         x-amz-target: AWSEvents.PutEvents\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head, body].concat().into_bytes()
}

fn entry() -> serde_json::Value {
    let detail = json!({
        "eventId": Uuid::now_v7(), "eventType": "feedback.submitted", "version": 1,
        "producer": "directus", "occurredAt": "2026-11-21T10:30:00.123Z", "sequence": 1042,
        "customerId": "c-1", "correlationId": Uuid::now_v7(), "causationId": null,
        "subject": { "collection": "feedback", "key": "42" }, "context": {},
        "data": { "feedbackId": "42", "rating": 4, "text": "x".repeat(TEXT_BYTES) },
        "properties": {},
    });
    json!({
        "EventBusName": "event-bridge", "Source": "directus", "DetailType": "feedback.submitted",
        "Time": 1_795_257_000.123, "Resources": ["directus:feedback/42"], "Detail": detail.to_string(),
    })
}

/// The CPU time of a thread so far, from its scheduler's statistics.
fn cpu(thread: &str) -> Result<Duration> {
    let statistics = std::fs::read_to_string(format!("/proc/{thread}/schedstat"))?;
    let nanos = statistics.split_whitespace().next().context("a time on the CPU")?;
    Ok(Duration::from_nanos(nanos.parse()?))
}

#[expect(clippy::print_stdout, reason = "this is its output")]
fn say(line: &str) {
    println!("{line}");
}
