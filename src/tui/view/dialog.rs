//! The frame that every dialog has: in the middle, over the panes; on a narrow screen it is the
//! screen.

use ratatui::layout::Rect;
use ratatui::style::Style;
use tui_input::Input;

use crate::tui::keymap;
use crate::tui::model::pointer::Target;
use crate::tui::model::question::FILLS;
use crate::tui::options::Lines;
use crate::tui::text;
use crate::tui::view::board;
use crate::tui::view::canvas::Canvas;

/// From how many lines on a dialog in plain lines spares the first and the last two.
const SPARES: u16 = 16;

/// Opens a dialog with room for so many cells of content, and returns its inside.
pub(super) fn open<'c>(
    canvas: &'c mut Canvas<'_>,
    title: &str,
    right: &str,
    width: usize,
    height: usize,
) -> Canvas<'c> {
    let screen = canvas.area();
    let plain = canvas.lines() == Lines::Plain;
    let area = if plain {
        // The counts, what is said last and the keys are heard beside it, where there is room.
        match screen.height {
            ..SPARES => screen,
            _ => Rect { y: screen.y + 1, height: screen.height - 3, ..screen },
        }
    } else if screen.width < FILLS {
        screen
    } else {
        let width = cells(width + 4).min(screen.width.saturating_sub(2));
        let height = cells(height + 2).min(screen.height.saturating_sub(2)).max(3);
        Rect::new(
            screen.x + (screen.width - width) / 2,
            screen.y + screen.height.saturating_sub(height) / 2,
            width,
            height,
        )
    };
    let style = canvas.theme.focused_border();
    let mut whole = canvas.part(area);
    whole.clear();
    whole.cover();
    whole.cursor_at(0, 0);
    whole.frame(title, right, style);
    if plain {
        return canvas.part(board::below(area, 1));
    }
    let inside = Rect::new(
        area.x.saturating_add(2),
        area.y.saturating_add(1),
        area.width.saturating_sub(4),
        area.height.saturating_sub(2),
    );
    canvas.part(inside)
}

/// Draws a line of text that is being typed, scrolled so that its cursor shows.
pub(super) fn line(
    canvas: &mut Canvas<'_>,
    (x, y): (usize, usize),
    cells: usize,
    input: &Input,
    focus: Focus,
) {
    let theme = canvas.theme;
    let cells = cells.min(canvas.width().saturating_sub(x));
    match focus {
        Focus::Here => {
            let scroll = input.visual_scroll(cells.saturating_sub(1));
            let shown = text::skip(input.value(), scroll);
            canvas.put(x, y, &text::clean(shown), theme.field());
            let cursor = input.visual_cursor().saturating_sub(scroll);
            canvas.restyle(x, y, cells, theme.field());
            canvas.cursor_at(x + cursor.min(cells.saturating_sub(1)), y);
            canvas.restyle(x + cursor.min(cells.saturating_sub(1)), y, 1, theme.cursor());
        }
        Focus::Elsewhere => canvas.field(x, y, cells, input.value(), theme.plain()),
    }
}

/// Writes a key and what it does, and lets it be clicked; returns the cell after it.
pub(super) fn answer(
    canvas: &mut Canvas<'_>,
    (x, y): (usize, usize),
    (key, style): (&str, Style),
    does: &str,
) -> usize {
    let plain = canvas.theme.plain();
    let end = canvas.put(x, y, key, style);
    let end = canvas.put(end + 1, y, does, plain);
    if let Some(code) = keymap::key_named(key) {
        canvas.zone(x, y, end.saturating_sub(x), Target::Answer(code));
    }
    end
}

/// Whether the keys go here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Focus {
    /// They do.
    Here,
    /// They do not.
    Elsewhere,
}

/// Writes lines of text from `y` on, broken to fit; returns the line after them.
pub(super) fn paragraph(canvas: &mut Canvas<'_>, y: usize, words: &str, style: Style) -> usize {
    let words = text::clean(words).into_owned();
    let lines = text::wrap(&words, canvas.width());
    for (down, line) in lines.iter().enumerate() {
        canvas.put(0, y + down, line, style);
    }
    y + lines.len()
}

fn cells(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}
