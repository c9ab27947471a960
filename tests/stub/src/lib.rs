//! EventBridge and SQS in memory, with faults on command: for tests and benches, never in the product.
//!
//! The SDKs of AWS talk to it unchanged when `AWS_ENDPOINT_URL` names it. It keeps the limits and
//! tells the errors of AWS as far as this project meets them, and refuses what it does not know
//! instead of guessing. Signatures and queue policies are not checked.
//!
//! Tests use it in their own process ([`Stub`]) or as the binary `aws-stub`; both obey the same
//! commands, which the binary takes under `/_stub/`.

mod control;
mod eventbridge;
mod fault;
mod faults;
mod operation;
mod seen;
mod server;
mod sqs;
mod stub;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use fault::{Fault, Moment, Trouble};
pub use faults::{Faults, Struck};
pub use operation::Operation;
pub use seen::{Report, SeenEvent};
pub use stub::{Options, Stub};

/// What is locked here is never left half done, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
