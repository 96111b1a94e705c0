//! The owner of one saga: the only task that changes it.
//!
//! Every change goes through [`Owner::commit`]: fold, append durably, publish, start what follows.
//! When the journal cannot be written the saga stands still, says so, and tries again; no call is
//! started on the strength of a fact that is not durable.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, Leap, Reading};
use crate::control::Notice;
use crate::domain::aggregate::{Aggregate, Entry, Fact, HistoryError, Launch};
use crate::domain::failure::with_causes;
use crate::domain::id::SagaId;
use crate::domain::saga::command::Call;
use crate::domain::saga::plan::{Direction, StepName};
use crate::domain::saga::state::Phase;
use crate::domain::saga::transition::{interruptions, pause, settle_held};
use crate::domain::summary::Summary;
use crate::domain::time::Timestamp;
use crate::engine::call::Answered;
use crate::engine::owner::wanted::{Needs, Seated, Wanted};
use crate::engine::request::Request;
use crate::engine::seats::{Seat, Ticket};
use crate::engine::{STOPPING_GRACE, Shared, call, recovery};
use crate::journal::{Batch, Fate, JournalError};
use crate::store::Names;

mod asked;
mod opening;
mod wanted;

/// The first wait between two tries to reach the journal; it doubles.
const JOURNAL_RETRY_FIRST: Duration = Duration::from_millis(200);

/// The longest such wait.
const JOURNAL_RETRY_CAP: Duration = Duration::from_secs(10);

/// How an owner begins.
pub(super) enum Opening {
    /// With a new saga.
    Launch { launch: Box<Launch>, ack_tx: oneshot::Sender<Result<(), JournalError>> },
    /// With a saga that is in the journal, and the seat that it waited for if it did.
    Resume { seat: Option<Seat> },
}

/// The owner of one saga.
pub(super) struct Owner {
    shared: Arc<Shared>,
    /// The picture as it is durable; calls that are under way share the one they began with.
    aggregate: Arc<Aggregate>,
    requests_tx: mpsc::Sender<Request>,
    requests_rx: mpsc::Receiver<Request>,
    calls: JoinSet<Answered>,
    under_way: BTreeSet<Call>,
    wake_at: Option<Timestamp>,
    /// For how long each lane's calls stood in queues of our own, or nobody could go on with them. It is
    /// not kept: after a restart every deadline begins anew.
    held: BTreeMap<(StepName, Direction), Duration>,
    /// The clock at the latest turn.
    turned_at: Reading,
    /// The right to go forward.
    seat: Option<Seat>,
    /// Calls back what goes forward and has not begun; cancelled once the saga turns round.
    recall: CancellationToken,
}

/// What a turn begins with.
enum Turn {
    Asked(Request),
    Answered(Answered),
    Woke,
    Stop,
}

/// Whether a group of facts may include what follows from them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Momentum {
    /// What follows is recorded in the same group.
    GoOn,
    /// The engine stops: only the facts themselves are recorded.
    Stop,
}

/// Why facts were not recorded.
enum CommitError {
    /// The law refuses them; nothing changed.
    Illegal(HistoryError),
    /// The journal could not be written, and the engine stops.
    Journal(JournalError),
}

impl Owner {
    /// Owns a saga until it ends, only waits for a seat, or the engine stops.
    pub(super) async fn run(
        shared: Arc<Shared>,
        saga: SagaId,
        opening: Opening,
        requests: (mpsc::Sender<Request>, mpsc::Receiver<Request>),
    ) {
        let (requests_tx, mut requests_rx) = requests;
        let begin = |shared: Arc<Shared>, aggregate, seat, requests_rx| Self {
            turned_at: shared.clock.read(),
            shared,
            aggregate: Arc::new(aggregate),
            requests_tx,
            requests_rx,
            calls: JoinSet::new(),
            under_way: BTreeSet::new(),
            wake_at: None,
            held: BTreeMap::new(),
            seat,
            recall: CancellationToken::new(),
        };
        match opening {
            Opening::Launch { launch, ack_tx } => {
                let names = Names::of(&launch.spec);
                let deployment = launch.deployment;
                match opening::launched(&shared, *launch).await {
                    Ok((aggregate, seat)) => {
                        let mut owner = begin(shared, aggregate, seat, requests_rx);
                        // The one who launched is told before the first call is started.
                        let _ = ack_tx.send(Ok(()));
                        if owner.commit(Vec::new(), Momentum::GoOn).await.is_ok() {
                            owner.turn_until_done().await;
                        }
                    }
                    Err(error) => {
                        shared.store.release_names(&names, deployment);
                        let _ = ack_tx.send(Err(error));
                    }
                }
            }
            Opening::Resume { seat } => {
                let Some(aggregate) = opening::resumed(&shared, saga, &mut requests_rx).await
                else {
                    return;
                };
                let seat = seat.filter(|_| aggregate.state.phase == Phase::Running);
                let mut owner = begin(shared, aggregate, seat, requests_rx);
                let facts = interruptions(&owner.aggregate.plan, &owner.aggregate.state);
                let facts = facts.into_iter().map(Fact::Saga).collect();
                if owner.commit(facts, Momentum::GoOn).await.is_ok() {
                    owner.turn_until_done().await;
                }
            }
        }
    }

