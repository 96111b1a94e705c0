//! The keys that hold, read from the one table and what a person set.

use crate::tui::keymap::{Group, Keymap, Scope};
use crate::tui::model::Model;
use crate::tui::text;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::dialog;

/// The cells of a column of the help, at least and at most.
const COLUMN: (usize, usize) = (24, 29);

/// The cells that the keys of a line take, at least and at most.
const KEYS: (usize, usize) = (7, 13);

/// Draws the help.
pub(super) fn draw(model: &Model, scroll: usize, canvas: &mut Canvas<'_>) {
    let third = canvas.width().saturating_sub(6) / 3;
    let columns = if third < COLUMN.0 { 1 } else { 3 };
    let column = third.clamp(COLUMN.0, COLUMN.1);
    let groups: Vec<Vec<Line>> =
        Group::ALL.into_iter().map(|group| lines(&model.keymap, group)).collect();
    let height = match columns {
        1 => groups.iter().map(Vec::len).sum(),
        _ => groups.iter().map(Vec::len).max().unwrap_or(0),
    };
    let keys = groups.iter().flatten().map(Line::keys).max().unwrap_or(0).clamp(KEYS.0, KEYS.1);
    let mut inside = dialog::open(canvas, "Help", "Esc closes", column * columns, height);
    let scroll = scroll.min(height.saturating_sub(inside.height()));
    let columns: Vec<Vec<Line>> = match columns {
        1 => vec![groups.into_iter().flatten().collect()],
        _ => groups,
    };
    for (place, lines) in columns.iter().enumerate() {
        for (y, line) in lines.iter().skip(scroll).enumerate() {
            line.draw((place * column, y), (keys, column), &mut inside);
        }
    }
}

enum Line {
    Heading(&'static str),
    Key { shown: String, does: String },
}

fn lines(keymap: &Keymap, group: Group) -> Vec<Line> {
    let keys = keymap.lines().filter(|line| line.binding.group == group && !line.shown.is_empty());
    let keys = keys.map(|line| {
        let binding = line.binding;
        let place = match binding.scope {
            Scope::Log => "log: ",
            Scope::Past => "past: ",
            Scope::Everywhere => "",
        };
        Line::Key { shown: line.shown.clone(), does: format!("{place}{}", binding.does) }
    });
    std::iter::once(Line::Heading(group.title())).chain(keys).collect()
}

impl Line {
    /// The cells that its keys take.
    fn keys(&self) -> usize {
        match self {
            Self::Heading(_) => 0,
            Self::Key { shown, .. } => text::width(shown),
        }
    }

    fn draw(
        &self,
        (x, y): (usize, usize),
        (keys, column): (usize, usize),
        canvas: &mut Canvas<'_>,
    ) {
        let theme = canvas.theme;
        match self {
            Self::Heading(title) => {
                canvas.put(x, y, title, theme.quiet());
            }
            Self::Key { shown, does } => {
                canvas.field(x, y, keys, shown, theme.strong());
                let after = keys + 1;
                canvas.field(x + after, y, column - after - 1, does, theme.plain());
            }
        }
    }
}
