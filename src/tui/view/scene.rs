//! What the saga pane shows: the present of the selected deployment, or a moment of its past.

use crate::domain::saga::plan::StepName;
use crate::domain::saga::timeline::Axis;
use crate::domain::summary::Summary;
use crate::domain::time::Timestamp;
use crate::tui::format;
use crate::tui::model::Model;
use crate::tui::model::past::{Pace, Past};
use crate::tui::model::saga::{Opened, Read};
use crate::tui::theme::{Theme, standing_word};
use crate::tui::view::usual;
use crate::tui::view::waiting::{self, Words};

/// What the saga pane shows.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) model: &'a Model,
    /// The row as it is, or as it was.
    pub(super) row: &'a Summary,
    /// The saga as it is, or as it was; `None` while it is being read.
    pub(super) read: Option<&'a Read>,
    /// The moment that is shown, unless that is the present.
    pub(super) past: Option<&'a Past>,
    /// The moment that is shown.
    pub(super) now: Timestamp,
    /// How many entries its history has in all.
    entries: usize,
}

impl<'a> Scene<'a> {
    /// What is shown of this deployment.
    pub(super) fn of(model: &'a Model, row: &'a Summary, saga: &'a Opened) -> Self {
        let past = saga.past();
        Self {
            model,
            row: past.map_or(row, |past| &past.row),
            read: saga.seen(),
            past,
            now: past.map_or(model.shown_at(), Past::moment),
            entries: saga.read().map_or(0, |read| read.detail.entries.len()),
        }
    }

    /// What is true of the present alone.
    pub(super) fn present<T>(&self, value: Option<T>) -> Option<T> {
        value.filter(|_| self.past.is_none())
    }

    /// The pane's title.
    pub(super) fn title(&self, theme: Theme) -> String {
        let name = self.row.name();
        let Some(past) = self.past else {
            let (_, word, _) = waiting::standing(self.model, self.row, theme);
            return format!("Saga {name} · run {} · {word}", self.row.saga.short());
        };
        let pace = match past.pace() {
            Pace::Still => "",
            Pace::Life => " · playing",
            Pace::Tenfold => " · playing 10x",
        };
        let (at, word) =
            (format::time_of_day_millis(past.moment()), standing_word(self.row.standing));
        let (shown, entries) = (past.shown(), self.entries);
        format!("PAST {shown}/{entries} · {at}{pace} · {name} · {word}")
    }

    /// What the deployment waits for.
    pub(super) fn waits(&self) -> Words {
        if self.past.is_none() {
            return waiting::of_row(self.model, self.row);
        }
        let focus = self.row.focus.as_ref();
        focus.map_or_else(Words::default, |focus| waiting::of_focus(focus, self.now))
    }

    /// The time axis: of the whole history, so that it stands still while one walks through it.
    pub(super) fn axis(&self, read: &Read, saga: &Opened) -> Axis {
        let whole = saga.read().unwrap_or(read);
        let now = self.model.shown_at();
        let end = whole.detail.aggregate.state.phase.end().unwrap_or(now);
        let axis = Axis::new(&whole.timeline, end);
        match self.usual_end() {
            Some((_, until)) => axis.reaching(now, until),
            None => axis,
        }
    }

    /// The step that goes forward now, and when it is usually done.
    pub(super) fn usual_end(&self) -> Option<(&'a StepName, Timestamp)> {
        let pace = self.pace()?;
        Some((pace.step, pace.since + pace.typical.median))
    }

    /// How the step that goes forward now compares with what is usual.
    pub(super) fn pace(&self) -> Option<usual::Pace<'a>> {
        usual::pace(self.model, self.present(Some(self.row))?)
    }
}
