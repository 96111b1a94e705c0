//! The selected deployment's saga: one row for each step, both directions on one time axis, and
//! below it what went wrong, what is waited for and what is still out there.

use ratatui::style::Style;

use crate::domain::failure::Failure;
use crate::domain::saga::timeline::Axis;
use crate::domain::summary::{Activity, Standing, Summary};
use crate::domain::time::Timestamp;
use crate::tui::format;
use crate::tui::model::pointer::Target;
use crate::tui::model::saga::{Content, Opened, Read};
use crate::tui::model::{Model, Pane};
use crate::tui::telling;
use crate::tui::text;
use crate::tui::theme::Theme;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::layout::Frames;
use crate::tui::view::scene::Scene;
use crate::tui::view::{Counting, ViewState, cost, lanes, step, waiting};

/// Draws the saga.
pub(super) fn draw(model: &Model, state: &mut ViewState, canvas: &mut Canvas<'_>, frames: Frames) {
    canvas.whole_zone(Target::Saga);
    let style = match model.pane {
        Pane::Saga => canvas.theme.focused_border(),
        Pane::List | Pane::Log => canvas.theme.border(),
    };
    let Some((row, saga)) = model.list.selected().zip(model.saga.as_ref()) else {
        canvas.frame("Saga", "", style);
        return;
    };
    let scene = Scene::of(model, row, saga);
    if scene.past.is_none() && !row.standing.is_finished() {
        state.counting = Counting::Seconds;
    }
    let (theme, legend) = (canvas.theme, legend(canvas));
    match frames {
        Frames::Drawn => {
            let mut inside = canvas.frame(&scene.title(theme), &legend, style);
            content(&scene, saga, &mut inside);
        }
        Frames::None | Frames::TooSmall => {
            let head = scene.title(theme);
            canvas.field(0, 0, canvas.width(), &head, canvas.theme.strong());
            let mut area = canvas.area();
            area.y = area.y.saturating_add(1);
            area.height = area.height.saturating_sub(1);
            content(&scene, saga, &mut canvas.part(area));
        }
    }
}

/// Draws the few lines that fit: why, what is waited for, what is left.
pub(super) fn glance(
    model: &Model,
    state: &mut ViewState,
    canvas: &mut Canvas<'_>,
    frames: Frames,
) {
    let theme = canvas.theme;
    canvas.whole_zone(Target::Saga);
    let Some((row, saga)) = model.list.selected().zip(model.saga.as_ref()) else { return };
    let scene = Scene::of(model, row, saga);
    if scene.past.is_none() && !row.standing.is_finished() {
        state.counting = Counting::Seconds;
    }
    let lines = about(&scene, theme);
    if frames == Frames::Drawn {
        let mut inside = canvas.frame(&scene.title(theme), "", theme.border());
        for (y, line) in lines.iter().enumerate() {
            labelled(&mut inside, y, line);
        }
    } else {
        let head = format!("{} ", scene.title(theme));
        let rule = theme.signs().border[4].repeat(canvas.width());
        canvas.put(0, 0, &rule, theme.border());
        canvas.field(2, 0, canvas.width().saturating_sub(2), &head, theme.strong());
        for (y, line) in lines.iter().enumerate() {
            labelled(canvas, y + 1, line);
        }
    }
}

fn legend(canvas: &Canvas<'_>) -> String {
    let signs = canvas.theme.signs();
    format!(
        "{} try {} wait {} back-off {} undo {} usual",
        signs.bar_try, signs.bar_wait, signs.bar_back_off, signs.bar_undo, signs.bar_usual
    )
}

