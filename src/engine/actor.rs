//! The owner of one saga: the only task that changes it.
//!
//! Every change goes through [`Actor::commit`]: fold, append durably, publish, answer. When the
//! journal cannot be written the saga stands still, says so, and tries again; no call is started on
//! the strength of a fact that is not durable.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::control::{ControlError, Notice, OrderRequest};
use crate::domain::aggregate::{Aggregate, Entry, Fact, HistoryError, Launch};
use crate::domain::deployment::{Actor as Who, DeploymentState, Transition, TransitionReason};
use crate::domain::failure::FailureCode;
use crate::domain::id::SagaId;
use crate::domain::resource::ResourceEvent;
use crate::domain::saga::command::{Call, Command};
use crate::domain::saga::event::{EventKind, Order};
use crate::domain::saga::plan::StepName;
use crate::domain::saga::transition::{Outcome, decide, interruptions, settle};
use crate::domain::summary::Summary;
use crate::domain::time::Timestamp;
use crate::engine::recovery::Unreadable;
use crate::engine::request::Request;
use crate::engine::{STOPPING_GRACE, Shared, call, recovery};
use crate::journal::{Batch, Fate, JournalError};
use crate::steps::StepError;
use crate::store::TransitionError;

/// The first and the longest wait between two tries to write the journal.
const JOURNAL_RETRY: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));

/// How an owner begins.
pub(super) enum Opening {
    /// With a new saga.
    Launch { launch: Box<Launch>, ack_tx: oneshot::Sender<Result<(), JournalError>> },
    /// With a saga that is in the journal.
    Resume,
}

