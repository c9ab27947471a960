//! `POST /v1/events`: who may, how much at once, and what is answered.

use std::{num::NonZeroUsize, sync::Arc};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::State,
    http::{
        HeaderMap, StatusCode,
        header::{AUTHORIZATION, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
    routing::post,
};
use jiff::Timestamp;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    delivery::RefusalCode,
    outbound::{
        Outbound, bounded,
        change::{Answer, Answers, Verdict},
        intake::{
            Entry, Receipt,
            body::{self, Posted},
            credential::{Member, Members},
        },
        refused::{Refused, retry_after},
    },
    signature::Headers,
    telemetry,
};

/// The bounds of what is taken from external producers.
#[derive(Debug, Clone, Copy)]
pub struct IntakeLimits {
    /// One request's body.
    pub body_bytes_max: NonZeroUsize,
    /// Events in one request.
    pub events_max: NonZeroUsize,
}

/// Takes the events of external producers.
#[derive(Debug)]
pub struct Intake {
    /// Publishes.
    pub outbound: Arc<Outbound>,
    /// Knows who may post, and holds the places of each.
    pub members: Members,
    /// How much is taken.
    pub limits: IntakeLimits,
    /// Free places, of all producers together. Those of Directus are others.
    pub places: Semaphore,
    /// Cancelled when the sidecar stops.
    pub shutdown: CancellationToken,
}

impl Intake {
    /// The route.
    pub fn router(self) -> Router {
        Router::new().route("/v1/events", post(events)).with_state(Arc::new(self))
    }
}

async fn events(
    State(intake): State<Arc<Intake>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    let presented = Presented::by(&headers)?;
    let _place = intake.admit()?;
    let (member, _share, body) = match presented {
        Presented::Token(token) => {
            let unknown = || Refused::unauthenticated("the token is not known");
            let member = intake.members.by_token(token).ok_or_else(unknown)?;
            let share = intake.share(member)?;
            (member, share, intake.read(body).await?)
        }
        Presented::Signature(signature) => {
            let body = intake.read(body).await?;
            let member = intake
                .members
                .by_signature(signature, &body, Timestamp::now())
                .map_err(|error| Refused::unauthenticated(&error.to_string()))?;
            (member, intake.share(member)?, body)
        }
    };
    let producer = member.producer();
    let events_max = intake.limits.events_max.get();
    let posted = body::read(&headers, &body, producer, &receipt(&headers), events_max)?;

    Ok(match posted {
        Posted::One(entry) => {
            let verdicts = intake.publish(member, vec![*entry]).await;
            let status = verdicts.first().map_or(StatusCode::OK, |answer| status(&answer.verdict));
            let mut response = (status, Json(Answers { verdicts })).into_response();
            if status == StatusCode::SERVICE_UNAVAILABLE {
                let after = retry_after(intake.outbound.drain_time());
                response.headers_mut().insert(RETRY_AFTER, after);
            }
            response
        }
        Posted::Many(entries) => {
            let verdicts = intake.publish(member, entries).await;
            Json(Answers { verdicts }).into_response()
        }
    })
}

impl Intake {
    /// The place comes first: a body is read only when somebody can work on it, and the bus can take
    /// what is in it.
    fn admit(&self) -> Result<SemaphorePermit<'_>, Refused> {
        if self.shutdown.is_cancelled() {
            return Err(Refused::draining());
        }
        if let Some(congestion) = self.outbound.congestion() {
            return Err(Refused::congested(congestion));
        }
        self.places.try_acquire().map_err(|_| Refused::saturated(self.outbound.drain_time()))
    }

    fn share<'own>(&'own self, member: &'own Member) -> Result<SemaphorePermit<'own>, Refused> {
        member.place().ok_or_else(|| Refused::busy(self.outbound.drain_time()))
    }

    async fn read(&self, body: Body) -> Result<Bytes, Refused> {
        bounded::read(body, self.limits.body_bytes_max.get()).await
    }

    async fn publish(&self, member: &Member, entries: Vec<Entry>) -> Vec<Answer> {
        let received = entries.into_iter().map(|entry| (entry.event_id, entry.event)).collect();
        let answers = self.outbound.accept_events(received).await;
        report(&member.producer().name, &answers);
        answers
    }
}

