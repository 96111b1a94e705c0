//! The keys, read from the one table.

use crate::tui::keymap::{self, Group, Scope};
use crate::tui::view::canvas::Canvas;
use crate::tui::view::dialog;

/// The cells of a column of the help, at least and at most.
const COLUMN: (usize, usize) = (24, 29);

/// Draws the help.
pub(super) fn draw(scroll: usize, canvas: &mut Canvas<'_>) {
    let third = canvas.width().saturating_sub(6) / 3;
    let columns = if third < COLUMN.0 { 1 } else { 3 };
    let column = third.clamp(COLUMN.0, COLUMN.1);
    let groups: Vec<Vec<Line>> = Group::ALL.into_iter().map(lines).collect();
    let height = match columns {
        1 => groups.iter().map(|lines| lines.len() + 1).sum(),
        _ => groups.iter().map(Vec::len).max().unwrap_or(0),
    };
    let mut inside = dialog::open(canvas, "Help", "Esc closes", column * columns, height);
    if columns == 1 {
        let all: Vec<Line> = groups.into_iter().flatten().collect();
        let scroll = scroll.min(all.len().saturating_sub(inside.height()));
        for (y, line) in all.iter().skip(scroll).enumerate() {
            line.draw((0, y), column, &mut inside);
        }
    } else {
        let scroll = scroll.min(height.saturating_sub(inside.height()));
        for (place, lines) in groups.iter().enumerate() {
            for (y, line) in lines.iter().skip(scroll).enumerate() {
                line.draw((place * column, y), column, &mut inside);
            }
        }
    }
}

enum Line {
    Heading(&'static str),
    Key { shown: &'static str, does: String },
}

fn lines(group: Group) -> Vec<Line> {
    let keys = keymap::bindings().filter(|binding| binding.group == group).map(|binding| {
        let place = match binding.scope {
            Scope::Log => "log: ",
            Scope::Audit => "audit: ",
            Scope::Inventory => "inventory: ",
            Scope::Past => "past: ",
            Scope::Everywhere => "",
        };
        Line::Key { shown: binding.shown, does: format!("{place}{}", binding.does) }
    });
    std::iter::once(Line::Heading(group.title())).chain(keys).collect()
}

impl Line {
    fn draw(&self, (x, y): (usize, usize), column: usize, canvas: &mut Canvas<'_>) {
        let theme = canvas.theme;
        match self {
            Self::Heading(title) => {
                canvas.put(x, y, title, theme.quiet());
            }
            Self::Key { shown, does } => {
                canvas.put(x, y, shown, theme.strong());
                canvas.field(x + 8, y, column - 9, does, theme.plain());
            }
        }
    }
}
