//! A screen as text, without a terminal.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use crate::tui::replay::Script;
use crate::tui::text;
use crate::tui::update::update;
use crate::tui::view::view;

/// The screen of a session after its first `until` messages, or its last one, drawn so wide and high.
pub fn print(script: Script, (width, height): (u16, u16), until: usize) -> String {
    let mut model = script.start.model();
    let mut state = script.start.looks.view();
    let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
    for msg in script.msgs.into_iter().take(until) {
        // Each frame is drawn, because a list remembers how far it is scrolled.
        let Ok(_) = terminal.draw(|frame| view(&model, &mut state, frame));
        drop(update(&mut model, msg));
    }
    let Ok(_) = terminal.draw(|frame| view(&model, &mut state, frame));
    of(terminal.backend().buffer())
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
