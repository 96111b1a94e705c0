//! What keys ask for while no overlay is open.

use tui_input::Input;

use crate::domain::log::LogLine;
use crate::domain::summary::Summary;
use crate::tui::effect::Effect;
use crate::tui::keymap::Command;
use crate::tui::model::command_line::CommandLine;
use crate::tui::model::list;
use crate::tui::model::log::{Position, Seek};
use crate::tui::model::overlay::Overlay;
use crate::tui::model::saga::{Opened, Way};
use crate::tui::model::screen::Screen;
use crate::tui::model::states;
use crate::tui::model::{Connection, Model, Pane, Tone, Zoom};
use crate::tui::options::Mouse;
use crate::tui::text;
use crate::tui::update::{asking, form, freezing, leaving, muting, screens};

/// How many cells a step sideways is.
const SIDEWAYS: usize = 16;

/// Does what a key asks for.
pub(super) fn obey(model: &mut Model, command: Command, effects: &mut Vec<Effect>) {
    freezing::thaw_for(model, command, effects);
    let half = isize::try_from(model.size.1 / 4).unwrap_or(0).max(1);
    match command {
        Command::Down => step(model, 1),
        Command::Up => step(model, -1),
        Command::Top => step(model, isize::MIN),
        Command::Bottom => step(model, isize::MAX),
        Command::PageDown => step(model, half),
        Command::PageUp => step(model, -half),
        Command::Open => match model.pane {
            Pane::List => model.pane = Pane::Saga,
            Pane::Saga => model.pane = Pane::Log,
            Pane::Log => {}
        },
        Command::Back => back(model, effects),
        Command::NextPane => turn(model, 1),
        Command::PreviousPane => turn(model, Pane::ALL.len() - 1),
        Command::PaneList => model.pane = Pane::List,
        Command::PaneSaga => model.pane = Pane::Saga,
        Command::PaneLog => model.pane = Pane::Log,
        Command::Earlier => walk(model, Way::Earlier),
        Command::Later => walk(model, Way::Later),
        Command::EarlierTurn => walk(model, Way::EarlierTurn),
        Command::LaterTurn => walk(model, Way::LaterTurn),
        Command::Live => live(model, effects),
        Command::Freeze => freezing::toggle(model, effects),
        Command::Play => {
            if let Some(saga) = &mut model.saga {
                saga.change_pace(model.now);
            }
        }
        Command::Zoom => {
            model.zoom = match model.zoom {
                Zoom::In => Zoom::Out,
                Zoom::Out => Zoom::In,
            };
        }
        Command::NextTheme => next_theme(model),
        Command::Filter => filter(model),
        Command::Mute => muting::toggle(model),
        Command::Mark => {
            if let Some(row) = model.list.selected() {
                model.marks.toggle(row.deployment);
            }
        }
        Command::Unmark => model.marks.clear(),
        Command::Go => open_line(model, "go "),
        Command::CommandLine => open_line(model, ""),
        Command::MarkAll => model.marks.toggle_all(model.list.shown()),
        Command::NeedsYouOnly => model.list.toggle_scope(model.now),
        Command::Launch => launch(model, effects),
        Command::Act(verb) => asking::act(model, verb, effects),
        Command::Copy => copy(model, effects),
        Command::Export => {
            if let Some(row) = model.list.selected() {
                effects.push(Effect::Export(row.deployment));
            }
        }
        Command::Follow => {
            model.log.toggle_follow();
            keep_step(model);
        }
        Command::Wrap => model.log.toggle_wrap(),
        Command::AllSteps => model.log.toggle_scope(),
        Command::Level => model.log.next_level(),
        Command::Times => model.log.next_times(),
        Command::Older => seek(model, Seek::Older),
        Command::Newer => seek(model, Seek::Newer),
        Command::Left => model.log.sideways = model.log.sideways.saturating_sub(SIDEWAYS),
        Command::Right => model.log.sideways = (model.log.sideways + SIDEWAYS).min(4_096),
        Command::Inventory => screens::show(model, Screen::Inventory),
        Command::Audit => screens::show(model, Screen::Audit),
        Command::Mouse => toggle_mouse(model, effects),
        Command::Sort => model.list.sort_by(model.list.sort().next(), model.now),
        Command::SortNow => model.list.rebuild(model.now),
        Command::States => {
            let filter = states::next(model.list.filter());
            model.list.set_filter(&filter, model.now);
        }
        Command::Help => model.overlay = Some(Overlay::Help { scroll: 0 }),
        Command::Redraw => effects.push(Effect::Redraw),
        Command::Suspend => effects.push(Effect::Suspend),
        Command::Quit => leaving::ask(model),
        Command::Interrupt => model.interrupt(),
    }
}

/// Opens what is typed in the title of the log, or of the list.
fn filter(model: &mut Model) {
    if model.pane == Pane::Log {
        let typed = Input::new(model.log.search().text().to_owned());
        model.overlay = Some(Overlay::Search(typed));
    } else {
        model.pane = Pane::List;
        model.overlay = Some(Overlay::Filter(Input::new(model.list.filter().to_owned())));
    }
}

/// Opens the command line with this on it.
fn open_line(model: &mut Model, begun: &str) {
    let mut line = CommandLine::new(&model.list);
    line.begin(begun, &model.list);
    model.overlay = Some(Overlay::CommandLine(Box::new(line)));
}

/// Back to the present, from the past of a saga and from a display held still.
fn live(model: &mut Model, effects: &mut Vec<Effect>) {
    freezing::thaw(model, effects);
    if let Some(saga) = &mut model.saga {
        saga.live();
    }
}

