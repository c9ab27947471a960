//! Takes connections, and loses them when told to.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderName, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::Instant,
};
use uuid::Uuid;

use crate::{
    control,
    faults::{End, MomentTrouble},
    operation::{Answer, AwsError, Operation, Service},
    stub::Cloud,
};

/// A call of the largest size, every character of it escaped.
const BODY_BYTES_MAX: usize = 8_000_000;
/// How long another process may hold the port while the stub is gone.
const COME_BACK_PAUSE: Duration = Duration::from_millis(20);

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const QUERY_ERROR: HeaderName = HeaderName::from_static("x-amzn-query-error");

/// A time in which nobody listens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Absence {
    until: Instant,
}

impl Absence {
    pub(crate) fn starting_now(duration: Duration) -> Self {
        Self { until: Instant::now() + duration }
    }
}

/// The connection is to end without an answer.
#[derive(Debug)]
pub(crate) struct Disconnected;

impl std::fmt::Display for Disconnected {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("disconnected on command")
    }
}

impl std::error::Error for Disconnected {}

/// Serves for ever, but for its absences.
pub(crate) async fn run(mut listener: TcpListener, cloud: Arc<Cloud>) {
    let Ok(address) = listener.local_addr() else { return };
    let mut absences = cloud.absence.subscribe();
    loop {
        let mut connections = JoinSet::new();
        let absence = loop {
            tokio::select! {
                accepted = listener.accept() => {
                    // Too many open files, or a caller that was gone again: others are not concerned.
                    if let Ok((stream, _)) = accepted {
                        connections.spawn(serve(stream, Arc::clone(&cloud)));
                    }
                }
                Some(_) = connections.join_next() => {}
                Ok(()) = absences.changed() => {
                    if let Some(absence) = *absences.borrow_and_update() { break absence }
                }
            }
        };
        drop(listener);
        // A kept connection ends as if the process had: in the middle of whatever it does.
        drop(connections);
        tokio::time::sleep_until(absence.until).await;
        listener = come_back(address).await;
    }
}

async fn come_back(address: SocketAddr) -> TcpListener {
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return listener,
            Err(_) => tokio::time::sleep(COME_BACK_PAUSE).await,
        }
    }
}

async fn serve(stream: TcpStream, cloud: Arc<Cloud>) {
    // Without it, small answers wait for the caller's acknowledgement.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let service = service_fn(|request| answer(request, &cloud));
    // It ends with an error when the caller goes away, or is sent away: both are everyday here.
    drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
}

async fn answer(
    request: Request<Incoming>,
    cloud: &Cloud,
) -> Result<Response<Full<Bytes>>, Disconnected> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_BYTES_MAX).collect().await else {
        return Ok(plain(StatusCode::PAYLOAD_TOO_LARGE, Bytes::new()));
    };
    let body = body.to_bytes();
    if head.uri.path().starts_with(control::PREFIX) {
        return Ok(control::answer(&head, &body, cloud));
    }
    let target = head.headers.get(TARGET).and_then(|target| target.to_str().ok());
    match Operation::parse(target.unwrap_or_default()) {
        _ if head.method != Method::POST => Ok(plain(StatusCode::METHOD_NOT_ALLOWED, Bytes::new())),
        Ok((service, operation)) => {
            let answer = call(service, operation, &body, cloud).await?;
            Ok(respond(service, answer))
        }
        Err(error) => Ok(respond(Service::EventBridge, Err(error))),
    }
}

async fn call(
    service: Service,
    operation: Operation,
    body: &[u8],
    cloud: &Cloud,
) -> Result<Answer, Disconnected> {
    cloud.seen.call(operation);
    let trouble = cloud.faults.on_call(operation);
    if let Some(instead) = suffer(trouble.before, service).await? {
        return Ok(instead);
    }
    let answer = match service {
        Service::EventBridge => cloud.eventbridge.call(operation, body, cloud),
        Service::Sqs => cloud.sqs.call(operation, body, &cloud.faults).await,
    };
    Ok(suffer(trouble.after, service).await?.unwrap_or(answer))
}

async fn suffer(trouble: MomentTrouble, service: Service) -> Result<Option<Answer>, Disconnected> {
    if !trouble.delay.is_zero() {
        tokio::time::sleep(trouble.delay).await;
    }
    match trouble.end {
        None => Ok(None),
        Some(End::Throttled) => Ok(Some(Err(AwsError::throttled(service)))),
        Some(End::ServerError(status)) => Ok(Some(Err(AwsError::server(status)))),
        Some(End::Disconnected) => Err(Disconnected),
    }
}

fn respond(service: Service, answer: Answer) -> Response<Full<Bytes>> {
    let mut response = match answer {
        Ok(body) => plain(StatusCode::OK, body),
        Err(error) => refuse(service, &error),
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(service.content_type()));
    let id = HeaderValue::from_str(&Uuid::now_v7().to_string()).expect("an id is ASCII");
    headers.insert(REQUEST_ID, id);
    response
}

fn refuse(service: Service, error: &AwsError) -> Response<Full<Bytes>> {
    let is_sqs = service == Service::Sqs;
    let namespace = if is_sqs { "com.amazonaws.sqs#" } else { "" };
    let told = json!({ "__type": format!("{namespace}{}", error.code), "message": error.message });
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = plain(status, told.to_string().into());
    let whose = if error.status < 500 { "Sender" } else { "Receiver" };
    let of_old = HeaderValue::from_str(&format!("{};{whose}", error.code_of_old()));
    if let (true, Ok(of_old)) = (is_sqs, of_old) {
        response.headers_mut().insert(QUERY_ERROR, of_old);
    }
    response
}

/// A response without any header of AWS.
pub(crate) fn plain(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::<Bytes>::from(body));
    *response.status_mut() = status;
    response
}
