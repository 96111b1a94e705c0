//! The command line at the bottom, with what it may become above it.

use ratatui::layout::Rect;

use crate::tui::model::command_line::CommandLine;
use crate::tui::model::pointer::Target;
use crate::tui::options::Lines;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::dialog::{self, Focus};

/// At most so many candidates are shown at a time.
const SHOWN: usize = 10;

/// The cells of a candidate's word, and of the keys that do the same.
const WORD: usize = 24;
const KEYS: usize = 8;

/// Draws the line over the row of toasts, what is wrong with it over the keys, and the candidates above.
pub(super) fn draw(line: &CommandLine, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    let screen = canvas.area();
    if screen.height < 3 {
        return;
    }
    let bottom = Rect { y: screen.bottom() - 2, height: 2, ..screen };
    let mut inside = canvas.part(bottom);
    inside.clear();
    let x = inside.put(0, 0, " :", theme.strong());
    let width = inside.width().saturating_sub(x + 1);
    dialog::line(&mut inside, (x, 0), width, &line.input, Focus::Here);
    if let Some(problem) = &line.problem {
        let words = format!("{} {problem}", theme.signs().failed);
        inside.field(1, 1, width, &words, theme.danger());
    } else {
        let mut x = 1;
        for (key, does) in
            [("Tab", "complete"), ("↑ ↓", "earlier lines"), ("Enter", "do it"), ("Esc", "close")]
        {
            x = inside.put(x, 1, key, theme.strong());
            x = inside.put(x + 1, 1, does, theme.quiet()) + 2;
        }
    }
    candidates(line, canvas, bottom.y);
}

fn candidates(line: &CommandLine, canvas: &mut Canvas<'_>, bottom: u16) {
    let theme = canvas.theme;
    let screen = canvas.area();
    let room = usize::from(bottom - screen.y).saturating_sub(3);
    let rows = line.candidates.len().min(SHOWN).min(room);
    if rows == 0 {
        return;
    }
    let height = u16::try_from(rows + 2).unwrap_or(u16::MAX);
    let width = match canvas.lines() {
        Lines::Plain => screen.width,
        Lines::Framed => screen.width.min(72),
    };
    let area = Rect { y: bottom - height, height, width, ..screen };
    let mut whole = canvas.part(area);
    whole.clear();
    let first = line.picked.map_or(0, |picked| (picked + 1).saturating_sub(rows));
    let range = format!("{}-{} of {}", first + 1, first + rows, line.candidates.len());
    let mut inside = whole.frame("", &range, theme.focused_border());
    for (y, candidate) in line.candidates.iter().skip(first).take(rows).enumerate() {
        let width = inside.width();
        inside.field(1, y, WORD, &candidate.word, theme.strong());
        let does = width.saturating_sub(WORD + KEYS + 3);
        inside.field(WORD + 2, y, does, &candidate.does, theme.plain());
        inside.field(width.saturating_sub(KEYS), y, KEYS, candidate.keys, theme.quiet());
        inside.zone(0, y, width, Target::Candidate(first + y));
        if line.picked == Some(first + y) {
            inside.restyle(0, y, width, theme.selected());
        }
    }
}
