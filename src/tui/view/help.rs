//! The keys, read from the one table.

use crate::tui::keymap::{self, Group, Scope};
use crate::tui::view::canvas::Canvas;
use crate::tui::view::dialog;

const COLUMN: usize = 27;

/// Draws the help.
pub(super) fn draw(scroll: usize, canvas: &mut Canvas<'_>) {
    let columns = if canvas.width() < COLUMN * 3 + 6 { 1 } else { 3 };
    let groups: Vec<Vec<Line>> = Group::ALL.into_iter().map(lines).collect();
    let height = match columns {
        1 => groups.iter().map(|lines| lines.len() + 1).sum(),
        _ => groups.iter().map(Vec::len).max().unwrap_or(0),
    };
    let mut inside = dialog::open(canvas, "Help", "Esc closes", COLUMN * columns, height);
    if columns == 1 {
        let all: Vec<Line> = groups.into_iter().flatten().collect();
        let scroll = scroll.min(all.len().saturating_sub(inside.height()));
        for (y, line) in all.iter().skip(scroll).enumerate() {
            line.draw(0, y, &mut inside);
        }
    } else {
        for (column, lines) in groups.iter().enumerate() {
            for (y, line) in lines.iter().enumerate() {
                line.draw(column * COLUMN, y, &mut inside);
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
            Scope::Everywhere => "",
        };
        Line::Key { shown: binding.shown, does: format!("{place}{}", binding.does) }
    });
    std::iter::once(Line::Heading(group.title())).chain(keys).collect()
}

impl Line {
    fn draw(&self, x: usize, y: usize, canvas: &mut Canvas<'_>) {
        let theme = canvas.theme;
        match self {
            Self::Heading(title) => {
                canvas.put(x, y, title, theme.quiet());
            }
            Self::Key { shown, does } => {
                canvas.put(x, y, shown, theme.strong());
                canvas.field(x + 8, y, COLUMN - 9, does, theme.plain());
            }
        }
    }
}
