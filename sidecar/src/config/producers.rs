//! `[producers.<name>]` in the environment, where names are spelled in capitals and without dashes.

use std::collections::HashMap;

use super::DEFAULTS;

const PREFIX: &str = "SIDECAR__PRODUCERS__";
/// The settings of a producer that may also be read from a file.
const SECRETS: [&str; 2] = ["__SECRETS", "__TOKENS"];
/// Where `sidecar.toml` shows, commented out, what a producer can have.
const TEMPLATE: &str = "#[producers.<name>]";

/// `shop-web` as a variable spells it: `SHOP_WEB`.
pub(super) fn environment_spelling(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}

/// The secrets of producers that `variables` sets, or names a file for.
pub(super) fn secrets(variables: &HashMap<String, String>) -> Vec<String> {
    let of_producer = |key: &&String| key.starts_with(PREFIX);
    let secret = |key: &String| {
        let key = key.strip_suffix("_FILE").unwrap_or(key);
        SECRETS.iter().any(|secret| key.ends_with(secret)).then(|| key.to_owned())
    };
    variables.keys().filter(of_producer).filter_map(secret).collect()
}

/// Spells the variables of the producers that `text`, a `sidecar.toml`, names as it does. One that
/// the environment alone names has underscores.
pub(super) fn respelled(text: &str, variables: HashMap<String, String>) -> HashMap<String, String> {
    // A file that cannot be read is reported when its settings are.
    let written: toml::Table = toml::from_str(text).unwrap_or_default();
    let names: HashMap<String, &String> = written
        .get("producers")
        .and_then(toml::Value::as_table)
        .into_iter()
        .flat_map(toml::Table::keys)
        .map(|name| (environment_spelling(name), name))
        .collect();
    let respell = |(key, value): (String, String)| {
        let respelled = key.strip_prefix(PREFIX).and_then(|rest| {
            let (name, setting) = rest.split_once("__")?;
            Some(format!("{PREFIX}{}__{setting}", names.get(name)?))
        });
        (respelled.unwrap_or(key), value)
    };
    variables.into_iter().map(respell).collect()
}

/// What a producer has that sets nothing, as `sidecar.toml` shows it.
pub(super) fn defaults() -> toml::Table {
    let (_, template) = DEFAULTS.split_once(TEMPLATE).expect("sidecar.toml shows a producer");
    let settings = template.lines().map_while(|line| match line.strip_prefix('#') {
        Some(setting) if !setting.starts_with(' ') => Some(setting),
        Some(_) => Some(""),
        None if line.is_empty() => Some(""),
        None => None,
    });
    let text = settings.collect::<Vec<_>>().join("\n");
    toml::from_str(&text).expect("sidecar.toml shows settings")
}
