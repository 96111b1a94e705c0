//! What there really is: for audits, never for clients.

use std::collections::BTreeMap;

use crate::domain::time::Timestamp;
use crate::simulator::world::World;
use crate::simulator::world::droplet::Droplet;
use crate::simulator::world::record::Record;

/// What there really is, without lag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    /// Every droplet that is not gone, in the order of making.
    pub droplets: Vec<Droplet>,
    /// Every record, by domain.
    pub records: BTreeMap<String, Vec<Record>>,
}

impl World {
    /// What there really is at `now`.
    pub fn truth(&self, now: Timestamp) -> Truth {
        let domains = self.books.domains.keys();
        Truth {
            droplets: self.all_droplets(now),
            records: domains.map(|name| (name.clone(), self.all_records(name))).collect(),
        }
    }
}
