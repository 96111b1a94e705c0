//! The engine: one owner task for each saga, and a handle for everybody else.
//!
//! A turn is always the same: something happens, the law says what it means, the journal makes it
//! durable, the world is told, the law says what follows, and calls are started. Recovery is a turn
//! like any other; its first fact is that what was under way is interrupted.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use tokio::sync::mpsc::error::SendError;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::{Chance, Clock, IdSource};
use crate::control::{
    Control, ControlError, Detail, Heartbeat, History, Holdings, LaunchRequest, Launched, Notice,
    NumberedLine, OrderRequest, Watch,
};
use crate::domain::aggregate::{Aggregate, Launch};
use crate::domain::catalogue::Catalogue;
use crate::domain::id::{DeploymentId, SagaId};
use crate::domain::log::{LogLine, LogPage};
use crate::domain::saga::plan::{OnFailure, Plan};
use crate::domain::spec::DeploymentSpec;
use crate::domain::summary::Summary;
use crate::domain::usual::Usual;
use crate::fair::Gate;
use crate::journal::{Journal, JournalError};
use crate::providers;
use crate::steps::Registry;
use crate::store::{Names, Store};

use self::catalogue::Shelf;
use self::owner::{Opening, Owner};
use self::recovery::Unowned;
use self::request::Request;
use self::seats::{Seat, Seats};

mod call;
pub mod catalogue;
mod histories;
mod holdings;
mod ledger;
mod logbook;
mod owner;
mod preview;
mod recovery;
mod request;
mod seats;
mod usual;

/// Notices that a watcher may lag behind before it must take a new picture: two seconds of the
/// busiest engine that was measured, and a few megabytes at the most.
const NOTICES_KEPT: usize = 16_384;

/// Requests that may queue before one saga's owner; front doors and its own steps send them, and a
/// saga has few of either.
const REQUESTS_QUEUED: usize = 32;

/// Signs of life that may be asked for at once: a few front doors ask for one a second each.
const HEARTBEATS_QUEUED: usize = 16;

/// Rows that are read from the journal at a time when it is opened.
const ROWS_A_PAGE: usize = 4_096;

/// How long calls under way may take to answer when the engine stops; what is not answered by then
/// is settled at the next start.
pub const STOPPING_GRACE: Duration = Duration::from_secs(3);

/// How much longer a journal may take to answer what was asked of it before the engine stopped. One
/// that hangs must not hang the program: what it has not acknowledged is settled at the next start.
const JOURNAL_GRACE: Duration = Duration::from_secs(10);

/// Makes the plan of a launch.
pub type Planner = Arc<dyn Fn(&DeploymentSpec, OnFailure) -> Plan + Send + Sync>;

/// What an engine is made of.
pub struct Parts {
    /// Keeps what happened.
    pub journal: Arc<dyn Journal>,
    /// The steps that plans may name.
    pub registry: Registry,
    /// Says what can be launched; without one, the program's own lists do.
    pub catalogue: Option<Arc<dyn providers::Catalogue>>,
    /// Makes the plan of a launch.
    pub planner: Planner,
    /// Tells the time.
    pub clock: Clock,
    /// Makes ids.
    pub ids: IdSource,
    /// Rolls the dice of retries and polls.
    pub chance: Chance,
    /// How many calls of steps may be under way at once; others wait, and their deployments take
    /// turns (see [`crate::fair`]).
    pub calls_at_once: NonZeroUsize,
    /// How many sagas may go forward at once; others wait, the oldest launch first, and their
    /// patience has not begun. What is undone needs no seat.
    pub max_sagas: NonZeroUsize,
}

/// The engine of this process. Cheap to clone. [`Handle::stop`] joins every task; when the last
/// clone is dropped without it, the engine ends as with [`Handle::abort`].
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
    /// No task holds it, so it ends with the last handle, and the tasks with it.
    owners: Arc<Mutex<Owners>>,
}

/// What every owner task uses.
struct Shared {
    journal: Arc<dyn Journal>,
    registry: Registry,
    planner: Planner,
    clock: Clock,
    ids: IdSource,
    chance: Chance,
    turns: Gate<DeploymentId>,
    seats: Seats,
    shelf: Shelf,
    store: Store,
    notices: broadcast::Sender<Notice>,
    logbook: logbook::Logbook,
    stopping: CancellationToken,
    /// No call is started any more; when the engine stops, none is either.
    draining: CancellationToken,
    /// The owners that have not ended.
    at_work: TaskTracker,
    heartbeats_tx: mpsc::Sender<oneshot::Sender<()>>,
    /// The unfinished sagas as the journal had them when it was opened; each waits for its owner.
    unowned: Mutex<BTreeMap<SagaId, Unowned>>,
}

