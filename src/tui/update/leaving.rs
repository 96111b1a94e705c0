//! Leaving: at once, or when what is under way has come to its end.

use crate::tui::effect::Effect;
use crate::tui::keymap::DialogKey;
use crate::tui::model::drain::Drain;
use crate::tui::model::overlay::Overlay;
use crate::tui::model::{Connection, Model, Tone};

/// Leaves, or asks first while something has not ended.
pub(super) fn ask(model: &mut Model) {
    match model.connection {
        Connection::Open | Connection::Lost(_) if model.list.unfinished() > 0 => {
            model.overlay = Some(Overlay::Quit);
        }
        Connection::Open
        | Connection::Opening
        | Connection::Reading
        | Connection::Failed(_)
        | Connection::Lost(_) => model.leave(),
    }
}

/// Takes a key in while it is asked whether to leave.
pub(super) fn key(model: &mut Model, key: DialogKey, effects: &mut Vec<Effect>) -> Option<Overlay> {
    match key {
        DialogKey::Letter('l' | 'q') => {
            model.leave();
            None
        }
        DialogKey::Letter('d') if model.may_drain() => {
            begin(model, effects);
            None
        }
        DialogKey::Esc | DialogKey::Enter | DialogKey::Letter('n') => None,
        DialogKey::Next
        | DialogKey::Previous
        | DialogKey::Down
        | DialogKey::Up
        | DialogKey::Left
        | DialogKey::Right
        | DialogKey::Letter(_)
        | DialogKey::Edit => Some(Overlay::Quit),
    }
}

fn begin(model: &mut Model, effects: &mut Vec<Effect>) {
    model.drain = Drain::Begun { calls: None };
    // How many calls are under way is told with the next sign of life.
    model.pulse.hasten(model.now);
    effects.push(Effect::Drain);
    model.say(Tone::Plain, "draining: nothing more is started; q twice leaves at once");
}

/// What was under way has come to its end.
pub(super) fn drained(model: &mut Model, result: Result<(), String>) {
    match result {
        Ok(()) if model.drain.is_begun() => model.leave(),
        Ok(()) => {}
        Err(why) => {
            model.drain = Drain::No;
            model.say(Tone::Bad, format!("it cannot be drained: {why}"));
        }
    }
}

/// The answer may have been lost: it is asked for again, which begins nothing that has begun.
pub(super) fn lost(model: &Model, effects: &mut Vec<Effect>) {
    if model.drain.is_begun() {
        effects.push(Effect::Drain);
    }
}
