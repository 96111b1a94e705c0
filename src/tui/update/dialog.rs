//! Keys while an overlay is open. What destroys something is ordered here and nowhere else, and
//! only after what it takes to go on.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tui_input::backend::crossterm::EventHandler;
use tui_input::{Input, InputRequest};

use crate::tui::effect::Effect;
use crate::tui::keymap::{self, Command, Scope};
use crate::tui::model::overlay::{Overlay, ReasonDialog, UndoDialog, Undoing};
use crate::tui::model::{Model, Tone, row_allows};
use crate::tui::text;
use crate::tui::update::{form, give, panes};

/// The longest text that a line takes; pasting a file into a field must not hang the screen.
const LONGEST: usize = 1_024;

/// Takes a key in.
pub(super) fn key(model: &mut Model, key: KeyEvent, effects: &mut Vec<Effect>) {
    if let Some(command) = keymap::command(Scope::Everywhere, key)
        && matches!(command, Command::Interrupt | Command::Suspend | Command::Redraw)
    {
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
        Overlay::Launch => form::key(model, key, effects),
        Overlay::Undo(dialog) => undo(model, key, dialog, effects),
        Overlay::Reason(dialog) => reason(model, key, dialog, effects),
        Overlay::NeedsYou { deployment } => {
            let again = Overlay::NeedsYou { deployment };
            match (key.code, keymap::command(Scope::Everywhere, key)) {
                (KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | 'o'), _) => None,
                (_, Some(command @ (Command::Retry | Command::Skip | Command::Abandon))) => {
                    panes::obey(model, command, effects);
                    model.overlay.take()
                }
                (_, _) => Some(again),
            }
        }
        Overlay::Help { scroll } => match key.code {
            KeyCode::Esc | KeyCode::Char('q' | '?') => None,
            KeyCode::Down | KeyCode::Char('j') => Some(Overlay::Help { scroll: scroll + 1 }),
            KeyCode::Up | KeyCode::Char('k') => {
                Some(Overlay::Help { scroll: scroll.saturating_sub(1) })
            }
            _ => Some(Overlay::Help { scroll }),
        },
        Overlay::Quit => match key.code {
            KeyCode::Char('l' | 'q') => {
                model.leave();
                None
            }
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('n') => None,
            _ => Some(Overlay::Quit),
        },
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
        Some(Overlay::Launch) => form::paste(model, &typed, effects),
        Some(Overlay::Reason(dialog)) => insert(&mut dialog.typed, &typed),
        Some(Overlay::Undo(UndoDialog { undoing: Undoing::Rollback { typed: name }, .. })) => {
            insert(name, &typed);
        }
        Some(
            Overlay::Undo(UndoDialog { undoing: Undoing::Cancel, .. })
            | Overlay::NeedsYou { .. }
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
    let inserts =
        matches!(key.code, KeyCode::Char(_)) && (key.modifiers - KeyModifiers::SHIFT).is_empty();
    if !inserts || input.value().chars().count() < LONGEST {
        input.handle_event(&Event::Key(key));
    }
}

fn filter(model: &mut Model, key: KeyEvent, mut input: Input) -> Option<Overlay> {
    match key.code {
        KeyCode::Esc => {
            model.list.set_filter("", model.now);
            None
        }
        KeyCode::Enter => None,
        KeyCode::Down => {
            model.list.step(1);
            Some(Overlay::Filter(input))
        }
        KeyCode::Up => {
            model.list.step(-1);
            Some(Overlay::Filter(input))
        }
        _ => {
            edit(&mut input, key);
            model.list.set_filter(input.value(), model.now);
            Some(Overlay::Filter(input))
        }
    }
}

fn undo(
    model: &mut Model,
    key: KeyEvent,
    mut dialog: UndoDialog,
    effects: &mut Vec<Effect>,
) -> Option<Overlay> {
    if key.code == KeyCode::Esc {
        return None;
    }
    let ready = undo_is_known(model, &dialog);
    let confirmed = match &mut dialog.undoing {
        Undoing::Cancel => match key.code {
            KeyCode::Char('y' | 'Y') => ready,
            KeyCode::Char('n' | 'N' | 'q') | KeyCode::Enter => return None,
            _ => false,
        },
        Undoing::Rollback { typed } => match key.code {
            KeyCode::Enter => ready && typed.value() == dialog.name,
            _ => {
                edit(typed, key);
                false
            }
        },
    };
    if !confirmed {
        return Some(Overlay::Undo(dialog));
    }
    let command = match dialog.undoing {
        Undoing::Cancel => Command::Cancel,
        Undoing::Rollback { .. } => Command::Rollback,
    };
    // The deployment may have moved on while the dialog stood open.
    if model.list.row(dialog.deployment).is_some_and(|row| row_allows(row, command)) {
        give(model, dialog.deployment, dialog.order(), effects);
    } else {
        model.say(Tone::Bad, format!("{} has moved on; look again", dialog.name));
    }
    None
}

/// Whether the operator can see what would be undone.
fn undo_is_known(model: &Model, dialog: &UndoDialog) -> bool {
    model
        .saga
        .as_ref()
        .is_some_and(|saga| saga.deployment == dialog.deployment && saga.read().is_some())
}

fn reason(
    model: &mut Model,
    key: KeyEvent,
    mut dialog: ReasonDialog,
    effects: &mut Vec<Effect>,
) -> Option<Overlay> {
    match key.code {
        KeyCode::Esc => None,
        KeyCode::Enter => match dialog.order() {
            Some(order) => {
                give(model, dialog.deployment, order, effects);
                None
            }
            None => Some(Overlay::Reason(dialog)),
        },
        _ => {
            edit(&mut dialog.typed, key);
            Some(Overlay::Reason(dialog))
        }
    }
}
