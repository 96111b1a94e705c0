//! The four layers, read against the schema and merged: the first that says something wins.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::config::KeySetting;
use crate::config::bounded::read_bounded;
use crate::config::document;
use crate::config::env::Environment;
use crate::config::error::{ConfigError, Place, Problem};
use crate::config::schema::{self, Key};
use crate::config::value::{self, Value};

/// Where a value came from.
pub type Origin = Place;

/// What the command line says.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// The file to read.
    pub file: Option<PathBuf>,
    /// The settings, by the flags that have one.
    pub settings: Vec<FlagSetting>,
}

impl Flags {
    /// The file that is read: the one that somebody named, or else the platform's.
    pub fn file_or_default(&self, environment: &Environment) -> PathBuf {
        self.named_file(environment).unwrap_or_else(|| environment.platform.config_file())
    }

    fn named_file(&self, environment: &Environment) -> Option<PathBuf> {
        let by_variable = || environment.get("ARCADIA_CONFIG");
        self.file.clone().or_else(|| Some(environment.platform.expand(by_variable()?)))
    }
}

/// A setting given by a flag.
#[derive(Debug, Clone)]
pub struct FlagSetting {
    /// The flag, as it is typed.
    pub flag: &'static str,
    /// The setting's dotted name.
    pub key: &'static str,
    /// The value, written as in the environment.
    pub text: String,
}

/// A setting that has a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its dotted name.
    pub name: String,
    /// Its value, as TOML writes it.
    pub value: String,
    /// Where the value came from.
    pub origin: Origin,
}

/// The merged layers.
pub(crate) struct Layers {
    values: BTreeMap<String, (Value, Origin)>,
    /// What stands under `[keys]`, in its order.
    pub(crate) keys: Vec<KeySetting>,
    /// The file that was read, if any.
    pub(crate) file: Option<PathBuf>,
}

impl Layers {
    /// Reads all layers. Settings that do not make sense are added to `problems`.
    pub(crate) fn read(
        flags: &Flags,
        environment: &Environment,
        problems: &mut Vec<Problem>,
    ) -> Result<Self, ConfigError> {
        Self::merge(read_file(flags, environment)?, flags, environment, problems)
    }

    /// The same with the text of the file, if there is one.
    pub(crate) fn merge(
        file: Option<(PathBuf, String)>,
        flags: &Flags,
        environment: &Environment,
        problems: &mut Vec<Problem>,
    ) -> Result<Self, ConfigError> {
        let mut layers = Self { values: BTreeMap::new(), keys: Vec::new(), file: None };
        layers.read_defaults();
        if let Some((path, text)) = file {
            layers.read_toml(&path, &text, problems)?;
            layers.file = Some(path);
        }
        layers.read_variables(environment, problems);
        for setting in &flags.settings {
            layers.read_text(setting.key, &setting.text, Place::Flag(setting.flag), problems);
        }
        Ok(layers)
    }

