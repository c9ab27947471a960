//! Starts the real parts on this machine, each in a process of its own, and says what a story needs.
//!
//! Real: Directus with the packed extension, its database, the sidecar binary. Stand-in: AWS (ministack,
//! or our own stub where something has to go wrong).

mod account;
pub mod aws;
#[cfg(test)]
mod bugs;
mod chaos;
mod database;
pub mod directus;
mod eventually;
mod logs;
mod message;
mod part;
mod postgres;
mod setup;
pub mod sidecar;
mod solo;
mod stack;
pub mod stub;
mod template;
mod terraform;

pub use account::Account;
pub use aws::Emulator;
pub use chaos::{Chaos, Report};
pub use database::Database;
pub use eventually::eventually;
pub use message::{DeadLetter, Event};
pub use setup::{Setup, story};
pub use solo::{Extension, Solo};
pub use stack::Stack;
pub use template::Schema;
pub use terraform::Terraform;
