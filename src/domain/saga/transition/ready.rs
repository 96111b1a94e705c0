//! What may begin: a step when everything it needs is there, its compensation when everything that
//! needs it is undone.

use crate::domain::saga::plan::{Direction, Plan};
use crate::domain::saga::state::{Phase, State};

/// Whether a step's compensation has anything to look for.
pub fn needs_undo(plan: &Plan, state: &State, position: usize) -> bool {
    plan.steps()[position].undo.is_some() && state.steps[position].was_started()
}

pub(super) fn may_go_on(
    plan: &Plan,
    state: &State,
    position: usize,
    direction: Direction,
) -> Result<(), String> {
    match direction {
        Direction::Forward if state.phase != Phase::Running => {
            Err("the saga is not going forward".to_owned())
        }
        Direction::Forward if !may_start(plan, state, position) => {
            Err("what it needs has not succeeded".to_owned())
        }
        Direction::Undo if state.phase.cause().is_none() || state.is_finished() => {
            Err("the saga is not being undone".to_owned())
        }
        Direction::Undo if state.steps.iter().any(|step| step.forward.is_running()) => {
            Err("a step is still under way".to_owned())
        }
        Direction::Undo if !may_undo(plan, state, position) => {
            Err("it has nothing to undo, or what needs it is not undone".to_owned())
        }
        Direction::Forward | Direction::Undo => Ok(()),
    }
}

pub(super) fn may_start(plan: &Plan, state: &State, position: usize) -> bool {
    plan.steps()[position].needs.iter().all(|need| {
        plan.position(need).is_some_and(|needed| state.steps[needed].forward.is_settled())
    })
}

pub(super) fn may_undo(plan: &Plan, state: &State, position: usize) -> bool {
    let undone = undone(plan, state);
    needs_undo(plan, state, position)
        && plan.dependents(position).all(|dependent| undone[dependent])
}

/// For each step, whether it and everything that needs it has nothing left to undo. The second half
/// matters for steps that have nothing to undo themselves: they must not let their own needs go
/// first.
fn undone(plan: &Plan, state: &State) -> Vec<bool> {
    let mut undone = vec![true; state.steps.len()];
    // Those that need a step stand behind it.
    for position in (0..state.steps.len()).rev() {
        let itself = !needs_undo(plan, state, position) || state.steps[position].undo.is_settled();
        undone[position] = itself && plan.dependents(position).all(|dependent| undone[dependent]);
    }
    undone
}

pub(super) fn all_undone(plan: &Plan, state: &State) -> bool {
    (0..state.steps.len()).all(|position| {
        !needs_undo(plan, state, position) || state.steps[position].undo.is_settled()
    })
}
