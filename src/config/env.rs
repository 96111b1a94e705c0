//! The process's environment, taken once at the edge.

use std::collections::BTreeMap;

use nix::unistd::{User, getuid};

use crate::config::error::ConfigError;
use crate::config::paths::Platform;

/// What the process was started with, as far as Arcadia cares.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// The variables, by name. Values may be secrets: this type is never shown.
    variables: BTreeMap<String, Variable>,
    /// The name of the account that the process runs as, if the system knows one.
    account: Option<String>,
    /// Where the platform wants files to be.
    pub platform: Platform,
}

/// A variable's value.
#[derive(Clone)]
enum Variable {
    Text(String),
    NotUtf8,
}

impl std::fmt::Debug for Variable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A value may be a token.
        f.write_str("…")
    }
}

impl Environment {
    /// The environment of this process.
    ///
    /// # Errors
    /// When there is no home folder.
    pub fn of_process() -> Result<Self, ConfigError> {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| {
                let value = value.into_string().map_or(Variable::NotUtf8, Variable::Text);
                Some((name.into_string().ok()?, value))
            })
            .collect();
        let account = User::from_uid(getuid()).ok().flatten().map(|user| user.name);
        Ok(Self { variables, account, platform: Platform::native()? })
    }

    /// An environment made of these variables.
    pub fn new<'a>(
        variables: impl IntoIterator<Item = (&'a str, &'a str)>,
        platform: Platform,
    ) -> Self {
        let variables = variables
            .into_iter()
            .map(|(name, value)| (name.to_owned(), Variable::Text(value.to_owned())))
            .collect();
        Self { variables, account: None, platform }
    }

    /// An environment in which this variable has a value that is not UTF-8.
    #[cfg(test)]
    pub(crate) fn with_foreign_bytes(name: &str) -> Self {
        let variables = BTreeMap::from([(name.to_owned(), Variable::NotUtf8)]);
        Self { variables, ..Self::default() }
    }

    /// The value of a variable; an empty one counts as not set.
    pub fn get(&self, name: &str) -> Option<&str> {
        match self.variables.get(name)? {
            Variable::Text(text) if !text.is_empty() => Some(text),
            Variable::Text(_) | Variable::NotUtf8 => None,
        }
    }

    /// Whether a variable has a value that is not UTF-8, which [`Environment::get`] cannot give.
    pub fn is_not_utf8(&self, name: &str) -> bool {
        matches!(self.variables.get(name), Some(Variable::NotUtf8))
    }

    /// Whether a variable has a value, of whatever bytes; an empty one counts as not set.
    pub fn is_set(&self, name: &str) -> bool {
        self.get(name).is_some() || self.is_not_utf8(name)
    }

    /// The variables that begin with `prefix`, with their values; `None` for a value that is not
    /// UTF-8.
    pub(crate) fn beginning_with(
        &self,
        prefix: &str,
    ) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.variables.iter().filter(move |(name, _)| name.starts_with(prefix)).map(
            |(name, value)| match value {
                Variable::Text(text) => (name.as_str(), Some(text.as_str())),
                Variable::NotUtf8 => (name.as_str(), None),
            },
        )
    }

    /// Who is at the keyboard, for the record: whom the variables name, or else whose account it is. A
    /// container, a cron job and `sudo -i` set no `USER`.
    pub fn user(&self) -> &str {
        ["ARCADIA_OPERATOR", "USER", "LOGNAME"]
            .into_iter()
            .find_map(|name| self.get(name))
            .or(self.account.as_deref())
            .unwrap_or("unknown")
    }
}
