//! Asking for a sign of life, and saying when none comes.

use crate::control::Heartbeat;
use crate::tui::effect::Effect;
use crate::tui::format;
use crate::tui::model::pulse::Turn;
use crate::tui::model::{Connection, Model, Tone};

/// What was asked for came, or will not.
pub(super) fn came(model: &mut Model, result: &Result<Heartbeat, String>) {
    match result {
        Ok(heartbeat) => {
            model.pulse.answered(model.now);
            model.drain.count(heartbeat.calls);
        }
        Err(_) => model.pulse.refused(model.now),
    }
}

/// The engine said something. While it is drained the screen asks at once how many calls that leaves.
pub(super) fn noticed(model: &mut Model) {
    model.pulse.heard(model.now);
    if model.drain.is_begun() {
        model.pulse.hasten(model.now);
    }
}

/// Asks when it is time to, and tells the operator of a silence and of its end.
pub(super) fn feel(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.pulse.look(model.now, model.runs()) {
        effects.push(Effect::AskHeartbeat);
    }
    match model.pulse.turn() {
        Some(Turn::Silent(since)) => {
            let since = format::time_of_day(since);
            let words = format!(
                "no word from the engine or its disk since {since} UTC; what is shown is from then"
            );
            model.say(Tone::Bad, words);
        }
        Some(Turn::Back(after)) if model.connection == Connection::Open => {
            let after = format::duration(after);
            model.say(Tone::Good, format!("the engine answers again, after {after}"));
        }
        Some(Turn::Back(_)) | None => {}
    }
}