/// How a request shows whom it is from.
enum Presented<'request> {
    Token(&'request str),
    Signature(Headers<'request>),
}

impl<'request> Presented<'request> {
    fn by(headers: &'request HeaderMap) -> Result<Self, Refused> {
        if let Some(authorization) = headers.get(AUTHORIZATION) {
            let bearer = authorization.to_str().ok().and_then(|text| text.split_once(' '));
            return match bearer {
                Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                    Ok(Self::Token(token.trim()))
                }
                _ => Err(Refused::unauthenticated("only bearer tokens are taken")),
            };
        }
        let signature = || {
            Some(Headers {
                id: text(headers, "webhook-id")?,
                timestamp: text(headers, "webhook-timestamp")?,
                signature: text(headers, "webhook-signature")?,
            })
        };
        let needed = "a bearer token, or webhook-id, -timestamp and -signature are needed";
        signature().map(Self::Signature).ok_or_else(|| Refused::unauthenticated(needed))
    }
}

fn text<'headers>(headers: &'headers HeaderMap, name: &str) -> Option<&'headers str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn receipt(headers: &HeaderMap) -> Receipt {
    let traceparent = text(headers, "traceparent").filter(|text| is_traceparent(text));
    Receipt {
        at: Timestamp::now(),
        message_id: text(headers, "webhook-id").map(str::to_owned),
        traceparent: traceparent.map(str::to_owned),
    }
}

/// Whether the envelope takes it: somebody else's broken trace is no reason to refuse an event.
fn is_traceparent(text: &str) -> bool {
    const LENGTHS: [usize; 4] = [2, 32, 16, 2];
    let is_hex = |part: &str| part.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'));
    text.split('-').map(str::len).eq(LENGTHS) && text.split('-').all(is_hex)
}

/// A single event's verdict is also the request's: whoever looks at the status alone, as senders of
/// CloudEvents do, is not misled.
fn status(verdict: &Verdict) -> StatusCode {
    match verdict {
        Verdict::Published | Verdict::Ignored => StatusCode::OK,
        Verdict::Retry { .. } => StatusCode::SERVICE_UNAVAILABLE,
        Verdict::Rejected { error } => match error.code {
            RefusalCode::Undecodable => StatusCode::BAD_REQUEST,
            RefusalCode::Forbidden => StatusCode::FORBIDDEN,
            RefusalCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        },
    }
}

fn report(producer: &str, answers: &[Answer]) {
    for Answer { event_id, verdict } in answers {
        telemetry::event(producer, verdict.as_str());
        if let Verdict::Rejected { error } = verdict {
            // The detail is the producer's alone: a parser's error may quote a value.
            let event_id = event_id.map(tracing::field::display);
            warn!(event.id = event_id, producer, code = %error.code, path = error.path, "event rejected");
        }
    }
    let count = |word: &str| answers.iter().filter(|a| a.verdict.as_str() == word).count();
    info!(
        producer,
        events = answers.len(),
        ignored = count("ignored"),
        rejected = count("rejected"),
        retry = count("retry"),
        "published {} of {} events of {producer}",
        count("published"),
        answers.len()
    );
}

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use crate::outbound::intake::credential;

    /// An intake for the shop alone, with three places.
    pub(crate) fn intake(outbound: Arc<Outbound>, shutdown: &CancellationToken) -> Intake {
        Intake {
            outbound,
            members: credential::testing::members(),
            limits: IntakeLimits {
                body_bytes_max: NonZeroUsize::new(10_000).unwrap(),
                events_max: NonZeroUsize::new(5).unwrap(),
            },
            places: Semaphore::new(3),
            shutdown: shutdown.clone(),
        }
    }
}
