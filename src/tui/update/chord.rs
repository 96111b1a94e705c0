//! Keys of the panes, one by one or some in a row.

use crossterm::event::{KeyCode, KeyEvent};

use crate::tui::effect::Effect;
use crate::tui::keymap::effective::Meaning;
use crate::tui::keymap::{Command, Key, spell};
use crate::tui::model::{Model, Tone};
use crate::tui::update::obey;

/// Takes a key in.
pub(super) fn key(model: &mut Model, key: KeyEvent, effects: &mut Vec<Effect>) {
    let pressed = model.chord.with(Key::from(key));
    match model.keymap.meaning(model.scopes(), &pressed) {
        Meaning::Command(command) => obey(model, command, effects),
        Meaning::Beginning => model.chord.wait(pressed),
        Meaning::Nothing if pressed.len() > 1 => stray(model, key, &pressed, effects),
        Meaning::Nothing => {}
    }
}

/// A key that goes on with nothing: Esc leaves, and what holds over dialogs holds here.
fn stray(model: &mut Model, key: KeyEvent, pressed: &[Key], effects: &mut Vec<Effect>) {
    let alone = model.keymap.command(model.scopes(), key);
    if let Some(command @ (Command::Interrupt | Command::Suspend | Command::Redraw)) = alone {
        obey(model, command, effects);
    } else if key.code != KeyCode::Esc {
        let (keys, help) = (spell::shown(pressed), model.keymap.key(Command::Help));
        model.say(Tone::Plain, format!("`{keys}` is no key; {help} lists them"));
    }
}
