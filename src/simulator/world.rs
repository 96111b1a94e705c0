//! The simulated cloud as a pure state machine: no I/O, no clock. `now` is an argument of every
//! method that depends on it.
//!
//! The books hold facts with moments: asked for at, active at, gone at. What is seen follows from
//! them and from the time of looking, so that nothing ticks and a restart changes nothing. Two ways
//! of looking exist: *by number*, which is the truth, and *a listing*, which is the truth of one
//! listing lag ago. So a new thing is absent from listings for a while, and a deleted one is still
//! there.
//!
//! The world never knows who asks, or why.

pub mod account;
pub mod actions;
pub mod addresses;
pub mod catalog;
pub mod domains;
pub mod droplet;
pub mod droplets;
pub mod ids;
pub mod keys;
mod millis;
pub mod record;
pub mod records;
pub mod refusal;
pub mod state_file;
pub mod tags;
pub mod truth;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;
use crate::simulator::world::actions::ActionRow;
use crate::simulator::world::catalog::Catalog;
use crate::simulator::world::domains::DomainRow;
use crate::simulator::world::droplet::DropletRow;
use crate::simulator::world::ids::{ActionId, Counters, DropletId, KeyId};
use crate::simulator::world::keys::SshKey;
use crate::simulator::world::record::Remembered;

/// The account, what it has, and what it could buy.
#[derive(Debug, Clone)]
pub struct World {
    catalog: Catalog,
    timings: Timings,
    droplet_limit: u32,
    books: Books,
    generation: u64,
}

/// How the world behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// How long things take.
    pub timings: Timings,
    /// Domains that are there from the beginning.
    pub domains: Vec<String>,
    /// How many droplets the account may have.
    pub droplet_limit: u32,
}

/// How long things take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timings {
    /// From a create request to `active`.
    pub activation: Duration,
    /// From `active` to the public IPv4 address.
    pub address_delay: Duration,
    /// How far listings are behind.
    pub listing_lag: Duration,
    /// From a delete request to its effect.
    pub deletion: Duration,
}

/// Everything that must survive a restart.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Books {
    counters: Counters,
    address_cursor: u16,
    droplets: BTreeMap<DropletId, DropletRow>,
    actions: BTreeMap<ActionId, ActionRow>,
    domains: BTreeMap<String, DomainRow>,
    tags: BTreeSet<String>,
    keys: BTreeMap<KeyId, SshKey>,
}

/// The keys that a new account has: somebody's, and a machine's.
const KEYS: [(&str, &str); 2] = [
    (
        "ana@laptop",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGq0cD4lP7s1mQk2u6Zy8d7WJ3b5hXw9vT0rE2nYpLaT",
    ),
    (
        "deploy@ci",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM7vF1oXrB4e9KcZ0yHq5tNw8uLs3aGd6jPfR2xVbSmE",
    ),
];

impl World {
    /// A new account with no droplets, two keys, and the domains of `rules`.
    pub fn new(rules: &Rules) -> Self {
        let mut world = Self::with_books(rules, Books::default());
        for (name, key) in KEYS {
            world
                .create_key(Timestamp::from_millis(0), name, key)
                .expect("the keys are different, and look like keys");
        }
        world
    }

    /// What is sold.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Grows with every change, so that a keeper of copies knows when it is behind.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    fn with_books(rules: &Rules, books: Books) -> Self {
        let mut world = Self {
            catalog: Catalog::standard(),
            timings: rules.timings,
            droplet_limit: rules.droplet_limit,
            books,
            generation: 1,
        };
        for domain in &rules.domains {
            let domain = domain.to_ascii_lowercase();
            if world.zone(&domain).is_err() {
                // Since ever: a listing has no reason to miss it.
                world.add_zone(Timestamp::from_millis(0), &domain);
            }
        }
        world
    }

    /// The moment that a listing at `now` shows.
    fn listing_time(&self, now: Timestamp) -> Timestamp {
        now - self.timings.listing_lag
    }

    /// Notes a change, and forgets what nobody can see any more.
    fn changed(&mut self, now: Timestamp) {
        self.generation += 1;
        let seen_at = self.listing_time(now);
        self.books.droplets.retain(|_, row| !row.is_gone(seen_at));
        for zone in self.books.domains.values_mut() {
            zone.records.retain(|_, row| row.forget_before(seen_at) == Remembered::Something);
        }
        while self.books.actions.len() > actions::REMEMBERED {
            self.books.actions.pop_first();
        }
    }
}

impl Default for Rules {
    /// Times for a demonstration, two domains, the real cloud's limit of a new account.
    fn default() -> Self {
        Self {
            timings: Timings::default(),
            domains: vec!["acme.example".to_owned(), "demo.example".to_owned()],
            droplet_limit: 25,
        }
    }
}

impl Default for Timings {
    /// Fast enough to watch, slow enough that every state is seen.
    fn default() -> Self {
        Self {
            activation: Duration::from_secs(6),
            address_delay: Duration::from_secs(1),
            listing_lag: Duration::from_secs(1),
            deletion: Duration::from_secs(2),
        }
    }
}

impl Timings {
    /// Everything takes effect at once.
    pub const INSTANT: Self = Self {
        activation: Duration::ZERO,
        address_delay: Duration::ZERO,
        listing_lag: Duration::ZERO,
        deletion: Duration::ZERO,
    };
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
