//! The list: which deployments there are, which are shown, in which order, and which is selected.
//!
//! The selection is an id and never a row, and the order stands still for a while after a key, so
//! nothing moves under the cursor. A changed row shows at once; only its place waits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::id::DeploymentId;
use crate::domain::line::Line;
use crate::domain::summary::{Standing, Summary};
use crate::domain::time::Timestamp;
use crate::tui::model::order::{Beside, Sort};
use crate::tui::model::query::{Query, Sieve, StandsStill, fields};

/// How long the order stands still after a key.
pub const FREEZE: Duration = Duration::from_secs(2);

/// How long the order of a long list stands still after it was sorted: sorting 100,000 rows takes
/// milliseconds, and a busy engine would ask for it at every frame.
const SETTLE_LONG: Duration = Duration::from_millis(500);

/// How often a filter that asks for an age is asked anew, though nothing happens.
const AGING: Duration = Duration::from_secs(5);

/// From how many rows on a list is long.
const LONG: usize = 5_000;

/// The list.
#[derive(Debug, Default)]
pub struct List {
    rows: BTreeMap<DeploymentId, Arc<Summary>>,
    line: Line,
    shown: Vec<DeploymentId>,
    counts: [usize; Standing::ALL.len()],
    selected: Option<DeploymentId>,
    cursor: usize,
    top: Option<usize>,
    awaited: Option<DeploymentId>,
    expected: BTreeSet<DeploymentId>,
    stalls: BTreeMap<DeploymentId, Stall>,
    filter: String,
    query: Query,
    scope: Scope,
    sort: Sort,
    slow: BTreeSet<DeploymentId>,
    order: Order,
    frozen_until: Option<Timestamp>,
    sorted_at: Option<Timestamp>,
}

/// A saga stands still because its next fact is not in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stall {
    /// What went wrong.
    pub error: Arc<str>,
    /// What may help.
    pub hint: Option<&'static str>,
    /// Since when it has stood still.
    pub since: Timestamp,
    /// The sequence number that it cannot get past: it moves again with the entry that has it.
    next_seq: u64,
}

/// Which deployments are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// All that the filter lets through.
    #[default]
    All,
    /// Of those, what needs a person.
    NeedsYou,
}

/// Whether the order on the screen is the one that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Order {
    #[default]
    Settled,
    Stale,
}

impl List {
    /// Takes a whole new picture.
    pub fn replace(&mut self, summaries: Vec<Arc<Summary>>, now: Timestamp) {
        self.line = Line::of(summaries.iter().map(AsRef::as_ref));
        self.rows = summaries.into_iter().map(|summary| (summary.deployment, summary)).collect();
        let rows = &self.rows;
        self.stalls
            .retain(|id, stall| rows.get(id).is_some_and(|row| row.next_seq <= stall.next_seq));
        let mut counts = [0; Standing::ALL.len()];
        for row in self.rows.values() {
            counts[self.place(row)] += 1;
        }
        self.counts = counts;
        self.rebuild(now);
    }

    /// Takes one changed row. A picture older than the one at hand is left aside.
    pub fn change(&mut self, summary: Arc<Summary>) {
        let id = summary.deployment;
        if let Some(old) = self.rows.get(&id) {
            if old.next_seq > summary.next_seq {
                return;
            }
            // What a filter says of it may be something else now.
            let moved = old.standing != summary.standing
                || self.sort == Sort::Change
                || !self.query.is_empty();
            self.counts[self.place(old)] -= 1;
            if moved {
                self.order = Order::Stale;
            }
        } else {
            self.order = Order::Stale;
        }
        if self.stalls.get(&id).is_some_and(|stall| stall.next_seq < summary.next_seq) {
            self.stalls.remove(&id);
            self.order = Order::Stale;
        }
        self.counts[self.place(&summary)] += 1;
        self.line.change(&summary);
        self.rows.insert(id, summary);
        if self.expected.remove(&id) || self.awaited == Some(id) {
            // The operator launched it and waits to see it: the freeze is not for that.
            self.frozen_until = None;
            self.sorted_at = None;
        }
    }

    /// Takes in that a saga stands still. It is said again and again while it lasts.
    pub fn stall(
        &mut self,
        id: DeploymentId,
        error: Arc<str>,
        hint: Option<&'static str>,
        now: Timestamp,
    ) {
        let Some(row) = self.rows.get(&id) else { return };
        let (next_seq, before) = (row.next_seq, self.place(row));
        let since = self.stalls.get(&id).map_or(now, |stall| stall.since);
        if self.stalls.insert(id, Stall { error, hint, since, next_seq }).is_none() {
            self.counts[before] -= 1;
            self.counts[Standing::NeedsYou as usize] += 1;
            self.order = Order::Stale;
        }
    }

