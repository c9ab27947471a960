use super::*;
use crate::{event::Event, outbound::publisher::testing::LIMITS};

const LINGER: Duration = Duration::from_millis(5);
const LARGE: usize = 1_000_000;

struct Bench {
    intake: Intake,
    hand_in: mpsc::Sender<Vec<Waiting>>,
    queue: Queue,
}

fn bench() -> Bench {
    let (hand_in, arrivals) = mpsc::channel(100);
    let queue = Queue { arrivals, backlog: VecDeque::new() };
    Bench { intake: Intake::new(LIMITS), hand_in, queue }
}

impl Bench {
    /// Hands in `count` entries and returns where their outcomes come out.
    async fn hand_in(&self, count: usize) -> Vec<oneshot::Receiver<Outcome>> {
        let (waiting, outcomes) = self.waiting(count).await;
        self.hand_in.send(waiting).await.unwrap();
        outcomes
    }

    async fn waiting(&self, count: usize) -> (Vec<Waiting>, Vec<oneshot::Receiver<Outcome>>) {
        let golden =
            include_str!("../../../../../schemas/examples/valid/feedback.submitted-1.json");
        let event: Event = serde_json::from_str(golden).unwrap();
        let entry = Arc::new(Entry::new(&event, "directus", golden.to_owned()));
        let mut waiting = Vec::new();
        let mut outcomes = Vec::new();
        for _ in 0..count {
            let (outcome, decided) = oneshot::channel();
            let place = self.intake.place(1, entry.bytes()).await;
            let (entry, deadline) = (Arc::clone(&entry), Instant::now());
            waiting.push(Waiting { entry, deadline, outcome, place });
            outcomes.push(decided);
        }
        (waiting, outcomes)
    }

    /// The size of the next batch and how long it took to gather.
    async fn batch(&mut self, bytes_max: usize, linger: Option<Duration>) -> (usize, Duration) {
        let started = Instant::now();
        let batch = self.queue.batch(bytes_max, || linger).await;
        (batch.map_or(0, |batch| batch.len()), started.elapsed())
    }
}

#[tokio::test(start_paused = true)]
async fn without_load_nothing_waits_for_company() {
    let mut bench = bench();
    let _outcomes = (bench.hand_in(2).await, bench.hand_in(1).await);

    assert_eq!(bench.batch(LARGE, None).await, (3, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn under_load_the_first_entry_lingers() {
    let mut bench = bench();
    let _outcomes = bench.hand_in(2).await;
    let (later, _more_outcomes) = bench.waiting(1).await;
    let hand_in = bench.hand_in.clone();

    let company = async move {
        tokio::time::sleep(LINGER / 2).await;
        hand_in.send(later).await.unwrap();
    };
    let (batch, ()) = tokio::join!(bench.batch(LARGE, Some(LINGER)), company);

    assert_eq!(batch, (3, LINGER));
}

#[tokio::test(start_paused = true)]
async fn a_full_batch_does_not_linger_and_the_rest_is_the_next_one() {
    let mut bench = bench();
    let _outcomes = bench.hand_in(13).await;

    assert_eq!(bench.batch(LARGE, Some(LINGER)).await, (10, Duration::ZERO));
    assert_eq!(bench.batch(LARGE, None).await, (3, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_has_no_room_for_the_next_entry_does_not_linger() {
    let mut bench = bench();
    let _outcomes = bench.hand_in(3).await;
    let two = bench.queue.arrivals.recv().await.unwrap();
    let bytes_max = two[0].entry.bytes() * 2;
    bench.queue.backlog.extend(two);

    assert_eq!(bench.batch(bytes_max, Some(LINGER)).await, (2, Duration::ZERO));
    assert_eq!(bench.batch(bytes_max, None).await, (1, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn an_entry_nobody_waits_for_is_not_sent() {
    let mut bench = bench();
    drop(bench.hand_in(2).await);
    let _outcomes = bench.hand_in(1).await;

    assert_eq!(bench.batch(LARGE, None).await, (1, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn the_last_entries_leave_when_nobody_can_hand_in_more() {
    let mut bench = bench();
    let _outcomes = bench.hand_in(2).await;
    bench.hand_in = mpsc::channel(1).0;

    assert_eq!(bench.batch(LARGE, Some(LINGER)).await, (2, Duration::ZERO));
    assert_eq!(bench.batch(LARGE, Some(LINGER)).await, (0, Duration::ZERO));
}

#[tokio::test]
async fn there_is_load_while_another_call_is_under_way() {
    let bus = crate::outbound::eventbridge::testing::bus(aws_smithy_mocks::mock_client!(
        aws_sdk_eventbridge,
        []
    ));
    let intake = Arc::new(Intake::new(LIMITS));
    let dispatcher = Dispatcher::new(bus, LIMITS, intake, CancellationToken::new());

    let _ours = dispatcher.call().await;
    assert_eq!(dispatcher.linger(), None);

    let others = dispatcher.call().await;
    assert_eq!(dispatcher.linger(), Some(LIMITS.linger));

    drop(others);
    assert_eq!(dispatcher.linger(), None);
}
