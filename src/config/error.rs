//! What can be wrong with a configuration: which key, where, and what would be right.

use std::fmt;
use std::path::PathBuf;

/// A configuration that does not make sense.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// There is no home folder.
    #[error("there is no home folder; set `HOME`")]
    NoHome,
    /// The file cannot be read.
    #[error("the configuration file `{}` cannot be read", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("`{}`, line {line}: {message}", path.display())]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// Where, counted from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// Settings that do not make sense, all of them.
    #[error("the configuration does not make sense{}", listed(.0))]
    Problems(Vec<Problem>),
    /// The token could not be had.
    #[error(transparent)]
    Secret(#[from] super::secret::SecretError),
}

impl ConfigError {
    /// What may help.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Problems(_) | Self::Syntax { .. } => {
                Some("`arcadia config example` prints every setting with its default".to_owned())
            }
            Self::Secret(error) => error.hint(),
            Self::Unreadable { .. } => Some(
                "name another file with --config or $ARCADIA_CONFIG; `arcadia config path` prints \
                 the usual one"
                    .to_owned(),
            ),
            Self::NoHome => None,
        }
    }
}

/// One setting that does not make sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Nothing has that name.
    UnknownKey {
        /// The name.
        key: String,
        /// Where it stands.
        place: Place,
        /// The name that was probably meant.
        nearest: Option<String>,
    },
    /// The value is not allowed.
    BadValue {
        /// The key.
        key: String,
        /// Where it stands.
        place: Place,
        /// What was found, in a few words.
        found: String,
        /// What is allowed, to follow `must be`.
        allowed: String,
    },
    /// What a launch would begin with could never be launched.
    Senseless {
        /// The key.
        key: String,
        /// Where it stands.
        place: Place,
        /// What is wrong with the value.
        problem: String,
    },
    /// Two settings that do not go together.
    Clash {
        /// Which, and why.
        text: String,
    },
}

impl Problem {
    /// The setting whose value is not allowed, if that is the problem.
    pub(crate) fn refused(&self) -> Option<&str> {
        match self {
            Self::BadValue { key, .. } => Some(key),
            Self::UnknownKey { .. } | Self::Senseless { .. } | Self::Clash { .. } => None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKey { key, place, nearest } => {
                write!(f, "{place}: there is no setting `{}`", key.escape_debug())?;
                match nearest {
                    Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
                    None => Ok(()),
                }
            }
            Self::BadValue { key, place, found, allowed } => {
                write!(f, "{place}: `{key}` must be {allowed}, not {found}")
            }
            Self::Senseless { key, place, problem } => write!(f, "{place}: `{key}`: {problem}"),
            Self::Clash { text } => f.write_str(text),
        }
    }
}

/// Where a setting stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a file.
    File {
        /// Which.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// In the environment.
    Variable(String),
    /// On the command line.
    Flag(&'static str),
    /// Nowhere: it is the default.
    Default,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) => write!(f, "${name}"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// How many problems are listed: more than a screen of them is read by nobody.
const LISTED: usize = 20;

fn listed(problems: &[Problem]) -> String {
    let mut text: String = problems
        .iter()
        .take(LISTED)
        .flat_map(|problem| ["\n  ".to_owned(), problem.to_string()])
        .collect();
    if problems.len() > LISTED {
        text.push_str("\n  and ");
        text.push_str(&(problems.len() - LISTED).to_string());
        text.push_str(" more");
    }
    text
}
