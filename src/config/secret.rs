//! The token: from the environment, a file or a command; never from a flag, never into a log.

use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use secrecy::SecretString;

use crate::config::env::Environment;
use crate::config::{DigitalOceanConfig, TokenSource};

/// The variable that holds the token.
pub const TOKEN_VARIABLE: &str = "DIGITALOCEAN_TOKEN";

/// The most that a token file or command may give: a token is 71 bytes, and a path given by mistake
/// may name anything.
const TOKEN_LIMIT: u64 = 4096;

/// Fetches the token. Called before anything is launched, so that a missing one fails nothing
/// half-way. A `token_command` runs in the foreground and may ask on the terminal.
///
/// # Errors
/// When there is none, or its source may not be trusted or does not work.
pub fn token(
    config: &DigitalOceanConfig,
    environment: &Environment,
) -> Result<SecretString, SecretError> {
    if let Some(text) = environment.get(TOKEN_VARIABLE) {
        return sound(text, || format!("${TOKEN_VARIABLE}"));
    }
    match &config.token {
        Some(TokenSource::File(path)) => from_file(path),
        Some(TokenSource::Command { program, arguments }) => from_command(program, arguments),
        None => Err(SecretError::Missing { file: environment.platform.config_file() }),
    }
}

/// The token could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Nobody says where it is.
    #[error(
        "{TOKEN_VARIABLE} is not set; set it, or `token_file` or `token_command` under \
         `[digitalocean]` in {}",
        file.display()
    )]
    Missing {
        /// The configuration file that could say it.
        file: PathBuf,
    },
    /// The file cannot be read.
    #[error("the token file `{}` cannot be read", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Others can read the file.
    #[error("the token file `{}` has mode {mode:04o}; others can read it", path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The file is somebody else's.
    #[error("the token file `{}` belongs to user {owner}, not to you", path.display())]
    Foreign {
        /// Which file.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
    },
    /// The command could not be started.
    #[error("the token command `{program}` cannot be started")]
    NotStarted {
        /// The program.
        program: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The command failed.
    #[error("the token command `{program}` failed: {status}")]
    CommandFailed {
        /// The program.
        program: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// What was found is no token.
    #[error("{origin} holds no token: {problem}")]
    NoToken {
        /// Where it was found.
        origin: String,
        /// What is wrong with it; nothing of its text.
        problem: &'static str,
    },
}

impl SecretError {
    /// What may help.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { .. } => Some("`arcadia config example` shows how".to_owned()),
            Self::Open { path, .. } => Some(format!("chmod 600 {}", path.display())),
            Self::NotStarted { .. } => {
                Some("`token_command` is a list: the program, then its arguments".to_owned())
            }
            Self::Unreadable { .. }
            | Self::Foreign { .. }
            | Self::CommandFailed { .. }
            | Self::NoToken { .. } => None,
        }
    }
}

fn from_file(path: &Path) -> Result<SecretString, SecretError> {
    let unreadable = |source| SecretError::Unreadable { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    // Asked of the open file, so that nobody can swap it between the look and the read.
    let metadata = file.metadata().map_err(unreadable)?;
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(SecretError::Open { path: path.to_owned(), mode });
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(SecretError::Foreign { path: path.to_owned(), owner: metadata.uid() });
    }
    let mut text = String::new();
    file.take(TOKEN_LIMIT).read_to_string(&mut text).map_err(unreadable)?;
    sound(&text, || format!("`{}`", path.display()))
}

fn from_command(program: &str, arguments: &[String]) -> Result<SecretString, SecretError> {
    let not_started = |source| SecretError::NotStarted { program: program.to_owned(), source };
    // The terminal stays connected: a password store asks for its passphrase there.
    let mut child = Command::new(program)
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(not_started)?;
    let mut text = String::new();
    let read = match child.stdout.take() {
        Some(stdout) => stdout.take(TOKEN_LIMIT).read_to_string(&mut text).map(|_| ()),
        None => Ok(()),
    };
    let status = child.wait().map_err(not_started)?;
    if !status.success() {
        return Err(SecretError::CommandFailed { program: program.to_owned(), status });
    }
    let origin = || format!("the output of the token command `{program}`");
    match read {
        Ok(()) => sound(&text, origin),
        Err(_) => Err(SecretError::NoToken { origin: origin(), problem: "it is not UTF-8" }),
    }
}

