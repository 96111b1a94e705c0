//! Holding the display still, and letting it go on.

use std::sync::Arc;

use crate::control::Notice;
use crate::domain::summary::Summary;
use crate::tui::effect::Effect;
use crate::tui::keymap::Command;
use crate::tui::model::frozen::{Frozen, Kept};
use crate::tui::model::{Connection, Model};
use crate::tui::update::{self, take_in};

/// Holds the display still, or lets it go on.
pub(super) fn toggle(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.frozen.is_some() {
        thaw(model, effects);
    } else if model.connection == Connection::Open {
        model.frozen = Some(Frozen::new(&model.list, model.shown_at()));
    }
}

/// Something happened: it is taken in, or waits.
pub(super) fn noticed(model: &mut Model, notice: Notice, effects: &mut Vec<Effect>) {
    match &mut model.frozen {
        Some(frozen) => frozen.hold(notice, &model.list),
        None => take_in(model, notice, effects),
    }
}

/// A whole picture came: it is taken in, or waits.
pub(super) fn pictured(model: &mut Model, summaries: Vec<Arc<Summary>>, effects: &mut Vec<Effect>) {
    match &mut model.frozen {
        Some(frozen) => frozen.hold_picture(summaries),
        None => update::pictured(model, summaries, effects),
    }
}

/// Lets the display go on, where it is held still: what waited is taken in.
pub(super) fn thaw(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(frozen) = model.frozen.take() else { return };
    let news = frozen.into_news();
    if news.kept == Kept::TooMany {
        model.usual.lose_track();
        effects.push(Effect::Watch);
        return;
    }
    if let Some(summaries) = news.picture {
        update::pictured(model, summaries, effects);
    }
    for notice in news.notices {
        take_in(model, notice, effects);
    }
}

/// Lets the display go on for what is done to deployments: that is asked and decided by how things stand,
/// and not by how they stood.
pub(super) fn thaw_for(model: &mut Model, command: Command, effects: &mut Vec<Effect>) {
    if matches!(command, Command::Act(_) | Command::Launch | Command::Quit | Command::Export) {
        thaw(model, effects);
    }
}