    /// The value of a setting, if it has one.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        debug_assert!(schema::find(name).is_some(), "`{name}` is in the schema");
        self.values.get(name).map(|(value, _)| value)
    }

    /// Where a setting's value came from, if it has one.
    pub(crate) fn place(&self, name: &str) -> Option<&Place> {
        self.values.get(name).map(|(_, place)| place)
    }

    /// Every setting that has a value, in the order of the schema.
    pub(crate) fn settings(&self, environment: &Environment) -> Vec<Setting> {
        let of = |name: String| {
            if name == "data_dir" && !self.values.contains_key(&name) {
                let path = environment.platform.data_dir().display().to_string();
                return Some(Setting {
                    name,
                    value: Value::Text(path).to_toml(),
                    origin: Place::Default,
                });
            }
            let (value, origin) = self.values.get(&name)?;
            Some(Setting { value: value.to_toml(), origin: origin.clone(), name })
        };
        schema::names().into_iter().filter_map(of).collect()
    }

    fn read_defaults(&mut self) {
        for Key { name, shape, default } in schema::KEYS {
            if let Some(text) = default {
                let value = value::from_text(*shape, text).expect("the schema's defaults fit");
                self.values.insert((*name).to_owned(), (value, Place::Default));
            }
        }
    }

    fn read_toml(
        &mut self,
        path: &Path,
        text: &str,
        problems: &mut Vec<Problem>,
    ) -> Result<(), ConfigError> {
        let lines = document::read(text).map_err(|error| ConfigError::Syntax {
            path: path.to_owned(),
            line: error.line,
            message: error.message,
        })?;
        let names = schema::names();
        for line in lines {
            let place = Place::File { path: path.to_owned(), line: line.number };
            if let Some(command) = line.key.strip_prefix("keys.") {
                match value::words_of_toml(&line.value) {
                    Ok(keys) => {
                        let command = command.to_owned();
                        self.keys.push(KeySetting { command, keys, place });
                    }
                    Err(found) => {
                        let allowed = "a key such as `x`, or a list of keys".to_owned();
                        problems.push(Problem::BadValue { key: line.key, place, found, allowed });
                    }
                }
                continue;
            }
            let is_table = |name: &&String| name.starts_with(&format!("{}.", line.key));
            match schema::find(&line.key) {
                Some(key) => match value::from_toml(key.shape, &line.value) {
                    Ok(value) => {
                        self.values.insert(line.key, (value, place));
                    }
                    Err(found) => {
                        let allowed = value::allowed(key.shape);
                        problems.push(Problem::BadValue { key: line.key, place, found, allowed });
                    }
                },
                None if line.key == "keys" || names.iter().any(|name| is_table(&name)) => {
                    // `[simulator]` with nothing in it says nothing.
                    if !line.value.is_table() {
                        let allowed = format!("a table: `[{}]` and its settings below", line.key);
                        let found = value::article(line.value.type_str());
                        problems.push(Problem::BadValue { key: line.key, place, found, allowed });
                    }
                }
                None => {
                    // It takes time, and nobody reads that many.
                    let known = names.iter().map(String::as_str);
                    let nearest = (problems.len() < GUESSED)
                        .then(|| schema::nearest(&line.key, known))
                        .flatten();
                    problems.push(Problem::UnknownKey { key: line.key, place, nearest });
                }
            }
        }
        Ok(())
    }

    fn read_variables(&mut self, environment: &Environment, problems: &mut Vec<Problem>) {
        let by_variable: BTreeMap<String, String> =
            schema::names().into_iter().map(|name| (schema::variable(&name), name)).collect();
        for (variable, text) in environment.beginning_with("ARCADIA_") {
            let place = Place::Variable(variable.to_owned());
            match (by_variable.get(variable), text) {
                // An empty variable is how a shell unsets one for a single command.
                (_, Some("")) => {}
                (_, Some(_)) if NOT_SETTINGS.contains(&variable) => {}
                (_, None) if NOT_SETTINGS.contains(&variable) => {
                    problems.push(Problem::BadValue {
                        key: variable.to_owned(),
                        place,
                        found: "something else".to_owned(),
                        allowed: "UTF-8".to_owned(),
                    });
                }
                (Some(name), Some(text)) => self.read_text(name, text, place, problems),
                (Some(name), None) => problems.push(Problem::BadValue {
                    key: name.clone(),
                    place,
                    found: "something else".to_owned(),
                    allowed: "UTF-8".to_owned(),
                }),
                (None, _) => {
                    let known = by_variable.keys().map(String::as_str).chain(NOT_SETTINGS);
                    let nearest = schema::nearest(variable, known);
                    let key = variable.to_owned();
                    problems.push(Problem::UnknownKey { key, place, nearest });
                }
            }
        }
    }

    fn read_text(&mut self, name: &str, text: &str, place: Place, problems: &mut Vec<Problem>) {
        let key = schema::find(name).expect("the name comes from the schema");
        match value::from_text(key.shape, text) {
            Ok(value) => {
                self.values.insert(name.to_owned(), (value, place));
            }
            Err(found) => {
                let (key, allowed) = (name.to_owned(), value::allowed(key.shape));
                problems.push(Problem::BadValue { key, place, found, allowed });
            }
        }
    }
}

/// For how many problems the name that was probably meant is looked for.
const GUESSED: usize = 100;

/// Variables of ours that are no settings: which file to read, and who is at the keyboard.
const NOT_SETTINGS: [&str; 2] = ["ARCADIA_CONFIG", "ARCADIA_OPERATOR"];

/// The file that applies and its text. One that somebody named must be there; the default one may
/// be missing.
fn read_file(
    flags: &Flags,
    environment: &Environment,
) -> Result<Option<(PathBuf, String)>, ConfigError> {
    let named = flags.named_file(environment);
    let path = flags.file_or_default(environment);
    match read_bounded(&path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Some((path, text))),
            Err(error) => {
                let sound = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                let line = sound.split(|byte| *byte == b'\n').count();
                let message = "the file is not UTF-8 from there on".to_owned();
                Err(ConfigError::Syntax { path, line, message })
            }
        },
        Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ConfigError::Unreadable { path, source }),
    }
}
