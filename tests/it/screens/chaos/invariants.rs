//! What holds of the screen after anything whatever.

use arcadia::domain::summary::Standing;
use arcadia::tui::keymap;
use arcadia::tui::model::overlay::Overlay;
use arcadia::tui::model::past::Past;
use arcadia::tui::model::pointer::{Gesture, Target};
use arcadia::tui::model::screen::Screen;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use crate::screens::stage::Stage;

/// What was done, and whether what holds of the model still does.
pub(super) fn hold(stage: &Stage) -> Result<(), TestCaseError> {
    list(stage)?;
    saga(stage)?;
    log(stage)?;
    boards(stage)?;
    overlay(stage)
}

/// The selection is on the list, or there is nothing on the list; marks and counts are of rows that
/// are there.
fn list(stage: &Stage) -> Result<(), TestCaseError> {
    let list = &stage.model.list;
    let (shown, selected) = (list.shown(), list.selected().map(|row| row.deployment));
    prop_assert_eq!(
        shown.get(list.cursor()).copied(),
        selected,
        "the selection is not on the list"
    );
    prop_assert!(shown.iter().all(|id| list.row(*id).is_some()), "a row of nothing");
    prop_assert!(stage.model.marks.iter().all(|id| list.row(id).is_some()), "a stale mark");
    let counted: usize = Standing::ALL.into_iter().map(|standing| list.count(standing)).sum();
    prop_assert_eq!(counted, list.total(), "the counts of the header");
    prop_assert!(list.stalls().all(|(id, _)| list.row(id).is_some()), "what is gone stands still");
    Ok(())
}

/// The open saga is the selected one's; a moment of the past is one of its moments, and looks as that
/// moment did.
fn saga(stage: &Stage) -> Result<(), TestCaseError> {
    let model = &stage.model;
    let selected = model.list.selected().map(|row| row.deployment);
    let Some(saga) = &model.saga else {
        prop_assert_eq!(selected, None, "nothing is open");
        return Ok(());
    };
    prop_assert_eq!(Some(saga.deployment), selected, "another saga is open");
    let steps = saga.seen().map_or(0, |read| read.detail.aggregate.plan.steps().len());
    prop_assert!(saga.picked().is_none_or(|picked| picked < steps), "no such step");
    prop_assert_eq!(model.log.until, saga.past().map(Past::moment), "the log's moment");
    if let Some(past) = saga.past() {
        let live = saga.read().map_or(&[][..], |read| &read.detail.entries);
        let then = live.get(..past.shown());
        prop_assert!(past.shown() > 0, "before the launch");
        prop_assert_eq!(Some(&past.read.detail.entries[..]), then, "a past that never was");
    }
    Ok(())
}

/// The lines are in their order, and some are on the screen whenever there are any.
fn log(stage: &Stage) -> Result<(), TestCaseError> {
    let log = &stage.model.log;
    let seen: Vec<_> = log.upwards().map(|(number, _)| number).collect();
    prop_assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "lines out of order");
    prop_assert!(seen.len() <= log.count() && log.found() <= log.count());
    prop_assert_eq!(seen.is_empty(), log.count() == 0, "{} lines, and none is seen", log.count());
    let chosen = |at, level| level >= log.least && log.until.is_none_or(|until| at <= until);
    prop_assert!(log.upwards().all(|(_, line)| chosen(line.at, line.level)), "not chosen");
    Ok(())
}

/// The selections of the inventory and of the audit are on them.
fn boards(stage: &Stage) -> Result<(), TestCaseError> {
    let (inventory, audit) = (&stage.model.inventory, &stage.model.audit);
    let shown = inventory.shown();
    if inventory.due(stage.now).is_none() {
        // What was read a moment ago finds its place half a second later.
        prop_assert!(shown.len() <= inventory.total());
        prop_assert!(shown.iter().all(|place| inventory.item_at(*place).is_some()), "no such row");
        prop_assert_eq!(inventory.selected().is_some(), !shown.is_empty());
    }
    prop_assert!(inventory.cursor() < shown.len().max(1), "the inventory's selection");
    let lines = audit.shown();
    prop_assert!(lines.windows(2).all(|pair| pair[0] < pair[1]), "out of order");
    prop_assert!(lines.iter().all(|key| audit.line(*key).is_some()), "a line of nothing");
    prop_assert!(audit.cursor() < lines.len().max(1), "the audit's selection");
    prop_assert_eq!(audit.selected().is_some(), !lines.is_empty());
    Ok(())
}

