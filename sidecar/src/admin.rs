//! The admin API, on a listener of its own: how everything goes, and what is to become of dead letters.

mod dead_letters;
mod overview;
mod refused;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{StatusCode, header::AUTHORIZATION},
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::{get, post},
};
use tokio::sync::Semaphore;
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};

pub use self::overview::{Bridge, OverviewedRoute};
use self::refused::Refused;
use crate::{inbound::dead_letter::shelves::Shelves, openapi, token::Token};

/// Requests under way at once: a few people look at it.
const REQUESTS_MAX: usize = 8;
/// One request, from its first byte to the answer: what is done to dead letters takes its time.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);
/// The names of a thousand letters have room.
const BODY_BYTES_MAX: usize = 100_000;

/// What the handlers share.
#[derive(Debug)]
pub struct Admin {
    tokens: Vec<Token>,
    places: Semaphore,
    bridge: Bridge,
    shelves: Shelves,
    /// Who looks takes letters out of sight: two at once would each see a part.
    looking: Semaphore,
}

impl Admin {
    /// Lets in whoever presents one of the tokens.
    pub fn new(tokens: Vec<Token>, bridge: Bridge, shelves: Shelves) -> Self {
        let places = Semaphore::new(REQUESTS_MAX);
        Self { tokens, places, bridge, shelves, looking: Semaphore::new(1) }
    }
}

/// All routes.
pub fn router(admin: Admin) -> Router {
    let admin = Arc::new(admin);
    Router::new()
        .route("/v1/overview", get(overview::show))
        .route("/v1/dead-letters", get(dead_letters::list))
        .route("/v1/dead-letters/{id}", get(dead_letters::show))
        .route("/v1/dead-letters/redrive", post(dead_letters::redrive))
        .route("/v1/dead-letters/discard", post(dead_letters::discard))
        .route_layer(from_fn_with_state(Arc::clone(&admin), admit))
        .route("/openapi.json", openapi::document(openapi::ADMIN))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(CatchPanicLayer::new())
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIMEOUT))
        .with_state(admin)
}

async fn admit(
    State(admin): State<Arc<Admin>>,
    request: Request,
    next: Next,
) -> Result<Response, Refused> {
    let presented = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = presented.and_then(|value| value.strip_prefix("Bearer "));
    if !token.is_some_and(|token| Token::is_among(token, &admin.tokens)) {
        return Err(Refused::unauthorized());
    }
    let _place = admin.places.try_acquire().map_err(|_| Refused::busy())?;
    Ok(next.run(request).await)
}

#[cfg(test)]
mod tests;
