//! The commands, for those who are not in the same process.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, Response, StatusCode, http::request::Parts};
use serde::{Deserialize, Serialize};

use crate::{Fault, server::plain, stub::Cloud};

/// Where commands begin; no path of AWS does.
pub(crate) const PREFIX: &str = "/_stub/";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Absence {
    for_ms: u64,
}

/// Obeys a command:
///
/// | command | what it does |
/// | --- | --- |
/// | `GET /_stub/health` | answers |
/// | `GET /_stub/seen` | a [`Report`](crate::Report) |
/// | `GET /_stub/accepted` | only how many entries were accepted |
/// | `GET /_stub/faults` | every fault and how often it [`Struck`](crate::Struck) |
/// | `POST /_stub/faults` | adds one [`Fault`] |
/// | `DELETE /_stub/faults` | ends all of them |
/// | `POST /_stub/gone` | `{ "for_ms": 30000 }`: nobody listens for so long |
/// | `POST /_stub/reset` | forgets what it saw, all faults and all messages |
pub(crate) fn answer(head: &Parts, body: &[u8], cloud: &Cloud) -> Response<Full<Bytes>> {
    let command = head.uri.path().strip_prefix(PREFIX).unwrap_or_default();
    match (&head.method, command) {
        (&Method::GET, "health") => plain(StatusCode::OK, Bytes::new()),
        (&Method::GET, "seen") => report(&cloud.seen.report()),
        (&Method::GET, "accepted") => report(&cloud.seen.accepted()),
        (&Method::GET, "faults") => report(&cloud.faults.struck()),
        (&Method::POST, "faults") => obey(body, |fault: Fault| cloud.faults.add(fault)),
        (&Method::DELETE, "faults") => {
            cloud.faults.clear();
            done()
        }
        (&Method::POST, "gone") => {
            obey(body, |absence: Absence| cloud.leave(Duration::from_millis(absence.for_ms)))
        }
        (&Method::POST, "reset") => {
            cloud.reset();
            done()
        }
        _ => plain(StatusCode::NOT_FOUND, Bytes::from_static(b"no such command\n")),
    }
}

fn obey<'body, Command: Deserialize<'body>>(
    body: &'body [u8],
    act: impl FnOnce(Command),
) -> Response<Full<Bytes>> {
    match serde_json::from_slice(body) {
        Ok(command) => {
            act(command);
            done()
        }
        Err(error) => plain(StatusCode::BAD_REQUEST, format!("{error}\n").into()),
    }
}

fn report(what: &impl Serialize) -> Response<Full<Bytes>> {
    plain(StatusCode::OK, serde_json::to_vec(what).expect("reports are plain data").into())
}

fn done() -> Response<Full<Bytes>> {
    plain(StatusCode::NO_CONTENT, Bytes::new())
}
