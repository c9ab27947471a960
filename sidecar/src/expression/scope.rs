//! What expressions see: borrowed, and only what they look at becomes the interpreter's.

use std::{borrow::Cow, collections::BTreeMap, fmt, sync::Arc};

use minijinja::value::Serde;
use serde::Serialize;
use serde_json::Value;

/// Something whose parts expressions can use by their names.
pub trait Visible: fmt::Debug {
    /// The part of this name, as it is on the wire.
    fn part(&self, name: &str) -> Option<Cow<'_, Value>>;
}

/// A part that is no JSON by itself.
pub fn made(part: impl Serialize) -> Cow<'static, Value> {
    Cow::Owned(serde_json::to_value(part).expect("a part is plain data"))
}

/// A document whose fields are visible, for what cannot show its parts one by one.
#[derive(Debug)]
pub struct Scope(Value);

impl Scope {
    /// Makes every field of `visible` a name that expressions can use.
    pub fn new(visible: &impl Serialize) -> Self {
        Self(made(visible).into_owned())
    }
}

impl Visible for Scope {
    fn part(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.0.get(name).map(Cow::Borrowed)
    }
}

/// What stands at a dotted name, given by its words; nothing when a step leads nowhere.
pub(super) fn at<'visible, 'name>(
    visible: &'visible dyn Visible,
    words: impl IntoIterator<Item = &'name str>,
) -> Option<Cow<'visible, Value>> {
    let mut words = words.into_iter();
    let first = visible.part(words.next()?)?;
    words.try_fold(first, |value, word| match value {
        Cow::Borrowed(value) => value.get(word).map(Cow::Borrowed),
        Cow::Owned(mut value) => value.get_mut(word).map(Value::take).map(Cow::Owned),
    })
}

/// The names that an expression looks at, as a tree. One without further names is seen whole.
#[derive(Debug, Default)]
pub(super) struct Sight(BTreeMap<Arc<str>, Sight>);

impl Sight {
    /// On dotted names. Of `item` and `item.status`, the former is all there is to see.
    pub(super) fn on<'name>(names: impl IntoIterator<Item = &'name str>) -> Self {
        let mut names: Vec<Vec<&str>> =
            names.into_iter().map(|name| name.split('.').collect()).collect();
        // A name comes before those that begin with it.
        names.sort_unstable();
        names.dedup_by(|longer, kept| longer.starts_with(kept));
        let mut root = Self::default();
        for words in names {
            let mut sight = &mut root;
            for word in words {
                sight = sight.0.entry(word.into()).or_default();
            }
        }
        root
    }

    /// What is seen of `visible`. What is not there is undefined, as it is in the whole.
    pub(super) fn of(&self, visible: &dyn Visible) -> minijinja::Value {
        self.seen(|name, sight| Some(sight.of_value(&*visible.part(name)?)))
    }

    fn of_value(&self, value: &Value) -> minijinja::Value {
        match value {
            Value::Object(fields) if !self.0.is_empty() => {
                self.seen(|name, sight| Some(sight.of_value(fields.get(name)?)))
            }
            value => minijinja::Value::from(Serde(value)),
        }
    }

    fn seen(&self, look: impl Fn(&str, &Self) -> Option<minijinja::Value>) -> minijinja::Value {
        let look = |(name, sight): (&Arc<str>, &Self)| Some((Arc::clone(name), look(name, sight)?));
        self.0.iter().filter_map(look).collect::<BTreeMap<_, _>>().into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names() -> impl Strategy<Value = String> {
        let word = prop::sample::select(vec!["a", "b", "c"]);
        prop::collection::vec(word, 1..4).prop_map(|words| words.join("."))
    }

    fn anything() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[ab]{0,2}".prop_map(Value::from),
        ];
        scalar.prop_recursive(4, 24, 3, |inner| {
            let name = prop::sample::select(vec!["a", "b", "c"]).prop_map(str::to_owned);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map(name, inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..Default::default() })]

        #[test]
        fn what_is_looked_at_is_seen_as_in_the_whole(
            document in anything(),
            names in prop::collection::btree_set(names(), 0..4),
        ) {
            let scope = Scope::new(&document);
            let whole = minijinja::Value::from(Serde(&document));

            let seen = Sight::on(names.iter().map(String::as_str)).of(&scope);

            for name in &names {
                let of = |all: &minijinja::Value| {
                    let step = |it: minijinja::Value, word| it.get_attr(word).unwrap_or_default();
                    name.split('.').fold(all.clone(), step)
                };
                let plain = at(&scope, name.split('.')).map(Cow::into_owned);
                prop_assert_eq!(of(&seen).is_undefined(), of(&whole).is_undefined(), "{}", name);
                prop_assert_eq!(of(&seen), of(&whole), "{}", name);
                prop_assert_eq!(plain.is_none(), of(&whole).is_undefined(), "{}", name);
                prop_assert_eq!(plain.unwrap_or_default(), serde_json::to_value(of(&whole)).unwrap());
            }
        }
    }

    #[test]
    fn nothing_is_seen_that_is_not_looked_at() {
        let scope = Scope::new(&serde_json::json!({ "a": { "b": 1, "c": 2 }, "b": 3 }));

        let seen = Sight::on(["a.b"]).of(&scope);

        assert_eq!(serde_json::to_value(seen).unwrap(), serde_json::json!({ "a": { "b": 1 } }));
    }
}
