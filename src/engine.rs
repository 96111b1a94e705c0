//! The engine: one owner task for each saga, and a handle for everybody else.
//!
//! A turn is always the same: something happens, the law says what it means, the journal makes it
//! durable, the world is told, the law says what follows, and calls are started. Recovery is a turn
//! like any other; its first fact is that what was under way is interrupted.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use tokio::sync::{Semaphore, broadcast, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::clock::{Chance, Clock, IdSource};
use crate::control::{
    Control, ControlError, Detail, LaunchRequest, Launched, Notice, NumberedLine, OrderRequest,
    Watch,
};
use crate::domain::aggregate::{Aggregate, Launch};
use crate::domain::id::{DeploymentId, SagaId};
use crate::domain::log::LogLine;
use crate::domain::saga::plan::{OnFailure, Plan};
use crate::domain::spec::DeploymentSpec;
use crate::domain::summary::Summary;
use crate::journal::{Journal, JournalError};
use crate::steps::Registry;
use crate::store::{Names, Store};

use self::owner::{Opening, Owner};
use self::request::Request;

mod call;
mod ledger;
mod logbook;
mod owner;
mod preview;
mod recovery;
mod request;

/// Notices that a watcher may lag behind before it must take a new picture: two seconds of the
/// busiest engine that was measured, and a few megabytes at the most.
const NOTICES_KEPT: usize = 16_384;

/// Requests that may queue before one saga's owner; front doors and its own steps send them, and a
/// saga has few of either.
const REQUESTS_QUEUED: usize = 32;

/// Rows that are read from the journal at a time when it is opened.
const ROWS_A_PAGE: usize = 4_096;

/// How long calls under way may take to answer when the engine stops; what is not answered by then
/// is settled at the next start.
pub const STOPPING_GRACE: Duration = Duration::from_secs(3);

/// Makes the plan of a launch.
pub type Planner = Arc<dyn Fn(&DeploymentSpec, OnFailure) -> Plan + Send + Sync>;

/// What an engine is made of.
pub struct Parts {
    /// Keeps what happened.
    pub journal: Arc<dyn Journal>,
    /// The steps that plans may name.
    pub registry: Registry,
    /// Makes the plan of a launch.
    pub planner: Planner,
    /// Tells the time.
    pub clock: Clock,
    /// Makes ids.
    pub ids: IdSource,
    /// Rolls the dice of retries and polls.
    pub chance: Chance,
    /// How many calls of steps may be under way at once; others wait their turn in order.
    pub calls_at_once: NonZeroUsize,
}

/// The engine of this process. Cheap to clone; the last [`Handle::stop`] joins every task.
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
}

/// What every owner task uses.
struct Shared {
    journal: Arc<dyn Journal>,
    registry: Registry,
    planner: Planner,
    clock: Clock,
    ids: IdSource,
    chance: Chance,
    turns: Arc<Semaphore>,
    store: Store,
    notices: broadcast::Sender<Notice>,
    logbook: logbook::Logbook,
    stopping: CancellationToken,
    owners: Mutex<Owners>,
}

/// The owner tasks that are alive.
#[derive(Default)]
struct Owners {
    by_saga: BTreeMap<SagaId, mpsc::Sender<Request>>,
    tasks: JoinSet<()>,
}

impl Handle {
    /// Reads the journal. Nothing is run before [`Handle::resume`].
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn open(parts: Parts) -> Result<Self, JournalError> {
        let (notices, _) = broadcast::channel(NOTICES_KEPT);
        let logbook = logbook::Logbook::start(Arc::clone(&parts.journal), notices.clone());
        let shared = Arc::new(Shared {
            journal: parts.journal,
            registry: parts.registry,
            planner: parts.planner,
            clock: parts.clock,
            ids: parts.ids,
            chance: parts.chance,
            turns: Arc::new(Semaphore::new(parts.calls_at_once.get())),
            store: Store::default(),
            notices,
            logbook,
            stopping: CancellationToken::new(),
            owners: Mutex::new(Owners::default()),
        });
        recovery::load(&shared).await?;
        Ok(Self { shared })
    }

    /// Goes on with every saga that has not ended.
    ///
    /// # Errors
    /// When the journal cannot say which those are.
    pub async fn resume(&self) -> Result<usize, JournalError> {
        let unfinished = self.shared.journal.unfinished().await?;
        for saga in &unfinished {
            if self.own(*saga, Opening::Resume).is_err() {
                break;
            }
        }
        Ok(unfinished.len())
    }

    /// Keeps a line that a step logged. Never waits: a line that finds no room is counted and told.
    pub fn log(&self, saga: SagaId, deployment: DeploymentId, line: LogLine) {
        self.shared.logbook.write(saga, deployment, line);
    }

    /// Stops: no call is started any more, those under way are given [`STOPPING_GRACE`] to answer,
    /// and what they answer is journaled. Sagas that have not ended go on at the next start.
    pub async fn stop(&self) {
        self.shared.stopping.cancel();
        // From here on `own` starts nothing, so the set that is taken is complete. The ways to the
        // owners stay known until they have ended: nobody may take a saga over before that.
        let mut tasks = std::mem::take(&mut self.owners().tasks);
        while tasks.join_next().await.is_some() {}
        self.owners().by_saga.clear();
        self.shared.logbook.stop().await;
    }

    /// Stops at once, as the death of the process would: calls under way are dropped, and nothing
    /// more is journaled. What was acknowledged is safe; the rest is settled at the next start.
    pub fn abort(&self) {
        self.shared.stopping.cancel();
        let mut owners = self.owners();
        owners.by_saga.clear();
        owners.tasks.abort_all();
    }

