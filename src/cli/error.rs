//! What can go wrong at the shell: each with its exit code and, where there is one, a hint.

use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::config::ConfigError;
use crate::control::ControlError;
use crate::domain::spec::FieldError;

/// A verb that could not be done.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The engine refused, or failed.
    #[error(transparent)]
    Control(ControlError),
    /// The configuration does not make sense.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The launch does not make sense.
    #[error("the launch does not make sense{}", listed(.0))]
    Launch(Vec<FieldError>),
    /// No deployment has that name or id.
    #[error("no deployment `{}`", text.escape_debug())]
    Unknown {
        /// What was typed.
        text: String,
        /// The name that was probably meant.
        nearest: Option<String>,
    },
    /// Several deployments answer to it.
    #[error("`{}` is ambiguous{}", text.escape_debug(), lines(candidates.iter().cloned()))]
    Ambiguous {
        /// What was typed.
        text: String,
        /// Who answers: names and ids.
        candidates: Vec<String>,
    },
    /// Nobody can be asked, and nobody said yes beforehand.
    #[error("{verb} is not done without a yes, and there is no terminal to ask on")]
    CannotAsk {
        /// The verb.
        verb: &'static str,
    },
    /// The operator said no.
    #[error("nothing was done")]
    Declined,
    /// A file cannot be read.
    #[error("`{}` cannot be read", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A launch file does not make sense.
    #[error("{}:{line}: {problem}", path.display())]
    LaunchFile {
        /// Which.
        path: PathBuf,
        /// Where, counted from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// The plan has no such step, or none that could be meant.
    #[error("{0}")]
    Step(String),
    /// The journal could not be written or read, so the saga stands still.
    #[error("the saga stands still: {error}")]
    Stalled {
        /// What went wrong.
        error: Arc<str>,
        /// What may help.
        hint: Option<&'static str>,
    },
    /// What only the dashboard does was asked of something else.
    #[error("--record records the dashboard, which needs a terminal and takes no verb")]
    NothingToRecord,
    /// There is no terminal to show anything on.
    #[error("there is no terminal to show it on")]
    NoScreen,
    /// The output could not be written.
    #[error("the output could not be written")]
    Write(#[source] std::io::Error),
}

impl CliError {
    /// How the program ends.
    pub fn exit(&self) -> Exit {
        match self {
            Self::CannotAsk { .. }
            | Self::NothingToRecord
            | Self::NoScreen
            | Self::Ambiguous { .. }
            | Self::Launch(_)
            | Self::LaunchFile { .. }
            | Self::Step(_) => Exit::Usage,
            Self::Control(_)
            | Self::Config(_)
            | Self::Unknown { .. }
            | Self::Declined
            | Self::File { .. }
            | Self::Stalled { .. }
            | Self::Write(_) => Exit::Error,
        }
    }

    /// What may help.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Config(error) => error.hint(),
            Self::CannotAsk { .. } => Some("--yes says yes beforehand".to_owned()),
            Self::Ambiguous { .. } => Some("name it by its id, or as tenant/slug".to_owned()),
            Self::Unknown { nearest: Some(nearest), .. } => {
                Some(format!("did you mean `{nearest}`?"))
            }
            Self::Unknown { nearest: None, .. } => Some("`arcadia list` shows them all".to_owned()),
            Self::Launch(_) => Some("`arcadia launch --help` has an example".to_owned()),
            Self::Control(ControlError::NameTaken { name, .. }) => {
                Some(format!("`arcadia show {name}` shows it"))
            }
            Self::Stalled { hint, .. } => hint.map(str::to_owned),
            Self::Control(error) => error.remedy().map(str::to_owned),
            Self::NoScreen => Some("--print 120x36 prints the last screen as text".to_owned()),
            Self::Declined
            | Self::NothingToRecord
            | Self::File { .. }
            | Self::LaunchFile { .. }
            | Self::Step(_)
            | Self::Write(_) => None,
        }
    }
}

impl CliError {
    /// Tells the operator, and says how the program ends.
    pub fn tell(&self, output: &Output) -> Exit {
        output.failure(self, self.hint().as_deref());
        self.exit()
    }
}

impl From<ControlError> for CliError {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Invalid(fields) => Self::Launch(fields),
            ControlError::NotFound(text) => Self::Unknown { text, nearest: None },
            error @ (ControlError::NameTaken { .. }
            | ControlError::Refused { .. }
            | ControlError::Journal { .. }
            | ControlError::Draining
            | ControlError::Stopping) => Self::Control(error),
        }
    }
}

/// The fields as flags, one a line.
fn listed(fields: &[FieldError]) -> String {
    let flag = |error: &FieldError| match error.field {
        // What is a list in a file is a flag for each here, and user data never stands on a
        // command line.
        "ssh_keys" => "--ssh-key".to_owned(),
        "user_data" => "--user-data-file".to_owned(),
        field => format!("--{}", field.replace('_', "-")),
    };
    lines(fields.iter().map(|error| format!("{}: {}", flag(error), error.problem)))
}

/// Each on a line of its own, indented.
fn lines(items: impl Iterator<Item = String>) -> String {
    items.flat_map(|item| ["\n  ".to_owned(), item]).collect()
}