/// What stands over the panes is about something, and not scrolled out of sight.
fn overlay(stage: &Stage) -> Result<(), TestCaseError> {
    match &stage.model.overlay {
        Some(Overlay::Question(asked)) => {
            prop_assert!(!asked.targets.is_empty() || !asked.left_out.is_empty(), "about nothing");
        }
        Some(Overlay::Help { scroll }) => prop_assert!(*scroll <= keymap::bindings().count()),
        Some(
            Overlay::Filter(_)
            | Overlay::Search(_)
            | Overlay::Launch
            | Overlay::CommandLine(_)
            | Overlay::Details { .. }
            | Overlay::Quit,
        )
        | None => {}
    }
    Ok(())
}

/// What holds of a frame: it goes no further than the screen, its lists are not scrolled past their
/// ends, and nothing in it steers a terminal. The mouse finds nothing beside it, and under a dialog
/// nothing but the dialog.
pub(super) fn drawn(stage: &Stage) -> Result<(), TestCaseError> {
    let (width, height) = stage.model.size;
    prop_assert_eq!(stage.cells().len(), usize::from(width) * usize::from(height));
    let steers =
        |text: &str| text.chars().any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
    prop_assert!(!stage.cells().iter().any(|cell| steers(cell.symbol())), "a control character");
    let cells = || (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let first = cells().find_map(|at| match stage.state.zones.at(at, Gesture::WheelUp) {
        Some(Target::List { first }) => Some(first),
        Some(_) | None => None,
    });
    let list = stage.model.list.shown();
    prop_assert!(first.is_none_or(|first| first < list.len().max(1)), "the list is scrolled away");
    let inventory = stage.model.inventory.shown();
    let drawn = stage.model.is_legible() && stage.model.screen == Screen::Inventory;
    prop_assert!(!drawn || stage.state.inventory_offset < inventory.len().max(1), "scrolled away");
    for beside in [(width, 0), (0, height), (width, height)] {
        prop_assert_eq!(stage.state.zones.at(beside, Gesture::Press), None, "beside the screen");
    }
    let covers = match &stage.model.overlay {
        Some(Overlay::Filter(_) | Overlay::Search(_) | Overlay::CommandLine(_)) | None => false,
        Some(
            Overlay::Launch
            | Overlay::Question(_)
            | Overlay::Details { .. }
            | Overlay::Help { .. }
            | Overlay::Quit,
        ) => stage.model.is_legible(),
    };
    for at in cells().filter(|_| covers) {
        match stage.state.zones.at(at, Gesture::Press) {
            None
            | Some(
                Target::Hint(_)
                | Target::Answer(_)
                | Target::Field(_)
                | Target::Pick(_)
                | Target::Dialog,
            ) => {}
            Some(
                under @ (Target::List { .. }
                | Target::Row(_)
                | Target::Saga
                | Target::Step(_)
                | Target::Log
                | Target::Board
                | Target::Holding(_)
                | Target::Event(_)
                | Target::Candidate(_)),
            ) => prop_assert!(false, "{under:?} lies under a dialog"),
        }
    }
    Ok(())
}

/// Once what was due is done, nothing is due at that moment: the screen would be woken for ever.
pub(super) fn rests(stage: &Stage) -> Result<(), TestCaseError> {
    let due = stage.model.due();
    prop_assert!(due.is_none_or(|due| due > stage.now), "{due:?} is due at {:?}", stage.now);
    Ok(())
}
