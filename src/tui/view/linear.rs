//! Everything as plain lines, for whoever listens to the screen: one view at a time, from the top down, in
//! words and without frames or bars. The terminal's cursor stands where the selection is. What is told
//! to the second would be read out every second, so nothing counts; what changed is told once, in the
//! line above the keys.

use ratatui::layout::Rect;

use crate::domain::saga::plan::Direction;
use crate::domain::summary::{Standing, StepMark, Summary};
use crate::tui::format;
use crate::tui::model::overlay::Overlay;
use crate::tui::model::pointer::Target;
use crate::tui::model::saga::{Content, Read};
use crate::tui::model::screen::Screen;
use crate::tui::model::{Connection, Model, Pane};
use crate::tui::text;
use crate::tui::theme::standing_count_word;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::layout::Frames;
use crate::tui::view::scene::Scene;
use crate::tui::view::{
    Counting, ViewState, audit, board, footer, inventory, list, log, saga, step, usual, waiting,
};

/// How many lines about the selected deployment stand below the list, where there is room.
const ABOUT: usize = 5;

/// From how many lines on the list leaves room for them.
const ROOMY: usize = 10;

/// Draws everything but dialogs.
pub(super) fn draw(model: &Model, state: &mut ViewState, canvas: &mut Canvas<'_>, area: Rect) {
    let line = |y: u16| Rect { y, height: 1, ..area };
    let width = canvas.width();
    canvas.field(0, 0, width, &header(model), canvas.theme.strong());
    let body = Rect { y: area.y + 1, height: area.height.saturating_sub(3), ..area };
    let mut inside = canvas.part(body);
    match (model.screen, model.pane) {
        (Screen::Inventory, _) => inventory::draw(model, state, &mut inside, Frames::None),
        (Screen::Audit, _) => audit::draw(model, state, &mut inside, Frames::None),
        (Screen::Deployments, Pane::List) => deployments(model, state, &mut inside),
        (Screen::Deployments, Pane::Saga) => steps(model, &mut inside),
        (Screen::Deployments, Pane::Log) => log::draw(model, state, &mut inside, Frames::None),
    }
    state.counting = Counting::Nothing;
    footer::toast(model, line(area.bottom().saturating_sub(2)), canvas);
    let keys = line(area.bottom().saturating_sub(1));
    match &state.caption {
        Some(caption) => footer::caption(caption, &mut canvas.part(keys)),
        None => footer::keys(model, &mut canvas.part(keys)),
    }
}

/// What is wrong with the screen itself, and how many deployments stand how, in words.
fn header(model: &Model) -> String {
    let mut parts = Vec::new();
    match &model.connection {
        Connection::Opening | Connection::Reading => parts.push("reading the journal".to_owned()),
        Connection::Failed(_) => parts.push("NO JOURNAL".to_owned()),
        Connection::Lost(_) => parts.push("ENGINE GONE".to_owned()),
        Connection::Open if model.frozen.is_some() => {
            parts.push(format!("FROZEN at {} UTC", format::time_of_day(model.shown_at())));
        }
        Connection::Open => {
            if model.drain.is_begun() {
                parts.push("DRAINING: nothing more is started".to_owned());
            }
            parts.extend(
                model.pulse.stale_since().map(|since| {
                    format!("STALE: no word since {} UTC", format::time_of_day(since))
                }),
            );
        }
    }
    let counted = Standing::ALL
        .into_iter()
        .filter(|standing| *standing == Standing::NeedsYou || model.count(*standing) > 0);
    parts.extend(counted.map(|at| {
        let count = model.count(at);
        format!("{count} {}", standing_count_word(at, count))
    }));
    let still = model.list.stalls().len();
    if still > 0 {
        parts.insert(0, format!("{still} STANDING STILL"));
    }
    if !model.marks.is_empty() {
        parts.push(format!("{} marked", model.marks.count()));
    }
    format!("{}: {}", text::clean(&model.environment), parts.join(", "))
}

/// The deployments, and below them some lines about the selected one.
fn deployments(model: &Model, state: &mut ViewState, canvas: &mut Canvas<'_>) {
    let (width, theme) = (canvas.width(), canvas.theme);
    let about = if canvas.height() >= ROOMY { ABOUT } else { 0 };
    let height = canvas.height().saturating_sub(1 + about);
    list::scroll(model, state, height);
    let shown = model.list.shown();
    let range = board::range(state.offset, height, shown.len());
    let title = format!("{}. {range}", list::title(model, theme));
    canvas.field(0, 0, width, &title, theme.strong());
    if let Some(Overlay::Filter(typed)) = &model.overlay {
        let typed = text::width("filter: ") + text::width(typed.value());
        canvas.cursor_at(typed.min(width.saturating_sub(1)), 0);
    }
    let area = canvas.area();
    canvas.part(board::below(area, 1)).whole_zone(Target::List { first: state.offset });
    if shown.is_empty() {
        let mut below = canvas.part(board::below(area, 1));
        list::empty(model, &mut below);
        return;
    }
    let selected = model.list.selected().map(|row| row.deployment);
    let visible = shown.iter().skip(state.offset).take(height);
    for (y, row) in (1..).zip(visible.filter_map(|id| model.list.row(*id))) {
        let here = selected == Some(row.deployment);
        let words = format!("{} {}", if here { ">" } else { " " }, of_row(model, row, canvas));
        canvas.field(0, y, width, &words, if here { theme.strong() } else { theme.plain() });
        canvas.zone(0, y, width, Target::Row(row.deployment));
        if here && model.overlay.is_none() {
            canvas.cursor_at(0, y);
        }
    }
    if let Some((row, opened)) = model.list.selected().zip(model.saga.as_ref()) {
        let scene = Scene::of(model, row, opened);
        let about = saga::about(&scene, theme).into_iter().take(ABOUT.saturating_sub(1));
        let top = height + 1;
        canvas.field(0, top, width, &format!("Selected: {}", scene.title(theme)), theme.strong());
        for (y, line) in (top + 1..).zip(about) {
            saga::labelled(canvas, y, &line);
        }
    }
}

