//! What a setting must be beyond its type.
#![expect(clippy::trivially_copy_pass_by_ref, reason = "garde hands out references")]

use std::{collections::BTreeMap, num::NonZeroUsize, time::Duration};

use humantime_serde::re::humantime;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, de::Error as _};
use url::Url;

use crate::{
    config::{producers::environment_spelling, settings::Producer},
    directus::effects::EFFECTS_MAX,
    event::EventTypes,
    outbound::privacy::pseudonym::KEY_BYTES_MIN,
    signature::Secret,
    token::Token,
};

/// The items of a list as the environment writes it: separated by commas.
pub(super) fn split(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// A list as TOML writes it, or separated by commas as the environment has to.
pub(super) fn texts<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "is no list of texts")]
    enum List {
        Items(Vec<String>),
        Text(String),
    }
    Ok(match List::deserialize(deserializer)? {
        List::Items(items) => items,
        List::Text(text) => split(&text).map(str::to_owned).collect(),
    })
}

/// A list of durations such as `5s`.
pub(super) fn durations<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Duration>, D::Error> {
    texts(deserializer)?
        .iter()
        .map(|item| humantime::parse_duration(item))
        .collect::<Result<_, _>>()
        .map_err(D::Error::custom)
}

pub(super) fn signing_secrets(secrets: &SecretString, (): &()) -> garde::Result {
    present(secrets, &())?;
    further_secrets(secrets, &())
}

pub(super) fn further_secrets(secrets: &SecretString, (): &()) -> garde::Result {
    for (number, secret) in (1..).zip(split(secrets.expose_secret())) {
        Secret::parse(secret)
            .map_err(|error| garde::Error::new(format!("secret {number}: {error}")))?;
    }
    Ok(())
}

/// Required only when a rule asks for pseudonyms, which `mappings.toml` knows.
pub(super) fn absent_or_long(key: &SecretString, (): &()) -> garde::Result {
    match key.expose_secret().len() {
        0 | KEY_BYTES_MIN.. => Ok(()),
        _ => Err(garde::Error::new(format!("has less than {KEY_BYTES_MIN} bytes"))),
    }
}

/// A producer needs a token or one of the other `secrets`.
pub(super) fn bearer_tokens(
    secrets: &SecretString,
) -> impl Fn(&SecretString, &()) -> garde::Result {
    let is_alone = split(secrets.expose_secret()).next().is_none();
    move |tokens, ()| {
        if is_alone && split(tokens.expose_secret()).next().is_none() {
            return Err(garde::Error::new("neither tokens nor secrets are set"));
        }
        further_tokens(tokens, &())
    }
}

pub(super) fn further_tokens(tokens: &SecretString, (): &()) -> garde::Result {
    for (number, token) in (1..).zip(split(tokens.expose_secret())) {
        Token::parse(token)
            .map_err(|error| garde::Error::new(format!("token {number}: {error}")))?;
    }
    Ok(())
}

pub(super) fn event_types(types: &str, (): &()) -> garde::Result {
    EventTypes::parse(types).map(drop).map_err(garde::Error::new)
}

/// A signature is tried on every producer's secrets: this many are still quick.
const PRODUCERS_MAX: usize = 100;

pub(super) fn producer_names(producers: &BTreeMap<String, Producer>, (): &()) -> garde::Result {
    if producers.len() > PRODUCERS_MAX {
        return Err(garde::Error::new(format!("there are more than {PRODUCERS_MAX}")));
    }
    let mut spelled = BTreeMap::new();
    for name in producers.keys() {
        let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
        if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(is_allowed) {
            let reason = "has lower-case letters, digits, `_` and `-` only, a letter first";
            return Err(garde::Error::new(format!("the name {name:?} {reason}")));
        }
        if let Some(other) = spelled.insert(environment_spelling(name), name) {
            let reason = "are spelled alike in the environment";
            return Err(garde::Error::new(format!("{other} and {name} {reason}")));
        }
    }
    Ok(())
}

pub(super) fn present(secret: &SecretString, (): &()) -> garde::Result {
    if split(secret.expose_secret()).next().is_none() {
        Err(garde::Error::new("is not set"))
    } else {
        Ok(())
    }
}

pub(super) fn web_address(url: &Url, (): &()) -> garde::Result {
    if matches!(url.scheme(), "http" | "https") {
        Ok(())
    } else {
        Err(garde::Error::new("is no http or https address"))
    }
}

pub(super) fn endpoint_batch(size: &NonZeroUsize, (): &()) -> garde::Result {
    if *size <= EFFECTS_MAX {
        Ok(())
    } else {
        Err(garde::Error::new(format!("the endpoint takes at most {EFFECTS_MAX}")))
    }
}

pub(super) fn at_most(longest: Duration) -> impl Fn(&Duration, &()) -> garde::Result {
    between(Duration::ZERO, longest)
}

pub(super) fn between(
    shortest: Duration,
    longest: Duration,
) -> impl Fn(&Duration, &()) -> garde::Result {
    let human = humantime::format_duration;
    move |duration, ()| {
        if (shortest..=longest).contains(duration) {
            Ok(())
        } else {
            let (shortest, longest) = (human(shortest), human(longest));
            Err(garde::Error::new(format!("is not between {shortest} and {longest}")))
        }
    }
}

pub(super) fn whole_days(duration: &Duration, (): &()) -> garde::Result {
    let is_whole = *duration == Duration::from_hours(duration.as_secs() / (24 * 60 * 60) * 24);
    if is_whole { Ok(()) } else { Err(garde::Error::new("is no number of whole days")) }
}

pub(super) fn within(
    smallest: usize,
    largest: usize,
) -> impl Fn(&NonZeroUsize, &()) -> garde::Result {
    move |number, ()| {
        if (smallest..=largest).contains(&number.get()) {
            Ok(())
        } else {
            Err(garde::Error::new(format!("is not between {smallest} and {largest}")))
        }
    }
}