/// The owner tasks that are alive.
#[derive(Default)]
struct Owners {
    by_saga: BTreeMap<SagaId, mpsc::Sender<Request>>,
    tasks: JoinSet<()>,
}

impl Owners {
    fn disown(&mut self, saga: SagaId) {
        // An order may have come while the task ended, and another owner may have been started.
        if self.by_saga.get(&saga).is_some_and(mpsc::Sender::is_closed) {
            self.by_saga.remove(&saga);
        }
    }
}

impl Handle {
    /// Reads the journal. Nothing is run before [`Handle::resume`].
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn open(parts: Parts) -> Result<Self, JournalError> {
        let (notices, _) = broadcast::channel(NOTICES_KEPT);
        let logbook = logbook::Logbook::start(Arc::clone(&parts.journal), notices.clone());
        let (seats, given_rx) = Seats::new(parts.max_sagas);
        let (heartbeats_tx, heartbeats_rx) = mpsc::channel(HEARTBEATS_QUEUED);
        let stopping = CancellationToken::new();
        let shared = Arc::new(Shared {
            journal: parts.journal,
            registry: parts.registry,
            planner: parts.planner,
            clock: parts.clock,
            ids: parts.ids,
            chance: parts.chance,
            turns: Gate::new(parts.calls_at_once.get()),
            seats,
            shelf: Shelf::new(parts.catalogue),
            store: Store::default(),
            notices,
            logbook,
            draining: stopping.child_token(),
            stopping,
            at_work: TaskTracker::new(),
            heartbeats_tx,
            unowned: Mutex::default(),
        });
        recovery::load(&shared).await?;
        if shared.seats.is_line_empty() {
            shared.seats.open();
        }
        let handle = Self { shared, owners: Arc::default() };
        let owners = Arc::downgrade(&handle.owners);
        let usher = usher(Arc::clone(&handle.shared), owners, given_rx, heartbeats_rx);
        lock(&handle.owners).tasks.spawn(usher);
        Ok(handle)
    }

