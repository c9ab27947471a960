//! Many customers, and many edits of one item.

use super::*;

/// An event of `customer` about the one item, at its place in the order.
fn edit(customer: &str, sequence: u64) -> String {
    let mut body: serde_json::Value = serde_json::from_str(&body("edited")).unwrap();
    body["detail"]["customerId"] = json!(customer);
    body["detail"]["sequence"] = json!(sequence);
    body.to_string()
}

fn script(bodies: &[String]) -> Script {
    Script::new(&bodies.iter().map(String::as_str).collect::<Vec<_>>(), 1)
}

fn slots(count: usize) -> ConsumerLimits {
    let count = NonZeroUsize::new(count).unwrap();
    ConsumerLimits { in_flight_max: count, customer_in_flight_max: count, ..limits() }
}

/// Runs the script, with work that takes no time, and tells whose events were worked on.
async fn sequences_worked_on(script: &Script, limits: ConsumerLimits) -> Vec<u64> {
    let worked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&worked);
    let handle = move |arrival: Arrival| {
        seen.lock().unwrap().extend(arrival.event.sequence);
        async { Ok(()) }
    };
    script.run_within(limits, &script.all(), handle).await;
    worked.lock().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn one_noisy_customer_does_not_starve_the_rest() {
    let mut bodies: Vec<_> = (0..6).map(|sequence| edit("noisy", sequence)).collect();
    bodies.push(edit("quiet", 99));
    let script = script(&bodies);
    let limits =
        ConsumerLimits { customer_in_flight_max: NonZeroUsize::new(2).unwrap(), ..slots(4) };
    let (started, noted) = (Instant::now(), script.clone());
    let at_work = Arc::new(AtomicUsize::new(0));

    let handle = move |arrival: Arrival| {
        let (script, at_work) = (noted.clone(), Arc::clone(&at_work));
        async move {
            let customer = arrival.event.customer_id.unwrap();
            if customer == "noisy" {
                assert!(at_work.fetch_add(1, Ordering::SeqCst) < 2, "more than its share");
                sleep(Duration::from_secs(5)).await;
                at_work.fetch_sub(1, Ordering::SeqCst);
            }
            script.note(format!("{customer} after {} s", started.elapsed().as_secs()));
            Ok(())
        }
    };
    script.run_within(limits, &script.all(), handle).await;

    let mut log = script.log();
    log.retain(|line| !line.starts_with("deleted"));
    let noisy = |secs| vec![format!("noisy after {secs} s"); 2];
    let expected = [noisy(10), noisy(15), noisy(5), vec!["quiet after 0 s".to_owned()]].concat();
    assert_eq!(log, expected);
}

#[tokio::test(start_paused = true)]
async fn messages_beyond_the_places_to_wait_in_wait_in_their_slots() {
    let bodies: Vec<_> = (0..20).map(|sequence| edit("noisy", sequence)).collect();
    let script = script(&bodies);
    let limits = ConsumerLimits {
        customer_in_flight_max: NonZeroUsize::MIN,
        waiting_max: 1,
        handler_budget: Duration::from_secs(1),
        ..slots(2)
    };

    let worked = sequences_worked_on(&script, limits).await;

    assert_eq!(worked, (0..20).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn ten_quick_edits_of_one_item_are_one_enrichment() {
    let bodies: Vec<_> = (1..=10).map(|sequence| edit("ada", sequence)).collect();
    let script = script(&bodies).newest_wins();

    let worked = sequences_worked_on(&script, slots(10)).await;

    assert_eq!(worked, [10]);
    assert_eq!(script.log().len(), 10, "and all are deleted");
}

#[tokio::test(start_paused = true)]
async fn where_every_event_counts_none_is_passed_over() {
    let bodies: Vec<_> = (1..=10).map(|sequence| edit("ada", sequence)).collect();

    let worked = sequences_worked_on(&script(&bodies), slots(10)).await;

    assert_eq!(worked, (1..=10).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn an_edit_that_comes_late_is_passed_over_once_a_newer_one_is_done() {
    let script = script(&[edit("ada", 2), edit("ada", 1)]).newest_wins();

    assert_eq!(sequences_worked_on(&script, slots(1)).await, [2]);
}
