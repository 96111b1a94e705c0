//! Where a run is, and whether this is the point at which something goes wrong.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::domain::aggregate::Fact;
use crate::domain::saga::event::{EventKind, Order, StepEvent};
use crate::domain::saga::plan::{Direction, StepName};
use crate::drill::case::{Case, Failure, Place, Point};
use crate::journal::Batch;

/// Follows a run through its crashes. Shared by the journal and the cloud of the run.
pub(super) struct Probe {
    state: Mutex<State>,
    died_tx: watch::Sender<Pulse>,
}

/// Whether the program of the run lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pulse {
    Alive,
    Dead,
}

struct State {
    step: StepName,
    way: Direction,
    met: BTreeMap<(StepName, Direction, Place), u32>,
    points: Vec<Point>,
    trap: Trap,
}

/// The one thing that goes wrong.
enum Trap {
    /// It is not there, or was healed.
    None,
    Set(Case),
    /// It has struck, and is over.
    Sprung,
    /// It has struck, and strikes every request of this kind until the step gives up.
    Open(Point),
}

/// Whether the one thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Struck {
    Yes,
    No,
}

impl Probe {
    /// A run in which this goes wrong, or nothing. Until the journal says otherwise it is at the
    /// beginning of `first`.
    pub(super) fn new(first: &StepName, case: Option<&Case>) -> Self {
        let state = State {
            step: first.clone(),
            way: Direction::Forward,
            met: BTreeMap::new(),
            points: Vec::new(),
            trap: case.map_or(Trap::None, |case| Trap::Set(case.clone())),
        };
        Self { state: Mutex::new(state), died_tx: watch::Sender::new(Pulse::Alive) }
    }

    /// A group of facts is about to be journaled.
    pub(super) fn at_write(&self, batch: &Batch) -> Option<Failure> {
        let mut state = self.lock();
        let first = batch.entries.first().map_or("nothing", |entry| word(&entry.fact));
        // One group may hold the end of a step and the beginning of the next: the write belongs to
        // the one, and what follows it to the other.
        let mut scenes = batch.entries.iter().filter_map(|entry| scene(&entry.fact, &state));
        let (begins, ends) = (scenes.next(), scenes.next_back());
        state.enter(begins);
        let failure = state.meet(Place::Write(first));
        state.enter(ends);
        failure
    }

    /// A request is about to be sent.
    pub(super) fn at_request(&self, what: &'static str) -> Option<Failure> {
        self.lock().meet(Place::Request(what))
    }

    /// The program dies here: nothing of it goes on.
    pub(super) async fn die<T>(&self) -> T {
        self.died_tx.send_replace(Pulse::Dead);
        std::future::pending().await
    }

    /// Waits until the program has died.
    pub(super) async fn died(&self) {
        let mut died_rx = self.died_tx.subscribe();
        let died = died_rx.wait_for(|pulse| *pulse == Pulse::Dead).await;
        died.expect("the sender lives in this probe");
    }

    /// The program is started again.
    pub(super) fn revive(&self) {
        self.died_tx.send_replace(Pulse::Alive);
    }

    /// What was wrong is put right.
    pub(super) fn heal(&self) {
        let mut state = self.lock();
        if let Trap::Open(_) = state.trap {
            state.trap = Trap::Sprung;
        }
    }

    /// Whether the one thing went wrong.
    pub(super) fn struck(&self) -> Struck {
        match self.lock().trap {
            Trap::None | Trap::Set(_) => Struck::No,
            Trap::Sprung | Trap::Open(_) => Struck::Yes,
        }
    }

    /// Every point that was met, in order.
    pub(super) fn points(&self) -> Vec<Point> {
        self.lock().points.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn enter(&mut self, scene: Option<(StepName, Direction)>) {
        if let Some((step, way)) = scene {
            (self.step, self.way) = (step, way);
        }
    }

    /// Notes that this point was met, and says what goes wrong here.
    fn meet(&mut self, place: Place) -> Option<Failure> {
        let met = self.met.entry((self.step.clone(), self.way, place)).or_default();
        *met += 1;
        let point = Point { step: self.step.clone(), way: self.way, place, nth: *met };
        let (failure, trap) = match &self.trap {
            Trap::Set(case) if case.point == point => match case.failure {
                Failure::BrokenThroughout => (case.failure, Trap::Open(point.clone())),
                Failure::Refused
                | Failure::Invalid
                | Failure::Broken
                | Failure::AnswerLost
                | Failure::Silent
                | Failure::WriteRefused
                | Failure::CrashBefore
                | Failure::CrashAfter => (case.failure, Trap::Sprung),
            },
            Trap::Open(broken)
                if (&broken.step, broken.way, broken.place)
                    == (&point.step, point.way, point.place) =>
            {
                (Failure::BrokenThroughout, Trap::Open(broken.clone()))
            }
            Trap::None | Trap::Set(_) | Trap::Sprung | Trap::Open(_) => {
                self.points.push(point);
                return None;
            }
        };
        self.trap = trap;
        self.points.push(point);
        Some(failure)
    }
}

/// Which step a fact is about, in which direction; none when it does not say.
fn scene(fact: &Fact, present: &State) -> Option<(StepName, Direction)> {
    match fact {
        Fact::Saga(
            EventKind::Step { step, direction, .. }
            | EventKind::Checkpointed { step, direction, .. },
        ) => Some((step.clone(), *direction)),
        Fact::Saga(EventKind::Ordered { order: Order::Rollback | Order::Cancel, .. }) => {
            Some((present.step.clone(), Direction::Undo))
        }
        Fact::Saga(
            EventKind::Ordered { .. }
            | EventKind::Restarted
            | EventKind::Completed
            | EventKind::RolledBack,
        )
        | Fact::Launched(_)
        | Fact::Deployment(_)
        | Fact::Resource(_) => None,
    }
}

/// A fact in one word.
fn word(fact: &Fact) -> &'static str {
    match fact {
        Fact::Launched(_) => "launch",
        Fact::Deployment(_) => "transition",
        Fact::Resource(_) => "inventory",
        Fact::Saga(EventKind::Step { event, .. }) => match event {
            StepEvent::Started { .. } => "started",
            StepEvent::Waiting { .. } => "waiting",
            StepEvent::Polled => "polled",
            StepEvent::RetryScheduled { .. } => "retry",
            StepEvent::Succeeded { .. } => "succeeded",
            StepEvent::Failed { .. } => "failed",
            StepEvent::Interrupted => "interrupted",
        },
        Fact::Saga(EventKind::Checkpointed { .. }) => "checkpoint",
        Fact::Saga(EventKind::Ordered { order, .. }) => order.verb(),
        Fact::Saga(EventKind::Restarted) => "restarted",
        Fact::Saga(EventKind::Completed) => "completed",
        Fact::Saga(EventKind::RolledBack) => "rolled-back",
    }
}
