//! What undoing a deployment would do, and what is out there on its account, in the steps' words.

use crate::domain::aggregate::Aggregate;
use crate::domain::saga::state::Stage;
use crate::domain::saga::transition::needs_undo;
use crate::domain::undo_preview::{Leftover, UndoLine, UndoPreview};
use crate::steps::Registry;

/// What undoing would do, in the order in which it would be done.
pub(super) fn undo(registry: &Registry, aggregate: &Aggregate) -> UndoPreview {
    let lines = not_undone(aggregate)
        .rev()
        .filter_map(|position| {
            let name = &aggregate.plan.steps()[position].name;
            let (text, deed) = registry.get(name)?.undo_preview(aggregate)?;
            Some(UndoLine { step: name.clone(), text, deed })
        })
        .collect();
    UndoPreview { lines }
}

/// What is out there.
pub(super) fn leftovers(registry: &Registry, aggregate: &Aggregate) -> Vec<Leftover> {
    not_undone(aggregate)
        .filter_map(|position| {
            let name = &aggregate.plan.steps()[position].name;
            registry.get(name)?.leftover(aggregate)
        })
        .collect()
}

fn not_undone(aggregate: &Aggregate) -> impl DoubleEndedIterator<Item = usize> {
    (0..aggregate.plan.steps().len()).filter(|position| {
        let undone = matches!(aggregate.state.steps[*position].undo.stage, Stage::Succeeded { .. });
        needs_undo(&aggregate.plan, &aggregate.state, *position) && !undone
    })
}
