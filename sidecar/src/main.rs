//! The command line.

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use sidecar::{
    command::{self, dead_letters::DeadLetters, map::MapInput},
    config::Config,
};

/// Carries changes from Directus to EventBridge and brings the results back.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// The folder with sidecar.toml, mappings.toml, routes.json and reactions.toml.
    #[arg(long, env = "SIDECAR_CONFIG", default_value = "sidecar/config", value_name = "FOLDER")]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs both directions until told to stop.
    Serve,
    /// Creates the bus, its rules, queues, dead-letter queues and their policies.
    Provision,
    /// Shows what was given up, and sends it again or discards it.
    #[command(subcommand)]
    DeadLetters(DeadLetters),
    /// Shows what a change of an item on standard input would become, without sending anything.
    Map(MapInput),
    /// Reads all configuration and the schemas and reports every mistake at once.
    Check {
        /// The schemas of a former state, such as the last release: no contract of theirs may break.
        #[arg(long, value_name = "FOLDER")]
        against: Option<PathBuf>,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match Config::load(&cli.config) {
        Err(error) => Err(error.into()),
        Ok(config) => match cli.command {
            Command::Serve => command::serve::run(config).await,
            Command::Provision => command::provision::run(&config).await,
            Command::DeadLetters(command) => command::dead_letters::run(&config, command).await,
            Command::Map(input) => command::map::run(&config, &input),
            Command::Check { against } => command::check::run(&config, against.as_deref()),
        },
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => command::failed(&error),
    }
}