/// The owner of one saga.
pub(super) struct Actor {
    shared: Arc<Shared>,
    aggregate: Aggregate,
    requests_tx: mpsc::Sender<Request>,
    requests_rx: mpsc::Receiver<Request>,
    calls: JoinSet<Option<(Call, Outcome)>>,
    under_way: BTreeSet<Call>,
    wake_at: Option<Timestamp>,
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

impl Actor {
    /// Owns a saga until it ends or the engine stops.
    pub(super) async fn run(
        shared: Arc<Shared>,
        saga: SagaId,
        opening: Opening,
        requests: (mpsc::Sender<Request>, mpsc::Receiver<Request>),
    ) {
        let actor = |shared, aggregate, requests: (_, _)| Self {
            shared,
            aggregate,
            requests_tx: requests.0,
            requests_rx: requests.1,
            calls: JoinSet::new(),
            under_way: BTreeSet::new(),
            wake_at: None,
        };
        match opening {
            Opening::Launch { launch, ack_tx } => {
                match launched(&shared, *launch).await {
                    Ok(aggregate) => {
                        let mut actor = actor(shared, aggregate, requests);
                        // The one who launched is told before the first call is started.
                        let _ = ack_tx.send(Ok(()));
                        actor.follow();
                        actor.turn_until_done().await;
                    }
                    Err(error) => {
                        let _ = ack_tx.send(Err(error));
                    }
                }
            }
            Opening::Resume => {
                let aggregate = match recovery::aggregate(&shared, saga).await {
                    Ok(aggregate) => aggregate,
                    Err(error) => return refuse(requests.1, &error),
                };
                let mut actor = actor(shared, aggregate, requests);
                let facts = interruptions(&actor.aggregate.plan, &actor.aggregate.state);
                let facts = facts.into_iter().map(Fact::Saga).collect();
                if actor.commit(facts, Momentum::GoOn).await.is_ok() {
                    actor.follow();
                    actor.turn_until_done().await;
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
            match turn {
                Turn::Stop => return self.wind_down().await,
                Turn::Woke => self.wake_at = None,
                Turn::Asked(request) => self.asked(request, Momentum::GoOn).await,
                Turn::Answered(call, outcome) => self.answered(call, outcome, Momentum::GoOn).await,
            }
            match self.go_on().await {
                Ok(()) => {}
                Err(CommitError::Journal(_)) => return,
                Err(CommitError::Illegal(error)) => return self.stalled(&error.to_string()),
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
            match turn {
                Turn::Stop => return,
                Turn::Woke => {}
                Turn::Asked(request) => self.asked(request, Momentum::Stop).await,
                Turn::Answered(call, outcome) => {
                    self.answered(call, outcome, Momentum::Stop).await;
                }
            }
        }
    }

    async fn asked(&mut self, request: Request, momentum: Momentum) {
        match request {
            Request::Order { order, ack_tx } => {
                let answer = self.order(order, momentum).await;
                let _ = ack_tx.send(answer);
            }
            Request::Checkpoint { step, key, value, ack_tx } => {
                let answer = self.checkpoint(step, key, value, momentum).await;
                let _ = ack_tx.send(answer);
            }
            Request::Transition { to, reason, ack_tx } => {
                let answer = self.transition(to, reason, momentum).await;
                let _ = ack_tx.send(answer);
            }
            Request::Resource { event, ack_tx } => {
                let answer = self.resource(event, momentum).await;
                let _ = ack_tx.send(answer);
            }
        }
    }

    async fn answered(&mut self, call: Call, outcome: Outcome, momentum: Momentum) {
        let now = self.shared.clock.now();
        let roll = self.shared.chance.roll();
        let Aggregate { plan, state, .. } = &self.aggregate;
        let fact = Fact::Saga(settle(plan, state, &call, outcome, now, roll));
        match self.commit(vec![fact], momentum).await {
            Ok(()) => {
                self.under_way.remove(&call);
            }
            // The engine stops. The call still counts as under way, so it is not made again before
            // the next start records that nobody knows what it did.
            Err(CommitError::Journal(_)) => {}
            // An answer is settled against the present state, so the law knows it.
            Err(CommitError::Illegal(error)) => self.stalled(&error.to_string()),
        }
    }

    async fn order(
        &mut self,
        request: OrderRequest,
        momentum: Momentum,
    ) -> Result<(), ControlError> {
        if self.aggregate.state.orders.contains(&request.command) {
            return Ok(());
        }
        let verb = request.order.verb();
        let abandons = matches!(request.order, Order::Abandon { .. });
        let ordered = EventKind::Ordered {
            command: request.command,
            by: request.by.clone(),
            order: request.order,
        };
        let mut facts = vec![Fact::Saga(ordered)];
        let from = self.aggregate.deployment.state();
        if abandons && from.may_become(DeploymentState::Cancelled) {
            facts.push(Fact::Deployment(Transition {
                from: Some(from),
                to: DeploymentState::Cancelled,
                reason: TransitionReason::Abandoned,
                actor: request.by,
                at: self.shared.clock.now(),
            }));
        }
        self.commit(facts, momentum).await.map_err(|error| match error {
            CommitError::Illegal(HistoryError::Saga(illegal)) => {
                ControlError::Refused { verb, because: illegal.because }
            }
            CommitError::Illegal(error) => {
                ControlError::Refused { verb, because: error.to_string() }
            }
            CommitError::Journal(error) => ControlError::Journal(Box::new(error)),
        })
    }

    async fn checkpoint(
        &mut self,
        step: StepName,
        key: String,
        value: serde_json::Value,
        momentum: Momentum,
    ) -> Result<serde_json::Value, StepError> {
        let position = self.aggregate.plan.position(&step);
        let kept = position
            .and_then(|position| self.aggregate.state.steps[position].checkpoints.get(&key));
        if let Some(kept) = kept {
            return Ok(kept.clone());
        }
        let fact = Fact::Saga(EventKind::Checkpointed { step, key, value: value.clone() });
        self.commit(vec![fact], momentum).await.map_err(books_failed)?;
        Ok(value)
    }

    async fn transition(
        &mut self,
        to: DeploymentState,
        reason: TransitionReason,
        momentum: Momentum,
    ) -> Result<(), TransitionError> {
        let from = self.aggregate.deployment.state();
        if from == to {
            return Ok(());
        }
        let fact = Fact::Deployment(Transition {
            from: Some(from),
            to,
            reason,
            actor: Who::Saga(self.aggregate.saga),
            at: self.shared.clock.now(),
        });
        self.commit(vec![fact], momentum).await.map_err(|error| match error {
            CommitError::Illegal(HistoryError::Deployment(refusal)) => {
                TransitionError::Refused(refusal)
            }
            CommitError::Illegal(_) | CommitError::Journal(_) => {
                let (StepError::Retryable { failure, .. } | StepError::Terminal { failure }) =
                    books_failed(error);
                TransitionError::Books(failure)
            }
        })
    }

    async fn resource(
        &mut self,
        event: ResourceEvent,
        momentum: Momentum,
    ) -> Result<(), StepError> {
        let row = self.aggregate.resources.get(event.key());
        let changes = match &event {
            ResourceEvent::Discovered(new) => row.is_none_or(|old| {
                (&new.name, &new.spec, new.ipv4) != (&old.name, &old.spec, old.ipv4)
            }),
            ResourceEvent::Linked { key, owner } => match row {
                Some(old) => old.owner.as_ref() != Some(owner),
                None => {
                    return Err(StepError::terminal(
                        FailureCode::NotFound,
                        format!("the inventory has no row {}/{}", key.provider, key.provider_id),
                    ));
                }
            },
            ResourceEvent::Unlinked { .. } => row.is_some_and(|old| old.owner.is_some()),
            ResourceEvent::Removed { .. } => row.is_some(),
        };
        if !changes {
            return Ok(());
        }
        self.commit(vec![Fact::Resource(event)], momentum).await.map_err(books_failed)
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
        let mut next = self.aggregate.clone();
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
        self.aggregate = next;
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

    /// Appends until it is durable, or the engine stops. The saga stands still meanwhile: the same
    /// group is offered again, which a journal takes as the same group.
    async fn append(&self, batch: Batch) -> Result<(), JournalError> {
        let (mut wait, longest) = JOURNAL_RETRY;
        loop {
            let Err(error) = self.shared.journal.append(batch.clone()).await else { return Ok(()) };
            self.stalled(&error.to_string());
            tokio::select! {
                () = tokio::time::sleep(wait) => wait = (wait * 2).min(longest),
                () = self.shared.stopping.cancelled() => return Err(error),
            }
        }
    }

    /// Has the calls under way that the state wants, and sets the alarm.
    fn follow(&mut self) {
        self.wake_at = None;
        let commands = decide(&self.aggregate.plan, &self.aggregate.state, self.shared.clock.now());
        for command in commands {
            match command {
                Command::Run(call) => {
                    if self.under_way.insert(call.clone()) {
                        let call =
                            call::prepare(&self.shared, &self.aggregate, call, &self.requests_tx);
                        self.calls.spawn(call);
                    }
                }
                Command::WakeAt(at) => self.wake_at = Some(at),
                // `commit` leaves none: what is due by now was not due a moment ago.
                Command::Record(_) => self.wake_at = Some(self.shared.clock.now()),
            }
        }
    }

    fn stalled(&self, error: &str) {
        let saga = self.aggregate.saga;
        tracing::error!(%saga, error, "the saga stands still");
        let deployment = self.aggregate.deployment.id;
        let _ = self.shared.notices.send(Notice::Stalled { deployment, error: error.into() });
    }
}

/// Answers the orders for a saga that is not run. None that comes later finds the door open.
fn refuse(mut requests_rx: mpsc::Receiver<Request>, error: &Unreadable) {
    requests_rx.close();
    while let Ok(request) = requests_rx.try_recv() {
        // Only steps ask for the rest, and no step is run.
        if let Request::Order { ack_tx, .. } = request {
            let _ = ack_tx.send(Err(ControlError::Journal(Box::new(error.clone()))));
        }
    }
}

/// Makes the deployment and its saga durable, together with the start of the first steps.
async fn launched(shared: &Arc<Shared>, launch: Launch) -> Result<Aggregate, JournalError> {
    let at = shared.clock.now();
    let saga = launch.saga;
    let mut aggregate = Aggregate::launched(launch.clone(), at);
    let mut entries = vec![Entry { seq: 0, at, fact: Fact::Launched(Box::new(launch)) }];
    let commands = decide(&aggregate.plan, &aggregate.state, at);
    for command in commands {
        let Command::Record(kind) = command else { continue };
        let entry = Entry { seq: aggregate.next_seq(), at, fact: Fact::Saga(kind) };
        aggregate
            .apply(&entry)
            .map_err(|error| JournalError::Write { reason: error.to_string() })?;
        entries.push(entry);
    }
    let batch = Batch { saga, entries, fate: Fate::Begins };
    shared.journal.append(batch.clone()).await?;
    publish(shared, Summary::of(&aggregate), batch.entries);
    Ok(aggregate)
}

/// Tells the world. The row is put before the notice is sent, so that who listens and then looks
/// misses nothing.
fn publish(shared: &Shared, summary: Summary, entries: Vec<Entry>) {
    let summary = Arc::new(summary);
    shared.store.put(Arc::clone(&summary));
    // Nobody may be listening, which is fine.
    let _ = shared.notices.send(Notice::Changed { summary, entries: entries.into() });
}

fn answered(answer: Result<Option<(Call, Outcome)>, tokio::task::JoinError>) -> Turn {
    match answer {
        Ok(Some((call, outcome))) => Turn::Answered(call, outcome),
        // It was not begun, because the engine stops; or it was aborted with the whole set. A panic
        // of a step is caught inside its call.
        Ok(None) | Err(_) => Turn::Woke,
    }
}

async fn wait_for(clock: &crate::clock::Clock, at: Option<Timestamp>) {
    match at {
        Some(at) => clock.sleep_until(at).await,
        None => std::future::pending().await,
    }
}

fn books_failed(error: CommitError) -> StepError {
    match error {
        CommitError::Illegal(error) => {
            StepError::terminal(FailureCode::Internal, error.to_string())
        }
        CommitError::Journal(error) => {
            StepError::retryable(FailureCode::Internal, error.to_string())
        }
    }
}
