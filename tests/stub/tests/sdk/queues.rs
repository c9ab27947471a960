use std::{collections::HashMap, time::Duration};

use aws_sdk_sqs::{
    error::ProvideErrorMetadata as _,
    primitives::Blob,
    types::{
        DeleteMessageBatchRequestEntry, MessageAttributeValue, MessageSystemAttributeName,
        QueueAttributeName, SendMessageBatchRequestEntry,
    },
};

use crate::Caller;

#[tokio::test]
async fn messages_come_in_order_with_their_attributes_and_md5s() {
    let caller = Caller::start().await;
    let url = caller.queue("work").await;
    let text = MessageAttributeValue::builder().data_type("String").string_value("why").build();
    let blob = MessageAttributeValue::builder().data_type("Binary").binary_value(Blob::new([1, 2]));

    let sent = caller.queues.send_message().queue_url(&url).message_body("first");
    let sent = sent.message_attributes("reason", text.unwrap());
    let sent = sent.message_attributes("bytes", blob.build().unwrap()).send().await.unwrap();
    caller.send(&url, "second").await;

    // Worked out by hand with the rule of the developer guide.
    assert_eq!(sent.md5_of_message_body(), Some("8b04d5e3775d298e78455efc5ca404d5"));
    assert_eq!(sent.md5_of_message_attributes(), Some("b7fcf50b06de8ebb24a2bf618b4f05ec"));
    let received = caller.queues.receive_message().queue_url(&url).max_number_of_messages(10);
    let received = received.message_attribute_names("All").send().await.unwrap();
    let [first, second] = received.messages() else { panic!("two messages") };
    assert_eq!((first.body(), second.body()), (Some("first"), Some("second")));
    assert_eq!(first.md5_of_body(), sent.md5_of_message_body());
    assert_eq!(first.md5_of_message_attributes(), sent.md5_of_message_attributes());
    let attributes = first.message_attributes().unwrap();
    assert_eq!(attributes["reason"].string_value(), Some("why"));
    assert_eq!(attributes["bytes"].binary_value().unwrap().as_ref(), [1, 2]);
}

#[tokio::test]
async fn a_received_message_is_hidden_until_it_is_given_back_and_counts_its_receipts() {
    let caller = Caller::start().await;
    let url = caller.queue("work").await;
    caller.send(&url, "once").await;

    let first = caller.receive(&url).await.remove(0);
    assert!(caller.receive(&url).await.is_empty(), "hidden");
    let give_back = caller.queues.change_message_visibility().queue_url(&url);
    let give_back = give_back.receipt_handle(first.receipt_handle().unwrap());
    give_back.visibility_timeout(0).send().await.unwrap();

    let again = caller.queues.receive_message().queue_url(&url);
    let again = again.message_system_attribute_names(MessageSystemAttributeName::All);
    let again = again.send().await.unwrap().messages.unwrap().remove(0);
    assert_eq!(again.message_id(), first.message_id());
    let attributes = again.attributes().unwrap();
    assert_eq!(attributes[&MessageSystemAttributeName::ApproximateReceiveCount], "2");
    // The first receipt is out of date; the second one deletes.
    let delete = |receipt: &str| {
        caller.queues.delete_message().queue_url(&url).receipt_handle(receipt).send()
    };
    delete(first.receipt_handle().unwrap()).await.unwrap();
    assert_eq!(depth(&caller, &url).await, ("0".to_owned(), "1".to_owned()));
    delete(again.receipt_handle().unwrap()).await.unwrap();
    assert_eq!(depth(&caller, &url).await, ("0".to_owned(), "0".to_owned()));
}

#[tokio::test]
async fn a_long_poll_ends_when_a_message_arrives_or_shows_again() {
    let caller = Caller::start().await;
    let url = caller.queue("work").await;
    let poll = || caller.queues.receive_message().queue_url(&url).wait_time_seconds(20).send();

    let (received, ()) = tokio::join!(poll(), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        caller.send(&url, "late").await;
    });
    let received = received.unwrap().messages.unwrap().remove(0);
    assert_eq!(received.body(), Some("late"));

    let hide = caller.queues.change_message_visibility().queue_url(&url);
    let hide = hide.receipt_handle(received.receipt_handle().unwrap());
    hide.visibility_timeout(1).send().await.unwrap();
    let again = poll().await.unwrap().messages.unwrap().remove(0);
    assert_eq!(again.message_id(), received.message_id());
}

