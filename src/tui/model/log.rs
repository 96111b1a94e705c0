//! The log of the open saga: its lines, how they are shown, and where one is in them.
//!
//! The latest page is read when a saga is opened, and the pages before it when they are scrolled to, or
//! searched.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::control::NumberedLine;
use crate::domain::log::{LogLevel, LogLine, LogPage};
use crate::domain::saga::plan::StepName;
use crate::domain::time::Timestamp;
use crate::tui::model::log::lines::{Choice, Lines};
use crate::tui::model::log::search::Search;

mod lines;
mod search;

pub use lines::CAPACITY;

/// How many lines are read at once: more than a person scrolls through between two frames.
pub const PAGE: usize = 2_000;

/// How many lines above the screen are wanted, so that nobody who scrolls waits for them.
const AHEAD: usize = 500;

/// The log of the open saga.
#[derive(Debug)]
pub struct Log {
    lines: Lines,
    older: Older,
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

/// What is known of the lines before those that are here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Older {
    /// There are none that can be read, or nobody knows yet.
    #[default]
    None,
    /// There are some.
    There,
    /// They are being read.
    Asked,
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
            lines: Lines::default(),
            older: Older::default(),
            reading: Reading::default(),
            position: Position::default(),
            sideways: 0,
            wrap: Wrap::default(),
            scope: LogScope::default(),
            least: LogLevel::ALL[0],
            times: Times::default(),
            until: None,
        }
    }
}

impl Log {
    /// Forgets every line, for another saga. How lines are shown stays as it was chosen.
    pub fn clear(&mut self) {
        self.lines.clear();
        self.older = Older::None;
        self.reading = Reading::Under;
        self.position = Position::Following;
        self.until = None;
    }

    /// Takes a line that was just logged; one that is here already changes nothing.
    pub fn push(&mut self, line: &NumberedLine) {
        self.lines.push(line);
    }

    /// Takes a page of at most [`PAGE`] lines that was read.
    pub fn take(&mut self, page: LogPage, lines: &[NumberedLine]) {
        let (before, first) = (self.lines.ends(), lines.first().map(|line| line.number));
        // So many were missed that some between are not here: those that are come with an older page.
        let gap = matches!((before, first), (Some((_, last)), Some(first)) if first > last + 1);
        if gap {
            self.lines.clear();
        }
        let full = lines.len() >= PAGE && first > Some(0);
        let reaches_back = gap || before.is_none_or(|(oldest, _)| first < Some(oldest));
        if reaches_back || matches!(page, LogPage::Before(_)) {
            self.older = if full { Older::There } else { Older::None };
        }
        self.lines.extend(lines);
        self.reading = Reading::Done;
    }

    /// A page could not be read. What is here stays.
    pub fn fail(&mut self, why: String) {
        self.older = Older::None;
        if self.lines.ends().is_none() {
            self.reading = Reading::Failed(why);
        }
    }

    /// An answer will never come, and nobody knows which: none is waited for.
    pub fn lose(&mut self) {
        if self.older == Older::Asked || self.reading == Reading::Under {
            self.fail("no answer came".to_owned());
        }
    }

    /// The page that is wanted next, which is then taken for asked: the one before those that are here, when
    /// one is near the first of them or looks for something.
    pub fn wanted(&mut self) -> Option<LogPage> {
        let (first, _) = self.lines.ends()?;
        let searching = !self.search().text().is_empty();
        if self.older != Older::There || !(searching || self.place() < AHEAD) {
            return None;
        }
        if self.lines.is_full() {
            self.older = Older::None;
            return None;
        }
        self.older = Older::Asked;
        Some(LogPage::Before(first))
    }

    /// Whether there are lines that are not here yet.
    pub fn is_whole(&self) -> bool {
        self.older == Older::None
    }

    /// Shows the lines of this step, or of every step, as the choices say that were made since.
    pub fn show(&mut self, step: Option<&StepName>) {
        let Self { least, until, .. } = *self;
        self.lines.show(Choice { step: step.cloned(), least, until });
    }

    /// The lines that are shown, newest first, beginning with the one at the bottom.
    pub fn upwards(&self) -> impl Iterator<Item = (u64, &LogLine)> {
        self.lines.upwards(match self.position {
            Position::Following => u64::MAX,
            Position::At(number) => number,
        })
    }

    /// How many lines are shown.
    pub fn count(&self) -> usize {
        self.lines.shown().len()
    }

    /// Scrolls. Going up stops following; coming down to the last line follows again.
    pub fn scroll(&mut self, rows: isize) {
        let shown = self.lines.shown();
        let Some(last) = shown.len().checked_sub(1) else { return };
        let next = self.place().saturating_add_signed(rows).min(last);
        self.position = match shown.get(next) {
            Some(number) if next < last => Position::At(*number),
            Some(_) | None => Position::Following,
        };
    }