    async fn turn_until_done(mut self) {
        loop {
            let idle = self.calls.is_empty() && self.requests_rx.is_empty();
            if idle && (self.aggregate.state.is_finished() || self.waits_for_seat()) {
                return self.close().await;
            }
            let turn = tokio::select! {
                biased;
                () = self.shared.draining.cancelled() => Turn::Stop,
                Some(answer) = self.calls.join_next() => answered(answer),
                Some(request) = self.requests_rx.recv() => Turn::Asked(request),
                () = wait_for(&self.shared.clock, self.wake_at, self.turned_at) => Turn::Woke,
            };
            if matches!(turn, Turn::Stop) {
                return self.wind_down().await;
            }
            let taken = self.take(turn).await;
            match taken {
                Ok(()) => {}
                // The journal could not be written until the engine stopped: the fact is lost with
                // this process, and the next one settles what was under way.
                Err(CommitError::Journal(_)) => return,
                // A law that refuses its own facts must not be driven on: it would repeat calls.
                Err(CommitError::Illegal(error)) => {
                    return self.stalled(&with_causes(&error), None);
                }
            }
        }
    }

    async fn take(&mut self, turn: Turn) -> Result<(), CommitError> {
        let paused = self.paused();
        if !paused.is_empty() {
            self.commit(paused, Momentum::GoOn).await?;
        }
        match turn {
            Turn::Stop => Ok(()),
            Turn::Woke => self.commit(Vec::new(), Momentum::GoOn).await,
            Turn::Asked(request) => {
                self.asked(request, Momentum::GoOn).await;
                Ok(())
            }
            Turn::Answered(answer) => self.answered(answer, Momentum::GoOn).await,
        }
    }

    /// Takes in that nobody could go on since the latest turn, if that is so: the machine slept, or its clock
    /// was set. That time is no step's, and what waits does so from now.
    fn paused(&mut self) -> Vec<Fact> {
        let leap = self.shared.clock.leapt_since(self.turned_at);
        self.turned_at = self.shared.clock.read();
        let Some(leap) = leap else { return Vec::new() };
        if let Leap::Ahead(span) = leap {
            for Call { step, direction, .. } in &self.under_way {
                *self.held.entry((step.clone(), *direction)).or_default() += span;
            }
        }
        pause(&self.aggregate.state).map(Fact::Saga).into_iter().collect()
    }

    /// Ends for now. An order that comes in just then finds the door closed, and asks for a new owner;
    /// a seat that does is given up, and asked for again.
    async fn close(mut self) {
        self.requests_rx.close();
        while let Some(request) = self.requests_rx.recv().await {
            drop(request);
        }
        if self.waits_for_seat() {
            self.shared.seats.wait(Ticket::of(&self.aggregate));
        }
    }

    /// Whether it would go forward if it had a seat. Nobody needs to own it until it has: it has a
    /// place in the line, and its history is in the journal. Whoever owns it then begins its deadlines
    /// anew, as after a restart.
    fn waits_for_seat(&self) -> bool {
        self.seat.is_none() && self.aggregate.state.phase == Phase::Running
    }

    /// Lets calls under way answer, for [`STOPPING_GRACE`] once the engine stops; what they answer is
    /// journaled, and nothing starts.
    async fn wind_down(mut self) {
        let grace = grace(self.shared.stopping.clone(), self.shared.clock.clone());
        tokio::pin!(grace);
        while !self.calls.is_empty() {
            let turn = tokio::select! {
                biased;
                Some(answer) = self.calls.join_next() => answered(answer),
                Some(request) = self.requests_rx.recv() => Turn::Asked(request),
                () = &mut grace => Turn::Stop,
            };
            let taken = match turn {
                Turn::Stop => return,
                Turn::Woke => Ok(()),
                Turn::Asked(request) => {
                    self.asked(request, Momentum::Stop).await;
                    Ok(())
                }
                Turn::Answered(answer) => self.answered(answer, Momentum::Stop).await,
            };
            if taken.is_err() {
                return;
            }
        }
    }

    async fn answered(&mut self, answer: Answered, momentum: Momentum) -> Result<(), CommitError> {
        let Answered { call, outcome, held } = answer;
        let of_lane = self.held.entry((call.step.clone(), call.direction)).or_default();
        *of_lane += held;
        let held = *of_lane;
        let now = self.shared.clock.now();
        let roll = self.shared.chance.roll();
        let Aggregate { plan, state, .. } = self.aggregate.as_ref();
        let fact = Fact::Saga(settle_held(plan, state, &call, outcome, now, roll, held));
        self.commit(vec![fact], momentum).await?;
        // Only now: a call whose answer is not durable counts as under way, and is not repeated.
        self.under_way.remove(&call);
        Ok(())
    }

