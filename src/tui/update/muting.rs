//! Silencing what needs a person for a while.

use crate::domain::id::DeploymentId;
use crate::domain::summary::Standing;
use crate::tui::format;
use crate::tui::keymap::Command;
use crate::tui::model::alert::Need;
use crate::tui::model::mutes::SPAN;
use crate::tui::model::{Model, Tone};

/// Silences the marked deployments that need a person, or else the selected one; or lets them call again.
pub(super) fn toggle(model: &mut Model) {
    let selected = model.list.selected().map(|row| row.deployment);
    let asked: Vec<DeploymentId> = if model.marks.is_empty() {
        selected.into_iter().collect()
    } else {
        model.marks.iter().collect()
    };
    toggle_these(model, &asked);
}

/// Silences these, or lets them call again.
pub(super) fn toggle_these(model: &mut Model, asked: &[DeploymentId]) {
    let rows = asked.iter().filter_map(|id| model.list.row(*id));
    let rows: Vec<_> = rows.filter(|row| model.may_mute(row)).collect();
    let whom = match &rows[..] {
        [] => return model.say(Tone::Plain, "nothing to mute: it does not need you"),
        [only] => only.name(),
        several => format!("{} deployments", several.len()),
    };
    let ids: Vec<_> = rows.iter().map(|row| row.deployment).collect();
    let key = model.keymap.key(Command::Mute);
    let words = match model.mutes.toggle(&ids, model.now) {
        Some(end) => {
            let (span, end) = (format::duration(SPAN), format::time_of_day(end));
            format!("{whom}: no bell for {span}, until {end} UTC; {key} takes that back")
        }
        None => format!("{whom}: the bell rings again"),
    };
    model.say(Tone::Plain, words);
}

/// Calls for what still needs a person when its time is over, so that nothing is forgotten.
pub(super) fn end(model: &mut Model) {
    for id in model.mutes.take_ended(model.now) {
        let stalled = model.stands_still(id);
        let Some(row) = model.latest(id) else { continue };
        if stalled {
            model.alerts.begins(row.name(), Need::Stall, model.now);
        } else if row.standing == Standing::NeedsYou {
            model.alerts.begins(row.name(), Need::Decision, model.now);
        }
    }
}
