use std::time::{Duration, Instant};

use aws_sdk_eventbridge::{
    error::{ProvideErrorMetadata as _, SdkError},
    operation::put_events::{PutEventsError, PutEventsOutput},
};
use aws_stub::{Fault, Moment, Operation, Trouble};

use crate::{Caller, entry};

impl Caller {
    async fn put(&self, event_id: &str) -> Result<PutEventsOutput, SdkError<PutEventsError>> {
        self.bus.put_events().entries(entry(event_id)).send().await
    }

    fn accepted(&self) -> Vec<(String, u64)> {
        let events = self.stub.seen().events.into_iter();
        events.map(|event| (event.id, event.times)).collect()
    }
}

#[tokio::test]
async fn a_throttled_call_has_no_effect() {
    let caller = Caller::start().await;
    caller.stub.faults().add(Fault::new(Trouble::Throttle).times(1));

    let throttled = caller.put("a").await.unwrap_err();

    assert_eq!(throttled.code(), Some("ThrottlingException"));
    assert!(caller.put("b").await.is_ok());
    assert_eq!(caller.accepted(), [("b".to_owned(), 1)]);
}

#[tokio::test]
async fn a_share_of_the_entries_is_refused_with_the_code_of_choice() {
    let caller = Caller::start().await;
    let refuse = Trouble::RefuseEntry { code: "InternalFailure".to_owned() };
    caller.stub.faults().add(Fault::new(refuse).on(Operation::PutEvents).at_rate(0.5).seeded(3));

    let ten = (0..10).map(|n| entry(&n.to_string()));
    let put = caller.bus.put_events().set_entries(Some(ten.collect())).send().await.unwrap();

    let passed: Vec<_> = put.entries().iter().map(|entry| entry.error_code().is_none()).collect();
    let seen: Vec<_> = caller.accepted().into_iter().map(|(id, _)| id).collect();
    let expected = (0..10).filter(|&n| passed[n]).map(|n| n.to_string());
    assert_eq!(seen, expected.collect::<Vec<_>>());
    assert!((1..10).contains(&put.failed_entry_count()), "some and not all");
    let codes: Vec<_> = put.entries().iter().filter_map(|entry| entry.error_code()).collect();
    assert!(codes.iter().all(|&code| code == "InternalFailure"), "{codes:?}");
}

#[tokio::test]
async fn a_connection_is_lost_before_or_after_the_effect() {
    let caller = Caller::start().await;
    for moment in [Moment::BeforeEffect, Moment::AfterEffect] {
        caller.stub.faults().add(Fault::new(Trouble::Disconnect { moment }).times(1));

        let lost = caller.put(&format!("{moment:?}")).await.unwrap_err();

        assert!(matches!(lost, SdkError::DispatchFailure(_)), "no answer, and not {lost:?}");
    }
    assert_eq!(caller.accepted(), [("AfterEffect".to_owned(), 1)]);
    assert!(caller.put("next").await.is_ok());
}

#[tokio::test]
async fn a_server_error_comes_before_or_after_the_effect() {
    let caller = Caller::start().await;
    for moment in [Moment::BeforeEffect, Moment::AfterEffect] {
        let fault = Fault::new(Trouble::ServerError { status: 503, moment });
        caller.stub.faults().add(fault.times(1));

        let failed = caller.put(&format!("{moment:?}")).await.unwrap_err();

        assert_eq!(failed.raw_response().unwrap().status().as_u16(), 503);
    }
    assert_eq!(caller.accepted(), [("AfterEffect".to_owned(), 1)]);
}

#[tokio::test]
async fn a_delay_makes_a_call_that_much_slower() {
    let caller = Caller::start().await;
    let delay = Trouble::Delay { min_ms: 60, max_ms: 80, moment: Moment::BeforeEffect };
    caller.stub.faults().add(Fault::new(delay).times(1));

    let began = Instant::now();
    caller.put("slow").await.unwrap();

    assert!(began.elapsed() >= Duration::from_millis(60));
}

