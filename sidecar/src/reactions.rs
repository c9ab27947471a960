//! The reactions, one file each.

pub mod enrich;
pub mod escalate;
pub mod trigger_flow;
pub mod values;
