//! An engine with everything it stands on, put together and taken apart in the right order.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use secrecy::SecretString;

use crate::app::AppError;
use crate::app::caveat::Caveat;
use crate::app::cloud::Cloud;
use crate::clock::{Chance, Clock, IdSource};
use crate::config::{Config, PatienceOverride, SagaConfig};
use crate::domain::failure::with_causes;
use crate::domain::id::{DeploymentId, SagaId};
use crate::domain::log::LogLine;
use crate::domain::saga::plan::{Plan, PlanStep};
use crate::engine::{Handle, Parts, Planner};
use crate::journal::archive::follower::Follower;
use crate::journal::archive::status::Status;
use crate::journal::archive::{self, Settings, status};
use crate::journal::sled::SledJournal;
use crate::journal::sled::integrity::Witness;
use crate::journal::sled::opening::Opening;
use crate::journal::{Journal, JournalError, rebuild};
use crate::steps::plan::{self, PlanSettings};
use crate::steps::{Registry, StepSettings};
use crate::telemetry::StepLogSink;

/// Where the engine is found once it is there; steps log before and after.
#[derive(Clone, Default)]
pub(super) struct LateEngine(Arc<OnceLock<Handle>>);

impl StepLogSink for LateEngine {
    fn line(&self, saga: SagaId, deployment: DeploymentId, line: LogLine) {
        if let Some(engine) = self.0.get() {
            engine.log(saga, deployment, line);
        }
    }
}

/// Whether unfinished sagas go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// They do, and the provider is asked whether the token works.
    Run,
    /// Nothing is run; the journal is only read.
    Read,
}

/// An engine with everything it stands on.
pub(super) struct Workshop {
    pub(super) engine: Handle,
    journal: Arc<SledJournal>,
    /// Who writes nothing has nothing to archive.
    archive: Option<Follower>,
    cloud: Option<Cloud>,
    /// Why the journal is only looked at, if it is.
    pub(super) caveat: Option<Caveat>,
}

impl Workshop {
    /// Opens the journal, connects to the cloud, and starts the engine.
    pub(super) async fn open(
        config: &Config,
        purpose: Purpose,
        token: Option<SecretString>,
        clock: &Clock,
        late: &LateEngine,
    ) -> Result<Self, AppError> {
        let chance = Chance::from_system();
        // The journal's lock comes first: who does not own the folder starts nothing.
        let (folder, archive) = (config.data_dir.join(rebuild::JOURNAL), archive_folder(config));
        let opened = tokio::task::spawn_blocking(move || open_journal(&folder, &archive, purpose));
        let (journal, caveat) = opened.await.map_err(|_| JournalError::Closed)??;
        let journal = Arc::new(journal);
        let cloud = match Self::cloud(config, purpose, token, clock, &chance).await {
            Ok(cloud) => cloud,
            Err(error) => {
                // Nothing was asked of it.
                drop(journal.close().await);
                return Err(error);
            }
        };
        // Before the engine: nobody may write while the archive is made to lead up to the journal.
        let archive = match purpose {
            Purpose::Run => Some(follow(config, &journal, clock).await),
            Purpose::Read => None,
        };
        let engine = Handle::open(Parts {
            journal: Arc::clone(&journal) as Arc<dyn Journal>,
            registry: Registry::provisioning(
                &cloud.compute,
                &cloud.dns,
                &step_settings(&config.saga),
            ),
            catalogue: Some(cloud.catalogue()),
            planner: planner(&config.saga),
            clock: clock.clone(),
            ids: IdSource::new(clock.clone(), chance.clone()),
            chance,
            calls_at_once: config.engine.max_calls,
            max_sagas: config.engine.max_sagas,
        })
        .await?;
        // The sink is set once: there is one engine in a process.
        let _ = late.0.set(engine.clone());
        if purpose == Purpose::Run {
            engine.resume().await?;
        }
        Ok(Self { engine, journal, archive, cloud: Some(cloud), caveat })
    }

