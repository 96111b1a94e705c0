//! The inventory: what every deployment has at the provider.
//!
//! It is read from the histories, a page at a time and only while it is looked at; what changes is
//! read again, and nothing else is. A frame costs the rows on the screen: which rows are shown, in
//! which order and what they add up to is worked out when something changed, twice a second at most.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::control::Holdings;
use crate::domain::catalogue::{Catalogue, offline};
use crate::domain::holding::{Holding, HoldingKind};
use crate::domain::id::DeploymentId;
use crate::domain::money::Dollars;
use crate::domain::summary::Summary;
use crate::domain::time::Timestamp;
use crate::tui::model::inventory::reading::Reading;
use crate::tui::model::inventory::sorting::Sort;
use crate::tui::model::query::{Candidate, Field, Query, Sieve, contains, fields, starts};

pub mod reading;
pub mod sorting;

/// How long the order stands still after it was worked out, and after a key.
const SETTLE: Duration = Duration::from_millis(500);

/// How long a long one does: to work out 200,000 rows takes tens of milliseconds.
const SETTLE_LONG: Duration = Duration::from_secs(2);

/// From how many rows on an inventory is long.
const LONG: usize = 20_000;

/// The inventory.
#[derive(Debug)]
pub struct Inventory {
    items: BTreeMap<DeploymentId, Vec<Item>>,
    unreadable: BTreeMap<DeploymentId, String>,
    /// What is still to be read.
    pub reading: Reading,
    prices: Arc<Catalogue>,
    shown: Vec<Place>,
    totals: Totals,
    total: usize,
    selected: Option<Place>,
    cursor: usize,
    filter: String,
    query: Query,
    sort: Sort,
    order: Order,
    settled_at: Option<Timestamp>,
}

/// A row of the inventory.
#[derive(Debug, Clone)]
pub struct Item {
    /// Whose.
    pub owner: Arc<Summary>,
    /// What.
    pub holding: Holding,
    /// What it costs in an hour, if that is known. Records cost nothing.
    pub cost: Option<Dollars>,
    /// Its place among all rows in the order that was worked out last, counted from 0: a filter keeps that
    /// order and sorts nothing.
    rank: usize,
}

/// Names a row: whose, and which of theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Whose.
    pub deployment: DeploymentId,
    /// Counted from 0.
    pub nth: usize,
}

/// What the rows that are shown add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// How many droplets.
    pub droplets: usize,
    /// How many records.
    pub records: usize,
    /// What those of known price cost in an hour.
    pub cost: Dollars,
    /// How many droplets have no known price.
    pub unpriced: usize,
}

/// Whether what is shown is what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Settled,
    Stale,
}

impl Default for Inventory {
    fn default() -> Self {
        Self {
            items: BTreeMap::new(),
            unreadable: BTreeMap::new(),
            reading: Reading::default(),
            prices: Arc::new(offline::catalogue().clone()),
            shown: Vec::new(),
            totals: Totals::default(),
            total: 0,
            selected: None,
            cursor: 0,
            filter: String::new(),
            query: Query::default(),
            sort: Sort::default(),
            order: Order::Settled,
            settled_at: None,
        }
    }
}

impl Inventory {
    /// Takes what was read of one deployment.
    pub fn put(&mut self, owner: &Arc<Summary>, holdings: Holdings) {
        let id = holdings.deployment;
        self.forget(id);
        match holdings.told {
            Ok(held) => {
                self.total += held.len();
                let items = held.into_iter().map(|holding| self.item(owner, holding)).collect();
                self.items.insert(id, items);
            }
            Err(why) => {
                self.unreadable.insert(id, why);
            }
        }
        self.order = Order::Stale;
    }

    /// Takes what is known of a deployment away: it is no longer there, or is about to be told anew.
    fn forget(&mut self, id: DeploymentId) {
        self.unreadable.remove(&id);
        self.total -= self.items.remove(&id).map_or(0, |items| items.len());
    }

    fn item(&self, owner: &Arc<Summary>, holding: Holding) -> Item {
        let cost = cost(&self.prices, owner, &holding);
        Item { owner: Arc::clone(owner), holding, cost, rank: 0 }
    }

    /// Knows these prices from here on.
    pub fn set_prices(&mut self, prices: Arc<Catalogue>) {
        for item in self.items.values_mut().flatten() {
            item.cost = cost(&prices, &item.owner, &item.holding);
        }
        self.prices = prices;
        self.order = Order::Stale;
    }

    /// The rows that are shown, in their order.
    pub fn shown(&self) -> &[Place] {
        &self.shown
    }

    /// How many rows there are, shown or not.
    pub fn total(&self) -> usize {
        self.total
    }

    /// What those that are shown add up to.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// The deployments whose histories make no sense, and why.
    pub fn unreadable(&self) -> &BTreeMap<DeploymentId, String> {
        &self.unreadable
    }

    /// One row.
    pub fn item_at(&self, place: Place) -> Option<&Item> {
        self.items.get(&place.deployment)?.get(place.nth)
    }

    /// The selected row.
    pub fn selected(&self) -> Option<&Item> {
        self.item_at(self.selected?)
    }

