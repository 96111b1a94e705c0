//! The token: from the environment, a file or a command; never from a flag, never into a log.

use std::fs::OpenOptions;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use rustix::fs::OFlags;
use secrecy::SecretString;

use crate::config::env::Environment;
use crate::config::value::span_text;
use crate::config::{DigitalOceanConfig, TokenSource};

mod command;
mod foreground;

/// The variable that holds the token.
pub const TOKEN_VARIABLE: &str = "DIGITALOCEAN_TOKEN";

/// The longest token, in bytes: the provider's are 71 long.
const TOKEN_LIMIT: usize = 4096;

/// How much of a file or of an output is read, in bytes: a path given by mistake may name anything.
const READ_LIMIT: u64 = 2 * TOKEN_LIMIT as u64;

/// Fetches the token. Called before anything is launched, so that a missing one fails nothing
/// half-way. A `token_command` runs in the foreground and may ask on the terminal, for as long as
/// `token_timeout` says.
///
/// # Errors
/// When there is none, or its source may not be trusted or does not work.
pub fn token(
    config: &DigitalOceanConfig,
    environment: &Environment,
) -> Result<SecretString, SecretError> {
    let variable = || format!("${TOKEN_VARIABLE}");
    if let Some(text) = environment.get(TOKEN_VARIABLE) {
        return sound(text.as_bytes(), variable);
    }
    if environment.is_not_utf8(TOKEN_VARIABLE) {
        return Err(SecretError::NoToken { origin: variable(), problem: "it is not UTF-8" });
    }
    match &config.token {
        Some(TokenSource::File(path)) => from_file(path),
        Some(TokenSource::Command { program, arguments }) => {
            let output = command::output(program, arguments, config.token_timeout)?;
            first_line(&output, || format!("the output of the token command `{program}`"))
        }
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
    /// It is a folder, a pipe or a device.
    #[error("the token file `{}` is no regular file", path.display())]
    NoFile {
        /// What was named.
        path: PathBuf,
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
    /// The command did not end in time.
    #[error(
        "the token command `{program}` did not end within {}, so it was killed",
        span_text(*patience)
    )]
    CommandHangs {
        /// The program.
        program: String,
        /// How long it was waited for.
        patience: Duration,
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
            Self::CommandHangs { .. } => Some(
                "run it by hand; where somebody must type a passphrase, give it longer: \
                 `token_timeout` under `[digitalocean]`"
                    .to_owned(),
            ),
            Self::Unreadable { .. }
            | Self::NoFile { .. }
            | Self::Foreign { .. }
            | Self::CommandFailed { .. }
            | Self::NoToken { .. } => None,
        }
    }
}

fn from_file(path: &Path) -> Result<SecretString, SecretError> {
    let unreadable = |source| SecretError::Unreadable { path: path.to_owned(), source };
    // Opening a pipe waits for its writer otherwise, for ever.
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(unreadable)?;
    // Asked of the open file, so that nobody can swap it between the look and the read.
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(SecretError::NoFile { path: path.to_owned() });
    }
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(SecretError::Open { path: path.to_owned(), mode });
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(SecretError::Foreign { path: path.to_owned(), owner: metadata.uid() });
    }
    let mut text = Vec::new();
    file.take(READ_LIMIT).read_to_end(&mut text).map_err(unreadable)?;
    first_line(&text, || format!("`{}`", path.display()))
}

/// The first line of a file or of an output: what stands below it in a password store is not the token.
fn first_line(text: &[u8], origin: impl Fn() -> String) -> Result<SecretString, SecretError> {
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    sound(line, origin)
}

