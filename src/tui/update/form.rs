//! Keys in the launch form, and what becomes of what was asked for in it.

use crossterm::event::KeyEvent;
use tui_input::Input;

use crate::control::Launched;
use crate::domain::spec::FieldError;
use crate::tui::effect::Effect;
use crate::tui::keymap::{self, DialogKey};
use crate::tui::model::form::picking::Toggled;
use crate::tui::model::form::round::Round;
use crate::tui::model::form::{Field, MANY, Names, Progress};
use crate::tui::model::overlay::Overlay;
use crate::tui::model::{Model, Tone};
use crate::tui::msg::LaunchRefusal;
use crate::tui::update::dialog::{edit, insert};

/// Opens the form, and asks what there is to choose from.
pub(super) fn open(model: &mut Model, effects: &mut Vec<Effect>) {
    model.overlay = Some(Overlay::Launch);
    model.offer.want(model.now);
    model.form.check_names(model.list.rows());
    replan(model, effects);
}

/// Takes a key in.
pub(super) fn key(model: &mut Model, key: KeyEvent, effects: &mut Vec<Effect>) -> Option<Overlay> {
    let pressed = keymap::dialog(key);
    let lists = std::sync::Arc::clone(&model.offer.catalogue);
    let form = &mut model.form;
    if let Progress::Confirming(typed) = &mut form.progress {
        match pressed {
            DialogKey::Esc => form.progress = Progress::Writing,
            DialogKey::Enter => confirm(model, effects),
            DialogKey::Next | DialogKey::Down => form.go(1),
            DialogKey::Previous | DialogKey::Up => form.go(-1),
            DialogKey::Letter(_) | DialogKey::Left | DialogKey::Right | DialogKey::Edit => {
                edit(typed, key);
            }
        }
        return Some(Overlay::Launch);
    }
    let has_list = form.picks(&lists).is_some_and(|picks| !picks.is_empty());
    match pressed {
        DialogKey::Esc => return None,
        DialogKey::Enter if form.focus == Field::Launch => submit(model, effects),
        DialogKey::Enter => {
            if !form.is_asked() {
                form.take(&lists);
            }
            replan(model, effects);
            model.form.go_on();
        }
        DialogKey::Down if has_list => form.mark(1, &lists),
        DialogKey::Up if has_list => form.mark(-1, &lists),
        DialogKey::Next | DialogKey::Down => form.go(1),
        DialogKey::Previous | DialogKey::Up => form.go(-1),
        DialogKey::Letter(' ') | DialogKey::Left | DialogKey::Right
            if form.focus == Field::OnFailure =>
        {
            form.toggle_on_failure();
            replan(model, effects);
        }
        DialogKey::Letter(_) | DialogKey::Left | DialogKey::Right | DialogKey::Edit => {
            if !form.is_asked() {
                if pressed == DialogKey::Letter(' ') && form.toggle(&lists) == Toggled::One {
                    replan(model, effects);
                } else {
                    write(model, key, pressed, effects);
                }
            }
        }
    }
    Some(Overlay::Launch)
}

/// Types a pasted text into the field that has the keys.
pub(super) fn paste(model: &mut Model, typed: &str, effects: &mut Vec<Effect>) {
    let form = &mut model.form;
    if let Progress::Confirming(number) = &mut form.progress {
        insert(number, typed);
    } else if !form.is_asked() && form.input_mut().is_some() {
        form.begin_typing();
        if let Some(input) = form.input_mut() {
            insert(input, typed);
        }
        form.typed();
        form.reread();
        replan(model, effects);
    }
}

fn write(model: &mut Model, key: KeyEvent, pressed: DialogKey, effects: &mut Vec<Effect>) {
    let form = &mut model.form;
    let before = form.value(form.focus).to_owned();
    if let DialogKey::Letter(_) = pressed {
        form.begin_typing();
    }
    let Some(input) = form.input_mut() else { return };
    edit(input, key);
    if form.value(form.focus) == before {
        return;
    }
    form.typed();
    form.reread();
    replan(model, effects);
}

/// Looks whether names are free that were not looked at, and asks what the launch would do.
pub(super) fn replan(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.form.names == Names::Unchecked {
        model.form.check_names(model.list.rows());
    }
    if let Some(spec) = model.form.spec() {
        let spec = Box::new(spec.clone());
        effects.push(Effect::Plan { spec, on_failure: model.form.on_failure });
    }
}

