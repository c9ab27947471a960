//! The outbox as the extension's endpoint shows it, field by field as on the wire.
#![expect(missing_docs, reason = "the extension's README says what each is")]

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    pub protocol: String,
    pub outbox: Figures,
    pub untracked: Vec<String>,
    pub relay: Option<Relay>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    pub pending: u64,
    pub rejected: u64,
    pub published: u64,
    pub ignored: u64,
    pub oldest_pending_at: Option<Timestamp>,
    pub oldest_pending_age_ms: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Relay {
    pub failures: u32,
    pub last_error: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RejectedPage {
    pub rows: Vec<RejectedRow>,
    pub next: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RejectedRow {
    pub id: u64,
    pub event_id: String,
    pub kind: String,
    pub collection: String,
    pub key: String,
    pub action: String,
    pub attempts: u32,
    pub error: Option<Reason>,
    pub created_at: Timestamp,
    pub settled_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Resend {
    Rows { ids: Vec<u64> },
    All { all: True, collection: Option<String>, code: Option<String>, after: u64 },
}

/// What the endpoint wants to read before it takes all rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(into = "bool")]
pub struct True;

impl From<True> for bool {
    fn from(True: True) -> Self {
        true
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Resent {
    pub resent: u64,
    pub next: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GapsRequest {
    pub since: Timestamp,
    pub after: Option<u64>,
    pub limit: u32,
    pub repair: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct GapsPage {
    pub checked: u64,
    pub gaps: Vec<Gap>,
    pub next: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gap {
    pub activity_id: u64,
    pub collection: String,
    pub key: String,
    pub action: String,
    pub at: Timestamp,
    pub user_id: Option<String>,
    pub repaired: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackfillRequest {
    pub collection: String,
    pub run: String,
    pub after: Option<String>,
    pub limit: u32,
    /// Whether to count what is still to come.
    pub count: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct BackfillPage {
    pub recorded: u64,
    pub skipped: u64,
    pub last: Option<String>,
    pub total: Option<u64>,
    pub pending: u64,
}
