//! Draws the model. Reads it, and changes nothing but what only drawing can know: how far a list is
//! scrolled, and whether anything on the screen counts seconds.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::tui::model::audit::Key;
use crate::tui::model::overlay::Overlay;
use crate::tui::model::screen::Screen;
use crate::tui::model::{Model, Pane, Zoom};
use crate::tui::options::Lines;
use crate::tui::theme::Theme;
use crate::tui::theme::shelf::Themes;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::layout::{Frames, Layout, layout};
use crate::tui::view::zones::Zones;

mod audit;
mod board;
pub mod canvas;
mod chord;
mod command_line;
mod cost;
mod details;
mod dialog;
mod footer;
mod header;
mod help;
mod inventory;
mod lanes;
mod launch;
pub mod layout;
mod linear;
mod list;
mod log;
mod prompts;
mod question;
mod row;
mod saga;
mod scene;
mod step;
mod usual;
mod waiting;
pub mod zones;

/// From this age on, an age shows no seconds.
const TOLD_BY_SECOND: Duration = Duration::from_hours(1);

/// What only drawing can know.
#[derive(Debug)]
pub struct ViewState {
    /// How things look.
    pub theme: Theme,
    /// What else they may look like, by name.
    pub themes: Themes,
    /// The first row of the list that is on the screen.
    pub offset: usize,
    /// The first row of the inventory that is on the screen.
    pub inventory_offset: usize,
    /// The first line of the audit that is on the screen.
    pub audit_top: Option<Key>,
    /// Whether everything is drawn as plain lines.
    pub lines: Lines,
    /// Where what is on the screen lies, for the mouse.
    pub zones: Zones,
    /// What stands where the keys would: a session that is shown again has its own.
    pub caption: Option<String>,
    /// Whether anything on the screen counts seconds: the clock wakes the screen only then.
    pub counting: Counting,
}

/// Whether anything on the screen counts seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// Something does.
    Seconds,
    /// What is on the screen is told to the minute.
    Minutes,
    /// Nothing does.
    Nothing,
}

impl Counting {
    /// What it takes to keep an age on the screen true as well.
    fn or_for(self, age: Duration) -> Self {
        match self {
            Self::Seconds => Self::Seconds,
            Self::Minutes | Self::Nothing if age < TOLD_BY_SECOND => Self::Seconds,
            Self::Minutes | Self::Nothing => Self::Minutes,
        }
    }
}

impl ViewState {
    /// Nothing drawn yet.
    pub fn new(theme: Theme) -> Self {
        Self {
            theme,
            themes: Themes::default(),
            offset: 0,
            inventory_offset: 0,
            audit_top: None,
            lines: Lines::Framed,
            zones: Zones::new(),
            caption: None,
            counting: Counting::Nothing,
        }
    }

    /// The same with these themes to choose from.
    #[must_use]
    pub fn with(self, themes: Themes) -> Self {
        Self { themes, ..self }
    }
}

/// Draws a frame.
pub fn view(model: &Model, state: &mut ViewState, frame: &mut Frame<'_>) {
    let area = frame.area();
    state.counting = Counting::Nothing;
    if let Some(palette) = model.looks.name().and_then(|name| state.themes.get(name)) {
        state.theme = Theme::of(palette, state.theme.ascii());
    }
    frame.buffer_mut().set_style(area, state.theme.ground());
    // They are filled in while the rest of the state is written, too.
    let mut zones = std::mem::take(&mut state.zones);
    zones.clear();
    let canvas = Canvas::new(frame.buffer_mut(), area, state.theme, &mut zones);
    draw(model, state, &mut canvas.in_lines(state.lines), area);
    if let (Lines::Plain, Some(place)) = (state.lines, zones.cursor) {
        frame.set_cursor_position(place);
    }
    state.zones = zones;
}

fn draw(model: &Model, state: &mut ViewState, canvas: &mut Canvas<'_>, area: Rect) {
    let steps = model
        .saga
        .as_ref()
        .and_then(|saga| saga.read())
        .map_or(7, |read| read.detail.aggregate.plan.steps().len());
    let panes = match model.screen {
        Screen::Deployments => layout(area, steps, model.pane, model.zoom),
        // The whole body is the view's.
        Screen::Inventory | Screen::Audit => layout(area, steps, Pane::List, Zoom::In),
    };
    if panes.frames == Frames::TooSmall {
        header::too_small(model, canvas);
        return;
    }
    match state.lines {
        Lines::Plain => linear::draw(model, state, canvas, area),
        Lines::Framed => draw_panes(model, state, canvas, &panes),
    }
    if model.overlay.is_none() {
        chord::draw(model, canvas);
    }
    match &model.overlay {
        Some(Overlay::Launch) => launch::draw(model, canvas),
        Some(Overlay::CommandLine(line)) => command_line::draw(line, canvas),
        Some(Overlay::Question(asked)) => question::draw(model, asked, canvas),
        Some(Overlay::Details { deployment }) => details::draw(model, *deployment, canvas),
        Some(Overlay::Help { scroll }) => help::draw(model, *scroll, canvas),
        Some(Overlay::Quit) => prompts::quit(model, canvas),
        // They are typed in the titles of the list and of the log.
        Some(Overlay::Filter(_) | Overlay::Search(_)) | None => {}
    }
}

/// Draws the panes, each in its place.
fn draw_panes(model: &Model, state: &mut ViewState, canvas: &mut Canvas<'_>, panes: &Layout) {
    header::draw(model, &mut canvas.part(panes.header));
    if let Some(area) = panes.list {
        let mut canvas = canvas.part(area);
        match model.screen {
            Screen::Deployments => list::draw(model, state, &mut canvas, panes.frames),
            Screen::Inventory => inventory::draw(model, state, &mut canvas, panes.frames),
            Screen::Audit => audit::draw(model, state, &mut canvas, panes.frames),
        }
    }
    if let Some(area) = panes.saga {
        let glance = panes.frames == Frames::None && model.pane != Pane::Saga;
        if glance || area.height <= 4 {
            saga::glance(model, state, &mut canvas.part(area), panes.frames);
        } else {
            saga::draw(model, state, &mut canvas.part(area), panes.frames);
        }
    }
    if let Some(area) = panes.log {
        log::draw(model, state, &mut canvas.part(area), panes.frames);
    }
    state.counting = match model.frozen {
        Some(_) => Counting::Nothing,
        // The clock goes on, or the silence is counted: a clock that stands would say that all is dead.
        None if model.runs() > 0 => Counting::Seconds,
        None => state.counting,
    };
    if let Some(area) = panes.toast {
        footer::toast(model, area, canvas);
    }
    if let Some(area) = panes.footer {
        match &state.caption {
            Some(caption) => footer::caption(caption, &mut canvas.part(area)),
            None => footer::keys(model, &mut canvas.part(area)),
        }
    }
}
