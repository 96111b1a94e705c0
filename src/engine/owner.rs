//! The owner of one saga: the only task that changes it.
//!
//! Every change goes through [`Owner::commit`]: fold, append durably, publish, answer. When the
//! journal cannot be written the saga stands still, says so, and tries again; no call is started on
//! the strength of a fact that is not durable.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::control::Notice;
use crate::domain::aggregate::{Aggregate, Entry, Fact, HistoryError, Launch};
use crate::domain::failure::with_causes;
use crate::domain::id::SagaId;
use crate::domain::saga::command::{Call, Command};
use crate::domain::saga::plan::Direction;
use crate::domain::saga::transition::{Outcome, decide, interruptions, settle};
use crate::domain::summary::Summary;
use crate::domain::time::Timestamp;
use crate::engine::request::Request;
use crate::engine::{STOPPING_GRACE, Shared, call, recovery};
use crate::journal::{Batch, Fate, JournalError};
use crate::store::Names;

mod asked;
mod opening;

/// The first wait between two tries to reach the journal; it doubles.
const JOURNAL_RETRY_FIRST: Duration = Duration::from_millis(200);

/// The longest such wait.
const JOURNAL_RETRY_CAP: Duration = Duration::from_secs(10);

/// How an owner begins.
pub(super) enum Opening {
    /// With a new saga.
    Launch { launch: Box<Launch>, ack_tx: oneshot::Sender<Result<(), JournalError>> },
    /// With a saga that is in the journal.
    Resume,
}

/// The owner of one saga.
pub(super) struct Owner {
    shared: Arc<Shared>,
    /// The picture as it is durable; calls that are under way share the one they began with.
    aggregate: Arc<Aggregate>,
    requests_tx: mpsc::Sender<Request>,
    requests_rx: mpsc::Receiver<Request>,
    calls: JoinSet<(Call, Outcome)>,
    under_way: BTreeSet<Call>,
    wake_at: Option<Timestamp>,
    /// Calls back what goes forward and has not begun; cancelled once the saga turns round.
    recall: CancellationToken,
}

/// What a turn begins with.
enum Turn {
    Asked(Request),
    Answered(Call, Outcome),
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
    /// Owns a saga until it ends or the engine stops.
    pub(super) async fn run(
        shared: Arc<Shared>,
        saga: SagaId,
        opening: Opening,
        requests: (mpsc::Sender<Request>, mpsc::Receiver<Request>),
    ) {
        let (requests_tx, mut requests_rx) = requests;
        let begin = |shared, aggregate, requests_rx| Self {
            shared,
            aggregate: Arc::new(aggregate),
            requests_tx,
            requests_rx,
            calls: JoinSet::new(),
            under_way: BTreeSet::new(),
            wake_at: None,
            recall: CancellationToken::new(),
        };
        match opening {
            Opening::Launch { launch, ack_tx } => {
                let names = Names::of(&launch.spec);
                let deployment = launch.deployment;
                match opening::launched(&shared, *launch).await {
                    Ok(aggregate) => {
                        let mut owner = begin(shared, aggregate, requests_rx);
                        // The one who launched is told before the first call is started.
                        let _ = ack_tx.send(Ok(()));
                        owner.follow();
                        owner.turn_until_done().await;
                    }
                    Err(error) => {
                        shared.store.release_names(&names, deployment);
                        let _ = ack_tx.send(Err(error));
                    }
                }
            }
            Opening::Resume => {
                let Some(aggregate) = opening::resumed(&shared, saga, &mut requests_rx).await
                else {
                    return;
                };
                let mut owner = begin(shared, aggregate, requests_rx);
                let facts = interruptions(&owner.aggregate.plan, &owner.aggregate.state);
                let facts = facts.into_iter().map(Fact::Saga).collect();
                if owner.commit(facts, Momentum::GoOn).await.is_ok() {
                    owner.follow();
                    owner.turn_until_done().await;
                }
            }
        }
    }

