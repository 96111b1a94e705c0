//! What Arcadia is told about where it runs: read once, checked once, and handed on as types.
//!
//! Four layers, the first that says something wins: flags, the environment (`ARCADIA_*`), one file,
//! and the defaults. [`schema`] is the only list of what can be set; the file, the environment, the
//! defaults, `arcadia config show` and the example are all read against it. Nothing here reads the
//! process's environment: it is handed in as an [`Environment`].
//!
//! Secrets are not settings. [`secret`] fetches the token when a provider needs it, and it never
//! stands in a `Config`.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use crate::domain::saga::plan::{OnFailure, Patience, StepName};

mod bounded;
mod build;
pub mod document;
pub mod env;
pub mod error;
mod layers;
pub mod paths;
pub mod schema;
pub mod secret;
mod show;
mod value;

pub(crate) use bounded::{read_bounded, read_regular};
pub use env::Environment;
pub use error::ConfigError;
pub use layers::{FlagSetting, Flags, Origin, Setting};

/// The text that `arcadia config example` prints: every setting with its default.
pub const EXAMPLE: &str = include_str!("../config.example.toml");

/// Everything that can be set, resolved and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Where the journal, the log files and the simulator's books are kept.
    pub data_dir: PathBuf,
    /// Which cloud.
    pub provider: Provider,
    /// How `DigitalOcean` is reached.
    pub digitalocean: DigitalOceanConfig,
    /// How the simulated cloud behaves.
    pub simulator: SimulatorConfig,
    /// What the launch form and `arcadia launch` begin with.
    pub launch: LaunchDefaults,
    /// How patient sagas are.
    pub saga: SagaConfig,
    /// How much the engine does at once.
    pub engine: EngineConfig,
    /// How the journal is archived.
    pub journal: JournalConfig,
    /// What is logged.
    pub log: LogConfig,
    /// How the screen looks.
    pub ui: UiConfig,
    /// How somebody is called who is needed.
    pub notify: NotifyConfig,
    /// The keys of the dashboard that differ from its own, as they were written.
    pub keys: Vec<KeySetting>,
}

/// The keys of a command of the dashboard, which knows what is a command and what a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySetting {
    /// The command's name.
    pub command: String,
    /// Its keys.
    pub keys: Vec<String>,
    /// Where it stands.
    pub place: Origin,
}

/// Which cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// The simulated one: no account, no money.
    Simulator,
    /// The real one.
    DigitalOcean,
}

/// How `DigitalOcean` is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigitalOceanConfig {
    /// The API's root, without a trailing slash; `https`, or `http` on loopback.
    pub base_url: String,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long one request may take, its answer included.
    pub request_timeout: Duration,
    /// How long the token command may take, whoever types a passphrase for it included.
    pub token_timeout: Duration,
    /// Where the token comes from when `DIGITALOCEAN_TOKEN` is not set.
    pub token: Option<TokenSource>,
}

/// Where a token comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenSource {
    /// The first line of a file that only its owner can read.
    File(PathBuf),
    /// The first line that a program prints.
    Command {
        /// The program.
        program: String,
        /// Its arguments.
        arguments: Vec<String>,
    },
}

/// How the simulated cloud behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatorConfig {
    /// A simulator that runs by itself; `None` for one inside this program.
    pub url: Option<String>,
    /// From a create request to `active`.
    pub activation: Duration,
    /// From `active` to the public address.
    pub address_delay: Duration,
    /// How far listings are behind.
    pub listing_lag: Duration,
    /// From a delete request to its effect.
    pub deletion: Duration,
    /// The zones of the simulated account.
    pub domains: Vec<String>,
    /// How many droplets the simulated account may have.
    pub droplet_limit: u32,
    /// Where its chance comes from.
    pub seed: u64,
}

/// What the launch form and `arcadia launch` begin with. Empty texts say nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchDefaults {
    /// Who the deployment is for.
    pub tenant: String,
    /// Region slug.
    pub region: String,
    /// Size slug.
    pub size: String,
    /// Image slug.
    pub image: String,
    /// The zone in which the name is made.
    pub dns_domain: String,
    /// Ids or fingerprints of keys that the provider knows.
    pub ssh_keys: Vec<String>,
    /// What happens when a step fails for good.
    pub on_failure: OnFailure,
}

/// How patient sagas are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SagaConfig {
    /// How long a droplet may take to become active and get its address.
    pub activation_deadline: Duration,
    /// How long a look-up that finds nothing proves nothing after a request of unknown effect.
    pub settle: Duration,
    /// The first interval at which a wait is asked again.
    pub poll_first: Duration,
    /// The longest such interval.
    pub poll_most: Duration,
    /// Seconds that a resolver may keep a record that Arcadia makes.
    pub record_ttl: u32,
    /// How patiently a step is done.
    pub calls: Patience,
    /// How patiently a step is undone.
    pub compensations: Patience,
    /// What differs for single steps, going forward.
    pub steps: BTreeMap<StepName, PatienceOverride>,
}

/// What differs for one step; `None` leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PatienceOverride {
    /// How long one attempt may take.
    pub timeout: Option<Duration>,
    /// How long all of it may take.
    pub deadline: Option<Duration>,
    /// How often it is tried.
    pub tries: Option<NonZeroU32>,
    /// The longest wait before the second try.
    pub base: Option<Duration>,
    /// The longest wait of all.
    pub cap: Option<Duration>,
}

