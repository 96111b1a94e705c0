//! The deployments. Only the rows on the screen are built, so a frame costs the same however many
//! there are.

use crate::tui::model::list::Scope;
use crate::tui::model::order::Sort;
use crate::tui::model::overlay::Overlay;
use crate::tui::model::pointer::Target;
use crate::tui::model::{Connection, Model, Pane};
use crate::tui::text;
use crate::tui::theme::Theme;
use crate::tui::view::board;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::layout::Frames;
use crate::tui::view::row::Columns;
use crate::tui::view::{Counting, ViewState};

/// Draws the list.
pub(super) fn draw(model: &Model, state: &mut ViewState, canvas: &mut Canvas<'_>, frames: Frames) {
    let focused = model.pane == Pane::List;
    let headings = canvas.width() >= 62;
    let height = match frames {
        Frames::Drawn => canvas.height().saturating_sub(2 + usize::from(headings)),
        Frames::None | Frames::TooSmall => canvas.height(),
    };
    scroll(model, state, height);
    canvas.whole_zone(Target::List { first: state.offset });
    match frames {
        Frames::Drawn => {
            let style = if focused { canvas.theme.focused_border() } else { canvas.theme.border() };
            let right = board::range(state.offset, height, model.list.shown().len());
            let mut inside = canvas.frame(&title(model, canvas.theme), &right, style);
            if headings {
                columns(model, state, &inside).headings(&mut inside);
                let mut area = inside.area();
                area.y = area.y.saturating_add(1);
                area.height = area.height.saturating_sub(1);
                rows(model, state, &mut inside.part(area));
            } else {
                rows(model, state, &mut inside);
            }
        }
        Frames::None | Frames::TooSmall => rows(model, state, canvas),
    }
}

fn columns(model: &Model, state: &ViewState, canvas: &Canvas<'_>) -> Columns {
    let steps = visible(model, state, canvas.height())
        .filter_map(|id| model.list.row(*id))
        .map(|row| row.marks.len())
        .max();
    Columns::fitting(canvas.width(), steps.unwrap_or(7), canvas.theme)
}

fn rows(model: &Model, state: &mut ViewState, canvas: &mut Canvas<'_>) {
    if model.list.shown().is_empty() {
        empty(model, canvas);
        return;
    }
    let columns = columns(model, state, canvas);
    let selected = model.list.selected().map(|row| row.deployment);
    let mut counting = state.counting;
    for (y, id) in visible(model, state, canvas.height()).enumerate() {
        let Some(row) = model.list.row(*id) else { continue };
        columns.row(model, row, y, canvas);
        canvas.zone(0, y, canvas.width(), Target::Row(*id));
        if model.marks.has(*id) {
            columns.mark(y, canvas);
        }
        if !row.standing.is_finished() {
            counting = Counting::Seconds;
        }
        if selected == Some(*id) {
            let theme = canvas.theme;
            let style = if model.pane == Pane::List { theme.selected() } else { theme.strong() };
            canvas.restyle(0, y, canvas.width(), style);
            canvas.put(0, y, theme.signs().cursor, style);
        }
    }
    state.counting = counting;
}

fn visible<'m>(
    model: &'m Model,
    state: &ViewState,
    height: usize,
) -> impl Iterator<Item = &'m crate::domain::id::DeploymentId> {
    model.list.shown().iter().skip(state.offset).take(height)
}

/// Moves the window as little as it takes to show the selected row, unless somebody looks elsewhere.
pub(super) fn scroll(model: &Model, state: &mut ViewState, height: usize) {
    let (cursor, total) = (model.list.cursor(), model.list.shown().len());
    state.offset = match model.list.top() {
        Some(top) => top.min(total.saturating_sub(height)),
        None => board::scrolled(state.offset, cursor, total, height),
    };
}

pub(super) fn title(model: &Model, theme: Theme) -> String {
    if let Some(Overlay::Filter(input)) = &model.overlay {
        let hint = "words, state: tenant: region: step: age>1h age<2d, - for not";
        let found = model.list.shown().len();
        return board::typing(input.value(), model.list.query(), found, hint, theme);
    }
    let found = model.list.shown().len();
    let filter = board::filtered(model.list.filter(), model.list.query(), found, theme);
    let order = match (model.list.scope(), model.list.sort()) {
        (Scope::NeedsYou, Sort::Need) => "needs you only".to_owned(),
        (Scope::NeedsYou, sort) => format!("needs you only, {}", sort.words()),
        (Scope::All, sort) => sort.words().to_owned(),
    };
    let marked = match model.marks.count() {
        0 => String::new(),
        marked => format!(" · {marked} marked"),
    };
    format!("Deployments {}{marked}{filter} · {order}", model.list.total())
}

/// An empty list teaches what to do next.
pub(super) fn empty(model: &Model, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    let (width, keys) = (canvas.width(), &model.keymap);
    let (style, words) = match &model.connection {
        Connection::Opening => (theme.quiet(), "opening the journal…".to_owned()),
        Connection::Reading => (theme.quiet(), "reading the journal…".to_owned()),
        Connection::Failed(why) => {
            let leaves = keys.fill("{quit} leaves.");
            let words = format!("The journal did not open: {why}. Nothing was changed. {leaves}");
            (theme.danger(), words)
        }
        Connection::Open | Connection::Lost(_) if model.list.total() > 0 => {
            (theme.quiet(), keys.fill("Nothing matches. {back} shows everything again."))
        }
        Connection::Open | Connection::Lost(_) => (
            theme.plain(),
            keys.fill(
                "No deployments yet. {launch} launches one; arcadia launch --help does it from the \
                 shell.",
            ),
        ),
    };
    let words = text::clean(&words).into_owned();
    for (y, line) in text::wrap(&words, width.saturating_sub(4)).iter().enumerate() {
        canvas.put(2, y + usize::from(canvas.height() > 4), line, style);
    }
}
