//! What one can choose about a simulated cloud.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::simulator::faults::FaultRule;
use crate::simulator::world::{Rules, Timings};

/// What one can choose about a simulated cloud.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where its state is kept; `None` forgets everything at the end.
    pub state_file: Option<PathBuf>,
    /// Where its chance comes from: the same seed, the same rolls.
    pub seed: u64,
    /// How long things take.
    pub timings: Timings,
    /// What goes wrong.
    pub faults: Vec<FaultRule>,
    /// Domains that are there from the beginning.
    pub domains: Vec<String>,
    /// The tokens it accepts; `None` accepts any.
    pub tokens: Option<Vec<String>>,
    /// Whether too many requests are refused.
    pub rate_limit: RateLimit,
    /// How many droplets the account may have.
    pub droplet_limit: u32,
}

/// Whether too many requests of one token are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateLimit {
    /// Never; the headers count all the same, and never down to zero.
    Off,
    /// As at the real cloud: each request counts for one hour, and for the burst for one minute.
    On {
        /// Requests in any hour.
        hourly: u32,
        /// Requests in any minute.
        burst: u32,
    },
}

impl Options {
    pub(super) fn rules(&self) -> Rules {
        Rules {
            timings: self.timings,
            domains: self.domains.clone(),
            droplet_limit: self.droplet_limit,
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        let Rules { timings, domains, droplet_limit } = Rules::default();
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            state_file: None,
            seed: 0,
            timings,
            faults: Vec::new(),
            domains,
            tokens: None,
            rate_limit: RateLimit::default(),
            droplet_limit,
        }
    }
}

impl Default for RateLimit {
    /// The real cloud's present limits.
    fn default() -> Self {
        Self::On { hourly: 5_000, burst: 250 }
    }
}
