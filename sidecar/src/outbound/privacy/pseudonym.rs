//! Names that always stand for the same value and do not tell which.

use std::fmt::{self, Write as _};

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

/// Fewer would be easier to guess than the values that it hides.
pub const KEY_BYTES_MIN: usize = 24;

/// Makes pseudonyms with one key: HMAC-SHA256, in hex.
#[derive(Clone)]
pub struct Pseudonyms(Hmac<Sha256>);

impl Pseudonyms {
    /// Makes pseudonyms with `key`.
    pub fn new(key: &[u8]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes keys of any length"))
    }

    /// Replaces every text, number and boolean in `value`. A key is a number in Directus and text on
    /// the bus: both have the same pseudonym.
    pub(super) fn replace(&self, value: Value) -> Value {
        match value {
            Value::Null => Value::Null,
            Value::String(text) => Value::String(self.of(&text)),
            Value::Bool(_) | Value::Number(_) => Value::String(self.of(&value.to_string())),
            Value::Array(values) => values.into_iter().map(|value| self.replace(value)).collect(),
            Value::Object(fields) => {
                fields.into_iter().map(|(name, value)| (name, self.replace(value))).collect()
            }
        }
    }

    /// The pseudonym of a text.
    pub fn of(&self, text: &str) -> String {
        let digest = self.0.clone().chain_update(text).finalize().into_bytes();
        digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("text takes any text");
            hex
        })
    }
}

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Pseudonyms(…)")
    }
}
