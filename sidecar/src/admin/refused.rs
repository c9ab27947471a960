//! The answer to a request that is not served.

use axum::{
    Json,
    extract::rejection::{JsonRejection, QueryRejection},
    http::{StatusCode, header::WWW_AUTHENTICATE},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{delivery::chain, inbound::dead_letter::shelves::LookError};

/// A request that is not served.
#[derive(Debug)]
pub(super) struct Refused {
    status: StatusCode,
    code: &'static str,
    detail: String,
}

impl Refused {
    /// It shows no token that we know.
    pub(super) fn unauthorized() -> Self {
        let detail = "Authorization: Bearer <one of admin.tokens> is needed";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
    }

    /// As many are under way as may be.
    pub(super) fn busy() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "too many requests are under way")
    }

    /// It says what nobody can mean.
    pub(super) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", detail)
    }

    /// It names a letter that is not there, or is not there any more.
    pub(super) fn no_such_letter(id: &str) -> Self {
        let detail = format!("there is no dead letter {id}");
        Self::new(StatusCode::NOT_FOUND, "no_such_letter", detail)
    }

    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into() }
    }
}

impl From<LookError> for Refused {
    fn from(error: LookError) -> Self {
        match &error {
            LookError::NoSuchRoute { .. } => Self::invalid(error.to_string()),
            LookError::Unreadable { .. } => {
                Self::new(StatusCode::BAD_GATEWAY, "unreadable", chain(&error))
            }
        }
    }
}

impl From<QueryRejection> for Refused {
    fn from(rejection: QueryRejection) -> Self {
        Self::invalid(rejection.body_text())
    }
}

impl From<JsonRejection> for Refused {
    fn from(rejection: JsonRejection) -> Self {
        Self { status: rejection.status(), ..Self::invalid(rejection.body_text()) }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let body = json!({ "error": { "code": self.code, "detail": self.detail } });
        let mut response = (self.status, Json(body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = "Bearer realm=\"event-bridge-admin\"".parse().expect("plain ASCII");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