    /// Goes on with every saga that has not ended.
    ///
    /// # Errors
    /// When the journal cannot say which those are.
    pub async fn resume(&self) -> Result<usize, JournalError> {
        let unfinished = self.shared.journal.unfinished().await?;
        // All that go forward are in line: the oldest are first, whoever's owner is the quickest.
        self.shared.seats.open();
        for saga in &unfinished {
            if recovery::needs_owner(&self.shared, *saga)
                && self.own(*saga, || Opening::Resume { seat: None }).is_err()
            {
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
    /// and what they answer is journaled. Sagas that have not ended go on at the next start. It ends
    /// even when the journal answers nothing any more.
    pub async fn stop(&self) {
        self.shared.stopping.cancel();
        // From here on `own` starts nothing, so the set that is taken is complete. The ways to the
        // owners stay known until they have ended: nobody may take a saga over before that.
        let mut tasks = std::mem::take(&mut lock(&self.owners).tasks);
        let ended = async {
            while tasks.join_next().await.is_some() {}
            self.shared.logbook.stop().await;
        };
        if tokio::time::timeout(STOPPING_GRACE + JOURNAL_GRACE, ended).await.is_err() {
            tracing::error!("the journal does not answer; what it was asked last may not be kept");
            tasks.shutdown().await;
        }
        lock(&self.owners).by_saga.clear();
    }

    /// Stops at once, as the death of the process would: calls under way are dropped, and nothing
    /// more is journaled. What was acknowledged is safe; the rest is settled at the next start.
    pub fn abort(&self) {
        self.shared.stopping.cancel();
        let mut owners = lock(&self.owners);
        owners.by_saga.clear();
        owners.tasks.abort_all();
    }

    /// The way to a saga's owner; the task is started when there is none.
    fn own(
        &self,
        saga: SagaId,
        opening: impl FnOnce() -> Opening,
    ) -> Result<mpsc::Sender<Request>, ControlError> {
        let mut owners = lock(&self.owners);
        // Under the lock: `stop` takes the tasks under it, after it has said so.
        if self.shared.stopping.is_cancelled() {
            return Err(ControlError::Stopping);
        }
        if self.shared.draining.is_cancelled() {
            return Err(ControlError::Draining);
        }
        while owners.tasks.try_join_next().is_some() {}
        if let Some(owner) = owners.by_saga.get(&saga)
            && !owner.is_closed()
        {
            return Ok(owner.clone());
        }
        let (requests_tx, requests_rx) = mpsc::channel(REQUESTS_QUEUED);
        owners.by_saga.insert(saga, requests_tx.clone());
        let shared = Arc::clone(&self.shared);
        let all = Arc::downgrade(&self.owners);
        let requests = (requests_tx.clone(), requests_rx);
        let opening = opening();
        let at_work = self.shared.at_work.clone();
        owners.tasks.spawn(at_work.track_future(async move {
            let owner = Owner::run(Arc::clone(&shared), saga, opening, requests);
            if AssertUnwindSafe(owner).catch_unwind().await.is_err() {
                recovery::tell_stalled(&shared, saga, "its owner panicked; see the log", None);
            }
            if let Some(all) = all.upgrade() {
                lock(&all).disown(saga);
            }
        }));
        Ok(requests_tx)
    }

    /// Takes a seat to its saga. An owner that ends just then asks for another one.
    async fn seat(&self, seat: Seat) {
        let saga = seat.saga();
        let mut seat = Some(seat);
        // When nobody can own it the engine stops, and nobody needs a seat.
        while let Ok(owner) = self.own(saga, || Opening::Resume { seat: seat.take() }) {
            // An owner that was there before is told; one that was not has begun with it.
            let Some(unused) = seat.take() else { return };
            if let Err(SendError(Request::Seat(returned))) = owner.send(Request::Seat(unused)).await
            {
                seat = Some(returned);
            } else {
                return;
            }
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
            .map_err(|error| ControlError::Journal { source: Box::new(error), remedy: None })?;
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
        let opening = || Opening::Launch { launch: Box::new(launch), ack_tx };
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
            let owner = self.own(row.saga, || Opening::Resume { seat: None })?;
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
        page: LogPage,
        limit: usize,
    ) -> Result<Vec<NumberedLine>, ControlError> {
        let row = self.row(deployment)?;
        let lines =
            self.shared.journal.logs(row.saga, page, limit).await.map_err(journal_failed)?;
        Ok(lines.into_iter().map(|(number, line)| NumberedLine { number, line }).collect())
    }

    async fn holdings(&self, deployments: &[DeploymentId]) -> Result<Vec<Holdings>, ControlError> {
        holdings::read(&self.shared, deployments).await
    }

    async fn histories(&self, deployments: &[DeploymentId]) -> Result<Vec<History>, ControlError> {
        histories::read(&self.shared, deployments).await
    }

    async fn usual(&self) -> Result<Usual, ControlError> {
        usual::read(&self.shared).await
    }

    async fn catalogue(&self) -> Result<Arc<Catalogue>, ControlError> {
        Ok(self.shared.shelf.read(&self.shared.clock).await)
    }

    async fn heartbeat(&self) -> Result<Heartbeat, ControlError> {
        let (ack_tx, ack_rx) = oneshot::channel();
        let asked = self.shared.heartbeats_tx.send(ack_tx).await;
        asked.map_err(|_| ControlError::Stopping)?;
        ack_rx.await.map_err(|_| ControlError::Stopping)?;
        self.shared.journal.heartbeat().await.map_err(journal_failed)?;
        Ok(Heartbeat { calls: self.shared.turns.taken() })
    }

    async fn drain(&self) -> Result<(), ControlError> {
        {
            // Under the lock: nobody is owned from here on, so those that are at work are all.
            let _owners = lock(&self.owners);
            self.shared.draining.cancel();
            self.shared.at_work.close();
        }
        self.shared.seats.close();
        self.shared.at_work.wait().await;
        Ok(())
    }

    fn plan(&self, spec: &DeploymentSpec, on_failure: OnFailure) -> Plan {
        (self.shared.planner)(spec, on_failure)
    }
}

/// Takes seats to those who waited for them, and says that the engine lives, until it stops. It keeps no
/// engine alive.
async fn usher(
    shared: Arc<Shared>,
    owners: Weak<Mutex<Owners>>,
    mut given_rx: mpsc::UnboundedReceiver<Seat>,
    mut heartbeats_rx: mpsc::Receiver<oneshot::Sender<()>>,
) {
    loop {
        let called = tokio::select! {
            biased;
            () = shared.stopping.cancelled() => return,
            Some(ack_tx) = heartbeats_rx.recv() => Called::Heartbeat(ack_tx),
            Some(seat) = given_rx.recv() => Called::Seat(seat),
            else => return,
        };
        let Some(owners) = owners.upgrade() else { return };
        match called {
            Called::Heartbeat(ack_tx) => {
                // Whoever keeps this lock keeps every saga from being owned.
                drop(lock(&owners));
                let _ = ack_tx.send(());
            }
            Called::Seat(seat) => {
                Handle { shared: Arc::clone(&shared), owners }.seat(seat).await;
            }
        }
    }
}

/// What the usher is called for.
enum Called {
    Heartbeat(oneshot::Sender<()>),
    Seat(Seat),
}

fn lock(owners: &Mutex<Owners>) -> MutexGuard<'_, Owners> {
    owners.lock().unwrap_or_else(PoisonError::into_inner)
}

fn journal_failed(error: JournalError) -> ControlError {
    let remedy = error.remedy();
    ControlError::Journal { source: Box::new(error), remedy }
}
