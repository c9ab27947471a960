//! Configuration: four files and the environment, read once, checked together. The only file that
//! reads the environment, and the schemas.

mod checks;
mod producers;
mod reactions;
mod schemas;
pub mod settings;

use std::{
    collections::HashMap,
    fmt, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use config::{Environment, File, FileFormat};
use garde::Validate as _;
use secrecy::{ExposeSecret as _, SecretString};

pub use self::{
    reactions::Reactions,
    schemas::{read_documents, read_examples},
};
use crate::{
    config::settings::Settings,
    contract::{Contracts, Document, compatibility},
    outbound::mapping::Mappings,
    route::{self, Route},
};

/// The shipped `sidecar.toml` is where the defaults are.
const DEFAULTS: &str = include_str!("../config/sidecar.toml");
const PREFIX: &str = "SIDECAR";
const SEPARATOR: &str = "__";
/// What a running sidecar keeps to itself; like every secret it may also be read from a file.
const SECRETS: [&str; 4] = [
    "SIDECAR__ADMIN__TOKENS",
    "SIDECAR__OUTBOUND__SECRETS",
    "SIDECAR__OUTBOUND__PSEUDONYM_KEY",
    "SIDECAR__DIRECTUS__TOKEN",
];
/// What a command needs.
const SECRET_OF_A_COMMAND: &str = "SIDECAR__SETUP__ADMIN_TOKEN";
/// Obeys the rules of every secret and keeps none.
const NO_SECRET: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// One run reports at most this many settings of the wrong type.
const MISTYPED_MAX: usize = 50;

/// Everything that is configured, parsed and compiled.
#[derive(Debug)]
pub struct Config {
    /// `sidecar.toml` and the environment.
    pub settings: Settings,
    /// `mappings.toml`.
    pub mappings: Mappings,
    /// `routes.json`.
    pub routes: Vec<Route>,
    /// `reactions.toml`.
    pub reactions: Reactions,
    /// The schemas, compiled.
    pub contracts: Arc<Contracts>,
    /// The schemas, as written.
    pub documents: Vec<Document>,
}

/// Every mistake in the configuration, a line each.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// `<file>: <place>: <what is wrong>`
    pub problems: Vec<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the configuration has {} mistake(s)", self.problems.len())?;
        self.problems.iter().try_for_each(|problem| write!(formatter, "\n  {problem}"))
    }
}

impl Config {
    /// Reads the folder and this process' environment.
    pub fn load(folder: &Path) -> Result<Self, ConfigError> {
        Self::load_with(folder, environment())
    }

    /// Reads the same for a command that speaks to nobody: a secret that is not set is no mistake.
    pub fn load_without_secrets(folder: &Path) -> Result<Self, ConfigError> {
        let mut variables = environment();
        for key in SECRETS {
            let secret = variables.entry(key.to_owned()).or_default();
            if secret.is_empty() {
                NO_SECRET.clone_into(secret);
            }
        }
        Self::load_with(folder, variables)
    }

    /// Reads the folder, overridden by `variables`.
    pub fn load_with(
        folder: &Path,
        variables: HashMap<String, String>,
    ) -> Result<Self, ConfigError> {
        let mut reader = Reader { folder, problems: Vec::new() };
        let settings = reader.settings(variables);
        let mappings = reader.mappings();
        let routes = reader.compile("routes.json", route::compile);
        let reactions = reader.compile("reactions.toml", Reactions::compile);
        let contracts = settings
            .as_ref()
            .and_then(|settings| reader.contracts(&folder.join(&settings.contracts.folder)));
        if let (Some(routes), Some(reactions)) = (&routes, &reactions) {
            reader.report("reactions.toml", reactions.unrouted(routes));
        }
        if let (Some(mappings), Some((contracts, documents))) = (&mappings, &contracts) {
            reader.problems.extend(mappings.uncontracted(contracts));
            reader.problems.extend(mappings.uncontractable(documents));
        }
        let mappings = match (&settings, mappings) {
            (Some(settings), Some(mappings)) => Some(reader.keyed(mappings, settings)),
            _ => None,
        };
        match (settings, mappings, routes, reactions, contracts) {
            (
                Some(settings),
                Some(mappings),
                Some(routes),
                Some(reactions),
                Some((contracts, documents)),
            ) if reader.problems.is_empty() => {
                let contracts = Arc::new(contracts);
                Ok(Self { settings, mappings, routes, reactions, contracts, documents })
            }
            _ => Err(ConfigError { problems: reader.problems }),
        }
    }
}

/// Reads on after a mistake, so that one run reports them all.
struct Reader<'folder> {
    folder: &'folder Path,
    problems: Vec<String>,
}