    /// The place of the line at the bottom, among those that are shown.
    fn place(&self) -> usize {
        let shown = self.lines.shown();
        match self.position {
            Position::Following => shown.len().saturating_sub(1),
            Position::At(bottom) => place_of(shown, bottom),
        }
    }

    /// Follows the end, or stays where it is.
    pub fn toggle_follow(&mut self) {
        self.position = match self.position {
            Position::Following => {
                self.lines.ends().map_or(Position::Following, |(_, last)| Position::At(last))
            }
            Position::At(_) => Position::Following,
        };
    }

    /// Shows only lines that are at least as grave as the next level says; after the gravest, all.
    pub fn next_level(&mut self) {
        let next = LogLevel::ALL.into_iter().find(|level| *level > self.least);
        self.least = next.unwrap_or(LogLevel::ALL[0]);
    }

    /// Shows only lines that are at least so grave.
    pub fn show_from(&mut self, least: LogLevel) {
        self.least = least;
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
        self.lines.search()
    }

    /// Searches for something else.
    pub fn set_search(&mut self, text: &str) {
        self.lines.search_for(Search::new(text));
    }

    /// How many of the lines that are shown match.
    pub fn found(&self) -> usize {
        self.lines.found().len()
    }

    /// Goes to a match; where there is none, nothing moves.
    pub fn seek(&mut self, way: Seek) {
        let Some(bottom) = self.upwards().next().map(|(number, _)| number) else { return };
        let found = self.lines.found();
        let place = match way {
            Seek::Here => found.partition_point(|number| *number <= bottom).checked_sub(1),
            Seek::Older => found.partition_point(|number| *number < bottom).checked_sub(1),
            Seek::Newer => Some(found.partition_point(|number| *number <= bottom)),
        };
        if let Some(number) = place.and_then(|place| found.get(place)) {
            self.position = Position::At(*number);
        }
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

/// The place of the last number that is not greater.
fn place_of(numbers: &VecDeque<u64>, number: u64) -> usize {
    numbers.partition_point(|other| *other <= number).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

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

    fn next_level(log: &mut Log) {
        log.next_level();
        log.show(None);
    }

    fn page(numbers: Range<u64>) -> Vec<NumberedLine> {
        numbers.map(line).collect()
    }

    fn bottom(log: &Log) -> Option<u64> {
        log.upwards().next().map(|(number, _)| number)
    }

    #[test]
    fn following_yields_to_scrolling_and_new_lines_do_not_move_the_view() {
        let mut log = log(10);
        log.scroll(-3);
        assert_eq!(bottom(&log), Some(6));
        log.push(&line(10));
        assert_eq!(bottom(&log), Some(6));
        log.scroll(isize::MAX);
        log.push(&line(11));
        assert_eq!(bottom(&log), Some(11));
    }

    #[test]
    fn a_step_is_scrolled_through_its_own_lines() {
        let mut log = log(10);
        let even = StepName::new("even");
        log.show(Some(&even));
        log.scroll(-1);
        assert_eq!(log.position, Position::At(6));
        assert_eq!(log.count(), 5);
    }

    #[test]
    fn a_choice_that_leaves_out_what_was_read_shows_what_comes_next() {
        let mut log = log(10);
        log.scroll(isize::MIN);
        assert_eq!(bottom(&log), Some(0));
        log.show(Some(&StepName::new("odd")));
        assert_eq!(bottom(&log), Some(1), "there are lines, so one is seen");
    }

    #[test]
    fn the_oldest_lines_make_room_and_a_repeated_line_is_one_line() {
        let mut log = log(CAPACITY as u64 + 5);
        log.push(&line(CAPACITY as u64));
        assert_eq!(log.count(), CAPACITY);
        assert_eq!(log.upwards().last().map(|(number, _)| number), Some(5));
    }

    #[test]
    fn a_search_goes_up_from_where_one_is_and_down_again() {
        let mut log = log(30);
        log.set_search("2");
        log.seek(Seek::Here);
        assert_eq!(bottom(&log), Some(29));
        log.seek(Seek::Older);
        assert_eq!(bottom(&log), Some(28));
        log.set_search("12");
        log.seek(Seek::Here);
        assert_eq!(bottom(&log), Some(12));
        log.seek(Seek::Older);
        assert_eq!(bottom(&log), Some(12), "there is none above");
        log.set_search("1");
        log.seek(Seek::Newer);
        assert_eq!(bottom(&log), Some(13));
        assert_eq!(log.found(), 12);
    }

    #[test]
    fn lines_that_are_less_grave_are_left_out_and_come_back() {
        let mut log = log(10);
        next_level(&mut log);
        assert_eq!(log.count(), 10);
        next_level(&mut log);
        assert_eq!((log.least, log.count()), (LogLevel::Warn, 0));
        next_level(&mut log);
        next_level(&mut log);
        assert_eq!((log.least, log.count()), (LogLevel::Debug, 10));
    }

    /// The numbers of the lines that are shown: from the first, before the second, without a gap.
    fn run(log: &Log) -> (u64, u64) {
        let mut numbers: Vec<u64> = log.upwards().map(|(number, _)| number).collect();
        numbers.reverse();
        assert!(numbers.is_sorted_by(|one, next| one + 1 == *next), "{numbers:?}");
        (numbers[0], numbers[numbers.len() - 1] + 1)
    }

    #[test]
    fn pages_are_read_backwards_as_they_are_scrolled_to_and_no_page_twice() {
        let read = PAGE as u64;
        let mut log = Log::default();
        assert_eq!(log.wanted(), None, "nothing is there that a page could stand before");
        log.take(LogPage::Last, &page(5_000..5_000 + read));
        log.show(None);
        assert_eq!(log.wanted(), None, "the first line is far above");
        log.scroll(-1_900);
        assert_eq!(log.wanted(), Some(LogPage::Before(5_000)));
        assert_eq!(log.wanted(), None, "it is being read");
        log.take(LogPage::Before(5_000), &page(5_000 - read..5_000));
        assert_eq!(run(&log), (3_000, 5_100));
        log.scroll(isize::MIN);
        assert_eq!(log.wanted(), Some(LogPage::Before(3_000)));
        log.take(LogPage::Before(3_000), &page(2_900..3_000));
        log.scroll(isize::MIN);
        assert_eq!(
            (log.wanted(), log.is_whole()),
            (None, true),
            "a page that is not full was the last"
        );
    }

    #[test]
    fn who_searches_gets_every_page_and_finds_in_all_of_them() {
        let mut log = Log::default();
        log.take(LogPage::Last, &page(3_000..5_000));
        log.show(None);
        log.set_search("2222");
        assert_eq!(log.found(), 0);
        assert_eq!(log.wanted(), Some(LogPage::Before(3_000)));
        log.take(LogPage::Before(3_000), &page(1_000..3_000));
        assert_eq!(log.found(), 1);
        assert_eq!(log.wanted(), Some(LogPage::Before(1_000)));
    }

    #[test]
    fn a_log_that_is_full_reads_nothing_older_however_long_it_is_searched() {
        let read = PAGE as u64;
        let mut first = 3 * CAPACITY as u64;
        let mut log = Log::default();
        log.take(LogPage::Last, &page(first..first + read));
        log.set_search("nothing");
        let mut pages = 1;
        while let Some(wanted) = log.wanted() {
            assert_eq!(wanted, LogPage::Before(first));
            log.take(wanted, &page(first - read..first));
            first -= read;
            pages += 1;
            assert!(pages * PAGE <= CAPACITY, "there is no room for page {pages}");
        }
        assert_eq!((pages * PAGE, log.count()), (CAPACITY, CAPACITY));
        log.scroll(isize::MIN);
        assert_eq!((log.wanted(), log.is_whole()), (None, true));
    }

    #[test]
    fn a_lost_answer_is_not_waited_for() {
        let mut log = Log::default();
        log.take(LogPage::Last, &page(3_000..5_000));
        log.set_search("2222");
        log.wanted();
        assert!(!log.is_whole());
        log.lose();
        assert_eq!((log.is_whole(), log.count()), (true, PAGE));
        let mut unread = Log::default();
        unread.lose();
        assert_eq!(unread.reading, Reading::Failed("no answer came".to_owned()));
    }

    #[test]
    fn a_page_that_does_not_join_what_is_here_leaves_no_gap() {
        let mut log = log(10);
        log.take(LogPage::Last, &page(3_000..3_000 + PAGE as u64));
        assert_eq!(run(&log), (3_000, 5_000));
        assert!(!log.is_whole());
        log.take(LogPage::Last, &page(4_000..6_000));
        assert_eq!(run(&log), (3_000, 6_000));
        assert!(!log.is_whole(), "what comes before is still not here");
    }

    #[test]
    fn a_page_that_cannot_be_read_takes_nothing_away() {
        let mut log = log(10);
        log.fail("the disk is gone".to_owned());
        assert_eq!((log.count(), &log.reading), (10, &Reading::Under));
        let mut empty = Log::default();
        empty.fail("the disk is gone".to_owned());
        assert_eq!(empty.reading, Reading::Failed("the disk is gone".to_owned()));
    }

    #[test]
    fn what_is_found_follows_lines_that_come_and_searches_that_change() {
        let mut log = log(30);
        log.set_search("1");
        log.push(&line(31));
        log.push(&line(31));
        assert_eq!(log.found(), 13);
        log.set_search("11");
        assert_eq!(log.found(), 1);
        log.set_search("2");
        assert_eq!(log.found(), 12, "what another search left out is found again");
        log.show(Some(&StepName::new("even")));
        assert_eq!(log.found(), 7);
    }
}
