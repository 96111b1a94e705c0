//! Keys while a question is open. What destroys something is ordered here and nowhere else, and only
//! after what it takes to go on.

use crossterm::event::{KeyCode, KeyEvent};

use crate::domain::aggregate::Entry;
use crate::domain::id::DeploymentId;
use crate::tui::effect::Effect;
use crate::tui::keymap::{self, Command, DialogKey};
use crate::tui::model::overlay::Overlay;
use crate::tui::model::question::{Question, Stands};
use crate::tui::model::saga::is_wait;
use crate::tui::model::{Model, Tone};
use crate::tui::update::asking::{self, Toggle};
use crate::tui::update::dialog::edit;
use crate::tui::update::orders;

/// Takes a key in.
pub(super) fn key(
    model: &mut Model,
    key: KeyEvent,
    mut asked: Question,
    effects: &mut Vec<Effect>,
) -> Option<Overlay> {
    let pressed = keymap::dialog(key);
    if pressed == DialogKey::Esc {
        return leave(model);
    }
    if asked.is_over() {
        return moved_on(model, key, asked, effects);
    }
    if let Some(rows) = scrolls(model, key) {
        asked.scroll(rows, &model.plans, model.size);
        return Some(Overlay::Question(asked));
    }
    let confirmed = if let Some(typed) = asked.typed_mut() {
        if pressed != DialogKey::Enter {
            edit(typed, key);
        }
        pressed == DialogKey::Enter
    } else {
        if matches!(pressed, DialogKey::Enter | DialogKey::Letter('n' | 'N' | 'q')) {
            return leave(model);
        }
        matches!(pressed, DialogKey::Letter('y' | 'Y'))
    };
    let ready = model.is_legible() && asked.is_known(&model.plans) && asked.is_typed(&model.plans);
    if confirmed && ready { order(model, asked, effects) } else { Some(Overlay::Question(asked)) }
}

/// Nothing is left to confirm. The verb that applies where the only one stands now is taken, so that nobody
/// has to look for the way out first.
fn moved_on(
    model: &mut Model,
    key: KeyEvent,
    mut asked: Question,
    effects: &mut Vec<Effect>,
) -> Option<Overlay> {
    let only = asked.only().map(|target| target.deployment);
    let command = model.keymap.command(&[], key);
    if let (Some(deployment), Some(Command::Act(verb))) = (only, command) {
        leave(model);
        asking::act_on(model, deployment, verb, effects);
        return model.overlay.take();
    }
    match keymap::dialog(key) {
        DialogKey::Enter | DialogKey::Letter('n' | 'N' | 'q') => leave(model),
        DialogKey::Esc
        | DialogKey::Next
        | DialogKey::Previous
        | DialogKey::Down
        | DialogKey::Up
        | DialogKey::Left
        | DialogKey::Right
        | DialogKey::Letter(_)
        | DialogKey::Edit => {
            if let Some(rows) = scrolls(model, key) {
                asked.scroll(rows, &model.plans, model.size);
            }
            Some(Overlay::Question(asked))
        }
    }
}

fn leave(model: &mut Model) -> Option<Overlay> {
    model.plans.end();
    None
}

/// Orders what was confirmed, of those to which it still applies.
fn order(model: &mut Model, asked: Question, effects: &mut Vec<Effect>) -> Option<Overlay> {
    let orders = asked.orders(&model.plans);
    if orders.is_empty() {
        // What cannot be read stays on the screen with its reason.
        let gone = asked.targets.iter().find(|target| target.stands != Stands::Still);
        let Some(gone) = gone else { return Some(Overlay::Question(asked)) };
        model.say(Tone::Bad, format!("{} has moved on; look again", gone.name));
        return leave(model);
    }
    // Marks that were acted on would make the next key act on them as well.
    model.marks.clear();
    orders::give(model, orders, effects);
    leave(model)
}

/// How many rows a key scrolls by, if it scrolls.
#[expect(clippy::wildcard_enum_match_arm, reason = "a terminal knows many more keys")]
fn scrolls(model: &Model, key: KeyEvent) -> Option<isize> {
    let page = isize::try_from(model.size.1 / 2).unwrap_or(0).max(1);
    match key.code {
        KeyCode::Down => Some(1),
        KeyCode::Up => Some(-1),
        KeyCode::PageDown => Some(page),
        KeyCode::PageUp => Some(-page),
        _ => None,
    }
}

/// Asks for the plans that may be asked for at this moment.
pub(super) fn read_plans(model: &mut Model, effects: &mut Vec<Effect>) {
    for (question, deployment) in model.plans.ask() {
        effects.push(Effect::ReadPlan { question, deployment });
    }
}

/// Takes in that a deployment went on while a question about it may be open.
pub(super) fn look_again(model: &mut Model, deployment: DeploymentId, entries: &[Entry]) {
    let Some(Overlay::Question(asked)) = &mut model.overlay else { return };
    if let Some(row) = model.list.row(deployment) {
        asked.look_again(deployment, &asking::order(asked.verb, Toggle::Each, row));
    }
    // Waiting and asking again change nothing that would be undone.
    if !entries.iter().all(is_wait) {
        model.plans.outdate(deployment);
    }
}

/// Takes in a whole new picture while a question may be open.
pub(super) fn look_again_at_all(model: &mut Model) {
    let Some(Overlay::Question(asked)) = &mut model.overlay else { return };
    let verb = asked.verb;
    let about: Vec<_> = asked.targets.iter().map(|target| target.deployment).collect();
    for deployment in about {
        let row = model.list.row(deployment);
        let orders = row.map_or(Err("it is gone"), |row| asking::order(verb, Toggle::Each, row));
        asked.look_again(deployment, &orders);
        model.plans.outdate(deployment);
    }
}
