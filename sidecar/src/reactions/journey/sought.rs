//! What is looked for in the timelines, and what it looks like when it is found.

use jiff::Timestamp;

use super::announcement::Announcement;
use crate::{
    delivery::DeliveryError,
    event::{Event, EventId},
    insight::pattern::{Found, Pattern},
};

/// A pattern, and what is told when it is found.
#[derive(Debug)]
pub(super) struct Sought {
    pub(super) pattern: Pattern,
    pub(super) announcement: Announcement,
}

/// What one pattern finds, for a report.
#[derive(Debug)]
pub struct Finding {
    /// The pattern's name.
    pub pattern: String,
    /// What is told.
    pub event: Event,
    /// When the pattern was complete.
    pub at: Timestamp,
    /// The events that prove it.
    pub evidence: Vec<EventId>,
}

impl Sought {
    /// What is told of what was found, at the arrival of `cause` or at a look round. Customers stand in
    /// the collection `customers`, if anywhere.
    pub(super) fn finding(
        &self,
        found: &Found<'_>,
        cause: Option<&Event>,
        customers: Option<&str>,
        now: Timestamp,
    ) -> Result<Finding, DeliveryError> {
        let Self { pattern, announcement } = self;
        let event = announcement.event(pattern, found, cause, customers, now)?;
        let evidence = found.evidence.iter().map(|it| it.event_id).collect();
        Ok(Finding { pattern: pattern.name.clone(), event, at: found.at, evidence })
    }
}
