//! Keys on the command line, and what a line does. A line does what its key does and no more: what a
//! key asks about, a line asks about as well.

use crossterm::event::KeyEvent;

use crate::tui::effect::Effect;
use crate::tui::keymap::{self, Command, DialogKey};
use crate::tui::model::command_line::{CommandLine, Said, remember, understand};
use crate::tui::model::overlay::Overlay;
use crate::tui::model::saga::Opened;
use crate::tui::model::{Model, Pane, Tone};
use crate::tui::update::dialog::{edit, insert};
use crate::tui::update::panes;

/// Takes a key in.
pub(super) fn key(
    model: &mut Model,
    key: KeyEvent,
    mut line: CommandLine,
    effects: &mut Vec<Effect>,
) -> Option<Overlay> {
    match keymap::dialog(key) {
        DialogKey::Esc => return None,
        DialogKey::Enter => return enter(model, line, effects),
        DialogKey::Next => line.complete(1),
        DialogKey::Previous => line.complete(-1),
        DialogKey::Up => line.recall(&model.command_history, 1, &model.list),
        DialogKey::Down => line.recall(&model.command_history, -1, &model.list),
        DialogKey::Left | DialogKey::Right | DialogKey::Letter(_) | DialogKey::Edit => {
            let before = line.input.value().to_owned();
            edit(&mut line.input, key);
            if line.input.value() != before {
                line.typed(&model.list);
            }
        }
    }
    Some(Overlay::CommandLine(Box::new(line)))
}

/// Types a pasted text.
pub(super) fn paste(
    line: &mut CommandLine,
    typed: &str,
    model_list: &crate::tui::model::list::List,
) {
    insert(&mut line.input, typed);
    line.typed(model_list);
}

fn enter(model: &mut Model, mut line: CommandLine, effects: &mut Vec<Effect>) -> Option<Overlay> {
    let text = line.input.value().trim().trim_start_matches([':', ' ']).to_owned();
    if text.is_empty() {
        return None;
    }
    // What cannot be read is not run.
    if !model.is_legible() {
        return Some(Overlay::CommandLine(Box::new(line)));
    }
    let said = understand(&text, &model.list).and_then(|said| applies(model, said));
    match said.and_then(|said| say(model, said, effects)) {
        Ok(()) => {
            remember(&mut model.command_history, &text);
            // The line may have opened something else.
            model.overlay.take()
        }
        Err(problem) => {
            line.problem = Some(problem);
            Some(Overlay::CommandLine(Box::new(line)))
        }
    }
}

/// Lets through what does something here. What is done to deployments says itself why it does not.
fn applies(model: &Model, said: Said) -> Result<Said, String> {
    let Said::Command(command) = said else { return Ok(said) };
    let past = model.saga.as_ref().and_then(Opened::past);
    let frozen = command == Command::Live && model.frozen.is_some();
    if [Command::Live, Command::Play].contains(&command) && past.is_none() && !frozen {
        return Err("no moment of the past is shown; `earlier` goes to one".to_owned());
    }
    let acts = matches!(command, Command::Act(_));
    if acts && model.list.selected().is_none() && model.marks.is_empty() {
        return Err("there is no deployment to act on".to_owned());
    }
    if !acts && !model.allows(command) {
        return Err(format!("`{}` does nothing here", command.name()));
    }
    Ok(said)
}

fn say(model: &mut Model, said: Said, effects: &mut Vec<Effect>) -> Result<(), String> {
    match said {
        Said::Command(command) => panes::obey(model, command, effects),
        Said::Filter(words) => {
            model.pane = Pane::List;
            model.list.set_filter(&words, model.now);
        }
        Said::Mark(query) => {
            let found = model.list.matching(&query, model.now);
            if found.is_empty() {
                return Err("nothing matches that".to_owned());
            }
            model.say(Tone::Plain, format!("{} marked", found.len()));
            model.marks.add(found);
        }
        Said::Unmark(query) => {
            let found = model.list.matching(&query, model.now);
            let before = model.marks.count();
            model.marks.keep(|id| !found.contains(&id));
            match before - model.marks.count() {
                0 => return Err("nothing that is marked matches that".to_owned()),
                count => model.say(Tone::Plain, format!("{count} unmarked")),
            }
        }
        Said::UnmarkAll => model.marks.clear(),
        Said::Go(deployment) => {
            model.pane = Pane::List;
            model.list.go(deployment, model.now);
        }
        Said::Level(level) => model.log.show_from(level),
    }
    Ok(())
}
