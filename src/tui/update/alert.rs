//! Deployments that begin to need a person, and calling one.

use std::sync::Arc;

use crate::domain::summary::{Standing, Summary};
use crate::tui::effect::Effect;
use crate::tui::model::alert::Need;
use crate::tui::model::{Connection, Model};

/// A row is about to change.
pub(super) fn changes(model: &mut Model, summary: &Summary) {
    let before = model.list.row(summary.deployment);
    if before.is_some_and(|before| before.next_seq > summary.next_seq) {
        return;
    }
    let needed = before.is_some_and(|before| before.standing == Standing::NeedsYou);
    if summary.standing == Standing::NeedsYou && !needed {
        model.alerts.begins(summary.name(), Need::Decision, model.now);
    }
}

/// A new picture is about to be shown. The first one calls nobody.
pub(super) fn pictured(model: &mut Model, summaries: &[Arc<Summary>]) {
    if model.connection == Connection::Open {
        for summary in summaries {
            changes(model, summary);
        }
    }
}

/// Calls, when it is time to.
pub(super) fn call(model: &mut Model, effects: &mut Vec<Effect>) {
    effects.extend(model.alerts.call(model.now).map(Effect::Notify));
}