fn content(scene: &Scene<'_>, saga: &Opened, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    let read = match &saga.content {
        Content::Reading => {
            canvas.put(1, 0, "reading…", theme.quiet());
            return;
        }
        Content::Failed(why) => {
            canvas.field(1, 0, canvas.width(), &format!("cannot be read: {why}"), theme.danger());
            return;
        }
        Content::Read(live) => scene.read.unwrap_or(live),
    };
    let lines = about(scene, theme);
    let steps = read.detail.aggregate.plan.steps().len();
    let room = canvas.height();
    let headings = usize::from(canvas.width() >= 96 && room > steps + 1);
    let below = lines.len().min(room.saturating_sub(headings + steps).max(1));
    let for_steps = room.saturating_sub(headings + below);
    let columns = Columns::fitting(canvas.width());
    let axis = scene.axis(read, saga);
    if headings == 1 {
        columns.headings(read, &axis, canvas);
    }
    let picked = saga.picked().unwrap_or(0);
    let first = (picked + 1).saturating_sub(for_steps);
    for (y, position) in (first..steps).take(for_steps).enumerate() {
        columns.row(scene.now, read, position, &axis, y + headings, canvas);
        canvas.zone(0, y + headings, canvas.width(), Target::Step(position));
        if let Some((_, until)) = scene
            .usual_end()
            .filter(|(step, _)| read.detail.aggregate.plan.position(step) == Some(position))
        {
            let place = (columns.lane(), y + headings);
            lanes::draw_usual(&axis, (scene.now, until), place, canvas);
        }
        if position == picked {
            let style =
                if scene.model.pane == Pane::Saga { theme.selected() } else { theme.strong() };
            canvas.restyle(0, y + headings, columns.lane().min(canvas.width()), style);
            canvas.put(0, y + headings, theme.signs().cursor, style);
        }
    }
    let top = headings + for_steps.min(steps);
    for (y, line) in lines.iter().take(below).enumerate() {
        labelled(canvas, top + y, line);
    }
}

/// A line below the steps.
pub(super) struct Line {
    label: &'static str,
    words: String,
    /// Words after them that must not be cut before they are: what happens next.
    next: String,
    style: Style,
}

impl Line {
    fn new(label: &'static str, words: String, style: Style) -> Self {
        Self { label, words, next: String::new(), style }
    }
}

/// Why it does not go forward, what it waits for, and what is out there on its account: what
/// matters most comes first, because a small screen shows one line.
pub(super) fn about(scene: &Scene<'_>, theme: Theme) -> Vec<Line> {
    let Scene { model, row, read, .. } = *scene;
    let mut lines: Vec<Line> = Vec::new();
    if let Some(past) = scene.past {
        let words = telling::of(past.row.launched_at, past.last());
        lines.push(Line::new("event", words, theme.strong()));
    }
    let stall = scene.present(model.list.stalled(row.deployment));
    if let Some(stall) = stall {
        let span = format::running(model.shown_at().since(stall.since));
        let words = format!("{}; for {span}, and nothing is started meanwhile", stall.error);
        lines.push(Line::new("STANDS STILL", words, theme.danger()));
    }
    let cause = read.and_then(Read::cause);
    if let Some(why) = &row.why {
        let words = format!("{}{}", format::why(why), request(cause));
        lines.push(Line::new("why", words, theme.danger()));
    }
    let last = read.and_then(Read::last_failure).filter(|last| cause != Some(*last));
    let words = scene.waits();
    let waits = scene.present(model.list.line().before(row)).is_some();
    let acts = scene.present(model.acts.get(&row.deployment)).is_some();
    if stall.is_none() && (row.focus.is_some() || waits || acts) {
        let request = if tells_failure(row) { request(last) } else { String::new() };
        let line = Line::new("now", format!("{}{request}", words.what), theme.plain());
        lines.push(Line { next: words.next, ..line });
    }
    if let Some(pace) = scene.pace() {
        let style = if pace.is_slow(scene.now) { theme.warning() } else { theme.quiet() };
        lines.push(Line::new("usual", pace.words(), style));
    }
    if let Some(failure) = last.filter(|_| !tells_failure(row)) {
        let words = format!("{}{}", failure.message, request(last));
        lines.push(Line::new("last", words, theme.warning()));
    }
    if let Some(read) = read {
        let told = |left| cost::told(model, read, left, (scene.now, row.standing));
        let out: Vec<String> = read.detail.leftovers.iter().map(told).collect();
        if !out.is_empty() {
            let (label, style) = waiting::out_there(row.standing, theme);
            lines.push(Line::new(label, out.join(", "), style));
        } else if row.standing.is_finished() && row.standing != Standing::Active {
            let words = waiting::nothing_left(read).to_owned();
            lines.push(Line::new("out there", words, theme.good()));
        }
    }
    lines
}