#[tokio::test]
async fn a_message_received_too_often_moves_to_the_dead_letter_queue() {
    let caller = Caller::start().await;
    let (url, dead) = (caller.queue("work").await, caller.queue("dead").await);
    let redrive = r#"{ "deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dead", "maxReceiveCount": 2 }"#;
    let attributes = HashMap::from([
        (QueueAttributeName::RedrivePolicy, redrive.to_owned()),
        (QueueAttributeName::VisibilityTimeout, "0".to_owned()),
    ]);
    let set = caller.queues.set_queue_attributes().queue_url(&url);
    set.set_attributes(Some(attributes)).send().await.unwrap();
    caller.send(&url, "poison").await;

    assert_eq!(caller.bodies(&url).await, ["poison"]);
    assert_eq!(caller.bodies(&url).await, ["poison"]);
    assert!(caller.bodies(&url).await.is_empty());

    let letter = caller.queues.receive_message().queue_url(&dead);
    let letter = letter.message_system_attribute_names(MessageSystemAttributeName::All);
    let letter = letter.send().await.unwrap().messages.unwrap().remove(0);
    assert_eq!(letter.body(), Some("poison"));
    let source =
        &letter.attributes().unwrap()[&MessageSystemAttributeName::DeadLetterQueueSourceArn];
    assert_eq!(source, "arn:aws:sqs:us-east-1:000000000000:work");
}

#[tokio::test]
async fn a_batch_has_a_verdict_for_each_entry() {
    let caller = Caller::start().await;
    let url = caller.queue("work").await;
    let entry = |id: &str, body: &str| {
        SendMessageBatchRequestEntry::builder().id(id).message_body(body).build().unwrap()
    };

    let batch = caller.queues.send_message_batch().queue_url(&url);
    let batch = batch.entries(entry("good", "text")).entries(entry("bad", "\u{1}"));
    let sent = batch.send().await.unwrap();

    assert_eq!(sent.successful()[0].id(), "good");
    assert_eq!((sent.failed()[0].id(), sent.failed()[0].code()), ("bad", "InvalidMessageContents"));
    assert!(sent.failed()[0].sender_fault());
    let receipt = caller.receive(&url).await.remove(0).receipt_handle.unwrap();
    let delete = |id: &str, receipt: &str| {
        let entry = DeleteMessageBatchRequestEntry::builder().id(id).receipt_handle(receipt);
        entry.build().unwrap()
    };
    let batch = caller.queues.delete_message_batch().queue_url(&url);
    let batch = batch.entries(delete("good", &receipt)).entries(delete("bad", "made up"));
    let deleted = batch.send().await.unwrap();
    assert_eq!(deleted.successful()[0].id(), "good");
    assert_eq!(deleted.failed()[0].code(), "ReceiptHandleIsInvalid");
}

#[tokio::test]
async fn what_aws_refuses_is_refused_by_the_same_name() {
    let caller = Caller::start().await;
    let url = caller.queue("work").await;

    let nowhere = caller.queues.get_queue_url().queue_name("nowhere").send().await.unwrap_err();
    assert!(nowhere.into_service_error().is_queue_does_not_exist());
    let none = caller.queues.send_message_batch().queue_url(&url).set_entries(Some(vec![]));
    assert!(none.send().await.unwrap_err().into_service_error().is_empty_batch_request());
    let same = SendMessageBatchRequestEntry::builder().id("same").message_body("x").build();
    let same = vec![same.unwrap(); 2];
    let twice = caller.queues.send_message_batch().queue_url(&url).set_entries(Some(same));
    assert!(twice.send().await.unwrap_err().into_service_error().is_batch_entry_ids_not_distinct());
    let large = caller.queues.send_message().queue_url(&url).message_body("x".repeat(1_048_577));
    assert_eq!(large.send().await.unwrap_err().code(), Some("InvalidParameterValue"));
    let fifo = caller.queues.create_queue().queue_name("orders.fifo").send().await.unwrap_err();
    assert_eq!(fifo.code(), Some("InvalidParameterValue"));
    let other = caller.queues.create_queue().queue_name("work");
    let other = other.attributes(QueueAttributeName::VisibilityTimeout, "5").send().await;
    assert!(other.unwrap_err().into_service_error().is_queue_name_exists());
}

/// How many messages wait, and how many are hidden.
async fn depth(caller: &Caller, url: &str) -> (String, String) {
    let asked = caller.queues.get_queue_attributes().queue_url(url);
    let mut told = asked.attribute_names(QueueAttributeName::All).send().await.unwrap();
    let told = told.attributes.as_mut().unwrap();
    let mut take = |name| told.remove(&name).unwrap();
    (
        take(QueueAttributeName::ApproximateNumberOfMessages),
        take(QueueAttributeName::ApproximateNumberOfMessagesNotVisible),
    )
}
