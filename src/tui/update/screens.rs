//! Keys on the views over all deployments, and what keeps those views up to date.

use std::sync::Arc;

use tui_input::Input;

use crate::control::{History, Holdings};
use crate::domain::aggregate::Entry;
use crate::domain::summary::Summary;
use crate::tui::effect::Effect;
use crate::tui::keymap::Command;
use crate::tui::model::audit::Key;
use crate::tui::model::audit::line::Line;
use crate::tui::model::inventory::Item;
use crate::tui::model::log::Position;
use crate::tui::model::overlay::Overlay;
use crate::tui::model::saga::is_wait;
use crate::tui::model::screen::Screen;
use crate::tui::model::{Connection, Model, Pane, Tone};
use crate::tui::text;
use crate::tui::update::{freezing, panes};

/// Shows another view.
pub(super) fn show(model: &mut Model, screen: Screen) {
    model.screen = screen;
}

/// Filters what is looked at.
pub(super) fn set_filter(model: &mut Model, filter: &str) {
    match model.screen {
        Screen::Deployments => model.list.set_filter(filter, model.now),
        Screen::Inventory => model.inventory.set_filter(filter, model.now),
        Screen::Audit => model.audit.set_filter(filter, model.now),
    }
}

/// Moves the selection in what is looked at.
pub(super) fn step(model: &mut Model, rows: isize) {
    match model.screen {
        Screen::Deployments => model.list.step(rows),
        Screen::Inventory => model.inventory.step(rows),
        Screen::Audit => model.audit.step(rows),
    }
}

/// Does what a key asks for.
pub(super) fn obey(model: &mut Model, command: Command, effects: &mut Vec<Effect>) {
    if !model.allows(command) {
        return;
    }
    let half = isize::try_from(model.size.1 / 2).unwrap_or(0).max(1);
    match command {
        Command::Down => step(model, 1),
        Command::Up => step(model, -1),
        Command::Top => step(model, isize::MIN),
        Command::Bottom => step(model, isize::MAX),
        Command::PageDown => step(model, half),
        Command::PageUp => step(model, -half),
        Command::Open => open(model),
        Command::Back if model.frozen.is_some() => freezing::thaw(model, effects),
        Command::Back => back(model),
        Command::Inventory | Command::Audit if model.screen.key() == Some(command) => {
            show(model, Screen::Deployments);
        }
        Command::Inventory => show(model, Screen::Inventory),
        Command::Audit => show(model, Screen::Audit),
        Command::Follow => model.audit.toggle_follow(),
        Command::Filter => model.overlay = Some(Overlay::Filter(Input::new(filter(model)))),
        Command::Sort => model.inventory.next_sort(model.now),
        Command::Copy => copy(model, effects),
        Command::Mouse
        | Command::NextTheme
        | Command::Freeze
        | Command::Live
        | Command::Help
        | Command::Redraw
        | Command::Suspend
        | Command::Quit
        | Command::Interrupt => {
            panes::obey(model, command, effects);
        }
        // They are not allowed here.
        Command::Act(_)
        | Command::Launch
        | Command::Mute
        | Command::Mark
        | Command::MarkAll
        | Command::Unmark
        | Command::Go
        | Command::CommandLine
        | Command::Export
        | Command::NeedsYouOnly
        | Command::SortNow
        | Command::States
        | Command::NextPane
        | Command::PreviousPane
        | Command::PaneList
        | Command::PaneSaga
        | Command::PaneLog
        | Command::Earlier
        | Command::Later
        | Command::EarlierTurn
        | Command::LaterTurn
        | Command::Play
        | Command::Zoom
        | Command::Wrap
        | Command::AllSteps
        | Command::Level
        | Command::Times
        | Command::Older
        | Command::Newer
        | Command::Left
        | Command::Right => {}
    }
}

fn filter(model: &Model) -> String {
    match model.screen {
        Screen::Deployments => model.list.filter(),
        Screen::Inventory => model.inventory.filter(),
        Screen::Audit => model.audit.filter(),
    }
    .to_owned()
}

/// One level back: the filter, then the deployments.
fn back(model: &mut Model) {
    if filter(model).is_empty() {
        show(model, Screen::Deployments);
    } else {
        set_filter(model, "");
    }
}

/// Goes to the deployment that the selected row is about; from the audit, to that moment of it.
fn open(model: &mut Model) {
    let deployment = match model.screen {
        Screen::Deployments => None,
        Screen::Inventory => model.inventory.selected().map(|item| item.owner.deployment),
        Screen::Audit => {
            let key = model.audit.selected().map(|(key, _)| key);
            model.moment = key.map(|key| (key.deployment, key.seq));
            key.map(|key| key.deployment)
        }
    };
    if let Some(deployment) = deployment {
        show(model, Screen::Deployments);
        model.pane = Pane::List;
        model.list.select(deployment, model.now);
    }
}

