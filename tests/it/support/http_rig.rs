//! A whole Arcadia over real HTTP: our client, a socket, and the simulated cloud's server.
//!
//! Time is real here, because sockets do not know of tokio's paused clock; so everything that
//! takes time takes tens of milliseconds. A cloud's lag stays well below the time for which the
//! steps distrust an empty listing, as it does in earnest.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use arcadia::clock::{Chance, Clock};
use arcadia::domain::saga::plan::Patience;
use arcadia::domain::saga::retry::RetryPolicy;
use arcadia::providers::digitalocean::{DigitalOcean, Limits, Settings};
use arcadia::providers::{Compute, Dns, RecordDraft, RecordId};
use arcadia::simulator::world::truth::Truth;
use arcadia::simulator::{Options, RateLimit, Running, Timings};
use arcadia::steps::StepSettings;
use arcadia::steps::plan::PlanSettings;

use crate::support::cloud::ZONE;
use crate::support::rig::{Cloud, Pace, Rig};

/// The one token that the simulated cloud takes.
pub(crate) const TOKEN: &str = "dop_v1_of_the_tests";

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// The simulated cloud's server, and how our client reaches it.
pub(crate) struct HttpCloud {
    pub(crate) simulator: Running,
    clock: Clock,
    settings: Settings,
}

impl HttpCloud {
    /// A server on loopback, and a client that goes straight to it.
    pub(crate) async fn start(clock: Clock) -> Self {
        let timings = Timings {
            activation: Duration::from_millis(60),
            address_delay: Duration::from_millis(20),
            listing_lag: Duration::from_millis(40),
            deletion: Duration::from_millis(40),
        };
        Self::start_with(clock, timings).await
    }

    /// The same with a cloud that takes these times.
    pub(crate) async fn start_with(clock: Clock, timings: Timings) -> Self {
        let options = Options {
            timings,
            domains: vec![ZONE.to_owned()],
            tokens: Some(vec![TOKEN.to_owned()]),
            rate_limit: RateLimit::Off,
            ..Options::default()
        };
        let simulator = arcadia::simulator::start(options, clock.clone()).await.unwrap();
        let settings = Settings {
            base_url: simulator.base_url(),
            limits: Limits {
                per_minute: NonZeroU32::MAX,
                per_hour: NonZeroU32::MAX,
                ..Limits::default()
            },
            ..Settings::new(TOKEN.into())
        };
        Self { simulator, clock, settings }
    }

    /// The client goes to this address, behind which the server is.
    pub(crate) fn through(mut self, base_url: String) -> Self {
        self.settings.base_url = base_url;
        self
    }

    /// The client gives up on an answer after this time.
    pub(crate) fn with_request_timeout(mut self, timeout: Duration) -> Self {
        self.settings.request_timeout = timeout;
        self
    }

    /// What later clients of this cloud say who they are.
    pub(crate) fn set_token(&mut self, token: &str) {
        self.settings.token = token.into();
    }

    pub(crate) async fn into_rig(self) -> Rig<Self> {
        let clock = self.clock.clone();
        Rig::on(self, clock).await
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// A client as the engine has one.
    pub(crate) fn client(&self) -> DigitalOcean {
        self.client_to(&self.settings.base_url)
    }

    /// The same, to another address.
    pub(crate) fn client_to(&self, base_url: &str) -> DigitalOcean {
        let settings = Settings { base_url: base_url.to_owned(), ..self.settings.clone() };
        DigitalOcean::new(settings, self.clock.clone(), Chance::seeded(3)).unwrap()
    }

    /// Replaces the fault rules; an empty list ends all trouble.
    pub(crate) fn faults(&self, rules: &[&str]) {
        self.simulator.set_faults(rules.iter().map(|rule| rule.parse().unwrap()).collect());
    }

    /// How many requests of this kind arrived: `POST /v2/droplets`.
    pub(crate) fn count(&self, request: &str) -> u64 {
        self.simulator.requests().get(request).copied().unwrap_or(0)
    }

    /// Puts an A record there, as somebody else would, and waits until it is listed.
    pub(crate) async fn put_record(&self, name: &str, data: &str, ttl: u32) -> RecordId {
        let client = self.client();
        let draft = RecordDraft { name: name.to_owned(), data: data.to_owned(), ttl };
        let made = client.create_record(ZONE, &draft).await.unwrap();
        let listed = tokio::time::timeout(PATIENCE, async {
            while client.records(ZONE, name).await.unwrap().iter().all(|seen| seen.id != made.id) {}
        });
        listed.await.expect("a record is listed after the lag");
        made.id
    }
}

impl Cloud for HttpCloud {
    fn compute(&self) -> Arc<dyn Compute> {
        Arc::new(self.client())
    }

    fn dns(&self) -> Arc<dyn Dns> {
        Arc::new(self.client())
    }

    fn truth(&self) -> Truth {
        self.simulator.state()
    }

    fn pace(&self) -> Pace {
        let calls = |tries| Patience {
            timeout: Duration::from_secs(20),
            deadline: Duration::from_secs(40),
            retry: RetryPolicy {
                tries: NonZeroU32::new(tries).unwrap(),
                base: Duration::from_millis(10),
                cap: Duration::from_millis(50),
            },
        };
        Pace {
            steps: StepSettings {
                settle: Duration::from_millis(200),
                poll_first: Duration::from_millis(10),
                poll_cap: Duration::from_millis(40),
                ..StepSettings::default()
            },
            plan: PlanSettings {
                calls: calls(5),
                activation_deadline: Duration::from_secs(40),
                compensations: calls(8),
            },
            patience: PATIENCE,
        }
    }
}
