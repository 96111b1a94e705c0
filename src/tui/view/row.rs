//! One row of the list. Columns go in this order as room shrinks: usual, try, step, state word,
//! waiting, elapsed; the sign, the name and the marks stay.

use crate::domain::saga::plan::Direction;
use crate::domain::summary::{Standing, Summary};
use crate::tui::format;
use crate::tui::model::Model;
use crate::tui::text;
use crate::tui::theme::Theme;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::{usual, waiting};

/// How many cells each column has; none when it is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns {
    signs: usize,
    name: usize,
    state: Option<usize>,
    marks: usize,
    step: Option<usize>,
    tries: Option<usize>,
    elapsed: Option<usize>,
    usual: Option<usize>,
    words: usize,
}

/// Fewer cells than this say nothing.
const WORDS: usize = 6;

impl Columns {
    /// The columns of a list this wide, whose longest saga has so many steps.
    pub(super) fn fitting(width: usize, steps: usize, theme: Theme) -> Self {
        let marks = steps.clamp(5, 16) + 2;
        // The cursor, the widest sign, and a space.
        let signs = 2 + text::width(theme.signs().needs_you);
        let mut columns = Self {
            signs,
            name: if width >= 100 { 22 } else { 18 },
            state: (width >= 64).then_some(14),
            marks,
            step: (width >= 110).then_some(21),
            tries: (width >= 110).then_some(5),
            elapsed: (width >= 34).then_some(8),
            usual: (width >= 110).then_some(7),
            words: 0,
        };
        if width < 50 {
            let elapsed = columns.elapsed.unwrap_or(0);
            columns.name = width.saturating_sub(signs + 1 + marks + elapsed).clamp(6, 18);
        }
        let rest = width.saturating_sub(columns.used());
        columns.words = if rest < WORDS { 0 } else { rest };
        columns
    }

    fn used(&self) -> usize {
        let optional = [self.state, self.step, self.tries, self.elapsed, self.usual];
        self.signs + self.name + 1 + self.marks + optional.into_iter().flatten().sum::<usize>()
    }

    /// Draws the headings.
    pub(super) fn headings(&self, canvas: &mut Canvas<'_>) {
        let style = canvas.theme.quiet();
        let mut x = self.signs;
        let mut heading = |cells: usize, text: &str| {
            canvas.field(x, 0, cells, text, style);
            x += cells;
        };
        heading(self.name + 1, "DEPLOYMENT");
        if let Some(cells) = self.state {
            heading(cells, "STATE");
        }
        heading(self.marks, "STEPS");
        if let Some(cells) = self.step {
            heading(cells, "AT STEP");
        }
        if let Some(cells) = self.tries {
            heading(cells, "TRY");
        }
        if let Some(cells) = self.elapsed {
            heading(cells, "ELAPSED");
        }
        if let Some(cells) = self.usual {
            heading(cells, "USUAL");
        }
        heading(self.words, "DETAIL");
    }

    /// Shows that a row is marked: a sign before its name, which is written in strong letters.
    pub(super) fn mark(&self, y: usize, canvas: &mut Canvas<'_>) {
        let theme = canvas.theme;
        canvas.put(self.signs - 1, y, theme.signs().marked, theme.marked());
        canvas.restyle(self.signs, y, self.name, theme.marked());
    }

    /// Draws a deployment's row.
    pub(super) fn row(&self, model: &Model, row: &Summary, y: usize, canvas: &mut Canvas<'_>) {
        let theme = canvas.theme;
        let calm = if row.standing.is_finished() { theme.quiet() } else { theme.plain() };
        let (sign, word, style) = waiting::standing(model, row, theme);
        canvas.put(1, y, sign, style);
        let mut x = self.signs;
        let name = row.name();
        let name = text::clean(&name);
        let name_style = if row.standing == Standing::Active { theme.plain() } else { calm };
        canvas.put(x, y, &text::cut_middle(&name, self.name), name_style);
        x += self.name + 1;
        if let Some(cells) = self.state {
            canvas.field(x, y, cells - 1, word, style);
            x += cells;
        }
        for (place, mark) in row.marks.iter().enumerate().take(self.marks.saturating_sub(1)) {
            canvas.put(x + place, y, theme.mark_sign(*mark), theme.mark(*mark));
        }
        x += self.marks;
        if let Some(cells) = self.step {
            canvas.field(x, y, cells - 1, &at_step(row), calm);
            x += cells;
        }
        if let Some(cells) = self.tries {
            canvas.field(x, y, cells - 1, &tries(row), calm);
            x += cells;
        }
        if let Some(cells) = self.elapsed {
            canvas.field(x, y, cells - 1, &elapsed(model, row), calm);
            x += cells;
        }
        if let Some(cells) = self.usual {
            if let Some(pace) = usual::pace(model, row) {
                let slow = pace.is_slow(model.shown_at());
                let style = if slow { theme.warning() } else { calm };
                canvas.field(x, y, cells - 1, &pace.ratio(model.shown_at(), theme), style);
            }
            x += cells;
        }
        let words = waiting::of_row(model, row);
        let what = text::clean(&words.what);
        canvas.put(x, y, &text::cut_before(&what, words.tail(self.words), self.words), calm);
    }
}

fn at_step(row: &Summary) -> String {
    row.focus.as_ref().map_or_else(String::new, |focus| match focus.direction {
        Direction::Forward => format::step(&focus.step),
        Direction::Undo => format!("undo {}", format::step(&focus.step)),
    })
}

fn tries(row: &Summary) -> String {
    row.focus
        .as_ref()
        .map_or_else(String::new, |focus| format!("{}/{}", focus.attempt, focus.tries))
}

fn elapsed(model: &Model, row: &Summary) -> String {
    match row.ended_at {
        Some(end) => format::duration(end.since(row.launched_at)),
        None => format::running(model.shown_at().since(row.launched_at)),
    }
}
