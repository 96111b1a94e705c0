//! Keys while an overlay is open. What destroys something is ordered here and nowhere else, and
//! only after what it takes to go on.

use crossterm::event::{Event, KeyEvent};
use tui_input::backend::crossterm::EventHandler;
use tui_input::{Input, InputRequest};

use crate::domain::id::DeploymentId;
use crate::tui::effect::Effect;

use crate::tui::keymap::{self, Command, DialogKey, Verb};
use crate::tui::model::log::Seek;
use crate::tui::model::overlay::{Overlay, ReasonDialog, UndoDialog, Undoing};
use crate::tui::model::{Model, Tone, row_allows};
use crate::tui::text;
use crate::tui::update::{form, give, panes};

/// The longest text that a line takes; pasting a file into a field must not hang the screen.
const LONGEST: usize = 1_024;

/// More lines than the help has; scrolling stops there.
const HELP_LINES: usize = 64;

/// Takes a key in.
pub(super) fn key(model: &mut Model, key: KeyEvent, effects: &mut Vec<Effect>) {
    let command = model.keymap.command(&[], key);
    if let Some(command @ (Command::Interrupt | Command::Suspend | Command::Redraw)) = command {
        if command == Command::Interrupt {
            model.overlay = None;
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
        Overlay::Undo(dialog) => undo(model, key, dialog, effects),
        Overlay::Reason(dialog) => reason(model, key, dialog, effects),
        Overlay::Details { deployment } => details(model, key, deployment, effects),
        Overlay::Help { scroll } => help(key, scroll),
        Overlay::Quit => quit(model, key),
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
            model.list.set_filter(&filter, model.now);
        }
        Some(Overlay::Search(input)) => {
            insert(input, &typed);
            let search = input.value().to_owned();
            seek(model, &search);
        }
        Some(Overlay::Launch) => form::paste(model, &typed, effects),
        Some(Overlay::Reason(dialog)) => insert(&mut dialog.typed, &typed),
        Some(Overlay::Undo(UndoDialog { undoing: Undoing::Rollback { typed: name }, .. })) => {
            insert(name, &typed);
        }
        Some(
            Overlay::Undo(UndoDialog { undoing: Undoing::Cancel, .. })
            | Overlay::Details { .. }
            | Overlay::Help { .. }
            | Overlay::Quit,
        )
        | None => {}
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
            model.list.set_filter("", model.now);
            return None;
        }
        DialogKey::Enter => return None,
        DialogKey::Down | DialogKey::Next => model.list.step(1),
        DialogKey::Up | DialogKey::Previous => model.list.step(-1),
        DialogKey::Left | DialogKey::Right | DialogKey::Letter(_) | DialogKey::Edit => {
            edit(&mut input, key);
            model.list.set_filter(input.value(), model.now);
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

fn undo(
    model: &mut Model,
    key: KeyEvent,
    mut dialog: UndoDialog,
    effects: &mut Vec<Effect>,
) -> Option<Overlay> {
    let pressed = keymap::dialog(key);
    if pressed == DialogKey::Esc {
        return None;
    }
    let ready = undo_is_known(model, &dialog);
    let (verb, confirmed) = match &mut dialog.undoing {
        Undoing::Cancel => {
            if matches!(pressed, DialogKey::Enter | DialogKey::Letter('n' | 'N' | 'q')) {
                return None;
            }
            (Verb::Cancel, ready && matches!(pressed, DialogKey::Letter('y' | 'Y')))
        }
        Undoing::Rollback { typed } => {
            if pressed != DialogKey::Enter {
                edit(typed, key);
            }
            let matches = typed.value() == dialog.name;
            (Verb::Rollback, ready && matches && pressed == DialogKey::Enter)
        }
    };
    if !confirmed {
        return Some(Overlay::Undo(dialog));
    }
    // The deployment may have moved on while the dialog stood open.
    if model.list.row(dialog.deployment).is_some_and(|row| row_allows(row, verb)) {
        give(model, dialog.deployment, dialog.order(), effects);
    } else {
        model.say(Tone::Bad, format!("{} has moved on; look again", dialog.name));
    }
    None
}

/// Whether the operator can see what would be undone.
fn undo_is_known(model: &Model, dialog: &UndoDialog) -> bool {
    let saga = model.saga.as_ref().filter(|saga| saga.deployment == dialog.deployment);
    model.is_legible() && saga.is_some_and(|saga| saga.read().is_some())
}

fn reason(
    model: &mut Model,
    key: KeyEvent,
    mut dialog: ReasonDialog,
    effects: &mut Vec<Effect>,
) -> Option<Overlay> {
    match keymap::dialog(key) {
        DialogKey::Esc => return None,
        DialogKey::Enter => {
            if let Some(order) = dialog.order().filter(|_| model.is_legible()) {
                give(model, dialog.deployment, order, effects);
                return None;
            }
        }
        DialogKey::Next
        | DialogKey::Previous
        | DialogKey::Down
        | DialogKey::Up
        | DialogKey::Left
        | DialogKey::Right
        | DialogKey::Letter(_)
        | DialogKey::Edit => edit(&mut dialog.typed, key),
    }
    Some(Overlay::Reason(dialog))
}

fn details(
    model: &mut Model,
    key: KeyEvent,
    deployment: DeploymentId,
    effects: &mut Vec<Effect>,
) -> Option<Overlay> {
    if let DialogKey::Esc | DialogKey::Enter | DialogKey::Letter('q' | 'o') = keymap::dialog(key) {
        return None;
    }
    let command = model.keymap.command(&[], key);
    if let Some(Command::Act(verb @ (Verb::Retry | Verb::Skip | Verb::Abandon))) = command {
        panes::act(model, verb, effects);
        return model.overlay.take();
    }
    Some(Overlay::Details { deployment })
}

fn help(key: KeyEvent, scroll: usize) -> Option<Overlay> {
    let scroll = match keymap::dialog(key) {
        DialogKey::Esc | DialogKey::Letter('q' | '?') => return None,
        DialogKey::Down | DialogKey::Letter('j') => (scroll + 1).min(HELP_LINES),
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

fn quit(model: &mut Model, key: KeyEvent) -> Option<Overlay> {
    match keymap::dialog(key) {
        DialogKey::Letter('l' | 'q') => {
            model.leave();
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
