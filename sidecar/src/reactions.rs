//! The reactions, one file each.

pub mod enrich;
pub mod trigger_flow;
