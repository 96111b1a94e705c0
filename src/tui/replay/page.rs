//! A screen as text, without a terminal.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use crate::tui::model::audit::Position;
use crate::tui::model::saga::Opened;
use crate::tui::model::screen::Screen;
use crate::tui::model::{Model, Pane, Zoom};
use crate::tui::replay::Script;
use crate::tui::text;
use crate::tui::update::update;
use crate::tui::view::view;

/// The screen of a session after its first `until` messages, or its last one, drawn so wide and high.
pub fn print(script: Script, (width, height): (u16, u16), until: usize) -> String {
    let mut model = script.start.model();
    let mut state = script.start.looks.view();
    let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
    let mut drawn = None;
    for msg in script.msgs.into_iter().take(until) {
        // A list remembers how far it is scrolled, so whatever may scroll one is drawn. Most messages are
        // news of a row, which do not.
        let place = Some(Place::of(&model));
        if drawn != place {
            let Ok(_) = terminal.draw(|frame| view(&model, &mut state, frame));
            drawn = place;
        }
        drop(update(&mut model, msg));
    }
    let Ok(_) = terminal.draw(|frame| view(&model, &mut state, frame));
    of(terminal.backend().buffer())
}

/// All that says how far something is scrolled, beside how far it was: where the selection of each list
/// stands, how long the list is, and how much room it has.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    size: (u16, u16),
    panes: (Screen, Pane, Zoom),
    steps: Option<usize>,
    list: (usize, usize, Option<usize>),
    inventory: (usize, usize),
    audit: (Position, usize, usize),
}

impl Place {
    fn of(model: &Model) -> Self {
        let Model { list, inventory, audit, .. } = model;
        let read = model.saga.as_ref().and_then(Opened::read);
        Self {
            size: model.size,
            panes: (model.screen, model.pane, model.zoom),
            steps: read.map(|read| read.detail.aggregate.plan.steps().len()),
            list: (list.cursor(), list.shown().len(), list.top()),
            inventory: (inventory.cursor(), inventory.shown().len()),
            audit: (audit.position(), audit.cursor(), audit.shown().len()),
        }
    }
}

/// The cells, line by line, without the blanks at the end of each.
pub fn of(buffer: &Buffer) -> String {
    let mut page = String::new();
    for y in buffer.area.top()..buffer.area.bottom() {
        let mut line = String::new();
        let mut x = buffer.area.left();
        while x < buffer.area.right() {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            // A wide letter takes the cells after it as well.
            x += u16::try_from(text::width(symbol)).unwrap_or(1).max(1);
        }
        page.push_str(line.trim_end());
        page.push('\n');
    }
    page
}