    fn owners(&self) -> std::sync::MutexGuard<'_, Owners> {
        self.shared.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The way to a saga's owner; the task is started when there is none.
    fn own(&self, saga: SagaId, opening: Opening) -> Result<mpsc::Sender<Request>, ControlError> {
        let mut owners = self.owners();
        // Under the lock: `stop` takes the tasks under it, after it has said so.
        if self.shared.stopping.is_cancelled() {
            return Err(ControlError::Stopping);
        }
        while owners.tasks.try_join_next().is_some() {}
        if let Some(owner) = owners.by_saga.get(&saga)
            && !owner.is_closed()
        {
            return Ok(owner.clone());
        }
        let (requests_tx, requests_rx) = mpsc::channel(REQUESTS_QUEUED);
        owners.by_saga.insert(saga, requests_tx.clone());
        let handle = self.clone();
        let requests = (requests_tx.clone(), requests_rx);
        owners.tasks.spawn(async move {
            let owner = Owner::run(Arc::clone(&handle.shared), saga, opening, requests);
            if AssertUnwindSafe(owner).catch_unwind().await.is_err() {
                let error = "its owner panicked; see the log";
                recovery::tell_stalled(&handle.shared, saga, error, None);
            }
            handle.disown(saga);
        });
        Ok(requests_tx)
    }

    fn disown(&self, saga: SagaId) {
        let mut owners = self.owners();
        // An order may have come while the task ended, and another owner may have been started.
        if owners.by_saga.get(&saga).is_some_and(mpsc::Sender::is_closed) {
            owners.by_saga.remove(&saga);
        }
    }

    fn row(&self, deployment: DeploymentId) -> Result<Arc<Summary>, ControlError> {
        let row = self.shared.store.get(deployment);
        row.ok_or_else(|| ControlError::NotFound(deployment.to_string()))
    }

    async fn history(&self, deployment: DeploymentId) -> Result<Detail, ControlError> {
        let row = self.row(deployment)?;
        let entries = self.shared.journal.history(row.saga).await.map_err(journal_failed)?;
        let aggregate = Aggregate::from_history(&entries)
            .map_err(|error| ControlError::Journal(Box::new(error)))?;
        let undo = preview::undo(&self.shared.registry, &aggregate);
        let leftovers = preview::leftovers(&self.shared.registry, &aggregate);
        Ok(Detail { aggregate, entries, undo, leftovers })
    }
}

#[async_trait]
impl Control for Handle {
    async fn launch(&self, launch: LaunchRequest) -> Result<Launched, ControlError> {
        let LaunchRequest { spec, on_failure, by } = launch;
        let launched =
            Launched { deployment: self.shared.ids.deployment(), saga: self.shared.ids.saga() };
        let names = Names::of(&spec);
        self.shared
            .store
            .take_names(&names, launched.deployment)
            .map_err(|(name, deployment)| ControlError::NameTaken { name, deployment })?;
        let plan = Arc::new((self.shared.planner)(&spec, on_failure));
        let Launched { deployment, saga } = launched;
        let launch = Launch { deployment, saga, spec: Arc::new(spec), plan, by };
        let (ack_tx, ack_rx) = oneshot::channel();
        let opening = Opening::Launch { launch: Box::new(launch), ack_tx };
        if let Err(error) = self.own(launched.saga, opening) {
            self.shared.store.release_names(&names, launched.deployment);
            return Err(error);
        }
        // The owner gives the names back when the launch fails, whether or not anybody waits here.
        ack_rx.await.unwrap_or(Err(JournalError::Closed)).map_err(journal_failed)?;
        Ok(launched)
    }

    async fn order(&self, order: OrderRequest) -> Result<(), ControlError> {
        let row = self.row(order.deployment)?;
        // An owner whose saga just ended may close between look-up and send: then a new one is
        // started, which reads the ended saga from the journal. One that cannot read it answers so.
        loop {
            let (ack_tx, ack_rx) = oneshot::channel();
            let owner = self.own(row.saga, Opening::Resume)?;
            let request = Request::Order { order: order.clone(), ack_tx };
            let sent = owner.send(request).await.is_ok();
            // A request that came just too late lives as long as a way to its owner does, and would
            // keep us waiting for its answer.
            drop(owner);
            if sent && let Ok(answer) = ack_rx.await {
                return answer;
            }
        }
    }

    async fn watch(&self) -> Result<Watch, ControlError> {
        // First listen, then look: a change between the two is seen twice, never missed.
        let notices = self.shared.notices.subscribe();
        Ok(Watch { summaries: self.shared.store.all(), notices })
    }

    async fn show(&self, deployment: DeploymentId) -> Result<Detail, ControlError> {
        self.history(deployment).await
    }

    async fn logs(
        &self,
        deployment: DeploymentId,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<NumberedLine>, ControlError> {
        let row = self.row(deployment)?;
        let lines =
            self.shared.journal.logs(row.saga, after, limit).await.map_err(journal_failed)?;
        Ok(lines.into_iter().map(|(number, line)| NumberedLine { number, line }).collect())
    }

    fn plan(&self, spec: &DeploymentSpec, on_failure: OnFailure) -> Plan {
        (self.shared.planner)(spec, on_failure)
    }
}

fn journal_failed(error: JournalError) -> ControlError {
    ControlError::Journal(Box::new(error))
}
