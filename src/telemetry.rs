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
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::clock::Clock;
use crate::config::LogConfig;
use crate::domain::id::{DeploymentId, SagaId};
use crate::domain::log::LogLine;

mod daily_file;
mod redact;
mod stamp;
mod step_layer;
mod while_alive;

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
    let (subscriber, guard) = subscriber(settings)?;
    subscriber.try_init().map_err(|_| TelemetryError::Twice)?;
    Ok(guard)
}

fn subscriber(settings: Settings<'_>) -> Result<(impl SubscriberInitExt, Guard), TelemetryError> {
    let Settings { log, folder, clock, redactor, sink } = settings;
    let file = daily_file::DailyFile::open(folder.clone(), log.days_kept, clock.clone())
        .map_err(|source| TelemetryError::Folder { folder, source })?;
    // Lines are dropped rather than held back when the disk is slow: a step must not wait for it.
    let (writer, worker) =
        NonBlockingBuilder::default().thread_name("arcadia-log").finish(redactor.writer(file));
    let filter =
        EnvFilter::try_new(&log.filter).map_err(|source| TelemetryError::Filter { source })?;
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_timer(stamp::Stamp(clock.clone()))
        .with_writer(writer);
    let to_file = while_alive::WhileAlive(lines).with_filter(filter);
    let subscriber = tracing_subscriber::registry()
        .with(to_file)
        .with(StepLogLayer::new(clock, redactor, sink).filtered());
    Ok((subscriber, Guard { _worker: worker }))
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

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::sync::Mutex;

    use secrecy::SecretString;

    use super::*;
    use crate::domain::time::Timestamp;

    #[derive(Default)]
    struct Counted(Mutex<usize>);

    impl StepLogSink for Counted {
        fn line(&self, _saga: SagaId, _deployment: DeploymentId, _line: LogLine) {
            *self.0.lock().unwrap() += 1;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_file_has_what_the_filter_lets_through_with_our_time_and_without_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let log = LogConfig {
            filter: "warn,arcadia=info".to_owned(),
            days_kept: NonZeroUsize::new(3).unwrap(),
        };
        let sink = Arc::new(Counted::default());
        let settings = Settings {
            log: &log,
            folder: folder.path().join("logs"),
            clock: Clock::starting_at(Timestamp::from_millis(1_700_000_000_123)),
            redactor: Redactor::new([&SecretString::from("hunter2-hunter2")]),
            sink: sink.clone(),
        };
        let (subscriber, guard) = subscriber(settings).unwrap();
        let default = subscriber.set_default();
        let step = tracing::info_span!(
            "step",
            saga = %SagaId::from_u128(1),
            deployment = %DeploymentId::from_u128(2),
            step = "create_droplet",
            direction = "do",
            attempt = 1,
        );
        step.in_scope(|| {
            tracing::info!(token = "hunter2-hunter2", "asked");
            // Too quiet for the file, and not for the step's own log.
            tracing::debug!("looked");
        });
        tracing::info!(target: "hyper", "too quiet for both");
        drop(default);
        drop(guard);

        let path = folder.path().join("logs/arcadia.log.2023-11-14");
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.starts_with("2023-11-14T22:13:20.123Z  INFO step{"), "{text}");
        assert!(text.contains("asked token=\"[redacted]\"") && !text.contains("hunter2"), "{text}");
        assert_eq!((text.lines().count(), *sink.0.lock().unwrap()), (1, 2), "{text}");
    }
}
