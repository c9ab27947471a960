//! What becomes of messages that are done.

use aws_sdk_sqs::{
    operation::delete_message_batch::{
        DeleteMessageBatchError, DeleteMessageBatchInput, DeleteMessageBatchOutput,
    },
    types::BatchResultErrorEntry,
};
use aws_smithy_mocks::Rule;

use super::*;
use script::Scripted;

/// Deletes, but refuses the first delivery so many times, inside a call that succeeds.
fn delete_refusing_first(script: &Script, times: usize) -> Rule {
    let (script, refused) = (script.clone(), AtomicUsize::new(0));
    mock!(Client::delete_message_batch).then_compute_output(
        move |input: &DeleteMessageBatchInput| {
            let failed = input.entries().iter().filter_map(|entry| {
                let receipt = entry.receipt_handle();
                let is_refused = receipt == "r0" && refused.fetch_add(1, Ordering::SeqCst) < times;
                let verb = if is_refused { "kept" } else { "deleted" };
                script.note(format!("{verb} {receipt}"));
                let error = BatchResultErrorEntry::builder().id(entry.id()).code("InternalError");
                is_refused.then(|| error.sender_fault(false).build().unwrap())
            });
            let output = DeleteMessageBatchOutput::builder().set_successful(Some(vec![]));
            output.set_failed(Some(failed.collect())).build().unwrap()
        },
    )
}

fn one_slot() -> ConsumerLimits {
    ConsumerLimits { in_flight_max: NonZeroUsize::MIN, ..limits() }
}

/// Work that notes itself.
fn noted(
    script: &Script,
) -> impl Fn(Arrival) -> std::future::Ready<Result<(), DeliveryError>> + use<> {
    let script = script.clone();
    move |_| {
        script.note("worked".to_owned());
        std::future::ready(Ok(()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_delete_is_tried_again_by_itself() {
    let script = Script::new(&[&body("fine")], 1);

    let rules = [script.receive(), delete_refusing_first(&script, 3)];
    script.run(&rules, noted(&script)).await;

    assert_eq!(script.log(), ["deleted r0", "kept r0", "kept r0", "kept r0", "worked"]);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_done_but_could_not_be_deleted_is_only_deleted_when_it_comes_again() {
    let script = Script::new(&[&body("fine")], 1);
    let again = Scripted { receive_count: 2, ..script.messages.lock().unwrap()[0].clone() };
    script.messages.lock().unwrap().push(again);

    let rules = [script.receive(), delete_refusing_first(&script, 4)];
    script.run_within(one_slot(), &rules, noted(&script)).await;

    assert_eq!(script.log(), ["deleted r1", "kept r0", "kept r0", "kept r0", "kept r0", "worked"]);
}

#[tokio::test(start_paused = true)]
async fn a_done_message_holds_no_slot_while_it_waits_for_company() {
    let body = body("fine");
    let script = Script::new(&[body.as_str(); 5], 1);
    let started = Instant::now();

    script.run_within(one_slot(), &script.all(), noted(&script)).await;

    assert_eq!(script.log().len(), 10);
    assert!(started.elapsed() < limits().settle_linger * 2, "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_thousand_messages_take_no_more_calls_than_they_must() {
    let body = body("fine");
    let script = Script::new(&vec![body.as_str(); 1_000], 1);
    let slots = NonZeroUsize::new(64).unwrap();
    let limits = ConsumerLimits { in_flight_max: slots, customer_in_flight_max: slots, ..limits() };
    let (receive, delete) = (script.receive(), script.delete());

    let rules = [receive.clone(), delete.clone()];
    script.run_within(limits, &rules, |_| std::future::ready(Ok(()))).await;

    assert_eq!(script.log().len(), 1_000);
    let calls = receive.num_calls() + delete.num_calls();
    assert!(calls <= 205, "{calls} calls");
}

#[tokio::test(start_paused = true)]
async fn messages_of_one_content_are_each_worked_on() {
    let body = body("thank you");
    let script = Script::new(&[&body, &body], 1);

    script.run(&script.all(), noted(&script)).await;

    assert_eq!(script.log(), ["deleted r0", "deleted r1", "worked", "worked"]);
}

#[tokio::test(start_paused = true)]
async fn a_consumer_told_to_stop_twice_ends_in_time_even_if_nothing_can_be_settled() {
    let script = Script::new(&[&body("endless"), &body("fine")], 1);
    let code = || ErrorMetadata::builder().code("InternalError").build();
    let (started, stop) = (Instant::now(), script.shutdown.clone());

    let rules = [
        script.receive(),
        mock!(Client::delete_message_batch)
            .then_error(move || DeleteMessageBatchError::generic(code())),
        mock!(Client::change_message_visibility)
            .then_error(move || ChangeMessageVisibilityError::generic(code())),
    ];
    let handle = move |arrival: Arrival| {
        let stop = stop.clone();
        async move {
            stop.cancel();
            stop.cancel();
            if text(&arrival) == "endless" { std::future::pending().await } else { Ok(()) }
        }
    };
    script.run(&rules, handle).await;

    assert!(started.elapsed() < limits().drain + Duration::from_secs(1), "{:?}", started.elapsed());
}
