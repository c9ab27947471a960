//! Whether one schema takes whatever another takes: the question, put to `jsonschema`.

use jsonschema::{
    Draft,
    canonical::{CanonicalSchema, Containment, options},
};
use serde_json::Value;

/// Where references lead to.
pub(super) const DEFINITIONS: &str = "definitions";

/// Whether it can be proven that `new` takes whatever `old` takes. Each comes with the schema it is
/// a part of, for its references.
pub(super) fn takes_all(old: &Value, old_root: &Value, new: &Value, new_root: &Value) -> bool {
    let (Some(old), Some(new)) = (canonical(old, old_root), canonical(new, new_root)) else {
        return false;
    };
    // An answer that could not be found counts as a no.
    matches!(new.covers(&old), Ok(Containment::Yes))
}

fn canonical(part: &Value, root: &Value) -> Option<CanonicalSchema> {
    let mut document = part.clone();
    if let Some(definitions) = root.get(DEFINITIONS) {
        document.as_object_mut()?.insert(DEFINITIONS.to_owned(), definitions.clone());
    }
    options().with_draft(Draft::Draft4).offline().canonicalize(&document).ok()
}
