//! What a setting must be beyond its type.
#![expect(clippy::trivially_copy_pass_by_ref, reason = "garde hands out references")]

use std::{num::NonZeroUsize, time::Duration};

use humantime_serde::re::humantime;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, de::Error as _};
use url::Url;

use crate::{
    directus::effects::EFFECTS_MAX, outbound::privacy::pseudonym::KEY_BYTES_MIN, signature::Secret,
};

/// The items of a list as the environment writes it: separated by commas.
pub(super) fn split(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// A list as TOML writes it, or separated by commas as the environment has to.
pub(super) fn durations<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Duration>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "durations such as \"5s\"")]
    enum List {
        Items(Vec<String>),
        Text(String),
    }
    let items = match List::deserialize(deserializer)? {
        List::Items(items) => items,
        List::Text(text) => split(&text).map(str::to_owned).collect(),
    };
    items
        .iter()
        .map(|item| humantime::parse_duration(item))
        .collect::<Result<_, _>>()
        .map_err(D::Error::custom)
}

pub(super) fn signing_secrets(secrets: &SecretString, (): &()) -> garde::Result {
    if split(secrets.expose_secret()).next().is_none() {
        return Err(garde::Error::new("is not set"));
    }
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

pub(super) fn present(secret: &SecretString, (): &()) -> garde::Result {
    if secret.expose_secret().is_empty() { Err(garde::Error::new("is not set")) } else { Ok(()) }
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
