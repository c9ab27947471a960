//! The reactions, one file each.

pub mod enrich;
