//! The one account of the simulated cloud.

use crate::simulator::world::World;

/// Whose cloud it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The owner's address.
    pub email: &'static str,
    /// The owner's name.
    pub name: &'static str,
    /// The account's unique id.
    pub uuid: &'static str,
    /// How many droplets it may have.
    pub droplet_limit: u32,
}

impl World {
    /// The account behind every accepted token.
    pub fn account(&self) -> Account {
        Account {
            email: "operator@acme.example",
            name: "Simulated Account",
            uuid: "b6fc48dbf6d9906cace5f3c78dc9851d957381ef",
            droplet_limit: self.droplet_limit,
        }
    }
}
