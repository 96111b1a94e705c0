//! The numbers that the simulated cloud hands out.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! number_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number_type! {
    /// A droplet.
    DropletId
}
number_type! {
    /// An event in a droplet's life that takes time.
    ActionId
}
number_type! {
    /// A DNS record; a record made anew gets a new one.
    RecordId
}
number_type! {
    /// An image of the catalog.
    ImageId
}
number_type! {
    /// An SSH key of the account.
    KeyId
}

/// The next number of each kind. Numbers are never used twice, across restarts too.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Counters {
    droplet: u64,
    action: u64,
    record: u64,
    key: u64,
}

impl Default for Counters {
    /// Numbers of the magnitude that the real cloud shows, so that a client which keeps them in
    /// too small a type is found out.
    fn default() -> Self {
        Self { droplet: 4_400_000_000, action: 5_100_000_000, record: 1_700_000_000, key: 289_794 }
    }
}

impl Counters {
    pub(super) fn droplet(&mut self) -> DropletId {
        DropletId(next(&mut self.droplet))
    }

    pub(super) fn action(&mut self) -> ActionId {
        ActionId(next(&mut self.action))
    }

    pub(super) fn record(&mut self) -> RecordId {
        RecordId(next(&mut self.record))
    }

    pub(super) fn key(&mut self) -> KeyId {
        KeyId(next(&mut self.key))
    }
}

fn next(counter: &mut u64) -> u64 {
    *counter += 1;
    *counter
}
