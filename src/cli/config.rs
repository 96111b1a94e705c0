//! `arcadia config`.

use clap::{Args, Subcommand};

use crate::cli::Exit;
use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::config::{EXAMPLE, Environment, Loaded};

/// What to print.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  arcadia config example > config.toml
  arcadia config show
  arcadia config path")]
pub struct ConfigArgs {
    /// Which
    #[command(subcommand)]
    pub what: What,
}

/// What to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum What {
    /// Print every setting with its default
    Example,
    /// Print the resolved configuration, and where each value came from
    Show,
    /// Print where the configuration is read from
    Path,
}

/// Prints it. The example does not depend on a configuration that may be wrong, so loading one is
/// left to the other two.
///
/// # Errors
/// When the output cannot be written.
pub fn example(output: &Output) -> Result<Exit, CliError> {
    output.text(EXAMPLE);
    output.finish()?;
    Ok(Exit::Done)
}

/// Prints what was resolved.
///
/// # Errors
/// When the output cannot be written.
pub fn run(
    what: What,
    loaded: &Loaded,
    environment: &Environment,
    output: &Output,
) -> Result<Exit, CliError> {
    match what {
        What::Example => output.text(EXAMPLE),
        What::Show => output.text(&loaded.show(environment)),
        What::Path => {
            let path = loaded.file.as_ref().unwrap_or(&loaded.default_file);
            output.data(&path.display().to_string());
        }
    }
    output.finish()?;
    Ok(Exit::Done)
}