    /// Stops in the order of dependence: sagas, then the archive of what they did, then the journal
    /// they write, then the cloud. Says what was not written, if anything, in sentences for whoever is
    /// at the terminal; a disk that does not answer is not waited for without end.
    pub(super) async fn close(mut self) -> Vec<String> {
        let mut unwritten = Vec::new();
        self.engine.stop().await;
        if let Some(archive) = self.archive.take() {
            unwritten.extend(unarchived(&archive.close().await));
        }
        if let Err(error) = self.journal.close().await {
            unwritten.push(format!("the journal was not closed: {error}"));
        }
        if let Some(cloud) = self.cloud.take() {
            cloud.stop().await;
        }
        unwritten
    }

    async fn cloud(
        config: &Config,
        purpose: Purpose,
        token: Option<SecretString>,
        clock: &Clock,
        chance: &Chance,
    ) -> Result<Cloud, AppError> {
        match purpose {
            Purpose::Read => Cloud::unconnected(config, clock, chance),
            Purpose::Run => {
                let cloud = Cloud::connect(config, token, clock, chance).await?;
                cloud.check().await?;
                Ok(cloud)
            }
        }
    }
}

async fn follow(config: &Config, journal: &SledJournal, clock: &Clock) -> Follower {
    let settings = Settings {
        sync_every: config.journal.archive_every,
        keep: config.journal.archive_kept,
        ..Settings::default()
    };
    let folder = archive_folder(config);
    Follower::start(folder, settings, clock.clone(), journal, journal.commits()).await
}

/// What is to be said of an archive that ends like this.
fn unarchived(status: &Status) -> Option<String> {
    let lag = Some(status.lag()).filter(|lag| *lag > 0)?;
    let trouble = status.trouble.as_ref()?;
    Some(format!(
        "the archive lacks the last {lag} group(s) of facts: {trouble}; they are in the journal, and \
         the next start copies them"
    ))
}

fn archive_folder(config: &Config) -> PathBuf {
    config.data_dir.join(archive::FOLDER)
}

/// Opens the journal, compared with what the archive knows of it; to be looked at only, when it cannot
/// be written and nobody wants to.
fn open_journal(
    folder: &Path,
    archive: &Path,
    purpose: Purpose,
) -> Result<(SledJournal, Option<Caveat>), JournalError> {
    let witness = witness(archive);
    match (Opening::of(folder).witness(witness).open(), purpose) {
        (Ok(journal), Purpose::Run | Purpose::Read) => Ok((journal, None)),
        (Err(error), Purpose::Run) => Err(error),
        (Err(error), Purpose::Read) => match Opening::of(folder).witness(witness).look() {
            Ok(journal) => {
                let caveat = Caveat(journal.doubt().cloned().unwrap_or(error));
                Ok((journal, Some(caveat)))
            }
            // Why it could not be opened says more than why it cannot be looked at either.
            Err(_) => Err(error),
        },
    }
}

/// The newest group that the archive knows of, if it can say.
fn witness(archive: &Path) -> Option<Witness> {
    status::witness(archive).unwrap_or_else(|error| {
        tracing::warn!(error = with_causes(&error), "the archive says nothing of the journal");
        None
    })
}

/// How patiently the configuration says that steps look.
pub(super) fn step_settings(saga: &SagaConfig) -> StepSettings {
    StepSettings {
        settle: saga.settle,
        poll_first: saga.poll_first,
        poll_cap: saga.poll_most,
        record_ttl: saga.record_ttl,
    }
}

/// Makes plans as the configuration says.
pub(super) fn planner(saga: &SagaConfig) -> Planner {
    let settings = PlanSettings {
        calls: saga.calls.clone(),
        activation_deadline: saga.activation_deadline,
        compensations: saga.compensations.clone(),
    };
    let overrides = saga.steps.clone();
    Arc::new(move |_, on_failure| {
        let plan = plan::provisioning(&settings, on_failure);
        let steps = plan.steps().iter().map(|step| overridden(step, overrides.get(&step.name)));
        Plan::new(steps.collect(), on_failure).expect("overriding patience keeps a plan a plan")
    })
}

fn overridden(step: &PlanStep, change: Option<&PatienceOverride>) -> PlanStep {
    let mut step = step.clone();
    if let Some(change) = change {
        step.forward = change.apply(&step.forward);
    }
    step
}
