//! The MD5s that SQS answers with, and that the SDKs compare with their own.

use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};

use crate::operation::AwsError;

/// An attribute of a message; a binary one in base64.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MessageAttribute {
    data_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    string_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    binary_value: Option<String>,
}

pub(crate) type MessageAttributes = BTreeMap<String, MessageAttribute>;

/// The MD5 of a message's body.
pub(crate) fn md5_of_body(body: &str) -> String {
    hex(Md5::digest(body).into())
}

/// The MD5 of a message's attributes, by the rule of the SQS developer guide: sorted by name; of
/// each the name, the type and the value, each with its length before it.
pub(crate) fn md5_of_attributes(attributes: &MessageAttributes) -> Option<String> {
    const TEXT: [u8; 1] = [1];
    const BINARY: [u8; 1] = [2];
    if attributes.is_empty() {
        return None;
    }
    let mut digest = Md5::new();
    let mut with_length = |bytes: &[u8], transport: &[u8]| {
        digest.update(transport);
        digest.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        digest.update(bytes);
    };
    for (name, attribute) in attributes {
        with_length(name.as_bytes(), &[]);
        with_length(attribute.data_type.as_bytes(), &[]);
        match &attribute.string_value {
            Some(text) => with_length(text.as_bytes(), &TEXT),
            None => with_length(&attribute.binary(), &BINARY),
        }
    }
    Some(hex(digest.finalize().into()))
}

impl MessageAttribute {
    pub(crate) fn check(&self, name: &str) -> Result<(), AwsError> {
        let base = self.data_type.split('.').next().unwrap_or_default();
        let is_whole = match base {
            "String" | "Number" => self.string_value.as_ref().is_some_and(|text| !text.is_empty()),
            "Binary" => !self.binary().is_empty(),
            _ => false,
        };
        if is_whole {
            return Ok(());
        }
        let message = format!(
            "The message attribute '{name}' must contain a non-empty value of type {}.",
            self.data_type
        );
        Err(AwsError::new("InvalidParameterValue", message))
    }

    /// What it adds to the size of a message, its name apart.
    pub(crate) fn bytes(&self) -> usize {
        let text = self.string_value.as_ref().map_or(0, String::len);
        self.data_type.len() + text + self.binary().len()
    }

    /// Nothing where it is not base64, which [`Self::check`] refuses.
    fn binary(&self) -> Vec<u8> {
        let value = self.binary_value.as_deref().unwrap_or_default();
        BASE64_STANDARD.decode(value).unwrap_or_default()
    }
}

fn hex(digest: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_md5_of_a_body_is_that_of_its_bytes() {
        assert_eq!(md5_of_body("abc"), "900150983cd24fb0d6963f7d28e17f72", "RFC 1321");
    }
}