    async fn turn_until_done(mut self) {
        loop {
            let idle = self.calls.is_empty() && self.requests_rx.is_empty();
            if self.aggregate.state.is_finished() && idle {
                // An order that comes in just now finds the door closed, and asks for a new owner.
                self.requests_rx.close();
                return;
            }
            let turn = tokio::select! {
                biased;
                () = self.shared.stopping.cancelled() => Turn::Stop,
                Some(answer) = self.calls.join_next() => answered(answer),
                Some(request) = self.requests_rx.recv() => Turn::Asked(request),
                () = wait_for(&self.shared.clock, self.wake_at) => Turn::Woke,
            };
            let taken = match turn {
                Turn::Stop => return self.wind_down().await,
                Turn::Woke => {
                    self.wake_at = None;
                    Ok(())
                }
                Turn::Asked(request) => {
                    self.asked(request, Momentum::GoOn).await;
                    Ok(())
                }
                Turn::Answered(call, outcome) => self.answered(call, outcome, Momentum::GoOn).await,
            };
            let gone_on = match taken {
                // Whoever was stopped meanwhile must not start anything on the way out.
                Ok(()) if self.shared.stopping.is_cancelled() => Ok(()),
                Ok(()) => self.go_on().await,
                Err(error) => Err(error),
            };
            match gone_on {
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

    /// Gives calls under way a moment to answer; what they answer is journaled, and nothing starts.
    async fn wind_down(mut self) {
        let deadline = self.shared.clock.now() + STOPPING_GRACE;
        while !self.calls.is_empty() {
            let turn = tokio::select! {
                biased;
                Some(answer) = self.calls.join_next() => answered(answer),
                Some(request) = self.requests_rx.recv() => Turn::Asked(request),
                () = self.shared.clock.sleep_until(deadline) => Turn::Stop,
            };
            let taken = match turn {
                Turn::Stop => return,
                Turn::Woke => Ok(()),
                Turn::Asked(request) => {
                    self.asked(request, Momentum::Stop).await;
                    Ok(())
                }
                Turn::Answered(call, outcome) => self.answered(call, outcome, Momentum::Stop).await,
            };
            if taken.is_err() {
                return;
            }
        }
    }

    async fn answered(
        &mut self,
        call: Call,
        outcome: Outcome,
        momentum: Momentum,
    ) -> Result<(), CommitError> {
        let now = self.shared.clock.now();
        let roll = self.shared.chance.roll();
        let Aggregate { plan, state, .. } = self.aggregate.as_ref();
        let fact = Fact::Saga(settle(plan, state, &call, outcome, now, roll));
        self.commit(vec![fact], momentum).await?;
        // Only now: a call whose answer is not durable counts as under way, and is not repeated.
        self.under_way.remove(&call);
        Ok(())
    }

    /// Records what follows from the passing of time, and starts what is to be started.
    async fn go_on(&mut self) -> Result<(), CommitError> {
        if self.what_follows(&self.aggregate).is_some() {
            self.commit(Vec::new(), Momentum::GoOn).await?;
        }
        self.follow();
        Ok(())
    }

    /// Makes facts, and those that follow from them, durable in one group.
    async fn commit(&mut self, facts: Vec<Fact>, momentum: Momentum) -> Result<(), CommitError> {
        let was_finished = self.aggregate.state.is_finished();
        let mut next = Aggregate::clone(&self.aggregate);
        let mut entries = Vec::new();
        for fact in facts {
            self.fold(&mut next, &mut entries, fact).map_err(CommitError::Illegal)?;
        }
        if momentum == Momentum::GoOn {
            while let Some(fact) = self.what_follows(&next) {
                self.fold(&mut next, &mut entries, fact).map_err(CommitError::Illegal)?;
            }
        }
        if entries.is_empty() {
            return Ok(());
        }
        let summary = Summary::of(&next);
        let fate = match (was_finished, next.state.is_finished()) {
            (_, true) => Fate::Ends(Box::new(summary.clone())),
            (true, false) => Fate::Begins,
            (false, false) => Fate::GoesOn,
        };
        let batch = Batch { saga: next.saga, entries, fate };
        self.append(batch.clone()).await.map_err(CommitError::Journal)?;
        self.aggregate = Arc::new(next);
        publish(&self.shared, summary, batch.entries);
        Ok(())
    }

    fn fold(
        &self,
        next: &mut Aggregate,
        entries: &mut Vec<Entry>,
        fact: Fact,
    ) -> Result<(), HistoryError> {
        let entry = Entry { seq: next.next_seq(), at: self.shared.clock.now(), fact };
        next.apply(&entry)?;
        entries.push(entry);
        Ok(())
    }

    /// The first fact that follows from a state, if any does.
    fn what_follows(&self, next: &Aggregate) -> Option<Fact> {
        let commands = decide(&next.plan, &next.state, self.shared.clock.now());
        commands.into_iter().find_map(|command| match command {
            Command::Record(kind) => Some(Fact::Saga(kind)),
            Command::Run(_) | Command::WakeAt(_) => None,
        })
    }

    /// Appends until it is durable, or the engine stops. The saga stands still meanwhile. A journal
    /// that refused a group has not kept it, so the same group is offered again.
    async fn append(&self, batch: Batch) -> Result<(), JournalError> {
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

    /// Has the calls under way that the state wants, and sets the alarm.
    fn follow(&mut self) {
        if self.shared.stopping.is_cancelled() {
            return;
        }
        if self.aggregate.state.phase.cause().is_some() {
            self.recall.cancel();
        }
        self.wake_at = None;
        let commands = decide(&self.aggregate.plan, &self.aggregate.state, self.shared.clock.now());
        for command in commands {
            match command {
                Command::Run(call) => {
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
                Command::WakeAt(at) => self.wake_at = Some(at),
                // `commit` leaves none: what is due by now was not due a moment ago.
                Command::Record(_) => self.wake_at = Some(self.shared.clock.now()),
            }
        }
    }

    fn stalled(&self, error: &str, hint: Option<&'static str>) {
        recovery::tell_stalled(&self.shared, self.aggregate.saga, error, hint);
    }
}

/// Tells the world. The row is put before the notice is sent, so that who listens and then looks
/// misses nothing.
fn publish(shared: &Shared, summary: Summary, entries: Vec<Entry>) {
    let summary = Arc::new(summary);
    shared.store.put(Arc::clone(&summary));
    // Nobody may be listening, which is fine.
    let _ = shared.notices.send(Notice::Changed { summary, entries: entries.into() });
}

fn answered(answer: Result<(Call, Outcome), tokio::task::JoinError>) -> Turn {
    match answer {
        Ok((call, outcome)) => Turn::Answered(call, outcome),
        // A panic is caught inside the call, so only an abort comes here, and whoever aborts calls
        // aborts their owner with them.
        Err(_) => Turn::Woke,
    }
}

async fn wait_for(clock: &Clock, at: Option<Timestamp>) {
    match at {
        Some(at) => clock.sleep_until(at).await,
        None => std::future::pending().await,
    }
}
