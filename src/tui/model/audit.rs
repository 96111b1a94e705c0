//! The audit: what happened to all deployments, in the order of time.
//!
//! The journal keeps one history for each saga, and none of all together. So histories are read, those
//! that went on last first, and laid together. What is shown is whole: nothing that is older than the
//! last entry of a history that has not been read yet. What happens meanwhile is added as it comes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::control::History;
use crate::domain::aggregate::Entry;
use crate::domain::id::DeploymentId;
use crate::domain::summary::Summary;
use crate::domain::time::Timestamp;
use crate::tui::model::audit::line::{Line, Owner};
use crate::tui::model::audit::reading::Reading;
use crate::tui::model::query::{Query, Sieve, fields};

pub mod line;
pub mod reading;

/// How many lines are kept: days of a busy team, and some ten megabytes.
pub const CAPACITY: usize = 50_000;

/// So near to the oldest line, older ones are read.
const NEAR_THE_TOP: usize = 50;

/// Names a line, and says where it stands in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// When it happened.
    pub at: Timestamp,
    /// To whom.
    pub deployment: DeploymentId,
    /// Its place in the history.
    pub seq: u64,
}

/// Which line is selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Position {
    /// The last one, whichever that is.
    #[default]
    Following,
    /// This one, whatever comes after it.
    At(Key),
}

/// What happened to all deployments.
#[derive(Debug, Default)]
pub struct Audit {
    lines: BTreeMap<Key, Line>,
    owners: BTreeMap<DeploymentId, Arc<Owner>>,
    damaged: BTreeSet<DeploymentId>,
    shown: Vec<Key>,
    /// What is still to be read.
    pub reading: Reading,
    position: Position,
    filter: String,
    query: Query,
}

impl Audit {
    /// Takes in what was read.
    pub fn take(&mut self, row: &Summary, history: &History) {
        if history.damage.is_some() {
            self.damaged.insert(history.deployment);
        }
        self.add(row, &history.entries);
    }

    /// Takes in what happens.
    pub fn follow(&mut self, row: &Summary, entries: &[Entry], now: Timestamp) {
        if !self.reading.has_begun() {
            return;
        }
        let keys = self.add(row, entries);
        let mut sieve = Sieve::new(&self.query, now);
        for key in keys.into_iter().filter(|key| self.reading.is_whole_at(key.at)) {
            let passes = self.lines.get(&key).is_some_and(|line| sieve.lets_through(line));
            if let (true, Err(place)) = (passes, self.shown.binary_search(&key)) {
                self.shown.insert(place, key);
            }
        }
        self.make_room();
    }

    /// Adds what is worth a line, and tells where.
    fn add(&mut self, row: &Summary, entries: &[Entry]) -> Vec<Key> {
        let owner = self.owners.entry(row.deployment).or_insert_with(|| Arc::new(Owner::of(row)));
        let lines = entries.iter().filter_map(|entry| {
            let key = Key { at: entry.at, deployment: row.deployment, seq: entry.seq };
            Some((key, Line::of(owner, row.launched_at, entry)?))
        });
        let lines: Vec<_> = lines.collect();
        let keys = lines.iter().map(|(key, _)| *key).collect();
        self.lines.extend(lines);
        keys
    }

    /// Forgets the oldest when there are too many. From then on none that is older is read: there
    /// would be no room for it.
    fn make_room(&mut self) {
        let surplus = self.lines.len().saturating_sub(CAPACITY);
        if surplus == 0 {
            return;
        }
        let mut oldest = None;
        for _ in 0..surplus {
            oldest = self.lines.pop_first().map(|(key, _)| key).or(oldest);
        }
        if let Some(oldest) = oldest {
            self.reading.fill_up(oldest.at);
            let gone = self.shown.partition_point(|key| *key <= oldest);
            self.shown.drain(..gone);
        }
    }

    /// Works out what is shown: after more was read, and for another filter.
    pub fn rebuild(&mut self, now: Timestamp) {
        self.make_room();
        let mut sieve = Sieve::new(&self.query, now);
        let whole = self.lines.iter().rev().take_while(|(key, _)| self.reading.is_whole_at(key.at));
        let passing = whole.filter(|(_, line)| sieve.lets_through(*line));
        self.shown = passing.map(|(key, _)| *key).collect();
        self.shown.reverse();
    }

    /// The lines that are shown, oldest first.
    pub fn shown(&self) -> &[Key] {
        &self.shown
    }

    /// One line.
    pub fn line(&self, key: Key) -> Option<&Line> {
        self.lines.get(&key)
    }

    /// The deployments whose histories are damaged, so that lines are missing.
    pub fn damaged(&self) -> &BTreeSet<DeploymentId> {
        &self.damaged
    }

    /// The selected line.
    pub fn selected(&self) -> Option<(Key, &Line)> {
        let key = *self.shown.get(self.cursor())?;
        Some((key, self.line(key)?))
    }

    /// Where the selected line stands among those shown.
    pub fn cursor(&self) -> usize {
        match self.position {
            Position::Following => self.shown.len().saturating_sub(1),
            Position::At(key) => {
                self.shown.partition_point(|shown| *shown <= key).saturating_sub(1)
            }
        }
    }

    /// Which line is selected.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Moves the selection. Going up stops following; coming down to the last line follows again.
    /// Near the oldest line, older ones are wanted.
    pub fn step(&mut self, rows: isize) {
        if let Some(last) = self.shown.len().checked_sub(1) {
            let next = self.cursor().saturating_add_signed(rows).min(last);
            self.position =
                if next == last { Position::Following } else { Position::At(self.shown[next]) };
        }
        if rows < 0 && self.cursor() < NEAR_THE_TOP {
            self.reading.want_older(self.shown.len());
        }
    }

    /// Selects a line that is shown.
    pub fn point_at(&mut self, key: Key) {
        self.position =
            if self.shown.last() == Some(&key) { Position::Following } else { Position::At(key) };
    }

    /// Follows the end, or stays where it is.
    pub fn toggle_follow(&mut self) {
        self.position = match self.position {
            Position::Following => self.shown.last().copied().map_or(self.position, Position::At),
            Position::At(_) => Position::Following,
        };
    }

    /// The filter's text.
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// What the filter asks for.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// Shows only what this lets through; see [`Query`]. More is read when little is left.
    pub fn set_filter(&mut self, filter: &str, now: Timestamp) {
        if self.filter != filter {
            filter.clone_into(&mut self.filter);
            self.query = Query::parse(filter, fields::EVENT);
            self.rebuild(now);
            self.reading.want_older(0);
        }
    }
}
