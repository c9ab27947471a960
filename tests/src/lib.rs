//! Starts the real parts on this machine, each in a process of its own, and says what a story needs.
//!
//! Real: Directus with the packed extension, the sidecar binary. Stand-in: AWS (ministack).

pub mod aws;
pub mod directus;
mod eventually;
mod logs;
mod message;
mod part;
pub mod sidecar;
mod stack;
mod template;

pub use eventually::eventually;
pub use message::{DeadLetter, Event};
pub use stack::{Stack, story};
