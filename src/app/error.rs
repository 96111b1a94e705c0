//! What can go wrong while the program is put together, each with its exit code and a hint.

use crate::cli::{CliError, Exit};
use crate::config::ConfigError;
use crate::config::secret::SecretError;
use crate::drill::DrillError;
use crate::journal::JournalError;
use crate::journal::archive::ArchiveError;
use crate::journal::rebuild::RebuildError;
use crate::providers::ProviderError;
use crate::providers::digitalocean::DigitalOceanError;
use crate::recording::RecordingError;
use crate::simulator::SimulatorError;
use crate::simulator::faults::ParseFaultError;
use crate::telemetry::TelemetryError;
use crate::tui::options::TuiError;
use crate::tui::theme::file::ThemeError;

/// The program could not be put together, or a verb could not be done.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The configuration does not make sense.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The token could not be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The provider does not take the token.
    #[error("the provider does not accept the token, so nothing was started")]
    Token {
        /// What it said.
        #[source]
        source: ProviderError,
    },
    /// The log could not be started.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// The journal could not be opened or read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal could not be rebuilt.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
    /// The client could not be made.
    #[error(transparent)]
    Client(#[from] DigitalOceanError),
    /// The simulated cloud could not be started.
    #[error(transparent)]
    Simulator(#[from] SimulatorError),
    /// A fault rule does not make sense.
    #[error(transparent)]
    Fault(#[from] ParseFaultError),
    /// The drill could not be held.
    #[error(transparent)]
    Drill(#[from] DrillError),
    /// A verb could not be done.
    #[error(transparent)]
    Cli(#[from] CliError),
    /// The screen could not go on.
    #[error(transparent)]
    Tui(#[from] TuiError),
    /// The theme cannot be had.
    #[error(transparent)]
    Theme(#[from] ThemeError),
    /// A recording could not be made or read.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// The operating system refused what every program needs.
    #[error("the runtime could not be started")]
    Runtime(#[source] std::io::Error),
}

impl AppError {
    /// How the program ends.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Cli(error) => error.exit(),
            Self::Fault(_) | Self::Drill(DrillError::NothingLikeThat { .. }) => Exit::Usage,
            Self::Config(_)
            | Self::Secret(_)
            | Self::Token { .. }
            | Self::Telemetry(_)
            | Self::Journal(_)
            | Self::Rebuild(_)
            | Self::Client(_)
            | Self::Simulator(_)
            | Self::Drill(_)
            | Self::Tui(_)
            | Self::Theme(_)
            | Self::Recording(_)
            | Self::Runtime(_) => Exit::Error,
        }
    }

    /// What may help.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Cli(error) => error.hint(),
            Self::Config(error) => error.hint(),
            Self::Secret(error) => error.hint(),
            Self::Theme(error) => Some(error.hint()),
            Self::Token { .. } => Some(
                "check the token at the provider; `arcadia config show` says where it comes from"
                    .to_owned(),
            ),
            Self::Rebuild(
                RebuildError::Journal(JournalError::Full { .. })
                | RebuildError::Archive(ArchiveError::Full { .. }),
            ) => Some(
                "nothing is lost; make room, twice as much as the folder `archive` takes, and run \
                 `arcadia rebuild` again: it begins anew, and says so if there is nothing left to do"
                    .to_owned(),
            ),
            Self::Rebuild(RebuildError::Archive(ArchiveError::Read { .. })) => Some(
                "move away what stands in its place, or bring the folder `archive` back as it was kept"
                    .to_owned(),
            ),
            Self::Telemetry(TelemetryError::Folder { source, .. }) if stands_in_its_place(source) => {
                Some("move away what stands there and is no folder; it is made anew".to_owned())
            }
            Self::Journal(error) | Self::Rebuild(RebuildError::Journal(error)) => {
                error.remedy().map(str::to_owned)
            }
            Self::Rebuild(RebuildError::NoArchive { .. }) => Some(
                "bring the folder back as it was kept; every droplet has the tag \
                 `managed-by-arcadia`"
                    .to_owned(),
            ),
            Self::Drill(DrillError::Rehearsal { .. }) => Some(
                "nothing was broken yet: `arcadia config show` prints the plan's time-outs, and \
                 `[simulator]` how long things take there"
                    .to_owned(),
            ),
            Self::Drill(DrillError::NothingLikeThat { .. }) => {
                Some("--only takes a step, or the name that a drill prints for a run".to_owned())
            }
            Self::Drill(_)
            | Self::Rebuild(_)
            | Self::Telemetry(_)
            | Self::Client(_)
            | Self::Simulator(_)
            | Self::Fault(_)
            | Self::Tui(_)
            | Self::Recording(_)
            | Self::Runtime(_) => None,
        }
    }
}

/// Whether something that is no folder stands where one should be: a file, or a link that leads nowhere.
fn stands_in_its_place(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{AlreadyExists, NotADirectory};
    matches!(error.kind(), AlreadyExists | NotADirectory)
}
