//! The resolved configuration, as a TOML file whose every line says where its value came from.

use std::fmt::Write as _;

use crate::config::env::Environment;
use crate::config::secret::TOKEN_VARIABLE;
use crate::config::{Config, Loaded, TokenSource};

/// Renders a configuration. The token is never fetched for it, only where it would come from.
pub(crate) fn show(loaded: &Loaded, environment: &Environment) -> String {
    let mut text = String::new();
    match &loaded.file {
        Some(path) => {
            let _ = writeln!(text, "# read from {}", path.display());
        }
        None => {
            let _ = writeln!(text, "# no file; {} is not there", loaded.default_file.display());
        }
    }
    let _ = writeln!(text, "# token: {}", token_words(&loaded.config, environment));
    let mut table = "";
    for setting in &loaded.settings {
        let (parent, name) = setting.name.rsplit_once('.').unwrap_or(("", &setting.name));
        if parent != table {
            let _ = writeln!(text, "\n[{parent}]");
            table = parent;
        }
        let _ = writeln!(text, "{name} = {} # {}", setting.value, setting.origin);
    }
    text
}

fn token_words(config: &Config, environment: &Environment) -> String {
    if environment.is_set(TOKEN_VARIABLE) {
        return format!("hidden, from ${TOKEN_VARIABLE}");
    }
    match &config.digitalocean.token {
        Some(TokenSource::File(path)) => format!("hidden, from {}", path.display()),
        Some(TokenSource::Command { program, .. }) => {
            format!("hidden, from the command `{program}`")
        }
        None => "none".to_owned(),
    }
}
