//! Keys while an overlay is open.

use crossterm::event::{Event, KeyEvent};
use tui_input::backend::crossterm::EventHandler;
use tui_input::{Input, InputRequest};

use crate::domain::id::DeploymentId;
use crate::tui::effect::Effect;

use crate::tui::keymap::{self, Command, DialogKey, Verb};
use crate::tui::model::Model;
use crate::tui::model::log::Seek;
use crate::tui::model::overlay::Overlay;
use crate::tui::text;
use crate::tui::update::{asking, command_line, form, leaving, muting, panes, question, screens};

/// The longest text that a line takes; pasting a file into a field must not hang the screen.
const LONGEST: usize = 1_024;

/// Takes a key in.
pub(super) fn key(model: &mut Model, key: KeyEvent, effects: &mut Vec<Effect>) {
    let command = model.keymap.command(&[], key);
    if let Some(command @ (Command::Interrupt | Command::Suspend | Command::Redraw)) = command {
        if command == Command::Interrupt {
            model.overlay = None;
            model.plans.end();
        }
        panes::obey(model, command, effects);
        return;
    }
    // The overlay is taken out and put back, so that it and the rest of the model can change.
    let Some(overlay) = model.overlay.take() else { return };
    model.overlay = match overlay {
        Overlay::Filter(input) => filter(model, key, input),
        Overlay::Search(input) => search(model, key, input),
        Overlay::Launch => form::key(model, key, effects),
        Overlay::CommandLine(line) => command_line::key(model, key, *line, effects),
        Overlay::Question(asked) => question::key(model, key, asked, effects),
        Overlay::Details { deployment } => details(model, key, deployment, effects),
        Overlay::Help { scroll } => help(model, key, scroll),
        Overlay::Quit => leaving::key(model, keymap::dialog(key), effects),
    };
}

/// Takes pasted text in, where something is being typed; anywhere else it is dropped, because its
/// letters would be commands.
pub(super) fn paste(model: &mut Model, pasted: &str, effects: &mut Vec<Effect>) {
    let typed = text::clean(pasted.trim());
    match &mut model.overlay {
        Some(Overlay::Filter(input)) => {
            insert(input, &typed);
            let filter = input.value().to_owned();
            screens::set_filter(model, &filter);
        }
        Some(Overlay::Search(input)) => {
            insert(input, &typed);
            let search = input.value().to_owned();
            seek(model, &search);
        }
        Some(Overlay::CommandLine(line)) => command_line::paste(line, &typed, &model.list),
        Some(Overlay::Launch) => form::paste(model, &typed, effects),
        Some(Overlay::Question(asked)) => {
            if let Some(input) = asked.typed_mut() {
                insert(input, &typed);
            }
        }
        Some(Overlay::Details { .. } | Overlay::Help { .. } | Overlay::Quit) | None => {}
    }
}

/// Takes in a whole new picture: details of what is not in it would be a dialog that nobody sees.
pub(super) fn look_again(model: &mut Model) {
    if let Some(Overlay::Details { deployment }) = model.overlay
        && model.list.row(deployment).is_none()
    {
        model.overlay = None;
    }
}

/// Types a text into a line.
pub(super) fn insert(input: &mut Input, typed: &str) {
    let room = LONGEST.saturating_sub(input.value().chars().count());
    for c in typed.chars().take(room) {
        input.handle(InputRequest::InsertChar(c));
    }
}

/// Passes a key to a line.
pub(super) fn edit(input: &mut Input, key: KeyEvent) {
    let inserts = matches!(keymap::dialog(key), DialogKey::Letter(_));
    if !inserts || input.value().chars().count() < LONGEST {
        input.handle_event(&Event::Key(key));
    }
}

fn filter(model: &mut Model, key: KeyEvent, mut input: Input) -> Option<Overlay> {
    match keymap::dialog(key) {
        DialogKey::Esc => {
            screens::set_filter(model, "");
            return None;
        }
        DialogKey::Enter => return None,
        DialogKey::Down | DialogKey::Next => screens::step(model, 1),
        DialogKey::Up | DialogKey::Previous => screens::step(model, -1),
        DialogKey::Left | DialogKey::Right | DialogKey::Letter(_) | DialogKey::Edit => {
            edit(&mut input, key);
            screens::set_filter(model, input.value());
        }
    }
    Some(Overlay::Filter(input))
}

fn search(model: &mut Model, key: KeyEvent, mut input: Input) -> Option<Overlay> {
    match keymap::dialog(key) {
        DialogKey::Esc => {
            model.log.set_search("");
            return None;
        }
        DialogKey::Enter => return None,
        DialogKey::Up | DialogKey::Previous => panes::seek(model, Seek::Older),
        DialogKey::Down | DialogKey::Next => panes::seek(model, Seek::Newer),
        DialogKey::Left | DialogKey::Right | DialogKey::Letter(_) | DialogKey::Edit => {
            edit(&mut input, key);
            seek(model, input.value());
        }
    }
    Some(Overlay::Search(input))
}

/// Searches for this text, from where the log stands.
fn seek(model: &mut Model, text: &str) {
    if model.log.search().text() != text {
        model.log.set_search(text);
        panes::seek(model, Seek::Here);
    }
}

fn details(
    model: &mut Model,
    key: KeyEvent,
    deployment: DeploymentId,
    effects: &mut Vec<Effect>,
) -> Option<Overlay> {
    // What the keys that hold ask for goes before what a dialog takes by itself.
    match model.keymap.command(&[], key) {
        Some(Command::Act(verb @ (Verb::Retry | Verb::Skip | Verb::Abandon))) => {
            asking::act_on(model, deployment, verb, effects);
            return model.overlay.take();
        }
        Some(Command::Act(Verb::Take)) => asking::act_on(model, deployment, Verb::Take, effects),
        Some(Command::Mute) => muting::toggle_these(model, &[deployment]),
        Some(Command::Act(Verb::Details) | Command::Quit | Command::Back) => return None,
        Some(_) | None => {}
    }
    match keymap::dialog(key) {
        DialogKey::Esc | DialogKey::Enter => None,
        DialogKey::Next
        | DialogKey::Previous
        | DialogKey::Down
        | DialogKey::Up
        | DialogKey::Left
        | DialogKey::Right
        | DialogKey::Letter(_)
        | DialogKey::Edit => Some(Overlay::Details { deployment }),
    }
}

fn help(model: &Model, key: KeyEvent, scroll: usize) -> Option<Overlay> {
    let last = keymap::bindings().count();
    let page = usize::from(model.size.1 / 2);
    let turned = match model.keymap.command(&[], key) {
        Some(Command::Top) => Some(0),
        Some(Command::Bottom) => Some(last),
        Some(Command::PageDown) => Some((scroll + page).min(last)),
        Some(Command::PageUp) => Some(scroll.saturating_sub(page)),
        Some(_) | None => None,
    };
    if let Some(scroll) = turned {
        return Some(Overlay::Help { scroll });
    }
    let scroll = match keymap::dialog(key) {
        DialogKey::Esc | DialogKey::Letter('q' | '?') => return None,
        DialogKey::Down | DialogKey::Letter('j') => (scroll + 1).min(keymap::bindings().count()),
        DialogKey::Up | DialogKey::Letter('k') => scroll.saturating_sub(1),
        DialogKey::Enter
        | DialogKey::Next
        | DialogKey::Previous
        | DialogKey::Left
        | DialogKey::Right
        | DialogKey::Letter(_)
        | DialogKey::Edit => scroll,
    };
    Some(Overlay::Help { scroll })
}
