//! What Directus knows of the customers whom events of others name, for consent to be decided by.
//!
//! Invariant: an answer is never remembered, so that a change of mind takes effect with the next event.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::{
    delivery::DeliveryError,
    directus::reader::{ITEMS_MAX, Query, Reader},
    outbound::privacy::consent::CustomerFields,
};

/// Customers as they are now, by their key.
pub type Known = BTreeMap<String, Value>;

/// Reads these fields of these customers; one who does not exist is left out.
pub async fn read(
    directus: &Reader,
    CustomerFields { collection, key, fields }: &CustomerFields,
    customers: BTreeSet<&str>,
) -> Result<Known, DeliveryError> {
    let asked: Vec<_> = customers.into_iter().collect();
    let mut known = Known::new();
    for asked in asked.chunks(ITEMS_MAX as usize) {
        let filter = json!({ key: { "_in": asked } });
        let query = Query::of(fields.iter().chain([key]), filter);
        let items = directus.items(collection, &query).await?;
        known.extend(items.into_iter().filter_map(|item| Some((text(&item, key)?, item.into()))));
    }
    Ok(known)
}

/// A key is a number or a text in Directus and a text on the bus.
fn text(item: &Map<String, Value>, key: &str) -> Option<String> {
    match item.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
