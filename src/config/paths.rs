//! Where the platform wants files to be.

use std::path::PathBuf;

use etcetera::BaseStrategy as _;

use crate::config::error::ConfigError;

/// The folders of this person on this platform.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Platform {
    /// The home folder.
    pub home: PathBuf,
    /// Where configuration goes: `$XDG_CONFIG_HOME` or its like.
    pub config: PathBuf,
    /// Where data goes: `$XDG_DATA_HOME` or its like.
    pub data: PathBuf,
}

impl Platform {
    /// This process's platform.
    ///
    /// # Errors
    /// When there is no home folder.
    pub fn native() -> Result<Self, ConfigError> {
        let strategy = etcetera::choose_base_strategy().map_err(|_| ConfigError::NoHome)?;
        Ok(Self {
            home: strategy.home_dir().to_owned(),
            config: strategy.config_dir(),
            data: strategy.data_dir(),
        })
    }

    /// The file that is read when nobody names another one.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("arcadia").join("config.toml")
    }

    /// Where a person's own themes are when no file is read.
    pub fn themes(&self) -> PathBuf {
        self.config.join("arcadia").join("themes")
    }

    /// Where data is kept when nobody names another place.
    pub fn data_dir(&self) -> PathBuf {
        self.data.join("arcadia")
    }

    /// A path as a person wrote it: `~/` is the home folder.
    pub fn expand(&self, text: &str) -> PathBuf {
        match text.strip_prefix("~/") {
            Some(rest) => self.home.join(rest),
            None => PathBuf::from(text),
        }
    }
}
