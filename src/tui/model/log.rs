//! The log of the open saga: a bounded set of lines, and which of them are on the screen.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::control::NumberedLine;
use crate::domain::log::{LogLevel, LogLine};
use crate::domain::saga::plan::StepName;
use crate::domain::time::Timestamp;

/// How many lines are kept; older ones stay in the journal.
pub const CAPACITY: usize = 2_000;

/// The log of the open saga.
#[derive(Debug)]
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
    /// Only lines at least as grave.
    pub least: LogLevel,
    /// How times are told.
    pub times: Times,
    /// What is searched for; nothing when it is empty.
    search: Search,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wrap {
    /// They go on below.
    On,
    /// They are cut, and can be scrolled sideways.
    #[default]
    Off,
}

/// How the time of a line is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Times {
    /// The time of day in UTC.
    #[default]
    Utc,
    /// Since the launch.
    SinceLaunch,
    /// How long ago.
    Ago,
}

/// A text that is searched for, whatever its case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Search {
    text: String,
    lower: String,
}

impl Search {
    /// What is searched for.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where a text has it: ranges of bytes, none of which overlap.
    pub fn found_in(&self, text: &str) -> Vec<Range<usize>> {
        if self.lower.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        let mut from = 0;
        // A letter's other case may be longer or shorter, so the text is walked and not folded.
        while let Some((at, _)) = text[from..].char_indices().next() {
            let start = from + at;
            if let Some(end) = self.ends_at(text, start) {
                found.push(start..end);
                from = end;
            } else {
                from = start + text[start..].chars().next().map_or(1, char::len_utf8);
            }
        }
        found
    }

    /// Where the text ends that is searched for, if it stands here.
    fn ends_at(&self, text: &str, start: usize) -> Option<usize> {
        let mut wanted = self.lower.chars().peekable();
        for (at, letter) in text[start..].char_indices() {
            if wanted.peek().is_none() {
                return Some(start + at);
            }
            for lower in letter.to_lowercase() {
                if wanted.next() != Some(lower) {
                    return None;
                }
            }
        }
        wanted.peek().is_none().then_some(text.len())
    }
}

/// Which match is gone to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seek {
    /// The line at the bottom, or the next one above it.
    Here,
    /// The next one above.
    Older,
    /// The next one below.
    Newer,
}

/// Whose lines are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogScope {
    /// The picked step's.
    #[default]
    Step,
    /// Every step's.
    All,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            lines: BTreeMap::new(),
            reading: Reading::default(),
            position: Position::default(),
            sideways: 0,
            wrap: Wrap::default(),
            scope: LogScope::default(),
            least: LogLevel::ALL[0],
            times: Times::default(),
            search: Search::default(),
            until: None,
        }
    }
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
        self.lines.values().filter(|line| self.shows(line, step)).count()
    }

    fn shows(&self, line: &LogLine, step: Option<&StepName>) -> bool {
        line.level >= self.least
            && step.is_none_or(|step| line.step == *step)
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

    /// Shows only lines that are at least as grave as the next level says; after the gravest, all.
    pub fn next_level(&mut self) {
        let next = LogLevel::ALL.into_iter().find(|level| *level > self.least);
        self.least = next.unwrap_or(LogLevel::ALL[0]);
    }

    /// Tells times the next way.
    pub fn next_times(&mut self) {
        self.times = match self.times {
            Times::Utc => Times::SinceLaunch,
            Times::SinceLaunch => Times::Ago,
            Times::Ago => Times::Utc,
        };
    }

    /// What is searched for.
    pub fn search(&self) -> &Search {
        &self.search
    }

    /// Searches for something else.
    pub fn set_search(&mut self, text: &str) {
        self.search = Search { text: text.to_owned(), lower: text.to_lowercase() };
    }

    /// How many of the lines that are shown match.
    pub fn found(&self, step: Option<&StepName>) -> usize {
        self.lines.values().filter(|line| self.shows(line, step) && self.matches(line)).count()
    }

    /// Goes to a match; where there is none, nothing moves.
    pub fn seek(&mut self, way: Seek, step: Option<&StepName>) {
        let bottom = self.upwards(step).next().map(|(number, _)| number);
        let Some(bottom) = bottom else { return };
        let wanted = |(_, line): &(&u64, &LogLine)| self.shows(line, step) && self.matches(line);
        let found = match way {
            Seek::Here => self.lines.range(..=bottom).rev().find(wanted),
            Seek::Older => self.lines.range(..bottom).rev().find(wanted),
            Seek::Newer => self.lines.range(bottom + 1..).find(wanted),
        };
        if let Some((number, _)) = found {
            self.position = Position::At(*number);
        }
    }

    fn matches(&self, line: &LogLine) -> bool {
        let fields = line.fields.iter().map(|(key, value)| format!("{key}={value}"));
        std::iter::once(line.text.clone())
            .chain(fields)
            .any(|text| !self.search.found_in(&text).is_empty())
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

    #[test]
    fn a_text_is_found_whatever_its_case_and_however_long_its_other_case_is() {
        let mut log = Log::default();
        log.set_search("İstanbul");
        let found = log.search().found_in("from İSTANBUL to istanbul");
        assert_eq!((found.len(), found.first()), (1, Some(&(5..14))));
        log.set_search("aA");
        assert_eq!(log.search().found_in("aaaa a"), [0..2, 2..4]);
        log.set_search("");
        assert!(log.search().found_in("anything").is_empty());
    }

    #[test]
    fn a_search_goes_up_from_where_one_is_and_down_again() {
        let mut log = log(30);
        log.set_search("2");
        log.seek(Seek::Here, None);
        assert_eq!(bottom(&log), Some(29));
        log.seek(Seek::Older, None);
        assert_eq!(bottom(&log), Some(28));
        log.set_search("12");
        log.seek(Seek::Here, None);
        assert_eq!(bottom(&log), Some(12));
        log.seek(Seek::Older, None);
        assert_eq!(bottom(&log), Some(12), "there is none above");
        log.set_search("1");
        log.seek(Seek::Newer, None);
        assert_eq!(bottom(&log), Some(13));
        assert_eq!(log.found(None), 12);
    }

    #[test]
    fn lines_that_are_less_grave_are_left_out_and_come_back() {
        let mut log = log(10);
        log.next_level();
        assert_eq!(log.count(None), 10);
        log.next_level();
        assert_eq!((log.least, log.count(None)), (LogLevel::Warn, 0));
        log.next_level();
        log.next_level();
        assert_eq!((log.least, log.count(None)), (LogLevel::Debug, 10));
    }
}