impl Reader<'_> {
    fn report(&mut self, file: &str, problems: Vec<String>) {
        self.problems.extend(problems.into_iter().map(|problem| format!("{file}: {problem}")));
    }

    fn text(&mut self, file: &str) -> Option<String> {
        fs::read_to_string(self.folder.join(file))
            .map_err(|error| self.report(file, vec![error.to_string()]))
            .ok()
    }

    fn compile<T>(
        &mut self,
        file: &str,
        compile: impl Fn(&str) -> Result<T, Vec<String>>,
    ) -> Option<T> {
        let text = self.text(file)?;
        compile(&text).map_err(|problems| self.report(file, problems)).ok()
    }

    /// The mistakes in this file come with their lines.
    fn mappings(&mut self) -> Option<Mappings> {
        let text = self.text("mappings.toml")?;
        Mappings::compile(&text).map_err(|problems| self.problems.extend(problems)).ok()
    }

    /// Gives the mappings the key of the pseudonyms that they ask for.
    fn keyed(&mut self, mut mappings: Mappings, settings: &Settings) -> Mappings {
        let pseudonyms = settings.outbound.pseudonyms();
        if let (Some(rule), None) = (mappings.pseudonymizing(), &pseudonyms) {
            let problem = format!(
                "outbound.pseudonym_key: is not set, and mappings.toml pseudonymizes {}",
                rule.path
            );
            self.report("sidecar.toml", vec![problem]);
        }
        mappings.policy.pseudonyms = pseudonyms;
        mappings
    }

    fn contracts(&mut self, folder: &Path) -> Option<(Contracts, Vec<Document>)> {
        let read = read_documents(folder)
            .and_then(|documents| Ok((Contracts::compile(&documents)?, documents)));
        let read = read.map_err(|problems| self.report("schemas", problems)).ok()?;
        self.report("schemas", compatibility::between_versions(&read.1));
        Some(read)
    }

    fn settings(&mut self, variables: HashMap<String, String>) -> Option<Settings> {
        const FILE: &str = "sidecar.toml";
        let text = self.text(FILE)?;
        let variables = producers::respelled(&text, self.with_secret_files(variables));
        match parse_settings(&text, &variables) {
            Ok((settings, problems)) => {
                self.report(FILE, problems);
                if let Err(report) = settings.validate() {
                    let lines = report.iter().map(|(path, error)| format!("{path}: {error}"));
                    self.report(FILE, lines.collect());
                }
                Some(settings)
            }
            Err(problem) => {
                self.report(FILE, vec![problem]);
                None
            }
        }
    }

    /// A secret in a file is set as if it stood in the environment.
    fn with_secret_files(
        &mut self,
        mut variables: HashMap<String, String>,
    ) -> HashMap<String, String> {
        let of_producers = producers::secrets(&variables);
        let keys = SECRETS.into_iter().chain([SECRET_OF_A_COMMAND]).map(str::to_owned);
        for key in keys.chain(of_producers) {
            let file_key = format!("{key}_FILE");
            let Some(path) = variables.remove(&file_key) else { continue };
            match fs::read_to_string(PathBuf::from(path)) {
                Ok(secret) => drop(variables.insert(key, secret.trim().to_owned())),
                Err(error) => self.report(&file_key, vec![error.to_string()]),
            }
        }
        variables
    }
}

/// The settings, and what is wrong with single ones: a setting of the wrong type is reported and
/// its default read in its place, until all the others have been looked at.
fn parse_settings(
    text: &str,
    variables: &HashMap<String, String>,
) -> Result<(Settings, Vec<String>), String> {
    let defaults = config::Config::builder()
        .add_source(File::from_str(DEFAULTS, FileFormat::Toml))
        .build()
        .expect("the shipped sidecar.toml is read by a test");
    let environment = Environment::with_prefix(PREFIX)
        .prefix_separator(SEPARATOR)
        .separator(SEPARATOR)
        .source(Some(variables.clone()));
    let mut builder = config::Config::builder()
        .add_source(File::from_str(DEFAULTS, FileFormat::Toml))
        .add_source(File::from_str(text, FileFormat::Toml))
        .add_source(environment);
    let mut problems = Vec::new();
    for _ in 0..MISTYPED_MAX {
        let layered = builder.build_cloned().map_err(|error| error.to_string())?;
        let mut unknown = Vec::new();
        let mut track = serde_path_to_error::Track::new();
        let tracked = serde_path_to_error::Deserializer::new(layered, &mut track);
        let parsed: Result<Settings, _> = serde_ignored::deserialize(tracked, |path| {
            unknown.push(format!("{path}: there is no such setting"));
        });
        match parsed {
            Ok(settings) => {
                problems.extend(unknown);
                return Ok((settings, problems));
            }
            Err(error) => {
                let path = track.path().to_string();
                let default = default_of(&path, &defaults);
                let default = default.ok_or_else(|| format!("{path}: {error}"))?;
                problems.push(format!("{path}: {error}"));
                builder = builder.set_override(path, default).map_err(|error| error.to_string())?;
            }
        }
    }
    Err("too many settings of the wrong type".to_owned())
}

/// The default of the setting at `path`. Producers have the same ones whatever their names are.
fn default_of(path: &str, defaults: &config::Config) -> Option<config::Value> {
    if let Some((_, key)) = path.strip_prefix("producers.").and_then(|path| path.split_once('.')) {
        return producers::defaults().get(key)?.clone().try_into().ok();
    }
    defaults.get(path).ok()
}

/// Whether a secret was given: neither left empty nor put there by [`Config::load_without_secrets`].
pub fn is_given(secret: &SecretString) -> bool {
    let secret = secret.expose_secret();
    !secret.is_empty() && secret != NO_SECRET
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn environment() -> HashMap<String, String> {
    std::env::vars().collect()
}

#[cfg(test)]
mod tests;
