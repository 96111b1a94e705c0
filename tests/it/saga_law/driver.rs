//! A small driver that plays the executor: it does what `decide` wants, answers calls at random, lets
//! operators interfere and the program crash.

use std::collections::BTreeSet;
use std::time::Duration;

use arcadia::domain::deployment::Actor;
use arcadia::domain::failure::{Failure, FailureCode};
use arcadia::domain::id::CommandId;
use arcadia::domain::saga::command::{Call, Command};
use arcadia::domain::saga::event::{Event, EventKind, Order, StepEvent};
use arcadia::domain::saga::plan::{Direction, OnFailure, Plan, StepName};
use arcadia::domain::saga::state::{Lane, Phase, State};
use arcadia::domain::saga::transition::{Outcome, decide, evolve, interruptions, settle};
use arcadia::domain::time::Timestamp;
use proptest::prelude::*;
use serde_json::json;

use crate::support::plans;

/// A plan, and the stream of chances that the driver uses.
#[derive(Debug, Clone)]
pub(super) struct Scenario {
    needs: Vec<Vec<usize>>,
    undoable: Vec<bool>,
    on_failure: OnFailure,
    chances: Vec<u8>,
}

pub(super) fn scenarios() -> impl Strategy<Value = Scenario> {
    (1_usize..8).prop_flat_map(|steps| {
        let needs = (0..steps)
            .map(|index| proptest::collection::btree_set(0..index.max(1), 0..=index.min(3)))
            .collect::<Vec<_>>();
        let undoable = proptest::collection::vec(any::<bool>(), steps);
        let on_failure = prop_oneof![Just(OnFailure::Rollback), Just(OnFailure::Hold)];
        let chances = proptest::collection::vec(any::<u8>(), 0..200);
        (needs, undoable, on_failure, chances).prop_map(|(needs, undoable, on_failure, chances)| {
            Scenario {
                needs: needs
                    .into_iter()
                    .enumerate()
                    .map(|(index, set)| set.into_iter().filter(|need| *need < index).collect())
                    .collect(),
                undoable,
                on_failure,
                chances,
            }
        })
    })
}

pub(super) struct Driver {
    pub(super) plan: Plan,
    state: State,
    pub(super) history: Vec<Event>,
    pub(super) now: Timestamp,
    chances: std::vec::IntoIter<u8>,
    under_way: BTreeSet<Call>,
    orders: u128,
}

