//! The command line.

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use sidecar::{
    command::{
        self, backfill::BackfillArgs, dead_letters::DeadLetters, gap_check::GapCheckArgs,
        map::MapInput, outbox::OutboxArgs, patterns::Patterns, replay::ReplayArgs,
        setup::SetupArgs,
    },
    config::Config,
};

/// An event is some hundred short-lived pieces of text; this one makes and frees them sooner than the C
/// library's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    /// Asks the sidecar that runs beside it whether it lives; status 1 if it does not.
    Health,
    /// Creates the bus, its archive, rules, queues, dead-letter queues and their policies.
    Provision,
    /// Brings to Directus what it needs: the service account, Flows, a dashboard, the module.
    ///
    /// Only what is missing is made: what is there stays, whoever changed it. Needs an administrator's
    /// token in `SIDECAR__SETUP__ADMIN_TOKEN`, or in the file that `SIDECAR__SETUP__ADMIN_TOKEN_FILE` names.
    Setup(SetupArgs),
    /// Shows what was given up, and sends it again or discards it.
    #[command(subcommand)]
    DeadLetters(DeadLetters),
    /// Sends a period of the archive again, to rebuild what is missing in Directus.
    ///
    /// What is there stays as it is, and nothing newer is overwritten. Nobody is notified: no Flow
    /// runs, nothing is escalated, no event is published, unless --notify asks for it.
    Replay(ReplayArgs),
    /// Shows what a change of an item on standard input would become, without sending anything.
    Map(MapInput),
    /// Writes, in Markdown, who produces each event, what its contract says, and who consumes it.
    Catalogue,
    /// Reads all configuration and the schemas and reports every mistake at once.
    Check {
        /// The schemas of a former state, such as the last release: no contract of theirs may break.
        #[arg(long, value_name = "FOLDER")]
        against: Option<PathBuf>,
    },
    /// Shows what the patterns over time find in what is stored.
    #[command(subcommand)]
    Patterns(Patterns),
    /// Shows what waits in the outbox of Directus, and sends again what was rejected.
    Outbox(OutboxArgs),
    /// Checks that every change that Directus tracked has its outbox row; status 1 if one is missing.
    GapCheck(GapCheckArgs),
    /// Makes changes of the items that were there before anybody watched.
    Backfill(BackfillArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let config = match cli.command {
        Command::Catalogue | Command::Health | Command::Setup(_) => {
            Config::load_without_secrets(&cli.config)
        }
        _ => Config::load(&cli.config),
    };
    let outcome = match config {
        Err(error) => Err(error.into()),
        Ok(config) => match cli.command {
            Command::Health => done(command::health::run(&config).await),
            Command::Serve => done(Box::pin(command::serve::run(config)).await),
            Command::Provision => done(command::provision::run(&config).await),
            Command::Setup(args) => done(command::setup::run(&config, args).await),
            Command::DeadLetters(command) => {
                done(command::dead_letters::run(&config, command).await)
            }
            Command::Replay(args) => done(command::replay::run(&config, args).await),
            Command::Map(input) => done(command::map::run(&config, &input)),
            Command::Catalogue => done(command::catalogue::run(&config, &cli.config)),
            Command::Check { against } => done(command::check::run(&config, against.as_deref())),
            Command::Patterns(command) => done(command::patterns::run(&config, command).await),
            Command::Outbox(args) => done(command::outbox::run(&config, args).await),
            Command::GapCheck(args) => command::gap_check::run(&config, args).await,
            Command::Backfill(args) => {
                done(command::backfill::run(&config, &cli.config, args).await)
            }
        },
    };
    outcome.unwrap_or_else(|error| command::failed(&error))
}

fn done(outcome: anyhow::Result<()>) -> anyhow::Result<ExitCode> {
    outcome.map(|()| ExitCode::SUCCESS)
}