#[tokio::test]
async fn a_stub_that_is_gone_refuses_connections_and_comes_back_with_its_memory() {
    let caller = Caller::start().await;
    caller.put("before").await.unwrap();
    caller.stub.leave(Duration::from_millis(300));

    // The first call may still meet the old connection; either way it has no answer.
    let gone = caller.put("meanwhile").await.unwrap_err();
    assert!(matches!(gone, SdkError::DispatchFailure(_)), "{gone:?}");
    while caller.put("after").await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    let ids: Vec<_> = caller.accepted().into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["before", "after"]);
}

#[tokio::test]
async fn a_duplicate_comes_again_although_the_first_was_deleted() {
    let caller = Caller::start().await;
    let url = caller.queue("work").await;
    caller.stub.faults().add(Fault::new(Trouble::Duplicate).times(1));
    caller.send(&url, "text").await;

    let mut ids = Vec::new();
    loop {
        let Some(message) = caller.receive(&url).await.pop() else { break };
        let delete = caller.queues.delete_message().queue_url(&url);
        delete.receipt_handle(message.receipt_handle.unwrap()).send().await.unwrap();
        ids.push(message.message_id.unwrap());
    }

    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1], "the same message");
}

#[tokio::test]
async fn reordered_messages_are_all_there_in_another_order() {
    let caller = Caller::start().await;
    let url = caller.queue("work").await;
    caller.stub.faults().add(Fault::new(Trouble::Reorder).seeded(1));
    let sent: Vec<_> = (0..10).map(|n| n.to_string()).collect();
    for body in &sent {
        caller.send(&url, body).await;
    }

    let mut received = caller.bodies(&url).await;

    assert_ne!(received, sent);
    received.sort();
    assert_eq!(received, sent);
}

#[tokio::test]
async fn faults_are_commanded_from_outside_and_tell_how_often_they_struck() {
    let caller = Caller::start().await;
    let http = http::Control(caller.stub.address());

    let fault = r#"{ "what": "throttle", "operation": "PutEvents", "count": 1 }"#;
    assert_eq!(http.ask("POST", "faults", fault).await.0, 204);
    assert_eq!(http.ask("POST", "faults", r#"{ "what": "thunder" }"#).await.0, 400);
    caller.put("a").await.unwrap_err();
    caller.put("b").await.unwrap();

    let (status, struck) = http.ask("GET", "faults", "").await;
    assert_eq!((status, &struck[0]["times"]), (200, &1.into()));
    let (_, seen) = http.ask("GET", "seen", "").await;
    assert_eq!(seen["calls"]["PutEvents"], 2);
    assert_eq!(seen["events"][0]["id"], "b");
    assert_eq!(http.ask("DELETE", "faults", "").await.0, 204);
    assert_eq!(http.ask("GET", "faults", "").await.1, serde_json::json!([]));
    assert_eq!(http.ask("POST", "reset", "").await.0, 204);
    assert_eq!(http.ask("GET", "nonsense", "").await.0, 404);
    assert_eq!(caller.stub.seen().accepted, 0);
}

/// As little HTTP as the commands need.
mod http {
    use std::net::SocketAddr;

    use serde_json::Value;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpStream,
    };

    pub(super) struct Control(pub(super) SocketAddr);

    impl Control {
        pub(super) async fn ask(&self, method: &str, command: &str, body: &str) -> (u16, Value) {
            let mut stream = TcpStream::connect(self.0).await.unwrap();
            let request = format!(
                "{method} /_stub/{command} HTTP/1.1\r\nhost: stub\r\nconnection: close\r\n\
                 content-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            let status = head.split(' ').nth(1).unwrap().parse().unwrap();
            (status, serde_json::from_str(body).unwrap_or(Value::Null))
        }
    }
}
