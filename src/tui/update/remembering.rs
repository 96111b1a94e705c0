//! How the screen looks is kept from one run to the next.

use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::log::Position;
use crate::tui::model::remembered::Remembered;
use crate::tui::msg::What;

/// Whether a message may have changed what is kept. What the engine says does not: it comes by the
/// thousand, and the operator's place is where he put it.
pub(super) fn concerns(what: &What) -> bool {
    !matches!(what, What::Noticed(_) | What::LogsRead { .. } | What::Shown { .. })
}

/// Keeps what changed, once it has stood for a while.
pub(super) fn keep(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some(remembered) = model.to_keep() {
        effects.push(Effect::Remember(Box::new(remembered)));
    }
}

/// Looks as in an earlier run. The terminal has to be asked for the mouse again.
pub(super) fn resume(model: &mut Model, remembered: &Remembered, effects: &mut Vec<Effect>) {
    let mouse = model.pointer.mouse;
    model.remember(remembered);
    if model.pointer.mouse != mouse {
        effects.push(Effect::Capture(model.pointer.mouse));
    }
}

/// A log that was scrolled when the screen was left is opened where it was.
pub(super) fn scroll_back(model: &mut Model) {
    let Some(saga) = &model.saga else { return };
    if let Some(number) = model.memory.take_bottom(saga.deployment) {
        model.log.position = Position::At(number);
    }
}
