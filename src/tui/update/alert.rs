//! Deployments that begin to need a person, and calling one.

use std::sync::Arc;

use crate::control::Notice;
use crate::domain::id::DeploymentId;
use crate::domain::summary::{Standing, Summary};
use crate::tui::effect::Effect;
use crate::tui::model::alert::Need;
use crate::tui::model::{Connection, Model};

/// Something happened, and is about to be taken in or to wait.
pub(super) fn noticed(model: &mut Model, notice: &Notice) {
    match notice {
        Notice::Changed { summary, .. } => changes(model, summary),
        Notice::Stalled { deployment, .. } => stalls(model, *deployment),
        Notice::Logged { .. } => {}
    }
}

/// A saga stands still. It is said again and again while it lasts.
fn stalls(model: &mut Model, deployment: DeploymentId) {
    if !model.stands_still(deployment) && model.mutes.until(deployment).is_none() {
        let row = model.latest(deployment);
        let name = row.map_or_else(|| deployment.to_string(), |row| row.name());
        model.alerts.begins(name, Need::Stall, model.now);
    }
}

/// A row is about to change.
fn changes(model: &mut Model, summary: &Summary) {
    let before = model.latest(summary.deployment);
    if before.is_some_and(|before| before.next_seq > summary.next_seq) {
        return;
    }
    let needed = before.is_some_and(|before| before.standing == Standing::NeedsYou);
    let muted = model.mutes.until(summary.deployment).is_some();
    if summary.standing == Standing::NeedsYou && !needed && !muted {
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