/// A deployment in words.
fn of_row(model: &Model, row: &Summary, canvas: &Canvas<'_>) -> String {
    let (_, word, _) = waiting::standing(model, row, canvas.theme);
    let marked = if model.marks.has(row.deployment) { "marked, " } else { "" };
    let mut words = format!("{marked}{}, {}", row.name(), word.to_lowercase());
    let mut say = |part: &str| {
        if !part.is_empty() {
            words.push_str(", ");
            words.push_str(part);
        }
    };
    if let Some(focus) = &row.focus {
        let step = format::step(&focus.step);
        match focus.direction {
            Direction::Forward => say(&step),
            Direction::Undo => say(&format!("undo {step}")),
        }
    }
    say(&waiting::of_row(model, row).what);
    if usual::pace(model, row).is_some_and(|pace| pace.is_slow(model.shown_at())) {
        say("slower than usual");
    }
    if let Some(focus) = row.focus.as_ref().filter(|focus| focus.attempt > 1) {
        say(&format!("try {} of {}", focus.attempt, focus.tries));
    }
    if row.focus.is_some() {
        let done = row.marks.iter().filter(|mark| **mark == StepMark::Done).count();
        say(&format!("{done} of {} steps done", row.marks.len()));
    }
    match row.ended_at {
        Some(end) => say(&format!("took {}", format::duration(end.since(row.launched_at)))),
        None => say(&format!("launched {}", format::moment(row.launched_at, model.shown_at()))),
    }
    words
}

/// The steps of the selected deployment's saga in words, and below them why it stands so.
fn steps(model: &Model, canvas: &mut Canvas<'_>) {
    let (width, theme) = (canvas.width(), canvas.theme);
    canvas.whole_zone(Target::Saga);
    let Some((row, opened)) = model.list.selected().zip(model.saga.as_ref()) else {
        canvas.put(0, 0, "No deployment is selected.", theme.plain());
        return;
    };
    let scene = Scene::of(model, row, opened);
    canvas.field(0, 0, width, &scene.title(theme), theme.strong());
    let read = match &opened.content {
        Content::Reading => {
            canvas.put(0, 1, "reading…", theme.plain());
            return;
        }
        Content::Failed(why) => {
            canvas.field(0, 1, width, &format!("cannot be read: {why}"), theme.danger());
            return;
        }
        Content::Read(live) => scene.read.unwrap_or(live),
    };
    let about = saga::about(&scene, theme);
    let steps = read.detail.aggregate.plan.steps().len();
    let room = canvas.height().saturating_sub(1 + about.len()).max(1);
    let picked = opened.picked().unwrap_or(0);
    let first = (picked + 1).saturating_sub(room);
    for (y, position) in (1..).zip((first..steps).take(room)) {
        let cursor = if position == picked { ">" } else { " " };
        let words = format!("{cursor} {}", of_step(&scene, read, position, canvas));
        canvas.field(0, y, width, &words, theme.plain());
        canvas.zone(0, y, width, Target::Step(position));
        if position == picked && model.overlay.is_none() {
            canvas.cursor_at(0, y);
        }
    }
    let top = 1 + room.min(steps);
    for (y, line) in (top..).zip(&about) {
        saga::labelled(canvas, y, line);
    }
}

/// A step in words.
fn of_step(scene: &Scene<'_>, read: &Read, position: usize, canvas: &Canvas<'_>) -> String {
    let aggregate = &read.detail.aggregate;
    let planned = &aggregate.plan.steps()[position];
    let lane = &aggregate.state.steps[position].forward;
    let forward = step::forward(aggregate, position, scene.now, canvas.theme);
    let name = format::step(&planned.name);
    let tries = step::tries(lane, planned.forward.retry.tries.get());
    let tries = match tries.as_str() {
        "" => String::new(),
        tries => format!(", try {}", tries.replace('/', " of ")),
    };
    let took = match lane.ended_at() {
        Some(_) => format!(", took {}", step::took(lane, scene.now)),
        None => String::new(),
    };
    let undo = step::undo(aggregate, position, scene.now, canvas.theme);
    let undo = match undo.words() {
        "" => String::new(),
        undo => format!("; undo: {undo}"),
    };
    format!("{name}: {}{tries}{took}{undo}", forward.words())
}