    /// Makes facts, and those that follow from them, durable in one group; then has the calls under
    /// way that the state wants. Without facts it does what has come due.
    async fn commit(
        &mut self,
        mut facts: Vec<Fact>,
        momentum: Momentum,
    ) -> Result<(), CommitError> {
        let now = self.shared.clock.now();
        let mut next = Aggregate::clone(&self.aggregate);
        let mut entries = Vec::new();
        let wanted = loop {
            for fact in facts {
                let entry = Entry { seq: next.next_seq(), at: now, fact };
                next.apply(&entry).map_err(CommitError::Illegal)?;
                entries.push(entry);
            }
            let wanted = match momentum {
                Momentum::GoOn => Wanted::by(&next, now, Seated::by(self.seat.as_ref())),
                Momentum::Stop => Wanted::default(),
            };
            if wanted.needs == Needs::Seat {
                self.seat = self.shared.seats.take_or_wait(Ticket::of(&next));
                if self.seat.is_none() {
                    break wanted;
                }
            } else if wanted.facts.is_empty() {
                break wanted;
            }
            facts = wanted.facts;
        };
        if next.state.phase != Phase::Running {
            self.shared.seats.leave(Ticket::of(&next));
        }
        if !entries.is_empty() {
            self.record(next, entries).await.map_err(CommitError::Journal)?;
        }
        self.follow(wanted);
        Ok(())
    }

    /// Takes a picture over once the facts that lead to it are durable, and tells the world.
    async fn record(&mut self, next: Aggregate, entries: Vec<Entry>) -> Result<(), JournalError> {
        let was_finished = self.aggregate.state.is_finished();
        let summary = Summary::of(&next);
        let fate = match (was_finished, next.state.is_finished()) {
            (_, true) => Fate::Ends(Box::new(summary.clone())),
            (true, false) => Fate::Begins,
            (false, false) => Fate::GoesOn,
        };
        let batch = Batch { saga: next.saga, entries: entries.into(), fate };
        self.append(&batch).await?;
        if next.state.phase != Phase::Running {
            self.seat = None;
        }
        self.aggregate = Arc::new(next);
        publish(&self.shared, summary, batch.entries);
        Ok(())
    }

    /// Appends until it is durable, or the engine stops. The saga stands still meanwhile. A journal
    /// that refused a group has not kept it, so the same group is offered again.
    async fn append(&self, batch: &Batch) -> Result<(), JournalError> {
        let mut wait = JOURNAL_RETRY_FIRST;
        loop {
            let Err(error) = self.shared.journal.append(batch.clone()).await else { return Ok(()) };
            self.stalled(&with_causes(&error), error.remedy());
            tokio::select! {
                () = tokio::time::sleep(wait) => wait = (wait * 2).min(JOURNAL_RETRY_CAP),
                () = self.shared.stopping.cancelled() => return Err(error),
            }
        }
    }

    /// Has the calls under way that the state wants, and sets the alarm. Whoever was stopped
    /// meanwhile starts nothing on the way out.
    fn follow(&mut self, wanted: Wanted) {
        if self.shared.draining.is_cancelled() {
            return;
        }
        if self.aggregate.state.phase.cause().is_some() {
            self.recall.cancel();
        }
        self.wake_at = wanted.wake_at;
        for call in wanted.calls {
            if self.under_way.insert(call.clone()) {
                let recall = match call.direction {
                    Direction::Forward => self.recall.clone(),
                    Direction::Undo => CancellationToken::new(),
                };
                let ways = call::Ways { requests_tx: &self.requests_tx, recall };
                let call = call::prepare(&self.shared, &self.aggregate, call, ways);
                self.calls.spawn(call);
            }
        }
    }

    fn stalled(&self, error: &str, hint: Option<&'static str>) {
        recovery::tell_stalled(&self.shared, self.aggregate.saga, error, hint);
    }
}

/// Tells the world. The row is put before the notice is sent, so that who listens and then looks
/// misses nothing.
fn publish(shared: &Shared, summary: Summary, entries: Arc<[Entry]>) {
    let summary = Arc::new(summary);
    shared.store.put(Arc::clone(&summary));
    // Nobody may be listening, which is fine.
    let _ = shared.notices.send(Notice::Changed { summary, entries });
}

/// Ends when calls under way have had their time to answer.
async fn grace(stopping: CancellationToken, clock: Clock) {
    stopping.cancelled().await;
    clock.sleep_until(clock.now() + STOPPING_GRACE).await;
}

fn answered(answer: Result<Answered, tokio::task::JoinError>) -> Turn {
    match answer {
        Ok(answer) => Turn::Answered(answer),
        // A panic is caught inside the call, so only an abort comes here, and whoever aborts calls
        // aborts their owner with them.
        Err(_) => Turn::Woke,
    }
}

async fn wait_for(clock: &Clock, at: Option<Timestamp>, since: Reading) {
    match at {
        Some(at) => clock.sleep_until_or_leap(at, since).await,
        None => std::future::pending().await,
    }
}