    /// Where the selected row stands among those shown.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Moves the selection; `isize::MIN` and `isize::MAX` are the ends.
    pub fn step(&mut self, rows: isize) {
        let last = self.shown.len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(rows).min(last);
        self.selected = self.shown.get(self.cursor).copied();
    }

    /// Selects a row that is shown.
    pub fn point_at(&mut self, place: Place) {
        if let Some(row) = self.shown.iter().position(|shown| *shown == place) {
            self.cursor = row;
            self.selected = Some(place);
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
            self.query = Query::parse(filter, fields::HOLDING);
            match self.order {
                Order::Settled => self.sift(now),
                Order::Stale => self.rebuild(now),
            }
        }
    }

    /// By what it is sorted.
    pub fn sort(&self) -> Sort {
        self.sort
    }

    /// Sorts by the next thing.
    pub fn next_sort(&mut self, now: Timestamp) {
        self.sort = self.sort.next();
        self.rebuild(now);
    }

    /// Keeps the order for a while: a key was pressed.
    pub fn freeze(&mut self, now: Timestamp) {
        self.settled_at = Some(now);
    }

    /// Works out what is shown, when that changed and it may move.
    pub fn settle(&mut self, now: Timestamp) {
        if self.due(now).is_some_and(|due| due <= now) {
            self.rebuild(now);
        }
    }

    /// When what is shown has to be worked out again, if ever.
    pub fn due(&self, now: Timestamp) -> Option<Timestamp> {
        // Where there is nothing yet, nothing moves.
        let bare = self.shown.is_empty() && self.query.is_empty();
        let settle = if self.total < LONG { SETTLE } else { SETTLE_LONG };
        let rested = self.settled_at.filter(|_| !bare).map_or(now, |settled| settled + settle);
        (self.order == Order::Stale).then_some(rested)
    }

    /// Works out the order of all rows, and what is shown of them.
    fn rebuild(&mut self, now: Timestamp) {
        let place = |id: &DeploymentId, nth| Place { deployment: *id, nth };
        let mut rows: Vec<(Place, &mut Item)> = self
            .items
            .iter_mut()
            .flat_map(|(id, items)| {
                items.iter_mut().enumerate().map(move |(nth, item)| (place(id, nth), item))
            })
            .collect();
        self.sort.apply(&mut rows);
        for (rank, (_, item)) in rows.into_iter().enumerate() {
            item.rank = rank;
        }
        self.order = Order::Settled;
        self.sift(now);
    }

    /// Works out what is shown, in the order that there is.
    fn sift(&mut self, now: Timestamp) {
        let mut sieve = Sieve::new(&self.query, now);
        let mut totals = Totals::default();
        let mut ranked = vec![None; self.total];
        for (deployment, items) in &self.items {
            for (nth, item) in items.iter().enumerate() {
                if sieve.lets_through(item) {
                    totals.add(item);
                    ranked[item.rank] = Some(Place { deployment: *deployment, nth });
                }
            }
        }
        self.shown = ranked.into_iter().flatten().collect();
        self.totals = totals;
        self.settled_at = Some(now);
        let found = self.selected.and_then(|place| self.shown.iter().position(|at| *at == place));
        self.cursor = found.unwrap_or_else(|| self.cursor.min(self.shown.len().saturating_sub(1)));
        self.selected = self.shown.get(self.cursor).copied();
    }
}

/// What it costs in an hour, if that is known.
fn cost(prices: &Catalogue, owner: &Summary, holding: &Holding) -> Option<Dollars> {
    match holding.made.kind {
        HoldingKind::Droplet => prices.price(&owner.size).map(|price| price.hourly),
        HoldingKind::Record => None,
    }
}

impl Totals {
    fn add(&mut self, item: &Item) {
        match item.holding.made.kind {
            HoldingKind::Droplet => {
                self.droplets += 1;
                self.unpriced += usize::from(item.cost.is_none());
            }
            HoldingKind::Record => self.records += 1,
        }
        self.cost = [self.cost, item.cost.unwrap_or_default()].into_iter().sum();
    }
}

impl Candidate for Item {
    fn has(&self, field: Field, lower: &str) -> bool {
        match field {
            Field::State => {
                let state = self.holding.state.as_str();
                starts(state, lower) || state.split(' ').any(|word| starts(word, lower))
            }
            Field::Kind => starts(self.holding.made.kind.as_str(), lower),
            Field::Tenant | Field::Region => self.owner.has(field, lower),
            Field::Step | Field::Who => false,
        }
    }

    fn since(&self) -> Timestamp {
        self.holding.since
    }

    fn write_name(&self, name: &mut String) {
        self.owner.write_name(name);
    }

    fn answers_to(&self, lower: &str) -> bool {
        let made = &self.holding.made;
        self.has(Field::State, lower)
            || self.has(Field::Kind, lower)
            || starts(&self.owner.region, lower)
            || starts(&self.owner.size, lower)
            || made.id.as_ref().is_some_and(|id| id.contains(lower))
            || contains(&made.name, lower)
            || (may_be_address(lower)
                && made.address.is_some_and(|address| address.to_string().contains(lower)))
    }
}

/// Whether a word can stand in an IPv4 address, so that an address is worth being written.
fn may_be_address(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}
