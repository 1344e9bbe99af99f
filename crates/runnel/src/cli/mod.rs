//! The command line: parses arguments, layers the configuration, runs one command.
//! Promise: an error is one line that says what to do; exit code 0 only on success.

mod completions;
pub mod doctor;
pub mod key;
mod people;
mod rebuild;
mod serve;
mod user;

use crate::config::Config;
use crate::telemetry;
use anyhow::Context;
use clap::{Args, CommandFactory, Parser, Subcommand};
use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(
    name = "runnel",
    version,
    about = "Self-hosted tracker: funnels, conversions, credit, reports"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

/// What every command takes.
#[derive(Args)]
struct Common {
    /// Folder of all stores.
    #[arg(long, global = true, env = "RUNNEL_DATA")]
    data: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Serves tracking domains and API.
    Serve(serve::Options),
    /// API keys; also while the server runs.
    #[command(subcommand)]
    Key(key::Command),
    /// People who may log in; also while the server runs.
    #[command(subcommand)]
    User(user::Command),
    /// Makes everything derived again: sessions and report store.
    Rebuild,
    /// Checks ports, disk, clock, stores and knowledge data, and says what to do.
    Doctor,
    /// Prints a script that completes this command line in a shell.
    Completions(completions::Options),
}

/// Runs the program; the exit code is 0 on success.
pub fn run() -> ExitCode {
    match execute(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("runnel: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn execute(cli: Cli) -> anyhow::Result<()> {
    let mut config = layered(cli.common.data.as_ref())?;
    if let Command::Serve(options) = &cli.command {
        options.apply(&mut config);
    }
    telemetry::start_logging(config.log_json);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match cli.command {
        Command::Serve(options) => runtime.block_on(serve::serve(config, options)),
        Command::Key(command) => runtime.block_on(key::run(config, command)),
        Command::User(command) => runtime.block_on(user::run(config, command)),
        Command::Doctor => runtime.block_on(doctor::doctor(&config)),
        Command::Completions(options) => completions::print(options, &mut Cli::command()),
        Command::Rebuild => runtime.block_on(rebuild::rebuild(config)),
    }
}

/// Defaults, then `runnel.toml` in the data folder, then `RUNNEL_…` variables.
fn layered(data: Option<&PathBuf>) -> anyhow::Result<Config> {
    let defaults = Config::default();
    let data = data.cloned().unwrap_or(defaults.data.clone());
    let mut config: Config = Figment::from(Serialized::defaults(defaults))
        .merge(Toml::file(data.join("runnel.toml")))
        .merge(Env::prefixed("RUNNEL_"))
        .extract()
        .context("the configuration has a fault (runnel.toml or a RUNNEL_ variable)")?;
    config.data = data;
    Ok(config)
}

/// An address given on the command line, if any.
fn set(address: &mut SocketAddr, given: Option<SocketAddr>) {
    *address = given.unwrap_or(*address);
}
