use aws_sdk_sqs::{
    operation::delete_message_batch::DeleteMessageBatchOutput,
    types::{BatchResultErrorEntry, DeleteMessageBatchResultEntry},
};
use aws_smithy_mocks::{mock, mock_client};

use super::*;

#[tokio::test]
async fn partial_failure_of_a_batch_delete_is_not_ignored() {
    let delete = mock!(Client::delete_message_batch).then_output(|| {
        let deleted = DeleteMessageBatchResultEntry::builder().id("0").build().unwrap();
        let failed = BatchResultErrorEntry::builder()
            .id("1")
            .code("InternalError")
            .sender_fault(false)
            .build()
            .unwrap();
        DeleteMessageBatchOutput::builder().successful(deleted).failed(failed).build().unwrap()
    });
    let queue = testing::queue(mock_client!(aws_sdk_sqs, [&delete]));

    let outcomes = queue.delete(&[testing::receipt("a"), testing::receipt("b")]).await;

    assert!(outcomes[0].is_ok());
    assert!(outcomes[1].as_ref().is_err_and(DeliveryError::is_transient));
}

#[rstest::rstest]
#[case(Duration::ZERO, 0)]
#[case(Duration::from_millis(1), 1)]
#[case(Duration::from_mins(2), 120)]
fn a_duration_is_rounded_up_to_whole_seconds(#[case] duration: Duration, #[case] secs: i32) {
    assert_eq!(super::secs(duration), secs);
}