impl PatienceOverride {
    /// The patience that results from changing `patience`.
    pub fn apply(&self, patience: &Patience) -> Patience {
        let mut changed = patience.clone();
        changed.timeout = self.timeout.unwrap_or(changed.timeout);
        changed.deadline = self.deadline.unwrap_or(changed.deadline);
        changed.retry.tries = self.tries.unwrap_or(changed.retry.tries);
        changed.retry.base = self.base.unwrap_or(changed.retry.base);
        changed.retry.cap = self.cap.unwrap_or(changed.retry.cap);
        changed
    }
}

/// How much the engine does at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineConfig {
    /// How many sagas may go forward at the same time; the others wait for a seat. The default keeps
    /// them within the provider's quota of a minute and of an hour, as `config.example.toml` reckons.
    pub max_sagas: NonZeroUsize,
    /// How many calls of steps may be under way at the same time, those that undo something included.
    pub max_calls: NonZeroUsize,
}

/// How the journal is archived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalConfig {
    /// How long a fact may wait to be archived.
    pub archive_every: Duration,
    /// For how long what has ended with nothing left stays in the archive; `None` for ever.
    pub archive_kept: Option<Duration>,
}

/// What is logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogConfig {
    /// Which lines, in the language of `tracing` directives: `info,arcadia=debug`.
    pub filter: String,
    /// How many daily files are kept.
    pub days_kept: NonZeroUsize,
}

/// How the screen looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UiConfig {
    /// Whether only ASCII is drawn.
    pub ascii: When,
    /// Whether colour is used.
    pub color: When,
    /// The theme: `auto`, a name, or the path of a `.toml` file.
    pub theme: String,
    /// Whether the dashboard begins with the mouse captured.
    pub mouse: Switch,
    /// How many frames a second are drawn at most, keys apart.
    pub fps: NonZeroU32,
    /// Whether everything is drawn as plain lines.
    pub linear: Switch,
    /// Where a person's own themes are: beside the file that is read, or where the platform's would be.
    pub themes: PathBuf,
}

/// Whether something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Switch {
    /// It is.
    On,
    /// It is not.
    #[default]
    Off,
}

/// How somebody is called who is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotifyConfig {
    /// Whether anybody is called at all.
    pub when: NotifyWhen,
    /// Whether the terminal's bell is rung; by itself it is.
    pub bell: When,
    /// Whether the terminal is asked to notify (`OSC 9`); by itself where it is known to.
    pub osc9: When,
    /// A program that is told, with its first arguments.
    pub command: Option<(String, Vec<String>)>,
}

/// When somebody is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotifyWhen {
    /// In any case.
    Always,
    /// Not while the terminal says that somebody looks at it.
    Unfocused,
    /// In no case.
    Never,
}

/// Whether to do something that the terminal may or may not be fit for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// As the terminal and the locale suggest.
    Auto,
    /// In any case.
    Always,
    /// In no case.
    Never,
}

/// Reads a time span as people write it: `500ms`, `2s`, `1h30m`.
///
/// # Errors
/// When it is none; the error says what one looks like.
pub fn parse_span(text: &str) -> Result<Duration, String> {
    value::parse_span(text)
        .ok_or_else(|| "a time span looks like `500ms`, `2s` or `1h30m`".to_owned())
}

/// A configuration, and where each of its values came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// Each setting that has a value, in the order of the schema.
    pub settings: Vec<Setting>,
    /// The file that was read, if any.
    pub file: Option<PathBuf>,
    /// The file that is read when nobody names another one.
    pub default_file: PathBuf,
}

impl Loaded {
    /// Resolves all four layers.
    ///
    /// # Errors
    /// When the file cannot be read, or anything in any layer does not make sense. All problems are
    /// reported together.
    pub fn load(flags: &Flags, environment: &Environment) -> Result<Self, ConfigError> {
        let mut problems = Vec::new();
        let layers = layers::Layers::read(flags, environment, &mut problems)?;
        Self::resolve(&layers, environment, problems)
    }

    /// Resolves the text of a file, without flags.
    ///
    /// # Errors
    /// As [`Loaded::load`].
    pub fn from_text(text: &str, environment: &Environment) -> Result<Self, ConfigError> {
        let (mut problems, flags) = (Vec::new(), Flags::default());
        let file = (environment.platform.config_file(), text.to_owned());
        let layers = layers::Layers::merge(Some(file), &flags, environment, &mut problems)?;
        Self::resolve(&layers, environment, problems)
    }

    fn resolve(
        layers: &layers::Layers,
        environment: &Environment,
        mut problems: Vec<error::Problem>,
    ) -> Result<Self, ConfigError> {
        let config = build::build(layers, environment, &mut problems);
        if !problems.is_empty() {
            return Err(ConfigError::Problems(problems));
        }
        Ok(Self {
            config,
            settings: layers.settings(environment),
            file: layers.file.clone(),
            default_file: environment.platform.config_file(),
        })
    }

    /// The resolved configuration as `arcadia config show` prints it: a TOML file in which each
    /// line says where its value came from. No secret stands in it.
    pub fn show(&self, environment: &Environment) -> String {
        show::show(self, environment)
    }
}

#[cfg(test)]
mod tests;
