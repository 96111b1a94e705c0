//! The list of the field that has the keys, below the field.

use crate::domain::catalogue::offline;
use crate::tui::model::Model;
use crate::tui::model::form::choice::{self, Choice};
use crate::tui::model::form::{Picks, Progress};
use crate::tui::model::offer::Asked;
use crate::tui::model::pointer::Target;
use crate::tui::options::Lines;
use crate::tui::text;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::launch::LABEL;

/// How many entries are shown at once.
const ENTRIES: usize = 8;

/// The cells between a value and what is said of it.
const GAP: usize = 2;

/// Below so many cells the list begins at the left.
const NARROW: usize = 64;

/// The list of the field that has the keys.
pub(super) struct List<'m> {
    model: &'m Model,
    picks: Vec<Choice>,
}

impl<'m> List<'m> {
    /// The list, if the keys go to one.
    pub(super) fn of(model: &'m Model) -> Option<Self> {
        match model.form.progress {
            Progress::Writing | Progress::Refused(_) => {}
            Progress::Confirming(_) | Progress::Asked(_) => return None,
        }
        let picks = model.form.picks(&model.offer.catalogue)?;
        Some(Self { model, picks })
    }

    /// How many lines it takes, where there are so many for the field and for it.
    pub(super) fn height(&self, room: usize) -> usize {
        (self.picks.len().clamp(1, ENTRIES) + 1).min(room.saturating_sub(1))
    }

    /// Draws it from `top` on, not beyond `bottom`. What lies under it shows again when the keys go on.
    pub(super) fn draw(&self, top: usize, bottom: usize, canvas: &mut Canvas<'_>) {
        let height = self.height(bottom).min(bottom.saturating_sub(top));
        let Some(entries) = height.checked_sub(1) else { return };
        let theme = canvas.theme;
        // A narrow screen has no room for what would line up with the values.
        let indent = if canvas.width() < NARROW { 2 } else { LABEL };
        let bar = theme.signs().border[5];
        let blank = " ".repeat(canvas.width());
        let form = &self.model.form;
        let marked = form.marked(&self.picks);
        let first = marked.map_or(0, |at| (at + 1).saturating_sub(entries));
        let value = self.picks.iter().map(|choice| text::width(&choice.value)).max().unwrap_or(0);
        let value = value.min(canvas.width() / 3);
        for down in 0..height {
            canvas.put(0, top + down, &blank, theme.plain());
            if canvas.lines() == Lines::Framed {
                canvas.put(indent - 2, top + down, bar, theme.quiet());
            }
        }
        for (down, (at, choice)) in
            self.picks.iter().enumerate().skip(first).take(entries).enumerate()
        {
            let y = top + down;
            self.entry(choice, value, (indent, y), canvas);
            canvas.zone(indent - 2, y, canvas.width(), Target::Pick(at));
            if Some(at) == marked {
                canvas.put(indent - 2, y, theme.signs().cursor, theme.strong());
                canvas.cursor_at(indent - 2, y);
                canvas.restyle(indent, y, canvas.width().saturating_sub(indent), theme.selected());
            }
        }
        let words = self.footer(first, entries);
        let room = canvas.width().saturating_sub(indent);
        canvas.field(indent, top + entries, room, &words, theme.quiet());
    }

    fn entry(
        &self,
        choice: &Choice,
        value: usize,
        (x, y): (usize, usize),
        canvas: &mut Canvas<'_>,
    ) {
        let theme = canvas.theme;
        let form = &self.model.form;
        let (style, words) = match &choice.unfit {
            Some(why) => (theme.quiet(), format!("{why} · {}", choice.words)),
            None => (theme.plain(), choice.words.clone()),
        };
        let x = match form.focus.picks() {
            Picks::Some if form.holds(choice) => canvas.put(x, y, "[x] ", theme.strong()),
            Picks::Some => canvas.put(x, y, "[ ] ", style),
            Picks::One | Picks::Nothing => x,
        };
        canvas.field(x, y, value, &choice.value, style);
        let x = x + value + GAP;
        canvas.field(x, y, canvas.width().saturating_sub(x), &words, style);
    }

    fn footer(&self, first: usize, entries: usize) -> String {
        let field = self.model.form.focus;
        let catalogue = &self.model.offer.catalogue;
        let origin = match (choice::why_offline(field, catalogue), self.model.offer.asked) {
            (None, _) => String::new(),
            (Some(_), Asked::Never | Asked::UnderWay) => "asking the provider · ".to_owned(),
            (Some(_), Asked::Answered) => format!("offline list of {} · ", offline::date()),
        };
        let how = match field.picks() {
            Picks::Some => "Space takes in or out",
            Picks::One | Picks::Nothing => "Enter takes, Tab leaves as typed",
        };
        match self.picks.len() {
            0 => format!("{origin}nothing in the list answers to that"),
            count => {
                let last = (first + entries).min(count);
                format!("{origin}{}-{last} of {count} · {how}", first + 1)
            }
        }
    }
}
