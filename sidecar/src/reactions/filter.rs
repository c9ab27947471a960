//! Directus' own filters about a customer.

use serde_json::{Value, json};

/// What stands for the customer's key in a filter.
const CUSTOMER: &str = "$customer";

/// The filter with the customer's key where it stands for it.
pub fn about(filter: &Value, customer: &str) -> Value {
    match filter {
        Value::String(text) if text == CUSTOMER => json!(customer),
        Value::Array(parts) => parts.iter().map(|part| about(part, customer)).collect(),
        Value::Object(parts) => {
            let parts = parts.iter().map(|(name, part)| (name.clone(), about(part, customer)));
            Value::Object(parts.collect())
        }
        other => other.clone(),
    }
}
