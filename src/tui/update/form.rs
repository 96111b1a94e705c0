//! Keys in the launch form.

use crossterm::event::KeyEvent;

use crate::tui::effect::Effect;
use crate::tui::keymap::{self, DialogKey};
use crate::tui::model::Model;
use crate::tui::model::form::{Field, Progress};
use crate::tui::model::overlay::Overlay;
use crate::tui::update::dialog::{edit, insert};

/// Takes a key in.
pub(super) fn key(model: &mut Model, key: KeyEvent, effects: &mut Vec<Effect>) -> Option<Overlay> {
    let form = &mut model.form;
    match keymap::dialog(key) {
        DialogKey::Esc => return None,
        DialogKey::Enter if form.focus == Field::Launch => submit(model, effects),
        DialogKey::Enter | DialogKey::Next | DialogKey::Down => form.go(1),
        DialogKey::Previous | DialogKey::Up => form.go(-1),
        DialogKey::Letter(' ') | DialogKey::Left | DialogKey::Right
            if form.focus == Field::OnFailure =>
        {
            form.toggle_on_failure();
            replan(model, effects);
        }
        DialogKey::Letter(_) | DialogKey::Left | DialogKey::Right | DialogKey::Edit => {
            if form.progress != Progress::Asked
                && let Some(input) = form.input_mut()
            {
                edit(input, key);
                form.reread();
                replan(model, effects);
            }
        }
    }
    Some(Overlay::Launch)
}

/// Types a pasted text into the field that has the keys.
pub(super) fn paste(model: &mut Model, typed: &str, effects: &mut Vec<Effect>) {
    if model.form.progress != Progress::Asked
        && let Some(input) = model.form.input_mut()
    {
        insert(input, typed);
        model.form.reread();
        replan(model, effects);
    }
}

/// Asks what the launch would do.
pub(super) fn replan(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some(spec) = model.form.spec() {
        let spec = Box::new(spec.clone());
        effects.push(Effect::Plan { spec, on_failure: model.form.on_failure });
    }
}

fn submit(model: &mut Model, effects: &mut Vec<Effect>) {
    let form = &mut model.form;
    if form.progress == Progress::Asked {
        return;
    }
    if let Some(spec) = form.spec() {
        let spec = Box::new(spec.clone());
        effects.push(Effect::Launch { spec, on_failure: form.on_failure });
        form.progress = Progress::Asked;
    } else {
        let wrong = Field::ALL.into_iter().find(|field| form.problem(*field).is_some());
        form.focus = wrong.unwrap_or(form.focus);
    }
}