fn copy(model: &mut Model, effects: &mut Vec<Effect>) {
    let words = match model.screen {
        Screen::Deployments => None,
        Screen::Inventory => model.inventory.selected().map(of_item),
        Screen::Audit => model.audit.selected().map(of_line),
    };
    if let Some(words) = words {
        let words = text::clean(&words).into_owned();
        model.say(Tone::Plain, format!("copied, if the terminal allows it: {words}"));
        effects.push(Effect::Copy(words));
    }
}

fn of_item(item: &Item) -> String {
    let Item { owner, holding, .. } = item;
    let made = &holding.made;
    let id = made.id.as_deref().unwrap_or("of unknown id");
    let address = made.address.map(|address| format!(" {address}")).unwrap_or_default();
    let (kind, state) = (made.kind.as_str(), holding.state.as_str());
    format!("{kind} {id} {}{address} ({state}) of {} {}", made.name, owner.name(), owner.deployment)
}

fn of_line((key, line): (Key, &Line)) -> String {
    format!("{} {} {} {}: {}", line.at, line.owner.name, key.deployment, line.who, line.words)
}

/// Shows the moment that was asked for, once the history is here that has it. Who looks at another
/// deployment meanwhile is not taken back.
pub(super) fn reach_moment(model: &mut Model) {
    let Some((deployment, seq)) = model.moment else { return };
    let selected = model.list.selected().map(|row| row.deployment);
    if selected != Some(deployment) {
        model.moment = None;
    }
    if let Some(saga) = &mut model.saga
        && saga.deployment == deployment
        && saga.read().is_some()
    {
        saga.show_entry(seq);
        model.pane = Pane::Saga;
        model.log.position = Position::Following;
        model.moment = None;
    }
}

/// Takes in histories that were read for the audit.
pub(super) fn histories_read(model: &mut Model, result: Result<Vec<History>, String>) {
    let histories = match result {
        Ok(histories) => histories,
        Err(why) => return model.audit.reading.failed(why, model.now),
    };
    model.audit.reading.done();
    for history in &histories {
        if let Some(row) = model.list.row(history.deployment) {
            model.audit.take(row, history);
        }
    }
    model.audit.rebuild(model.now);
}

/// Takes in what was read of the inventory.
pub(super) fn holdings_read(model: &mut Model, result: Result<Vec<Holdings>, String>) {
    let all = match result {
        Ok(all) => all,
        Err(why) => return model.inventory.reading.failed(why, model.now),
    };
    model.inventory.reading.done();
    for holdings in all {
        let Some(row) = model.list.row(holdings.deployment) else { continue };
        if row.next_seq > holdings.next_seq && holdings.told.is_ok() {
            // It went on while it was read.
            model.inventory.reading.want(holdings.deployment);
        }
        model.inventory.put(row, holdings);
    }
}

/// Takes in that a history went on.
pub(super) fn changed(model: &mut Model, summary: &Summary, entries: &[Entry]) {
    if !entries.iter().all(is_wait) {
        model.inventory.reading.want(summary.deployment);
        model.audit.follow(summary, entries, model.now);
    }
}

/// A whole picture came: what went on unseen is looked at again.
pub(super) fn pictured(model: &mut Model, summaries: &[Arc<Summary>]) {
    let missed = summaries.iter().filter(|summary| {
        let known = model.list.row(summary.deployment);
        known.is_none_or(|known| known.next_seq < summary.next_seq)
    });
    for summary in missed {
        model.inventory.reading.want(summary.deployment);
        model.audit.reading.miss(summary.deployment);
    }
}

/// Nobody knows which request it was that will not be answered.
pub(super) fn answer_lost(model: &mut Model) {
    let why = || "no answer came".to_owned();
    model.inventory.reading.failed(why(), model.now);
    model.audit.reading.failed(why(), model.now);
}

/// Reads what the view that is looked at lacks, and works out what it shows.
pub(super) fn keep_up(model: &mut Model, effects: &mut Vec<Effect>) {
    let Model { inventory, audit, list, now, connection, screen, .. } = model;
    if !matches!(connection, Connection::Open | Connection::Lost(_)) {
        return;
    }
    match screen {
        Screen::Deployments => {}
        Screen::Inventory => {
            inventory.reading.begin(list.rows());
            effects.extend(inventory.reading.next(*now).map(Effect::ReadHoldings));
            inventory.settle(*now);
        }
        Screen::Audit => {
            audit.reading.begin(list.rows());
            let next = audit.reading.next(audit.shown().len(), *now);
            effects.extend(next.map(Effect::ReadHistories));
        }
    }
}