/// The text, if it can stand in a header. Nothing of a wrong one is ever shown.
fn sound(text: &[u8], origin: impl Fn() -> String) -> Result<SecretString, SecretError> {
    let text = text.trim_ascii();
    let problem = match std::str::from_utf8(text) {
        Ok("") => "its first line is empty",
        _ if text.len() > TOKEN_LIMIT => "its first line is longer than any token",
        Err(_) => "it is not UTF-8",
        Ok(token) if token.bytes().all(|byte| byte.is_ascii_graphic()) => {
            return Ok(SecretString::from(token));
        }
        Ok(token) if token.contains(['\n', '\r']) => "it has a line break inside",
        Ok(_) => "it holds a blank, a control character or one outside ASCII",
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

    /// No command of these tests takes longer, on a loaded machine either.
    const PATIENCE: Duration = Duration::from_secs(20);

    fn source(token: Option<TokenSource>) -> DigitalOceanConfig {
        DigitalOceanConfig {
            base_url: String::new(),
            connect_timeout: Duration::ZERO,
            request_timeout: Duration::ZERO,
            token_timeout: PATIENCE,
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
    fn a_token_command_that_hangs_is_killed_with_all_that_it_started_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        make_pipe(&pipe);
        let (ended_tx, ended_rx) = std::sync::mpsc::channel();
        let reader = pipe.clone();
        // It ends when nobody is left who could write.
        std::thread::spawn(move || ended_tx.send(std::fs::read(reader).unwrap().len()));
        let script = format!("exec 3>'{}'; sleep 1000 & wait", pipe.display());
        let mut config = source(Some(command(&script)));
        config.token_timeout = Duration::from_millis(300);
        let error = token(&config, &Environment::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the token command `sh` did not end within 300ms, so it was killed"
        );
        assert!(error.hint().unwrap().contains("`token_timeout`"));
        assert_eq!(ended_rx.recv_timeout(PATIENCE), Ok(0));
    }

    #[test]
    fn what_a_token_command_leaves_running_is_not_waited_for() {
        let left = command("echo dop_v1_secret; sleep 60 &");
        assert_eq!(fetch(left).unwrap().expose_secret(), "dop_v1_secret");
    }

    #[test]
    fn a_token_command_that_prints_for_ever_is_cut_off() {
        let error = fetch(command("exec yes dop_v1_secret")).unwrap_err();
        assert!(matches!(error, SecretError::CommandFailed { .. }), "{error}");
    }

    #[test]
    fn a_token_file_that_is_a_pipe_or_a_folder_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        make_pipe(&pipe);
        for path in [pipe, folder.path().to_owned()] {
            let error = fetch(TokenSource::File(path.clone())).unwrap_err();
            let named = format!("the token file `{}` is no regular file", path.display());
            assert_eq!(error.to_string(), named);
        }
    }

    fn make_pipe(path: &Path) {
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    }

    #[test]
    fn a_variable_with_a_line_break_or_foreign_bytes_is_no_token_and_is_not_called_unset() {
        let fetched = |environment: Environment| token(&source(None), &environment).unwrap_err();
        let broken = Environment::new([(TOKEN_VARIABLE, "dop_v1_\nsecret")], Platform::default());
        let error = fetched(broken);
        let said = "$DIGITALOCEAN_TOKEN holds no token: it has a line break inside";
        assert_eq!(error.to_string(), said);
        assert!(!format!("{error:?}").contains("secret"));
        let foreign = Environment::with_foreign_bytes(TOKEN_VARIABLE);
        assert!(foreign.is_set(TOKEN_VARIABLE) && foreign.get(TOKEN_VARIABLE).is_none());
        let said = "$DIGITALOCEAN_TOKEN holds no token: it is not UTF-8";
        assert_eq!(fetched(foreign).to_string(), said);
        let last = Environment::new([(TOKEN_VARIABLE, "dop_v1_x\n")], Platform::default());
        assert_eq!(token(&source(None), &last).unwrap().expose_secret(), "dop_v1_x");
    }

    #[test]
    fn a_file_says_what_keeps_its_first_line_from_being_a_token() {
        let (_folder, path) = file(0o600);
        let long = "x".repeat(TOKEN_LIMIT + 1);
        for (bytes, problem) in [
            (b"dop_v1_\xff\n".as_slice(), "it is not UTF-8"),
            (b"\ndop_v1_secret\n", "its first line is empty"),
            (b"dop_v1_\rsecret\n", "it has a line break inside"),
            (long.as_bytes(), "its first line is longer than any token"),
        ] {
            std::fs::write(&path, bytes).unwrap();
            let error = fetch(TokenSource::File(path.clone())).unwrap_err().to_string();
            assert_eq!(error, format!("`{}` holds no token: {problem}", path.display()));
        }
    }

    #[test]
    fn what_cannot_stand_in_a_header_is_no_token_and_is_not_shown() {
        let error = fetch(command("echo 'two words'")).unwrap_err();
        assert!(error.to_string().contains("holds no token"), "{error}");
        assert!(!format!("{error:?}").contains("two words"));
        assert!(fetch(command("true")).unwrap_err().to_string().contains("line is empty"));
    }

    #[test]
    fn nobody_saying_where_the_token_is_names_every_way_to_say_it() {
        let error = token(&source(None), &Environment::default()).unwrap_err().to_string();
        for way in ["DIGITALOCEAN_TOKEN is not set", "token_file", "token_command"] {
            assert!(error.contains(way), "{error}");
        }
    }
}
