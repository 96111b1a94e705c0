//! `DigitalOcean` as a provider of machines and names, over its HTTP API v2.
//!
//! The verbs live in `droplets`, `domains`, `catalog` and `estate`; `client` is the only file that speaks
//! HTTP, `model` the only one that knows the JSON, and `error` the place where an answer (or its
//! absence) becomes a [`ProviderError`](crate::providers::ProviderError). Every clone shares one
//! connection pool and one `limiter`, so that all sagas together stay within the token's quota.
//!
//! What must never happen here: a second try of any request (whoever calls looks first: the API
//! has no idempotency key), an answer taken on trust where a destroy may follow, and the token or
//! a droplet's user data in a log line or an error.

#[doc(hidden)]
pub mod bodies;
mod catalog;
mod client;
mod domains;
mod droplets;
mod error;
mod estate;
#[cfg(test)]
mod lies;
mod limiter;
mod model;
mod pacing;
mod paging;
mod redactor;
#[cfg(test)]
mod stub;

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;

use crate::clock::{Chance, Clock};
use crate::providers::digitalocean::client::Client;

pub use error::DigitalOceanError;
pub use limiter::Limits;

/// The name that the inventory records.
pub const PROVIDER: &str = "digitalocean";

/// The address of the real API.
pub const BASE_URL: &str = "https://api.digitalocean.com";

/// How to reach the API.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the API is; plain HTTP is refused beyond loopback.
    pub base_url: String,
    /// The bearer token.
    pub token: SecretString,
    /// How long a connection may take to come up; shorter than `request_timeout`, or a dead host
    /// looks like a lost answer.
    pub connect_timeout: Duration,
    /// How long one request may take from its first byte to the last byte of its answer.
    pub request_timeout: Duration,
    /// The quota of the token.
    pub limits: Limits,
}

impl Settings {
    /// The real API with the time-outs and the quota that suit it.
    pub fn new(token: SecretString) -> Self {
        Self {
            base_url: BASE_URL.to_owned(),
            token,
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            limits: Limits::default(),
        }
    }
}

/// The client. Cheap to clone; clones share the connections and the quota.
#[derive(Clone)]
pub struct DigitalOcean {
    client: Client,
}

impl DigitalOcean {
    /// A client for these settings; sends nothing yet.
    ///
    /// # Errors
    ///
    /// Fails when the address or the token cannot be used, or when TLS cannot be set up.
    pub fn new(
        settings: Settings,
        clock: Clock,
        chance: Chance,
    ) -> Result<Self, DigitalOceanError> {
        Ok(Self { client: Client::new(settings, clock, chance)? })
    }
}

impl fmt::Debug for DigitalOcean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DigitalOcean")
            .field("base_url", &self.client.base_url())
            .finish_non_exhaustive()
    }
}
