//! Where log lines go: to a daily file, and, those that a step logged, to the step's saga.
//!
//! Nothing is ever written to the terminal, which belongs to the screen. Secrets that are known
//! are scrubbed from everything that passes, whoever logged it. The engine knows nothing of this
//! module: it opens a span with the name and fields of [`crate::domain::log::span`], and the layer
//! here recognises it.

use std::path::PathBuf;
use std::sync::Arc;

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::clock::Clock;
use crate::config::LogConfig;
use crate::domain::id::{DeploymentId, SagaId};
use crate::domain::log::LogLine;

mod daily_file;
mod redact;
mod stamp;
mod step_layer;

pub use redact::Redactor;
pub use step_layer::StepLogLayer;

/// Takes the lines that steps log.
pub trait StepLogSink: Send + Sync + 'static {
    /// Takes one line. Called from within the step: it never blocks, and bounds what it holds.
    fn line(&self, saga: SagaId, deployment: DeploymentId, line: LogLine);
}

/// What logging needs to know.
pub struct Settings<'a> {
    /// Which lines go to the files, and how many files are kept.
    pub log: &'a LogConfig,
    /// Where the files are; made if it is not there.
    pub folder: PathBuf,
    /// The time that lines carry.
    pub clock: Clock,
    /// What no line may hold.
    pub redactor: Redactor,
    /// Who takes the lines that steps log.
    pub sink: Arc<dyn StepLogSink>,
}

/// Keeps the log going; the last lines are written when it is dropped.
#[must_use = "logging ends when the guard is dropped"]
pub struct Guard {
    _worker: WorkerGuard,
}

/// Starts logging for the whole process. Called once.
///
/// # Errors
/// When the folder cannot be written to, or logging was started before.
pub fn start(settings: Settings<'_>) -> Result<Guard, TelemetryError> {
    let Settings { log, folder, clock, redactor, sink } = settings;
    let file = daily_file::DailyFile::open(folder.clone(), log.days_kept, clock.clone())
        .map_err(|source| TelemetryError::Folder { folder, source })?;
    // Lines are dropped rather than held back when the disk is slow: a step must not wait for it.
    let (writer, worker) =
        NonBlockingBuilder::default().thread_name("arcadia-log").finish(redactor.writer(file));
    let filter =
        EnvFilter::try_new(&log.filter).map_err(|source| TelemetryError::Filter { source })?;
    let to_file = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_timer(stamp::Stamp(clock.clone()))
        .with_writer(writer)
        .with_filter(filter);
    tracing_subscriber::registry()
        .with(to_file)
        .with(StepLogLayer::new(clock, redactor, sink).filtered())
        .try_init()
        .map_err(|_| TelemetryError::Twice)?;
    Ok(Guard { _worker: worker })
}

/// Logging could not be started.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The folder cannot be written to.
    #[error("the log folder `{}` cannot be written to", folder.display())]
    Folder {
        /// Which folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The filter is no list of directives.
    #[error("`log.filter` is not a list of log directives")]
    Filter {
        /// Why.
        #[source]
        source: tracing_subscriber::filter::ParseError,
    },
    /// Logging was started before.
    #[error("logging was started before")]
    Twice,
}