/// Whether what a row is doing names what went wrong.
fn tells_failure(row: &Summary) -> bool {
    row.focus.as_ref().is_some_and(|focus| match focus.activity {
        Activity::Retrying { .. } | Activity::GaveUp { .. } => true,
        Activity::Calling { .. } | Activity::Waiting { .. } => false,
    })
}

/// The provider's name for a request: what its support asks for.
pub(super) fn request(failure: Option<&Failure>) -> String {
    let id = failure.and_then(|failure| failure.request_id.as_ref());
    id.map(|id| format!(" (request {id})")).unwrap_or_default()
}

pub(super) fn labelled(canvas: &mut Canvas<'_>, y: usize, line: &Line) {
    let x = canvas.put(1, y, line.label, canvas.theme.strong()) + 1;
    let x = x.max(6);
    let room = canvas.width().saturating_sub(x);
    let words = text::cut_before(&text::clean(&line.words), &text::clean(&line.next), room);
    canvas.put(x, y, &words, line.style);
}

/// How many cells each column has.
struct Columns {
    name: usize,
    forward: usize,
    tries: usize,
    took: usize,
    undo: usize,
}

impl Columns {
    fn fitting(width: usize) -> Self {
        let (forward, undo) = match width {
            ..50 => (2, 0),
            50..64 => (14, 0),
            64..90 => (2, 17),
            90.. => (15, 17),
        };
        Self { name: 20, forward, tries: 6, took: if width < 40 { 0 } else { 7 }, undo }
    }

    fn lane(&self) -> usize {
        2 + self.name + 1 + self.forward + self.tries + self.took + self.undo + 1
    }

    fn headings(&self, read: &Read, axis: &Axis, canvas: &mut Canvas<'_>) {
        let style = canvas.theme.quiet();
        let mut x = 2;
        for (cells, heading) in [
            (self.name + 1, "step"),
            (self.forward, "forward"),
            (self.tries, "try"),
            (self.took, "took"),
            (self.undo, "undo"),
        ] {
            canvas.field(x, 0, cells, heading, style);
            x += cells;
        }
        let aggregate = &read.detail.aggregate;
        let start = format::time_of_day(aggregate.launched_at);
        canvas.put(self.lane(), 0, &start, style);
        if canvas.width() > self.lane() + 24 {
            let span = format::duration(std::time::Duration::from_millis(axis.length()));
            canvas.right(0, &format!("+{span}"), style);
        }
    }

    fn row(
        &self,
        now: Timestamp,
        read: &Read,
        position: usize,
        axis: &Axis,
        y: usize,
        canvas: &mut Canvas<'_>,
    ) {
        let theme = canvas.theme;
        let aggregate = &read.detail.aggregate;
        let planned = &aggregate.plan.steps()[position];
        let lane = &aggregate.state.steps[position].forward;
        let name = format::step(&planned.name);
        let name = text::clean(&name).into_owned();
        canvas.put(2, y, &text::cut(&name, self.name), theme.plain());
        let mut x = 2 + self.name + 1;
        let forward = step::forward(aggregate, position, now, theme);
        canvas.put(x, y, forward.fitting(self.forward.saturating_sub(1)), forward.style);
        x += self.forward;
        let tries = step::tries(lane, planned.forward.retry.tries.get());
        canvas.field(x, y, self.tries, &tries, theme.quiet());
        x += self.tries;
        canvas.field(x, y, self.took.saturating_sub(1), &step::took(lane, now), theme.quiet());
        x += self.took;
        let undo = step::undo(aggregate, position, now, theme);
        canvas.put(x, y, undo.fitting(self.undo.saturating_sub(1)), undo.style);
        if let Some(spans) = read.timeline.get(position) {
            lanes::draw(spans, axis, now, (self.lane(), y), canvas);
        }
    }
}
