//! What stands for Comprehend in a build without it: nobody.

use std::future::Ready;

use aws_config::SdkConfig;
use tokio_util::sync::CancellationToken;

use super::ComprehendLimits;
use crate::{delivery::DeliveryError, insight::Judgement};

/// There is none.
#[derive(Debug, Clone)]
pub enum Comprehend {}

impl Comprehend {
    /// Nobody to connect to.
    pub fn connect(_: &SdkConfig, _: ComprehendLimits, _: &CancellationToken) -> Option<Self> {
        None
    }

    /// Nobody to judge.
    pub fn judge(&self, _: &str, _: Option<&str>) -> Ready<Result<Judgement, DeliveryError>> {
        match *self {}
    }
}
