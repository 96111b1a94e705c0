//! `arcadia config`.

use clap::{Args, Subcommand};

use crate::cli::Exit;
use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::config::{Config, ConfigError, EXAMPLE, Environment, Flags, Loaded};

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

/// Prints it; `keys` are the keys of the dashboard, as a table of the configuration. Only `show` reads the configuration: whoever has a wrong one still gets the example,
/// and learns where the wrong one is.
///
/// # Errors
/// When the configuration to show does not make sense, or the output cannot be written.
pub fn run(
    args: &ConfigArgs,
    flags: &Flags,
    environment: &Environment,
    output: &Output,
    keys: impl FnOnce(&Config) -> Result<String, ConfigError>,
) -> Result<Exit, CliError> {
    match args.what {
        What::Example => output.text(EXAMPLE),
        What::Show => {
            let loaded = Loaded::load(flags, environment)?;
            output.text(&(loaded.show(environment) + &keys(&loaded.config)?));
        }
        What::Path => output.data(&flags.file_or_default(environment).display().to_string()),
    }
    output.finish()?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::{Tty, capture};
    use crate::config::paths::Platform;

    #[test]
    fn a_wrong_configuration_spoils_show_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wrong.toml");
        std::fs::write(&path, "provder = \"simulator\"\n").unwrap();
        let environment =
            Environment::new([("ARCADIA_CONFIG", path.to_str().unwrap())], Platform::default());
        let print = |what| {
            let (output, data, _) = capture::output(Tty::Pipe, &[]);
            let done = run(&ConfigArgs { what }, &Flags::default(), &environment, &output, |_| {
                Ok(String::new())
            });
            done.map(|_| data.text())
        };
        assert_eq!(print(What::Example).unwrap(), EXAMPLE);
        assert_eq!(print(What::Path).unwrap(), format!("{}\n", path.display()));
        let error = print(What::Show).unwrap_err();
        assert!(error.to_string().contains("did you mean `provider`?"), "{error}");
        assert!(error.hint().unwrap().contains("arcadia config example"));
    }
}