/// The first line, if it can stand in a header. Nothing of a wrong one is ever shown.
fn sound(text: &str, origin: impl Fn() -> String) -> Result<SecretString, SecretError> {
    let line = text.lines().next().unwrap_or_default().trim();
    let problem = if line.is_empty() {
        "it is empty"
    } else if !line.bytes().all(|byte| byte.is_ascii_graphic()) {
        "it holds a blank or a character outside ASCII"
    } else {
        return Ok(SecretString::from(line));
    };
    Err(SecretError::NoToken { origin: origin(), problem })
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::config::paths::Platform;

    fn source(token: Option<TokenSource>) -> DigitalOceanConfig {
        DigitalOceanConfig {
            base_url: String::new(),
            connect_timeout: std::time::Duration::ZERO,
            request_timeout: std::time::Duration::ZERO,
            token,
        }
    }

    fn fetch(from: TokenSource) -> Result<SecretString, SecretError> {
        token(&source(Some(from)), &Environment::default())
    }

    fn file(mode: u32) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "dop_v1_secret\nsecond line\n").unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    fn command(script: &str) -> TokenSource {
        let arguments = vec!["-c".to_owned(), script.to_owned()];
        TokenSource::Command { program: "sh".to_owned(), arguments }
    }

    #[test]
    fn the_environment_comes_before_file_and_command() {
        let (_folder, path) = file(0o600);
        let environment =
            Environment::new([(TOKEN_VARIABLE, "from-variable")], Platform::default());
        let token = token(&source(Some(TokenSource::File(path))), &environment).unwrap();
        assert_eq!(token.expose_secret(), "from-variable");
    }

    #[test]
    fn a_token_file_that_only_its_owner_can_read_gives_its_first_line() {
        let (_folder, path) = file(0o600);
        assert_eq!(fetch(TokenSource::File(path)).unwrap().expose_secret(), "dop_v1_secret");
    }

    #[test]
    fn a_token_file_that_others_can_read_is_refused_and_the_hint_says_what_to_do() {
        let (_folder, path) = file(0o644);
        let error = fetch(TokenSource::File(path.clone())).unwrap_err();
        assert!(error.to_string().contains("mode 0644"), "{error}");
        assert_eq!(error.hint(), Some(format!("chmod 600 {}", path.display())));
    }

    #[test]
    fn a_token_command_gives_its_first_line() {
        assert_eq!(fetch(command("echo dop_v1_secret")).unwrap().expose_secret(), "dop_v1_secret");
    }

    #[test]
    fn a_token_command_that_fails_says_how_and_shows_nothing_of_its_output() {
        let error = fetch(command("echo dop_v1_secret; exit 3")).unwrap_err();
        assert_eq!(error.to_string(), "the token command `sh` failed: exit status: 3");
        let missing = TokenSource::Command { program: "/no/such".to_owned(), arguments: vec![] };
        assert!(matches!(fetch(missing), Err(SecretError::NotStarted { .. })));
    }

    #[test]
    fn what_cannot_stand_in_a_header_is_no_token_and_is_not_shown() {
        let error = fetch(command("echo 'two words'")).unwrap_err();
        assert!(error.to_string().contains("holds no token"), "{error}");
        assert!(!format!("{error:?}").contains("two words"));
        assert!(fetch(command("true")).unwrap_err().to_string().contains("it is empty"));
    }

    #[test]
    fn nobody_saying_where_the_token_is_names_every_way_to_say_it() {
        let error = token(&source(None), &Environment::default()).unwrap_err().to_string();
        for way in ["DIGITALOCEAN_TOKEN is not set", "token_file", "token_command"] {
            assert!(error.contains(way), "{error}");
        }
    }
}