    /// Why a saga stands still, if it does.
    pub fn stalled(&self, id: DeploymentId) -> Option<&Stall> {
        self.stalls.get(&id)
    }

    /// Every saga that stands still.
    pub fn stalls(&self) -> impl ExactSizeIterator<Item = (DeploymentId, &Stall)> {
        self.stalls.iter().map(|(id, stall)| (*id, stall))
    }

    /// Whether a person has to look at it.
    fn needs_you(&self, row: &Summary) -> bool {
        row.standing == Standing::NeedsYou || self.stalls.contains_key(&row.deployment)
    }

    /// Sorts again when something changed its place and the order may move.
    pub fn settle(&mut self, now: Timestamp) {
        if self.due(now).is_some_and(|due| due <= now) {
            self.rebuild(now);
        }
    }

    /// When the order has to be looked at again, if ever.
    pub fn due(&self, now: Timestamp) -> Option<Timestamp> {
        if self.order == Order::Stale {
            return Some(self.settles_at(now));
        }
        let aged = self.query.asks_age().then(|| self.sorted_at.unwrap_or(now) + AGING);
        aged.map(|aged| aged.max(self.frozen_until.unwrap_or(aged)))
    }

    /// Keeps the order for a while: a key was pressed.
    pub fn freeze(&mut self, now: Timestamp) {
        self.frozen_until = Some(now + FREEZE);
    }

    /// The deployments on the list, in its order.
    pub fn shown(&self) -> &[DeploymentId] {
        &self.shown
    }

    /// Who waits for a seat.
    pub fn line(&self) -> &Line {
        &self.line
    }

    /// How many there are in all.
    pub fn total(&self) -> usize {
        self.rows.len()
    }

    /// Every row, in the order of the deployments' ids.
    pub fn rows(&self) -> impl Iterator<Item = &Summary> {
        self.rows.values().map(AsRef::as_ref)
    }

    /// One row.
    pub fn row(&self, id: DeploymentId) -> Option<&Arc<Summary>> {
        self.rows.get(&id)
    }

    /// How many stand so. What stands still because of the journal needs a person, whatever it was
    /// doing.
    pub fn count(&self, standing: Standing) -> usize {
        self.counts[standing as usize]
    }

    /// How many sagas have not ended.
    pub fn unfinished(&self) -> usize {
        Standing::ALL
            .into_iter()
            .filter(|standing| !standing.is_finished())
            .map(|standing| self.count(standing))
            .sum()
    }

    /// The selected row.
    pub fn selected(&self) -> Option<&Arc<Summary>> {
        self.rows.get(&self.selected?)
    }

    /// Where the selected row stands among the shown ones.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Moves the selection; `isize::MIN` and `isize::MAX` are the ends.
    pub fn step(&mut self, rows: isize) {
        self.awaited = None;
        self.top = None;
        let last = self.shown.len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(rows).min(last);
        self.selected = self.shown.get(self.cursor).copied();
    }

    /// Selects a row that is shown.
    pub fn point_at(&mut self, id: DeploymentId) {
        if let Some(row) = self.shown.iter().position(|shown| *shown == id) {
            self.awaited = None;
            self.top = None;
            self.cursor = row;
            self.selected = Some(id);
        }
    }

    /// Looks elsewhere, and leaves the selection where it is: until it is moved, this row is the first
    /// on the screen.
    pub fn look_from(&mut self, first: usize) {
        self.top = Some(first.min(self.shown.len().saturating_sub(1)));
    }

    /// The first row on the screen, when that is not for the selection to say.
    pub fn top(&self) -> Option<usize> {
        self.top
    }

    /// Selects a deployment, now or as soon as it is there. A filter that hides everything else
    /// would hide this one, too, so it is taken away.
    pub fn select(&mut self, id: DeploymentId, now: Timestamp) {
        self.awaited = Some(id);
        self.top = None;
        self.filter.clear();
        self.query = Query::default();
        self.scope = Scope::All;
        self.rebuild(now);
    }

    /// Looks as it did in an earlier run, before there is a picture: this is what it will select.
    pub fn resume(
        &mut self,
        selected: Option<DeploymentId>,
        filter: &str,
        scope: Scope,
        now: Timestamp,
    ) {
        filter.clone_into(&mut self.filter);
        self.query = Query::parse(filter, fields::DEPLOYMENT);
        self.scope = scope;
        self.rebuild(now);
        self.selected = selected;
    }

    /// Shows these as soon as they are there, whatever stands still: the operator launched them.
    pub fn expect(&mut self, ids: impl IntoIterator<Item = DeploymentId>) {
        let rows = &self.rows;
        self.expected.extend(ids.into_iter().filter(|id| !rows.contains_key(id)));
    }

