//! The saga law on random plans, random answers, random orders and random crashes.
//!
//! A small driver plays the executor: it does what `decide` wants, answers calls at random, lets
//! operators interfere and the program crash. After a while everything works, and the saga must end.

use std::collections::BTreeSet;
use std::time::Duration;

use arcadia::domain::deployment::Actor;
use arcadia::domain::failure::{Failure, FailureCode};
use arcadia::domain::id::CommandId;
use arcadia::domain::saga::command::{Call, Command};
use arcadia::domain::saga::event::{Event, EventKind, Order, StepEvent};
use arcadia::domain::saga::plan::{Direction, OnFailure, Plan, StepName};
use arcadia::domain::saga::state::{Cause, Lane, Phase, Stage, State};
use arcadia::domain::saga::transition::{
    Outcome, decide, evolve, evolve_in_place, interruptions, settle,
};
use arcadia::domain::time::Timestamp;
use proptest::prelude::*;
use serde_json::json;

use crate::support::plans;

/// A plan, and the stream of chances that the driver uses.
#[derive(Debug, Clone)]
struct Scenario {
    needs: Vec<Vec<usize>>,
    undoable: Vec<bool>,
    on_failure: OnFailure,
    chances: Vec<u8>,
}

fn scenarios() -> impl Strategy<Value = Scenario> {
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

struct Driver {
    plan: Plan,
    state: State,
    history: Vec<Event>,
    now: Timestamp,
    chances: std::vec::IntoIter<u8>,
    under_way: BTreeSet<Call>,
    orders: u128,
}

impl Driver {
    fn new(scenario: &Scenario) -> Self {
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
    fn run(&mut self) {
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

    fn replay_gives_the_same_state(&self) {
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
    fn orders_are_valid(&self) {
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

    fn ends_are_whole(&self) {
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn every_path_ends_whole_and_in_a_valid_order(scenario in scenarios()) {
        let mut driver = Driver::new(&scenario);
        driver.run();
        driver.ends_are_whole();
        driver.orders_are_valid();
        driver.replay_gives_the_same_state();
    }

    #[test]
    fn a_fact_is_refused_or_changes_the_state(
        scenario in scenarios(),
        cut in 0_usize..60,
        step in 0_usize..8,
        which in 0_usize..19,
        back in any::<bool>(),
    ) {
        let mut driver = Driver::new(&scenario);
        driver.run();
        let mut state = State::new(&driver.plan);
        for event in driver.history.iter().take(cut) {
            state = evolve(&driver.plan, &state, event).unwrap();
        }
        let name = StepName::new(&format!("s{step}"));
        let failure = || Failure::without_effect(FailureCode::Invalid, "no");
        let at = driver.now;
        let event = match which {
            0 => StepEvent::Started { attempt: 1 },
            1 => StepEvent::Started { attempt: 2 },
            2 => StepEvent::Waiting { until: at, note: "x".to_owned() },
            3 => StepEvent::Polled,
            4 => StepEvent::RetryScheduled { failure: failure(), at },
            5 => StepEvent::Succeeded { output: json!(1) },
            6 => StepEvent::Failed { failure: failure() },
            _ => StepEvent::Interrupted,
        };
        let direction = if back { Direction::Undo } else { Direction::Forward };
        let kind = match which {
            8 => EventKind::Completed,
            9 => EventKind::RolledBack,
            10 => EventKind::Restarted,
            11 => {
                let (key, value) = ("key".to_owned(), json!(1));
                EventKind::Checkpointed { step: name, direction, key, value }
            }
            12.. => {
                let command = CommandId::from_u128(if back { 1 } else { u128::MAX });
                let by = Actor::Operator("ana".to_owned());
                EventKind::Ordered { command, by, order: orders(name).swap_remove(which - 12) }
            }
            _ => EventKind::Step { step: name, direction, event },
        };
        let mut in_place = state.clone();
        let taken = evolve_in_place(&driver.plan, &mut in_place, at, &kind);
        match evolve(&driver.plan, &state, &Event { at, kind: kind.clone() }) {
            Ok(next) => {
                // A restart changes what waits, and nothing else.
                if kind != EventKind::Restarted {
                    prop_assert_ne!(&next, &state, "{:?} passed in silence", kind);
                }
                prop_assert_eq!(&in_place, &next);
            }
            Err(illegal) => {
                prop_assert_eq!(taken, Err(illegal));
                prop_assert_eq!(&in_place, &state, "{:?} was refused and left a trace", kind);
            }
        }
    }
}

/// Each order once.
fn orders(step: StepName) -> Vec<Order> {
    vec![
        Order::Cancel,
        Order::Rollback,
        Order::Hold,
        Order::Resume,
        Order::Retry,
        Order::Skip { step, reason: "seen to".to_owned() },
        Order::Abandon { reason: "enough".to_owned() },
    ]
}

/// Drives a chain by hand: every call is answered as `answer` says.
fn drive(
    plan: &Plan,
    state: State,
    mut answer: impl FnMut(&Call) -> Option<Outcome>,
) -> (State, Vec<Call>) {
    let mut now = Timestamp::from_millis(0);
    let mut state = state;
    let mut calls = Vec::new();
    for _ in 0..10_000 {
        let commands = decide(plan, &state, now);
        let Some(first) = commands.into_iter().next() else { return (state, calls) };
        let kind = match first {
            Command::Record(kind) => kind,
            Command::WakeAt(at) => {
                now = at;
                continue;
            }
            Command::Run(call) => {
                calls.push(call.clone());
                let Some(outcome) = answer(&call) else { return (state, calls) };
                settle(plan, &state, &call, outcome, now, 0.5)
            }
        };
        state = evolve(plan, &state, &Event { at: now, kind }).unwrap();
    }
    panic!("the saga does not end: {state:#?}");
}

#[expect(clippy::unnecessary_wraps, reason = "it stands where a call may also stay unanswered")]
fn done() -> Option<Outcome> {
    Some(Outcome::Done(json!("ok")))
}

#[expect(clippy::unnecessary_wraps, reason = "it stands where a call may also stay unanswered")]
fn fails(message: &str) -> Option<Outcome> {
    Some(Outcome::Retryable {
        failure: Failure::without_effect(FailureCode::Unavailable, message),
        after: None,
    })
}

fn ordered(plan: &Plan, state: &State, order: Order) -> Result<State, String> {
    let kind = EventKind::Ordered {
        command: CommandId::from_u128(u128::try_from(state.orders.len()).unwrap() + 1),
        by: Actor::Operator("ana".to_owned()),
        order,
    };
    evolve(plan, state, &Event { at: Timestamp::from_millis(5), kind })
        .map_err(|illegal| illegal.because)
}

#[test]
fn third_failure_compensates_in_reverse_order() {
    let plan = plans::chain(3, OnFailure::Rollback);
    let (state, calls) = drive(&plan, State::new(&plan), |call| {
        let last = call.step.as_str() == "s2" && call.direction == Direction::Forward;
        if last { fails("503") } else { done() }
    });
    assert!(matches!(state.phase, Phase::RolledBack { cause: Cause::StepFailed { .. }, .. }));
    let said: Vec<_> = calls
        .iter()
        .map(|call| format!("{} {} {}", call.direction, call.step, call.attempt))
        .collect();
    assert_eq!(
        said,
        [
            "do s0 1",
            "do s1 1",
            "do s2 1",
            "do s2 2",
            "do s2 3",
            "undo s2 1",
            "undo s1 1",
            "undo s0 1"
        ]
    );
}

#[test]
fn a_compensation_that_gives_up_needs_a_person_and_nobody_else_moves_it() {
    let plan = plans::chain(2, OnFailure::Rollback);
    let (stuck, _) = drive(&plan, State::new(&plan), |call| match call.direction {
        Direction::Forward if call.step.as_str() == "s0" => done(),
        Direction::Undo if call.step.as_str() == "s1" => done(),
        Direction::Forward | Direction::Undo => fails("500"),
    });
    let Phase::NeedsAttention { step, .. } = &stuck.phase else { panic!("{:?}", stuck.phase) };
    assert_eq!(step.as_str(), "s0");
    let much_later = Timestamp::from_millis(1_000_000_000);
    assert_eq!(decide(&plan, &stuck, much_later), []);

    for refused in [Order::Cancel, Order::Rollback, Order::Hold, Order::Resume] {
        assert!(ordered(&plan, &stuck, refused).is_err());
    }
    let retried = ordered(&plan, &stuck, Order::Retry).unwrap();
    let (ended, _) = drive(&plan, retried, |_| done());
    assert!(matches!(ended.phase, Phase::RolledBack { .. }));

    let skip = Order::Skip { step: StepName::new("s0"), reason: "destroyed by hand".to_owned() };
    let (ended, _) = drive(&plan, ordered(&plan, &stuck, skip).unwrap(), |_| done());
    assert!(matches!(ended.phase, Phase::RolledBack { .. }));

    let abandon = Order::Abandon { reason: "account closed".to_owned() };
    let ended = ordered(&plan, &stuck, abandon).unwrap();
    assert!(matches!(ended.phase, Phase::Abandoned { .. }));
    assert_eq!(ordered(&plan, &ended, Order::Retry).unwrap_err(), "it was abandoned");
}

#[test]
fn a_cancel_ends_a_wait_at_once_and_lets_a_call_answer() {
    let plan = plans::chain(2, OnFailure::Rollback);
    let pending =
        || Some(Outcome::Pending { after: Duration::from_mins(1), note: "soon".to_owned() });
    let mut polls = 0;
    let (running, _) = drive(&plan, State::new(&plan), |call| {
        polls += u32::from(call.step.as_str() == "s1");
        if call.step.as_str() == "s0" {
            done()
        } else if polls == 1 {
            pending()
        } else {
            None
        }
    });
    assert!(running.steps[1].forward.is_running(), "the second poll is under way");

    let cancelled = ordered(&plan, &running, Order::Cancel).unwrap();
    let commands = decide(&plan, &cancelled, Timestamp::from_millis(5));
    let [Command::Run(call)] = commands.as_slice() else { panic!("{commands:?}") };
    assert_eq!(call.direction, Direction::Forward, "the call under way is given time to answer");

    let (ended, calls) = drive(&plan, cancelled, |call| {
        if call.direction == Direction::Forward { pending() } else { done() }
    });
    assert!(matches!(ended.phase, Phase::RolledBack { cause: Cause::Cancelled { .. }, .. }));
    let undone: Vec<_> = calls[1..].iter().map(|call| call.step.as_str().to_owned()).collect();
    assert_eq!(undone, ["s1", "s0"], "the step that was cut short is compensated too");
}

#[test]
fn a_failure_on_hold_waits_for_the_operator_and_retry_goes_on() {
    let plan = plans::chain(2, OnFailure::Hold);
    let (held, _) = drive(&plan, State::new(&plan), |call| {
        if call.step.as_str() == "s1" { fails("quota") } else { done() }
    });
    assert!(matches!(held.phase, Phase::Holding { .. }));
    assert_eq!(
        ordered(&plan, &held, Order::Resume).unwrap_err(),
        "`s1` failed; retry or skip it, or cancel"
    );
    let (ended, calls) = drive(&plan, ordered(&plan, &held, Order::Retry).unwrap(), |_| done());
    assert!(matches!(ended.phase, Phase::Completed { .. }));
    assert_eq!(calls[0].attempt, 4, "attempts are never numbered twice");
}

#[test]
fn an_interrupted_call_runs_again_and_does_not_cost_a_try() {
    let plan = plans::chain(1, OnFailure::Rollback);
    let (running, _) = drive(&plan, State::new(&plan), |_| None);
    let mut state = running;
    for kind in interruptions(&plan, &state) {
        state = evolve(&plan, &state, &Event { at: Timestamp::from_millis(9), kind }).unwrap();
    }
    assert_eq!(state.steps[0].forward.doubt_since, Some(Timestamp::from_millis(9)));
    let mut left = 3;
    let (ended, calls) = drive(&plan, state, |_| {
        left -= 1;
        if left == 0 { done() } else { fails("503") }
    });
    assert!(matches!(ended.phase, Phase::Completed { .. }));
    assert_eq!(calls.iter().map(|call| call.attempt).collect::<Vec<_>>(), [2, 3, 4]);
}

#[test]
fn an_interrupted_call_of_a_cancelled_saga_is_compensated_and_not_made_again() {
    let plan = plans::chain(1, OnFailure::Rollback);
    let (running, _) = drive(&plan, State::new(&plan), |_| None);
    let mut state = ordered(&plan, &running, Order::Cancel).unwrap();
    for kind in interruptions(&plan, &state) {
        state = evolve(&plan, &state, &Event { at: Timestamp::from_millis(9), kind }).unwrap();
    }
    assert!(state.steps[0].forward.is_failed(), "{:?}", state.steps[0].forward);
    let (ended, calls) = drive(&plan, state, |_| done());
    assert!(matches!(ended.phase, Phase::RolledBack { .. }));
    assert_eq!(calls.iter().map(|call| call.direction).collect::<Vec<_>>(), [Direction::Undo]);
}

#[test]
fn a_wait_past_its_deadline_fails_the_step() {
    let plan = plans::chain(1, OnFailure::Rollback);
    let (ended, _) = drive(&plan, State::new(&plan), |call| match call.direction {
        Direction::Forward => Some(Outcome::Pending {
            after: Duration::from_mins(1),
            note: "still \"new\"".to_owned(),
        }),
        Direction::Undo => done(),
    });
    assert!(matches!(ended.phase, Phase::RolledBack { .. }));
    let failure = ended.steps[0].forward.last_failure.clone().unwrap();
    assert_eq!(failure.code, FailureCode::DeadlineExceeded);
    assert_eq!(failure.message, "not done within 600 s (last: still \"new\")");
}

#[test]
fn to_be_told_to_wait_uses_up_neither_tries_nor_time_for_a_day() {
    let plan = plans::chain(1, OnFailure::Rollback);
    let limited = || {
        Some(Outcome::Retryable {
            failure: Failure::without_effect(FailureCode::RateLimited, "too many requests"),
            after: Some(Duration::from_mins(30)),
        })
    };
    let mut calls_left = 10;
    let (ended, calls) = drive(&plan, State::new(&plan), |_| {
        calls_left -= 1;
        if calls_left > 0 { limited() } else { done() }
    });
    assert!(matches!(ended.phase, Phase::Completed { .. }), "ten minutes and three tries in all");
    assert_eq!(calls.len(), 10);

    let (ended, calls) = drive(&plan, State::new(&plan), |call| match call.direction {
        Direction::Forward => limited(),
        Direction::Undo => done(),
    });
    assert!(matches!(ended.phase, Phase::RolledBack { .. }), "a day ends it");
    assert_eq!(calls.len(), 50, "48 half hours and the last, and one undo");
}

#[test]
fn short_waits_that_never_end_are_given_up_after_a_day_too_and_a_retry_begins_a_new_one() {
    let plan = plans::chain(1, OnFailure::Hold);
    let limited = |_: &Call| {
        Some(Outcome::Retryable {
            failure: Failure::without_effect(FailureCode::RateLimited, "too many requests"),
            after: Some(Duration::from_mins(5)),
        })
    };
    let (held, calls) = drive(&plan, State::new(&plan), limited);
    assert!(matches!(held.phase, Phase::Holding { .. }), "a day ends it");
    let failure = held.steps[0].forward.last_failure.clone().unwrap();
    assert_eq!(failure.message, "too many requests (told to wait for 24 h)");

    let again = ordered(&plan, &held, Order::Retry).unwrap();
    let (held, calls_again) = drive(&plan, again, limited);
    assert!(matches!(held.phase, Phase::Holding { .. }), "a second day ends it");
    assert_eq!(calls_again.len(), calls.len(), "it is a whole one");
}

#[test]
fn a_restart_asks_at_once_even_when_the_clock_was_set_back() {
    let plan = plans::chain(1, OnFailure::Rollback);
    let mut state = State::new(&plan);
    let noon = Timestamp::from_millis(1_000_000_000);
    let Command::Record(kind) = decide(&plan, &state, noon).remove(0) else { panic!("a fact") };
    state = evolve(&plan, &state, &Event { at: noon, kind }).unwrap();
    let Command::Run(call) = decide(&plan, &state, noon).remove(0) else { panic!("a call") };
    let pending = Outcome::Pending { after: Duration::from_secs(5), note: "soon".to_owned() };
    let kind = settle(&plan, &state, &call, pending, noon, 0.5);
    state = evolve(&plan, &state, &Event { at: noon, kind }).unwrap();

    let years_before = Timestamp::from_millis(1_000);
    for kind in interruptions(&plan, &state) {
        state = evolve(&plan, &state, &Event { at: years_before, kind }).unwrap();
    }
    let commands = decide(&plan, &state, years_before);
    assert!(matches!(commands[..], [Command::Record(_)]), "it is due: {commands:?}");
}

#[test]
fn an_order_given_twice_is_taken_once() {
    let plan = plans::chain(1, OnFailure::Rollback);
    let (running, _) = drive(&plan, State::new(&plan), |_| None);
    let held = ordered(&plan, &running, Order::Hold).unwrap();
    let again = EventKind::Ordered {
        command: CommandId::from_u128(1),
        by: Actor::Operator("ana".to_owned()),
        order: Order::Resume,
    };
    let illegal = evolve(&plan, &held, &Event { at: Timestamp::from_millis(6), kind: again });
    assert_eq!(illegal.unwrap_err().because, "this order was taken before");
}

#[test]
fn a_checkpoint_is_written_once_while_its_step_runs() {
    let plan = plans::chain(2, OnFailure::Rollback);
    let (running, _) = drive(&plan, State::new(&plan), |_| None);
    let saved = |state: &State, step: &str, value: &str| {
        let (step, key, value) = (StepName::new(step), "found".to_owned(), json!(value));
        let kind = EventKind::Checkpointed { step, direction: Direction::Forward, key, value };
        evolve(&plan, state, &Event { at: Timestamp::from_millis(5), kind })
    };
    let once = saved(&running, "s0", "198.51.100.44").unwrap();
    let because = saved(&once, "s0", "our own").unwrap_err().because;
    assert_eq!(because, "checkpoint `found` was written before, and is kept");
    assert_eq!(saved(&running, "s1", "x").unwrap_err().because, "it is not running");
}

#[test]
fn a_cancel_ends_a_wait_and_a_back_off_at_once_and_says_why() {
    let plan = plans::chain(1, OnFailure::Rollback);
    let pending = Outcome::Pending { after: Duration::from_mins(1), note: "soon".to_owned() };
    for (outcome, words) in [
        (Some(pending), "cancelled while it waited (soon)"),
        (fails("503"), "cancelled before the next try"),
    ] {
        let at = Timestamp::from_millis(5);
        let mut state = State::new(&plan);
        let started = decide(&plan, &state, at).remove(0);
        let Command::Record(kind) = started else { panic!("{started:?}") };
        state = evolve(&plan, &state, &Event { at, kind }).unwrap();
        let Command::Run(call) = decide(&plan, &state, at).remove(0) else { panic!("a call") };
        let kind = settle(&plan, &state, &call, outcome.unwrap(), at, 0.9);
        state = evolve(&plan, &state, &Event { at, kind }).unwrap();

        let cancelled = ordered(&plan, &state, Order::Cancel).unwrap();
        let Stage::Failed { at: ended, failure } = &cancelled.steps[0].forward.stage else {
            panic!("{:?}", cancelled.steps[0].forward)
        };
        assert_eq!((*ended, failure.code), (at, FailureCode::Cancelled));
        assert_eq!(failure.message, words);
        let next = decide(&plan, &cancelled, at);
        assert!(matches!(
            next.as_slice(),
            [Command::Record(EventKind::Step {
                direction: Direction::Undo,
                event: StepEvent::Started { .. },
                ..
            })]
        ));
    }
}

#[test]
fn a_provider_that_asks_for_patience_is_given_it() {
    let plan = plans::chain(1, OnFailure::Rollback);
    let (running, calls) = drive(&plan, State::new(&plan), |_| None);
    let outcome = Outcome::Retryable {
        failure: Failure::without_effect(FailureCode::Unavailable, "maintenance"),
        after: Some(Duration::from_secs(90)),
    };
    let at = Timestamp::from_millis(0);
    let kind = settle(&plan, &running, &calls[0], outcome, at, 0.0);
    let EventKind::Step { event: StepEvent::RetryScheduled { at: next, .. }, .. } = kind else {
        panic!("{kind:?}")
    };
    assert_eq!(next, at + Duration::from_secs(90));
}

#[test]
fn a_try_that_would_come_after_the_deadline_is_not_made() {
    let plan = plans::chain(1, OnFailure::Rollback);
    let (running, calls) = drive(&plan, State::new(&plan), |_| None);
    let outcome = Outcome::Retryable {
        failure: Failure::without_effect(FailureCode::Unavailable, "maintenance"),
        after: Some(Duration::from_mins(11)),
    };
    let kind = settle(&plan, &running, &calls[0], outcome, Timestamp::from_millis(0), 0.0);
    let EventKind::Step { event: StepEvent::Failed { failure }, .. } = kind else {
        panic!("{kind:?}")
    };
    let words = "maintenance (told to wait for 660 s, which the deadline of 600 s does not allow)";
    assert_eq!(failure.message, words);
}

#[test]
fn a_wait_ends_at_the_deadline_and_not_at_the_next_poll() {
    let plan = plans::chain(1, OnFailure::Hold);
    let slow = || {
        Some(Outcome::Pending { after: Duration::from_mins(7), note: "still \"new\"".to_owned() })
    };
    let (held, calls) = drive(&plan, State::new(&plan), |_| slow());
    assert_eq!(calls.len(), 3, "it is asked at 0 and at 7 minutes, and once more at the end");
    assert!(matches!(held.phase, Phase::Holding { .. }));
    let ended = held.steps[0].forward.ended_at();
    assert_eq!(ended, Some(Timestamp::from_millis(0) + Duration::from_mins(10)));
}

#[test]
fn a_retried_compensation_has_its_whole_patience_again() {
    let plan = plans::chain(1, OnFailure::Rollback);
    let (completed, _) = drive(&plan, State::new(&plan), |_| done());
    let waits = || {
        Some(Outcome::Pending {
            after: Duration::from_mins(1),
            note: "until it is gone".to_owned(),
        })
    };
    let back = ordered(&plan, &completed, Order::Rollback).unwrap();
    let (stuck, calls) = drive(&plan, back, |_| waits());
    assert!(matches!(stuck.phase, Phase::NeedsAttention { .. }));
    assert_eq!(calls.len(), 11);
    let retried = ordered(&plan, &stuck, Order::Retry).unwrap();
    let later = Timestamp::from_millis(0) + Duration::from_hours(1);
    let Command::Record(kind) = decide(&plan, &retried, later).remove(0) else { panic!("a fact") };
    let running = evolve(&plan, &retried, &Event { at: later, kind }).unwrap();
    let Command::Run(call) = decide(&plan, &running, later).remove(0) else { panic!("a call") };
    let kind = settle(&plan, &running, &call, waits().unwrap(), later, 0.5);
    assert!(
        matches!(kind, EventKind::Step { event: StepEvent::Waiting { .. }, .. }),
        "an hour after the first round: {kind:?}"
    );
}

#[test]
fn a_failure_while_the_operator_holds_destroys_nothing() {
    let plan = plans::chain(2, OnFailure::Rollback);
    let (running, calls) =
        drive(
            &plan,
            State::new(&plan),
            |call| {
                if call.step.as_str() == "s0" { done() } else { None }
            },
        );
    let held = ordered(&plan, &running, Order::Hold).unwrap();
    let failure = Failure::without_effect(FailureCode::Invalid, "422");
    let at = Timestamp::from_millis(9);
    let kind = settle(&plan, &held, &calls[1], Outcome::Terminal { failure }, at, 0.5);
    let failed = evolve(&plan, &held, &Event { at, kind }).unwrap();
    assert!(matches!(failed.phase, Phase::Holding { .. }), "{:?}", failed.phase);
    assert_eq!(decide(&plan, &failed, at + Duration::from_hours(9)), []);
}