/// Draws with the next theme, for as long as the dashboard is open.
fn next_theme(model: &mut Model) {
    model.looks.next();
    let name = model.looks.name().unwrap_or_default().to_owned();
    let words = match (model.looks.count(), model.looks.to_keep()) {
        (0 | 1, _) => format!("theme {name}: there is no other without colour"),
        _ if model.looks.is_automatic() => format!("theme auto: {name} suits this terminal"),
        (_, Some(_)) => format!("theme {name}, at the next start as well"),
        (_, None) => format!("theme {name}; `theme = \"{name}\"` under [ui] keeps it"),
    };
    model.say(Tone::Plain, words);
}

fn step(model: &mut Model, rows: isize) {
    step_in(model, model.pane, rows);
}

/// Moves the selection of a pane, or scrolls it.
pub(super) fn step_in(model: &mut Model, pane: Pane, rows: isize) {
    match pane {
        Pane::List => model.list.step(rows),
        Pane::Saga => {
            if let Some(saga) = &mut model.saga {
                model.log.position = Position::Following;
                saga.pick(rows);
            }
        }
        Pane::Log => {
            model.log.scroll(rows);
            keep_step(model);
        }
    }
}

/// Goes to a match in the log.
pub(super) fn seek(model: &mut Model, way: Seek) {
    model.log.seek(way);
    keep_step(model);
}

/// Reading a step's lines keeps it picked; following them follows the saga.
fn keep_step(model: &mut Model) {
    let position = model.log.position;
    if let Some(saga) = &mut model.saga {
        saga.hold_for(position);
    }
}

fn toggle_mouse(model: &mut Model, effects: &mut Vec<Effect>) {
    let (mouse, words) = match model.pointer.mouse {
        Mouse::Captured => (Mouse::Left, "the mouse is the terminal's again"),
        Mouse::Left => (
            Mouse::Captured,
            "clicks and the wheel work; hold Shift to select text, {mouse} gives back",
        ),
    };
    model.pointer.mouse = mouse;
    let words = model.keymap.fill(words);
    model.say(Tone::Plain, words);
    effects.push(Effect::Capture(mouse));
}

fn turn(model: &mut Model, places: usize) {
    model.pane = Pane::ALL[(model.pane as usize + places) % Pane::ALL.len()];
}

/// Walks through the history of the open saga.
fn walk(model: &mut Model, way: Way) {
    if let Some(saga) = &mut model.saga {
        saga.walk(way);
        if saga.past().is_some() {
            // Its lines are those of that moment, not of where the log was scrolled to.
            model.log.position = Position::Following;
        }
    }
}

/// One level back: the past, a display held still, in the list the marks, zoom, pane, filter. Never out of the program. Who
/// opened a marked deployment to look at it comes back with the marks.
fn back(model: &mut Model, effects: &mut Vec<Effect>) {
    let past = model.saga.as_mut().filter(|saga| saga.past().is_some());
    if let Some(saga) = past {
        saga.live();
    } else if model.frozen.is_some() {
        freezing::thaw(model, effects);
    } else if model.pane == Pane::List && !model.marks.is_empty() {
        model.marks.clear();
    } else if model.pane == Pane::Log && !model.log.search().text().is_empty() {
        model.log.set_search("");
    } else if model.zoom == Zoom::In {
        model.zoom = Zoom::Out;
    } else if model.pane != Pane::List {
        model.pane = if model.pane == Pane::Log { Pane::Saga } else { Pane::List };
    } else if !model.list.filter().is_empty() {
        model.list.set_filter("", model.now);
    } else if model.list.scope() == list::Scope::NeedsYou {
        model.list.toggle_scope(model.now);
    }
}

/// Copies what a ticket wants: the line at the bottom of the log, or else which deployment this is,
/// why it stands so and which request of the provider's says more.
fn copy(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(row) = model.list.selected() else { return };
    let words = match model.pane {
        Pane::Log => model.log.upwards().next().map(|(_, line)| of_line(line)),
        Pane::List | Pane::Saga => Some(of_deployment(model, row)),
    };
    let Some(words) = words else {
        return model.say(Tone::Plain, "no line to copy");
    };
    model.say(Tone::Plain, format!("copied, if the terminal allows it: {words}"));
    effects.push(Effect::Copy(text::clean(&words).into_owned()));
}

fn of_line(line: &LogLine) -> String {
    let fields = line.fields.iter().map(|(key, value)| format!(" {key}={value}"));
    let fields: String = fields.collect();
    format!("{} {} {}{fields}", line.at, line.step, line.text)
}

fn of_deployment(model: &Model, row: &Summary) -> String {
    let read = model.saga.as_ref().filter(|saga| saga.deployment == row.deployment);
    let failure = read.and_then(Opened::read).and_then(|read| read.last_failure().or(read.cause()));
    let why = row.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let failure = failure.map(|failure| {
        let request = failure.request_id.as_ref().map(|id| format!(" (request {id})"));
        format!("; {}{}", failure.message, request.unwrap_or_default())
    });
    let failure = failure.unwrap_or_default();
    let (name, standing) = (row.name(), row.standing.as_str());
    format!("{name} {} {standing}{why}{failure}", row.deployment)
}

fn launch(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.connection == Connection::Open {
        form::open(model, effects);
    } else {
        let why = match model.connection {
            Connection::Lost(_) => "nothing can be launched while the engine gives no answer",
            Connection::Open
            | Connection::Opening
            | Connection::Reading
            | Connection::Failed(_) => "nothing can be launched before the journal is read",
        };
        model.say(Tone::Bad, why);
    }
}
