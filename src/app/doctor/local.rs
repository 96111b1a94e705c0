//! What this machine and its environment show, without opening anything of Arcadia's.

use std::os::unix::fs::MetadataExt as _;

use crate::app::dashboard;
use crate::cli::output::{Output, Tty};
use crate::config::error::Place;
use crate::config::secret::TOKEN_VARIABLE;
use crate::config::{Config, ConfigError, Environment, Flags, Loaded, TokenSource, When};
use crate::doctor::configuration::{
    ConfigurationFacts, ConfigurationFault, SettingFacts, SettingOrigin,
};
use crate::doctor::terminal::{Colors, Glyphs, TerminalFacts};
use crate::domain::failure::with_causes;
use crate::tui::options::{Ascii, Color};

/// The configuration, or what is wrong with it.
pub(super) fn configuration(
    loaded: &Result<Loaded, ConfigError>,
    flags: &Flags,
    environment: &Environment,
) -> ConfigurationFacts {
    let path = flags.file_or_default(environment);
    let mode = std::fs::metadata(&path).ok().map(|metadata| metadata.mode() & 0o7777);
    let settings = match loaded {
        Ok(loaded) => Ok(loaded
            .settings
            .iter()
            .map(|setting| SettingFacts {
                name: setting.name.clone(),
                origin: match &setting.origin {
                    Place::Default => SettingOrigin::Default,
                    Place::File { .. } => SettingOrigin::File,
                    Place::Variable(name) => SettingOrigin::Variable(name.clone()),
                    Place::Flag(flag) => SettingOrigin::Flag((*flag).to_owned()),
                },
            })
            .collect()),
        Err(error) => Err(ConfigurationFault { text: with_causes(error), hint: error.hint() }),
    };
    ConfigurationFacts { file: path.display().to_string(), mode, settings }
}

/// Where the token comes from, in words; nothing of the token.
pub(super) fn token_source(config: &Config, environment: &Environment) -> String {
    if environment.is_set(TOKEN_VARIABLE) {
        return format!("${TOKEN_VARIABLE}");
    }
    match &config.digitalocean.token {
        Some(TokenSource::File(path)) => format!("`{}`", path.display()),
        Some(TokenSource::Command { program, .. }) => format!("the command `{program}`"),
        None => "nowhere".to_owned(),
    }
}

/// The terminal. Without a configuration, what the dashboard would do of itself.
pub(super) fn terminal(
    loaded: Option<&Loaded>,
    environment: &Environment,
    output: &Output,
) -> TerminalFacts {
    let ui = loaded.map(|loaded| &loaded.config.ui);
    let (ascii, color) = ui.map_or((When::Auto, When::Auto), |ui| (ui.ascii, ui.color));
    let size = match output.terminals().stdout {
        Tty::Terminal => rustix::termios::tcgetwinsize(std::io::stdout()).ok(),
        Tty::Pipe => None,
    };
    TerminalFacts {
        size: size.map(|size| (size.ws_col, size.ws_row)),
        term: environment.get("TERM").map(str::to_owned),
        locale: dashboard::locale(environment).map(str::to_owned),
        glyphs: match dashboard::ascii(ascii, environment) {
            Ascii::Yes => Glyphs::Ascii,
            Ascii::No => Glyphs::Unicode,
        },
        colors: match dashboard::color(color, environment) {
            Color::Ansi => Colors::Ansi,
            Color::None => Colors::None,
        },
        multiplexer: [("TMUX", "tmux"), ("STY", "screen")]
            .into_iter()
            .find_map(|(variable, name)| environment.get(variable).map(|_| name)),
    }
}
