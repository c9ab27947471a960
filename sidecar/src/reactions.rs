//! The reactions, one file each.

pub mod anomaly;
pub mod consent;
pub mod enrich;
pub mod erase;
pub mod escalate;
pub mod filter;
pub mod journey;
pub mod trigger_flow;
pub mod values;
