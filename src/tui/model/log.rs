//! The log of the open saga: a bounded set of lines, and which of them are on the screen.

use std::collections::BTreeMap;

use crate::control::NumberedLine;
use crate::domain::log::LogLine;
use crate::domain::saga::plan::StepName;
use crate::domain::time::Timestamp;

/// How many lines are kept; older ones stay in the journal.
pub const CAPACITY: usize = 2_000;

/// The log of the open saga.
#[derive(Debug, Default)]
pub struct Log {
    lines: BTreeMap<u64, LogLine>,
    /// Whether the lines were read.
    pub reading: Reading,
    /// Which line stands at the bottom.
    pub position: Position,
    /// How many cells are cut off on the left.
    pub sideways: usize,
    /// What happens to long lines.
    pub wrap: Wrap,
    /// Whose lines are shown.
    pub scope: LogScope,
    /// Up to which moment; a past is shown without what came after it.
    pub until: Option<Timestamp>,
}

/// Whether the lines were read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Reading {
    /// They are being read.
    #[default]
    Under,
    /// They are all here.
    Done,
    /// They could not be read.
    Failed(String),
}

/// Which line stands at the bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Position {
    /// The last one, whichever that is.
    #[default]
    Following,
    /// This one, whatever comes after it.
    At(u64),
}

/// What happens to long lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wrap {
    /// They go on below.
    On,
    /// They are cut, and can be scrolled sideways.
    #[default]
    Off,
}

/// Whose lines are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogScope {
    /// The picked step's.
    #[default]
    Step,
    /// Every step's.
    All,
}

impl Log {
    /// Forgets every line, for another saga. How lines are shown stays as it was chosen.
    pub fn clear(&mut self) {
        self.lines.clear();
        self.reading = Reading::Under;
        self.position = Position::Following;
        self.until = None;
    }

    /// Takes a line; one that is here already changes nothing.
    pub fn push(&mut self, line: &NumberedLine) {
        self.lines.insert(line.number, line.line.clone());
        while self.lines.len() > CAPACITY {
            self.lines.pop_first();
        }
    }

    /// The lines of a step, or all, newest first, beginning with the one at the bottom.
    pub fn upwards<'a>(
        &'a self,
        step: Option<&'a StepName>,
    ) -> impl Iterator<Item = (u64, &'a LogLine)> {
        let bottom = match self.position {
            Position::Following => u64::MAX,
            Position::At(number) => number,
        };
        self.lines
            .range(..=bottom)
            .rev()
            .filter(move |(_, line)| self.shows(line, step))
            .map(|(number, line)| (*number, line))
    }

    /// How many lines a step has, or all have.
    pub fn count(&self, step: Option<&StepName>) -> usize {
        if step.is_none() && self.until.is_none() {
            return self.lines.len();
        }
        self.lines.values().filter(|line| self.shows(line, step)).count()
    }

    fn shows(&self, line: &LogLine, step: Option<&StepName>) -> bool {
        step.is_none_or(|step| line.step == *step)
            && self.until.is_none_or(|until| line.at <= until)
    }

    /// Scrolls. Going up stops following; coming down to the last line follows again.
    pub fn scroll(&mut self, rows: isize, step: Option<&StepName>) {
        let numbers: Vec<u64> = self
            .lines
            .iter()
            .filter(|(_, line)| self.shows(line, step))
            .map(|(number, _)| *number)
            .collect();
        let Some(last) = numbers.len().checked_sub(1) else { return };
        let present = match self.position {
            Position::Following => last,
            Position::At(bottom) => {
                numbers.partition_point(|number| *number <= bottom).saturating_sub(1)
            }
        };
        let next = present.saturating_add_signed(rows).min(last);
        self.position =
            if next == last { Position::Following } else { Position::At(numbers[next]) };
    }

    /// Follows the end, or stays where it is.
    pub fn toggle_follow(&mut self) {
        self.position = match self.position {
            Position::Following => {
                self.lines.last_key_value().map_or(Position::Following, |(n, _)| Position::At(*n))
            }
            Position::At(_) => Position::Following,
        };
    }

    /// Breaks long lines, or cuts them.
    pub fn toggle_wrap(&mut self) {
        self.wrap = match self.wrap {
            Wrap::On => Wrap::Off,
            Wrap::Off => Wrap::On,
        };
    }

    /// Shows the picked step's lines, or every step's.
    pub fn toggle_scope(&mut self) {
        self.scope = match self.scope {
            LogScope::Step => LogScope::All,
            LogScope::All => LogScope::Step,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::log::LogLevel;
    use crate::domain::saga::plan::Direction;

    fn line(number: u64) -> NumberedLine {
        NumberedLine {
            number,
            line: LogLine {
                at: Timestamp::from_millis(0),
                level: LogLevel::Info,
                step: if number.is_multiple_of(2) { "even" } else { "odd" }.into(),
                direction: Direction::Forward,
                attempt: 1,
                text: number.to_string(),
                fields: Vec::new(),
            },
        }
    }

    fn log(lines: u64) -> Log {
        let mut log = Log::default();
        (0..lines).for_each(|number| log.push(&line(number)));
        log
    }

    fn bottom(log: &Log) -> Option<u64> {
        log.upwards(None).next().map(|(number, _)| number)
    }

    #[test]
    fn following_yields_to_scrolling_and_new_lines_do_not_move_the_view() {
        let mut log = log(10);
        log.scroll(-3, None);
        assert_eq!(bottom(&log), Some(6));
        log.push(&line(10));
        assert_eq!(bottom(&log), Some(6));
        log.scroll(isize::MAX, None);
        log.push(&line(11));
        assert_eq!(bottom(&log), Some(11));
    }

    #[test]
    fn a_step_is_scrolled_through_its_own_lines() {
        let mut log = log(10);
        let even = StepName::new("even");
        log.scroll(-1, Some(&even));
        assert_eq!(log.position, Position::At(6));
        assert_eq!(log.count(Some(&even)), 5);
    }

    #[test]
    fn the_oldest_lines_make_room_and_a_repeated_line_is_one_line() {
        let mut log = log(CAPACITY as u64 + 5);
        log.push(&line(CAPACITY as u64));
        assert_eq!(log.count(None), CAPACITY);
        assert_eq!(log.upwards(None).last().map(|(number, _)| number), Some(5));
    }
}
