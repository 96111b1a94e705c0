//! What the mouse does. Whatever it can do, a key can; and nothing is destroyed by one click, nor by two
//! that come in one breath.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::tui::effect::Effect;
use crate::tui::keymap::Command;
use crate::tui::model::form::{Field, Picks};
use crate::tui::model::log::Position;
use crate::tui::model::overlay::Overlay;
use crate::tui::model::pointer::{Click, Gesture, Target};
use crate::tui::model::{Model, Pane};
use crate::tui::update::{dialog, obey, panes, screens};

/// How many rows a turn of the wheel is.
const TURN: isize = 3;

/// Takes in what the mouse did.
pub(super) fn pointed(
    model: &mut Model,
    target: Target,
    gesture: Gesture,
    effects: &mut Vec<Effect>,
) {
    match gesture {
        Gesture::WheelUp => turned(model, target, -TURN, effects),
        Gesture::WheelDown => turned(model, target, TURN, effects),
        Gesture::Press => {
            let click = model.pointer.press(target, model.now);
            pressed(model, target, click, effects);
        }
    }
}

/// The wheel scrolls what lies under it, and moves the selection of nothing else.
fn turned(model: &mut Model, target: Target, rows: isize, effects: &mut Vec<Effect>) {
    if is_covered(model) && target != Target::Dialog {
        return;
    }
    match target {
        Target::List { first } => model.list.look_from(first.saturating_add_signed(rows)),
        Target::Saga => panes::step_in(model, Pane::Saga, rows.signum()),
        Target::Log => panes::step_in(model, Pane::Log, rows),
        Target::Board => screens::step(model, rows),
        Target::Dialog => {
            let code = if rows < 0 { KeyCode::Up } else { KeyCode::Down };
            if let Some(Overlay::Help { .. } | Overlay::Question(_)) = model.overlay {
                press_key(model, code, effects);
            }
        }
        Target::Row(_)
        | Target::Step(_)
        | Target::Holding(_)
        | Target::Event(_)
        | Target::Hint(_)
        | Target::Answer(_)
        | Target::Field(_)
        | Target::Pick(_)
        | Target::Candidate(_) => {}
    }
}

fn pressed(model: &mut Model, target: Target, click: Click, effects: &mut Vec<Effect>) {
    let answers = match target {
        Target::Answer(_) | Target::Field(_) | Target::Pick(_) | Target::Dialog => true,
        Target::List { .. }
        | Target::Row(_)
        | Target::Saga
        | Target::Step(_)
        | Target::Log
        | Target::Board
        | Target::Holding(_)
        | Target::Event(_)
        | Target::Hint(_)
        | Target::Candidate(_) => false,
    };
    if is_covered(model) && !answers {
        return;
    }
    match target {
        Target::List { .. } => model.pane = Pane::List,
        Target::Saga => model.pane = Pane::Saga,
        Target::Log => model.pane = Pane::Log,
        Target::Row(id) => {
            model.pane = Pane::List;
            model.list.point_at(id);
        }
        Target::Step(position) => {
            model.pane = Pane::Saga;
            if let Some(saga) = &mut model.saga {
                model.log.position = Position::Following;
                saga.choose(position);
            }
        }
        Target::Holding(place) => model.inventory.point_at(place),
        Target::Event(key) => model.audit.point_at(key),
        Target::Hint(command) => obey(model, command, effects),
        // A dialog that has just opened under the finger is not answered by its second click.
        Target::Answer(code) if click == Click::Single => press_key(model, code, effects),
        Target::Field(field) if click == Click::Single => choose_field(model, field, effects),
        // To choose commits to nothing, so it may come soon after another click.
        Target::Pick(at) if click != Click::Double => pick(model, at, effects),
        Target::Candidate(at) => {
            if let Some(Overlay::CommandLine(line)) = &mut model.overlay {
                line.pick(at);
            }
        }
        Target::Board | Target::Dialog | Target::Answer(_) | Target::Field(_) | Target::Pick(_) => {
        }
    }
    if click == Click::Double && opens(target) {
        obey(model, Command::Open, effects);
    }
}

fn opens(target: Target) -> bool {
    match target {
        Target::Row(_) | Target::Step(_) | Target::Holding(_) | Target::Event(_) => true,
        Target::List { .. }
        | Target::Saga
        | Target::Log
        | Target::Board
        | Target::Hint(_)
        | Target::Answer(_)
        | Target::Field(_)
        | Target::Pick(_)
        | Target::Candidate(_)
        | Target::Dialog => false,
    }
}

/// Whether a dialog lies over the panes. What is typed in a title covers nothing.
fn is_covered(model: &Model) -> bool {
    match &model.overlay {
        None | Some(Overlay::Filter(_) | Overlay::Search(_) | Overlay::CommandLine(_)) => false,
        Some(
            Overlay::Launch
            | Overlay::Question(_)
            | Overlay::Details { .. }
            | Overlay::Help { .. }
            | Overlay::Quit,
        ) => true,
    }
}

fn press_key(model: &mut Model, code: KeyCode, effects: &mut Vec<Effect>) {
    if model.overlay.is_some() {
        dialog::key(model, KeyEvent::new(code, KeyModifiers::NONE), effects);
    }
}

/// Takes an entry of the list as its key does: of several it goes in or out, of one the keys go on.
fn pick(model: &mut Model, at: usize, effects: &mut Vec<Effect>) {
    let Some(Overlay::Launch) = model.overlay else { return };
    model.form.mark_at(at);
    match model.form.focus.picks() {
        Picks::Some => press_key(model, KeyCode::Char(' '), effects),
        Picks::One => press_key(model, KeyCode::Enter, effects),
        Picks::Nothing => {}
    }
}

fn choose_field(model: &mut Model, field: Field, effects: &mut Vec<Effect>) {
    let Some(Overlay::Launch) = model.overlay else { return };
    // Where the keys are already, a click is the key that is meant there: the second one confirms.
    if model.form.focus != field {
        model.form.go_to(field);
    }
    match field {
        Field::Launch => press_key(model, KeyCode::Enter, effects),
        Field::OnFailure => press_key(model, KeyCode::Char(' '), effects),
        Field::Tenant
        | Field::Slug
        | Field::Count
        | Field::Region
        | Field::Size
        | Field::Image
        | Field::DnsDomain
        | Field::DnsRecordName
        | Field::DropletName
        | Field::SshKeys => {}
    }
}
