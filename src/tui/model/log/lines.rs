//! The lines of the open saga, and which of them are shown and found: known at any moment, so that a frame
//! looks at no line that is not on the screen, however many there are.

use std::collections::{BTreeMap, VecDeque};

use crate::control::NumberedLine;
use crate::domain::log::{LogLevel, LogLine};
use crate::domain::saga::plan::StepName;
use crate::domain::time::Timestamp;
use crate::tui::model::log::search::Search;

/// How many lines are kept: as many as the journal keeps of a saga.
pub const CAPACITY: usize = 100_000;

/// Lines by their numbers.
#[derive(Debug, Default)]
pub(super) struct Lines {
    kept: BTreeMap<u64, LogLine>,
    choice: Choice,
    search: Search,
    /// The lines of the choice, in order.
    shown: VecDeque<u64>,
    /// Those of them that have what is searched for, in order.
    found: VecDeque<u64>,
}

/// Which lines are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    /// Those of this step, or of every step.
    pub(super) step: Option<StepName>,
    /// Those at least as grave.
    pub(super) least: LogLevel,
    /// Those of no later moment.
    pub(super) until: Option<Timestamp>,
}

impl Default for Choice {
    fn default() -> Self {
        Self { step: None, least: LogLevel::ALL[0], until: None }
    }
}

impl Choice {
    fn shows(&self, line: &LogLine) -> bool {
        line.level >= self.least
            && self.step.as_ref().is_none_or(|step| line.step == *step)
            && self.until.is_none_or(|until| line.at <= until)
    }
}

impl Lines {
    /// Forgets every line.
    pub(super) fn clear(&mut self) {
        self.kept.clear();
        self.shown.clear();
        self.found.clear();
    }

    /// Takes a line that was just logged; one that is here already changes nothing.
    pub(super) fn push(&mut self, line: &NumberedLine) {
        if self.kept.contains_key(&line.number) {
            return;
        }
        if self.choice.shows(&line.line) {
            insert(&mut self.shown, line.number);
            if self.search.is_in(&line.line) {
                insert(&mut self.found, line.number);
            }
        }
        self.kept.insert(line.number, line.line.clone());
        self.make_room();
    }

    /// Takes a page that was read.
    pub(super) fn extend(&mut self, page: &[NumberedLine]) {
        for line in page {
            self.kept.entry(line.number).or_insert_with(|| line.line.clone());
        }
        self.choose();
        self.make_room();
    }

    /// Shows what is chosen.
    pub(super) fn show(&mut self, choice: Choice) {
        if self.choice != choice {
            self.choice = choice;
            self.choose();
        }
    }

    /// Searches for something else.
    pub(super) fn search_for(&mut self, search: Search) {
        let within = if search.narrows(&self.search) { &self.found } else { &self.shown };
        self.found = found(&self.kept, within, &search);
        self.search = search;
    }

    pub(super) fn search(&self) -> &Search {
        &self.search
    }

    /// The numbers of the lines that are shown, in order.
    pub(super) fn shown(&self) -> &VecDeque<u64> {
        &self.shown
    }

    /// The numbers of the lines that are shown and found, in order.
    pub(super) fn found(&self) -> &VecDeque<u64> {
        &self.found
    }

    /// The lines that are shown from this number upwards, the one at the bottom first. Where all of them
    /// come after it, the first one stands alone.
    pub(super) fn upwards(&self, bottom: u64) -> impl Iterator<Item = (u64, &LogLine)> {
        let end = self.shown.partition_point(|number| *number <= bottom);
        let end = end.max(1).min(self.shown.len());
        let numbers = self.shown.range(..end).rev();
        numbers.filter_map(|number| Some((*number, self.kept.get(number)?)))
    }

    /// The number of the first line that is kept, and of the last.
    pub(super) fn ends(&self) -> Option<(u64, u64)> {
        Some((*self.kept.first_key_value()?.0, *self.kept.last_key_value()?.0))
    }

    /// Whether an older line would have to make room at once.
    pub(super) fn is_full(&self) -> bool {
        self.kept.len() >= CAPACITY
    }

    fn choose(&mut self) {
        let lines = self.kept.iter().filter(|(_, line)| self.choice.shows(line));
        self.shown = lines.map(|(number, _)| *number).collect();
        self.found = found(&self.kept, &self.shown, &self.search);
    }

    fn make_room(&mut self) {
        while self.kept.len() > CAPACITY {
            let Some((gone, _)) = self.kept.pop_first() else { return };
            for numbers in [&mut self.shown, &mut self.found] {
                if numbers.front() == Some(&gone) {
                    numbers.pop_front();
                }
            }
        }
    }
}

fn found(kept: &BTreeMap<u64, LogLine>, within: &VecDeque<u64>, search: &Search) -> VecDeque<u64> {
    let has = |number: &&u64| kept.get(number).is_some_and(|line| search.is_in(line));
    within.iter().filter(has).copied().collect()
}

/// Puts a number where it belongs, which is at the end but for a line that comes late.
fn insert(numbers: &mut VecDeque<u64>, number: u64) {
    let place = numbers.partition_point(|other| *other < number);
    numbers.insert(place, number);
}