impl Driver {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let plan = plans::graph(&scenario.needs, &scenario.undoable, scenario.on_failure);
        Self {
            state: State::new(&plan),
            plan,
            history: Vec::new(),
            now: Timestamp::from_millis(1_000_000),
            chances: scenario.chances.clone().into_iter(),
            under_way: BTreeSet::new(),
            orders: 0,
        }
    }

    /// A chance; zero, which is always the kind choice, once they are used up.
    fn chance(&mut self) -> u8 {
        self.chances.next().unwrap_or(0)
    }

    fn happen(&mut self, kind: EventKind) {
        let event = Event { at: self.now, kind };
        self.state = evolve(&self.plan, &self.state, &event)
            .unwrap_or_else(|illegal| panic!("{illegal}\nafter {:#?}", self.history));
        self.history.push(event);
    }

    /// Runs until nothing follows any more. Fails when that takes too long: every path ends.
    pub(super) fn run(&mut self) {
        for _ in 0..20_000 {
            self.interfere();
            let commands = decide(&self.plan, &self.state, self.now);
            assert_eq!(commands, decide(&self.plan, &self.state, self.now), "decide is a function");
            let Some(first) = commands.first().cloned() else {
                if self.state.is_finished() {
                    return;
                }
                self.help();
                continue;
            };
            match first {
                Command::Record(kind) => self.happen(kind),
                Command::Run(_) => {
                    self.under_way.extend(commands.into_iter().filter_map(
                        |command| match command {
                            Command::Run(call) => Some(call),
                            Command::Record(_) | Command::WakeAt(_) => None,
                        },
                    ));
                    self.answer_one();
                }
                Command::WakeAt(at) => {
                    assert!(at > self.now, "a wake-up lies ahead");
                    self.now = at;
                }
            }
        }
        panic!("the saga does not end: {:#?}", self.state);
    }

    fn answer_one(&mut self) {
        let pick = usize::from(self.chance()) % self.under_way.len();
        let call = self.under_way.iter().nth(pick).cloned().expect("one is under way");
        self.under_way.remove(&call);
        self.now = self.now + Duration::from_millis(u64::from(self.chance()));
        let failure = Failure::with_unknown_effect(FailureCode::Unavailable, "503");
        let outcome = match self.chance() % 10 {
            0..=5 => Outcome::Done(json!({ "step": call.step.as_str() })),
            6 | 7 => Outcome::Pending { after: Duration::from_secs(2), note: "soon".to_owned() },
            8 => Outcome::Retryable { failure, after: None },
            _ => Outcome::Terminal { failure },
        };
        let roll = f64::from(self.chance()) / 256.0;
        let kind = settle(&self.plan, &self.state, &call, outcome, self.now, roll);
        self.happen(kind);
    }

    /// Operators and crashes, now and then.
    fn interfere(&mut self) {
        match self.chance() {
            200..=203 => self.order(Order::Cancel),
            204..=207 => self.order(Order::Hold),
            208..=211 => self.order(Order::Resume),
            212..=215 => self.order(Order::Rollback),
            216..=219 => self.crash(),
            221..=224 => self.order(Order::Take),
            220 => self.order(Order::Abandon { reason: "enough".to_owned() }),
            _ => {}
        }
    }

    /// An operator looks after a saga that stands still.
    fn help(&mut self) {
        let chance = self.chance();
        let stuck = self.plan.steps().iter().zip(&self.state.steps).find(|(_, step)| {
            step.undo.is_failed()
                || (self.state.phase.cause().is_none() && step.forward.is_failed())
        });
        match stuck.map(|(planned, _)| planned.name.clone()) {
            Some(step) if chance % 3 == 2 => {
                self.order(Order::Skip { step, reason: "done by hand".to_owned() });
            }
            Some(_) => self.order(Order::Retry),
            None => self.order(Order::Resume),
        }
    }

    /// Orders may be refused, but never change anything then.
    fn order(&mut self, order: Order) {
        self.orders += 1;
        let command = CommandId::from_u128(self.orders);
        let by = Actor::Operator("ana".to_owned());
        let event = Event { at: self.now, kind: EventKind::Ordered { command, by, order } };
        if let Ok(next) = evolve(&self.plan, &self.state, &event) {
            assert_ne!(next, self.state, "an order that is taken changes something");
            self.state = next;
            self.history.push(event);
        }
    }

    /// The program dies: what was under way is lost, and the same state is found by replay.
    fn crash(&mut self) {
        self.under_way.clear();
        self.now = self.now + Duration::from_secs(7);
        for kind in interruptions(&self.plan, &self.state) {
            self.happen(kind);
        }
        self.replay_gives_the_same_state();
    }

    pub(super) fn replay_gives_the_same_state(&self) {
        let replayed = self.history.iter().fold(State::new(&self.plan), |state, event| {
            evolve(&self.plan, &state, event).expect("what happened once is legal again")
        });
        assert_eq!(replayed, self.state);
    }

    fn when(
        &self,
        wanted: impl Fn(&StepName, Direction, &StepEvent) -> bool,
    ) -> Vec<(usize, StepName)> {
        self.history
            .iter()
            .enumerate()
            .filter_map(|(place, event)| match &event.kind {
                EventKind::Step { step, direction, event } if wanted(step, *direction, event) => {
                    Some((place, step.clone()))
                }
                EventKind::Step { .. }
                | EventKind::Checkpointed { .. }
                | EventKind::Ordered { .. }
                | EventKind::Restarted
                | EventKind::Completed
                | EventKind::RolledBack => None,
            })
            .collect()
    }

    /// Nothing starts before what it needs is there, and nothing is undone before what needs it is
    /// undone: the order of compensation is the reverse of a valid order of execution.
    pub(super) fn orders_are_valid(&self) {
        let starts = |direction| {
            self.when(move |_, of, event| {
                of == direction && matches!(event, StepEvent::Started { .. })
            })
        };
        let first_forward = |name: &StepName| {
            starts(Direction::Forward).into_iter().find(|(_, step)| step == name).map(|(at, _)| at)
        };
        let settled = |state: &State, name: &StepName, lane: fn(&State, usize) -> &Lane| {
            lane(state, self.plan.position(name).unwrap()).is_settled()
        };
        let mut state = State::new(&self.plan);
        for event in &self.history {
            if let EventKind::Step { step, direction, event: StepEvent::Started { .. } } =
                &event.kind
            {
                let position = self.plan.position(step).unwrap();
                match direction {
                    Direction::Forward => {
                        for need in &self.plan.steps()[position].needs {
                            assert!(
                                settled(&state, need, |state, at| &state.steps[at].forward),
                                "{step} started before {need} was there"
                            );
                        }
                    }
                    Direction::Undo => {
                        for dependent in self.all_dependents(position) {
                            let planned = &self.plan.steps()[dependent];
                            assert!(
                                planned.undo.is_none()
                                    || !state.steps[dependent].was_started()
                                    || state.steps[dependent].undo.is_settled(),
                                "{step} is undone before {}",
                                planned.name
                            );
                        }
                        assert!(
                            !state.steps.iter().any(|step| step.forward.is_running()),
                            "undoing began while a step was under way"
                        );
                    }
                }
            }
            state = evolve(&self.plan, &state, event).unwrap();
        }
        for planned in self.plan.steps() {
            for need in &planned.needs {
                if let (Some(later), Some(earlier)) =
                    (first_forward(&planned.name), first_forward(need))
                {
                    assert!(earlier < later);
                }
            }
        }
    }

    fn all_dependents(&self, position: usize) -> BTreeSet<usize> {
        let mut all = BTreeSet::new();
        let mut open = vec![position];
        while let Some(next) = open.pop() {
            for dependent in self.plan.dependents(next) {
                if all.insert(dependent) {
                    open.push(dependent);
                }
            }
        }
        all
    }

    pub(super) fn ends_are_whole(&self) {
        match &self.state.phase {
            Phase::Completed { .. } => {
                assert!(self.state.steps.iter().all(|step| step.forward.is_settled()));
            }
            Phase::RolledBack { .. } => {
                for (planned, step) in self.plan.steps().iter().zip(&self.state.steps) {
                    if planned.undo.is_some() && step.was_started() {
                        assert!(step.undo.is_settled(), "{} was not undone", planned.name);
                    }
                    assert!(!step.forward.is_running());
                }
            }
            Phase::Abandoned { .. } => {}
            Phase::Running
            | Phase::Holding { .. }
            | Phase::Compensating { .. }
            | Phase::NeedsAttention { .. } => panic!("not an end"),
        }
    }
}
