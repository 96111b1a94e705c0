//! The keys and the names of the commands, read from the one table; and what the signs mean.

use ratatui::style::Style;

use crate::domain::summary::{Standing, StepMark};
use crate::tui::keymap::{Group, Keymap, Scope};
use crate::tui::model::Model;
use crate::tui::theme::{Theme, standing_word};
use crate::tui::view::canvas::Canvas;
use crate::tui::view::dialog;

/// The cells of a column at least; and from how many on it has room for what is typed as well.
const COLUMN: usize = 34;
const WITH_NAMES: usize = 46;

/// The cells of a column at most.
const WIDEST: usize = 54;

/// The cells of the keys, and of the name that is typed.
const KEYS: usize = 8;
const NAME: usize = 17;

/// Draws the help.
pub(super) fn draw(model: &Model, scroll: usize, canvas: &mut Canvas<'_>) {
    let keys = Group::ALL.into_iter().flat_map(|group| lines(&model.keymap, group));
    let lines: Vec<Line> = keys.chain(signs(canvas.theme)).collect();
    let width = canvas.width().saturating_sub(6);
    let fits = |cells: usize, columns: usize| width / cells >= columns;
    let columns = match lines.len() {
        _ if fits(WITH_NAMES, 3) => 3,
        _ if fits(COLUMN, 2) => 2,
        _ => 1,
    };
    let column = (width / columns).min(WIDEST);
    let height = lines.len().div_ceil(columns);
    // The frame and a line of margin above and below.
    let all_fit = height + 4 <= canvas.height();
    let right = if all_fit { "Esc closes" } else { "j k scroll · Esc closes" };
    let mut inside = dialog::open(canvas, "Help", right, column * columns, height);
    let scroll = scroll.min(height.saturating_sub(inside.height()));
    for (place, lines) in lines.chunks(height.max(1)).enumerate() {
        for (y, line) in lines.iter().skip(scroll).enumerate() {
            line.draw((place * column, y), column, &mut inside);
        }
    }
}

enum Line {
    Heading(&'static str),
    Key { shown: String, name: &'static str, does: String },
    Sign { sign: &'static str, style: Style, means: &'static str },
}

/// What the signs of the list mean: those of a deployment, and those of its steps.
fn signs(theme: Theme) -> impl Iterator<Item = Line> {
    let standings = Standing::ALL.into_iter().map(move |standing| Line::Sign {
        sign: theme.standing_sign(standing),
        style: theme.standing(standing),
        means: standing_word(standing),
    });
    let marks = StepMark::ALL.into_iter().map(move |mark| Line::Sign {
        sign: theme.mark_sign(mark),
        style: theme.mark(mark),
        means: mark.words(),
    });
    let standings = std::iter::once(Line::Heading("A DEPLOYMENT")).chain(standings);
    standings.chain(std::iter::once(Line::Heading("ITS STEPS"))).chain(marks)
}

fn lines(keymap: &Keymap, group: Group) -> Vec<Line> {
    let keys = keymap.lines().filter(|line| line.binding.group == group).map(|line| {
        let binding = line.binding;
        let place = match binding.scope {
            Scope::List => "list: ",
            Scope::Log => "log: ",
            Scope::Audit => "audit: ",
            Scope::Inventory => "inventory: ",
            Scope::Past => "past: ",
            Scope::Everywhere => "",
        };
        let does = format!("{place}{}", binding.does);
        Line::Key { shown: line.shown.clone(), name: binding.command.name(), does }
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
            Self::Sign { sign, style, means } => {
                canvas.put(x, y, sign, *style);
                canvas.field(x + KEYS, y, column - KEYS - 1, means, theme.plain());
            }
            Self::Key { shown, name, does } => {
                canvas.field(x, y, KEYS - 1, shown, theme.strong());
                let named = column >= WITH_NAMES;
                let room = column - KEYS - 1 - if named { NAME } else { 0 };
                if named {
                    canvas.field(x + KEYS + room, y, NAME, &format!(":{name}"), theme.quiet());
                }
                // What has no key is typed.
                let does = match (shown.as_str(), named) {
                    ("", false) => format!(":{name} {does}"),
                    _ => does.clone(),
                };
                canvas.field(x + KEYS, y, room, &does, theme.plain());
            }
        }
    }
}