    /// Selects a deployment that is there. What hides it is taken away.
    pub fn go(&mut self, id: DeploymentId, now: Timestamp) {
        if let Some(place) = self.shown.iter().position(|shown| *shown == id) {
            self.awaited = None;
            self.cursor = place;
            self.selected = Some(id);
        } else {
            self.select(id, now);
        }
    }

    /// The deployment of this name, or of this slug when only one has it. Of several of one name the
    /// one that has not ended is meant, or else the latest.
    pub fn find(&self, name: &str) -> Option<DeploymentId> {
        let latest = |named: &dyn Fn(&Summary) -> bool| {
            let rows = self.rows.values().filter(|row| named(row));
            rows.max_by_key(|row| (!row.standing.is_finished(), row.launched_at))
        };
        let whole = latest(&|row| row.name() == name);
        let found = whole.or_else(|| {
            let found = latest(&|row| row.slug == name)?;
            let other = latest(&|row| row.slug == name && row.tenant != found.tenant);
            other.is_none().then_some(found)
        });
        found.map(|row| row.deployment)
    }

    /// Every row, by id.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Summary>> {
        self.rows.values()
    }

    /// What a filter lets through, whatever is shown.
    pub fn matching(&self, query: &Query, now: Timestamp) -> BTreeSet<DeploymentId> {
        let mut sieve = Sieve::new(query, now);
        let rows = self.rows.values().filter(|row| self.lets_through(&mut sieve, row));
        rows.map(|row| row.deployment).collect()
    }

    /// Sorts now, whatever is frozen: for what the operator did, not for what happened.
    pub fn rebuild(&mut self, now: Timestamp) {
        let mut sieve = Sieve::new(&self.query, now);
        let shown = self
            .rows
            .values()
            .map(AsRef::as_ref)
            .filter(|row| self.scope == Scope::All || self.needs_you(row))
            .filter(|row| self.lets_through(&mut sieve, row));
        let stands_still = |id| self.stalls.contains_key(&id);
        let beside = Beside { stands_still: &stands_still, slow: &self.slow, now };
        self.shown = self.sort.apply(shown, &beside);
        self.order = Order::Settled;
        self.sorted_at = Some(now);
        self.find_cursor();
    }

    /// In which order it stands.
    pub fn sort(&self) -> Sort {
        self.sort
    }

    /// Stands in another order from now on.
    pub fn sort_by(&mut self, sort: Sort, now: Timestamp) {
        self.sort = sort;
        self.top = None;
        self.rebuild(now);
    }

    /// Takes in which deployments are slower than usual.
    pub fn set_slow(&mut self, slow: BTreeSet<DeploymentId>) {
        if self.slow != slow {
            self.slow = slow;
            self.order = Order::Stale;
        }
    }

    /// The filter's text.
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// What the filter asks for.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// Shows only what this lets through; see [`Query`].
    pub fn set_filter(&mut self, filter: &str, now: Timestamp) {
        if self.filter != filter {
            filter.clone_into(&mut self.filter);
            self.query = Query::parse(filter, fields::DEPLOYMENT);
            self.top = None;
            self.rebuild(now);
        }
    }

    /// Which deployments are shown.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// Shows what needs a person, or everything again.
    pub fn toggle_scope(&mut self, now: Timestamp) {
        self.scope = match self.scope {
            Scope::All => Scope::NeedsYou,
            Scope::NeedsYou => Scope::All,
        };
        self.rebuild(now);
    }

    /// Whether a filter lets a row through. What stands still because of the journal needs a person,
    /// and is found as that as well.
    fn lets_through(&self, sieve: &mut Sieve<'_>, row: &Summary) -> bool {
        sieve.lets_through(row)
            || (self.stalls.contains_key(&row.deployment) && sieve.lets_through(&StandsStill(row)))
    }

    /// Among which of the counts a row is.
    fn place(&self, row: &Summary) -> usize {
        let standing = if self.needs_you(row) { Standing::NeedsYou } else { row.standing };
        standing as usize
    }

    fn settles_at(&self, now: Timestamp) -> Timestamp {
        let thaw = self.frozen_until.unwrap_or(now);
        let pause = if self.rows.len() < LONG { Duration::ZERO } else { SETTLE_LONG };
        let rested = self.sorted_at.map_or(now, |sorted| sorted + pause);
        thaw.max(rested)
    }

    /// The selected deployment keeps the selection wherever it went; when it is no longer shown,
    /// the row that took its place gets it.
    fn find_cursor(&mut self) {
        if self.awaited.is_some_and(|id| self.shown.contains(&id)) {
            self.selected = self.awaited.take();
        }
        let found = self.selected.and_then(|id| self.shown.iter().position(|shown| *shown == id));
        self.cursor = found.unwrap_or_else(|| self.cursor.min(self.shown.len().saturating_sub(1)));
        self.selected = self.shown.get(self.cursor).copied();
    }
}