fn submit(model: &mut Model, effects: &mut Vec<Effect>) {
    let form = &mut model.form;
    if form.is_asked() {
        return;
    }
    match form.specs().map(<[_]>::len) {
        None => {
            let wrong = Field::ALL.into_iter().find(|field| form.problem(*field).is_some());
            form.go_to(wrong.unwrap_or(form.focus));
        }
        Some(1) => ask(model, effects),
        Some(_) => form.progress = Progress::Confirming(Input::default()),
    }
}

/// Several are launched after a second Enter, many after their number.
fn confirm(model: &mut Model, effects: &mut Vec<Effect>) {
    let count = model.form.specs().map_or(0, <[_]>::len);
    let Progress::Confirming(typed) = &model.form.progress else { return };
    let is_sure = count <= MANY || typed.value().trim() == count.to_string();
    if is_sure {
        ask(model, effects);
    }
}

/// Asks the engine, unless the screen is too small to show for what.
fn ask(model: &mut Model, effects: &mut Vec<Effect>) {
    if !model.is_legible() {
        return;
    }
    let on_failure = model.form.on_failure;
    let specs = model.form.ask();
    effects
        .extend(specs.into_iter().map(|spec| Effect::Launch { spec: Box::new(spec), on_failure }));
}

/// A launch was answered. When all that were asked for together are, the form says what became of
/// them: what was refused stays in it.
pub(super) fn launched(
    model: &mut Model,
    slug: String,
    result: Result<Launched, LaunchRefusal>,
    effects: &mut Vec<Effect>,
) {
    let form = &mut model.form;
    let Progress::Asked(round) = &mut form.progress else { return late(model, &slug, result) };
    let slug = round.meant(slug);
    if !round.waits_for(&slug) {
        return late(model, &slug, result);
    }
    match result {
        Ok(launched) => round.launched(slug, launched),
        Err(LaunchRefusal::Fields(errors)) if round.count() == 1 => {
            form.refuse(errors);
            return model.say(Tone::Bad, "launch refused");
        }
        Err(LaunchRefusal::Fields(errors)) => {
            round.refused(slug, joined(&errors));
        }
        Err(LaunchRefusal::Other(why)) => round.refused(slug, why),
    }
    if round.is_over() {
        let round = std::mem::take(round);
        close(model, &round);
        model.form.check_names(model.list.rows());
        replan(model, effects);
    }
}

/// An answer that nobody waits for any more is told, and changes nothing of what is typed meanwhile.
fn late(model: &mut Model, slug: &str, result: Result<Launched, LaunchRefusal>) {
    let why = match result {
        Ok(launched) => {
            let mut round = Round::of([slug.to_owned()]);
            round.launched(slug.to_owned(), launched);
            model.list.expect(round.there());
            return model.say(Tone::Good, round.summary());
        }
        Err(LaunchRefusal::Fields(errors)) => joined(&errors),
        Err(LaunchRefusal::Other(why)) => why,
    };
    model.say(Tone::Bad, format!("launch of {slug} refused: {why}"));
}

fn joined(errors: &[FieldError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// No further answer will come: nobody knows what became of what was asked for.
pub(super) fn answer_lost(model: &mut Model) {
    if let Progress::Asked(round) = &mut model.form.progress {
        let mut round = std::mem::take(round);
        round.lost("no answer came; look at the list");
        close(model, &round);
    }
}

fn close(model: &mut Model, round: &Round) {
    let is_open = matches!(model.overlay, Some(Overlay::Launch));
    model.list.expect(round.there());
    // Who left the form is somewhere else by now, and the next key is meant for what is there.
    if let Some(first) = round.first().filter(|_| is_open) {
        model.list.select(first.deployment, model.now);
    }
    let Some(why) = round.whys() else {
        model.form.launched();
        if is_open {
            model.overlay = None;
        }
        return model.say(Tone::Good, round.summary());
    };
    // The form has room for all of it; without one, the bottom of the screen says it.
    let told = match (round.count(), is_open) {
        (1, true) => "launch refused; the form says why".to_owned(),
        (1, false) => format!("launch refused: {why}"),
        (_, true) => format!("{}; the form says why", round.summary()),
        (_, false) => format!("{}: {why}", round.summary()),
    };
    model.say(Tone::Bad, told);
    if round.count() == 1 {
        model.form.progress = Progress::Refused(why);
    } else {
        model.form.keep(&round.left(), why);
    }
}
