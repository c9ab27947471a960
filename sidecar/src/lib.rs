//! The sidecar: carries changes from Directus to EventBridge and brings the results back.
//!
//! `outbound` and `inbound` never import each other; what they share is [`event::Event`].

pub mod admin;
pub mod batch;
pub mod catalogue;
pub mod command;
pub mod comprehend;
pub mod config;
pub mod contract;
pub mod delivery;
pub mod directus;
pub mod event;
pub mod expression;
pub mod inbound;
pub mod insight;
pub mod openapi;
pub mod outbound;
pub mod reaction;
pub mod reactions;
pub mod readiness;
pub mod retry;
pub mod route;
pub mod setup;
pub mod signature;
pub mod telemetry;
pub mod token;
