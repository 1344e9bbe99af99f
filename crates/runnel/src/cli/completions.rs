//! `runnel completions SHELL`: a script on standard output that completes the command line.

use clap::{Args, Command};
use clap_complete::Shell;
use std::io::Write;

/// What `completions` takes.
#[derive(Args)]
pub struct Options {
    /// bash, elvish, fish, powershell or zsh.
    shell: Shell,
}

/// Prints the script.
/// # Errors
/// Standard output is closed.
pub fn print(options: Options, command: &mut Command) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, command, "runnel", &mut script);
    Ok(std::io::stdout().write_all(&script)?)
}
