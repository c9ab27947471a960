//! `com.example.shop.Cart.item-added.v2` → `cart.item_added`, version 2.
//!
//! Letters become lower case and `-` becomes `_`; the producer's configured prefix is taken off the
//! front; a last word of `v` and a number is the version. What is left must be an event type.
//! Nothing is guessed: a prefix that is not configured stays.

use super::{attributes::Attributes, undecodable};
use crate::{delivery::Refusal, event::EventType};

/// The event type, and the version that its name ends with.
pub(super) fn event_type(text: &str, prefix: &str) -> Result<(EventType, Option<u32>), Refusal> {
    let text = folded(text);
    let name = if prefix.is_empty() {
        text.as_str()
    } else {
        text.strip_prefix(&format!("{}.", folded(prefix))).unwrap_or(&text)
    };
    let versioned = name.rsplit_once('.').and_then(|(name, last)| {
        let version = numbered(last.strip_prefix('v')?)?;
        Some((name, Some(version)))
    });
    let (name, version) = versioned.unwrap_or((name, None));
    let reason = "gives no event type: lower-case words joined by dots";
    let event_type = EventType::try_from(name.to_owned());
    event_type.map(|event_type| (event_type, version)).map_err(|_| undecodable(reason).at("type"))
}

/// The version of the contract: as the extension says, as the type ends, as the schema's address
/// ends, or 1. Any two that disagree are refused.
pub(super) fn version(attributes: &mut Attributes, of_type: Option<u32>) -> Result<u32, Refusal> {
    let of_schema = attributes.dataschema()?.and_then(of_address);
    let of_extension = match attributes.take_text("version")? {
        None => None,
        Some(text) => {
            let version = numbered(&text);
            Some(version.ok_or_else(|| undecodable("is no whole number from 1").at("version"))?)
        }
    };
    let mut said = [of_extension, of_type, of_schema].into_iter().flatten();
    let version = said.next().unwrap_or(1);
    if said.all(|other| other == version) {
        Ok(version)
    } else {
        let reason = "the extension, the type and the schema's address disagree";
        Err(undecodable(reason).at("version"))
    }
}

fn folded(text: &str) -> String {
    text.to_ascii_lowercase().replace('-', "_")
}

/// `https://example.com/schemas/cart.item_added/2.json` or `…/v2` → 2.
fn of_address(uri: &str) -> Option<u32> {
    let path = uri.split(['?', '#']).next()?;
    let last = path.rsplit('/').next()?;
    let name = last.strip_suffix(".json").unwrap_or(last);
    numbered(name.strip_prefix('v').unwrap_or(name))
}

/// A whole number from 1, written in one way only.
fn numbered(text: &str) -> Option<u32> {
    let is_plain = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("com.example.shop.Cart.item-added.v2", "cart.item_added", Some(2))]
    #[case("cart.item_added", "cart.item_added", None)]
    #[case("COM.Example.Shop.cart.emptied", "cart.emptied", None)]
    #[case("com.example.shopping.cart.emptied", "com.example.shopping.cart.emptied", None)]
    #[case("org.other.cart.emptied.v10", "org.other.cart.emptied", Some(10))]
    #[case("cart.emptied.v02", "cart.emptied.v02", None)]
    #[case("cart.emptied.very", "cart.emptied.very", None)]
    fn a_type_is_folded_and_its_ends_are_taken_off(
        #[case] text: &str,
        #[case] expected: &str,
        #[case] version: Option<u32>,
    ) {
        let (event_type, found) = event_type(text, "com.example.shop").unwrap();

        assert_eq!((event_type.as_str(), found), (expected, version));
    }

    #[rstest::rstest]
    #[case("emptied")]
    #[case("com.example.shop.emptied")]
    #[case("cart.v2")]
    #[case("cart..emptied")]
    #[case("cart.emptied!")]
    #[case(".cart.emptied")]
    fn what_is_left_must_be_an_event_type(#[case] text: &str) {
        assert_eq!(event_type(text, "com.example.shop").unwrap_err().path.unwrap(), "type");
        assert!(event_type(text, "").is_err() || text.starts_with("com"));
    }

    #[rstest::rstest]
    #[case("https://example.com/schemas/cart.emptied/3.json", Some(3))]
    #[case("https://example.com/cart/v4?x=/9", Some(4))]
    #[case("https://example.com/cart/emptied.json", None)]
    #[case("urn:cart", None)]
    fn a_schema_s_address_may_end_in_a_version(#[case] uri: &str, #[case] expected: Option<u32>) {
        assert_eq!(of_address(uri), expected);
    }
}
