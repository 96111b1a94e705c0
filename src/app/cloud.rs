//! Which cloud: the simulated one inside this program, one that runs by itself, or the real one.

use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;

use crate::app::AppError;
use crate::clock::{Chance, Clock};
use crate::config::{Config, Provider, SimulatorConfig};
use crate::domain::failure::FailureCode;
use crate::providers::digitalocean::{self, DigitalOcean, Limits};
use crate::providers::{Catalogue, Compute, Dns, Estate};
use crate::simulator::{self, Options, RateLimit, Running, Timings};

/// What the simulated cloud takes as a token: it takes any.
const SIMULATED_TOKEN: &str = "simulated";

/// Requests a minute and an hour to a simulated cloud, which has no account to protect.
const SIMULATED_REQUESTS: u32 = 1_000_000;

/// Where the simulated cloud inside this program keeps its state, in the data folder.
pub(super) const STATE_FILE: &str = "simulator.json";

/// The providers, and the simulated cloud if it runs inside this program.
pub(super) struct Cloud {
    pub(super) compute: Arc<dyn Compute>,
    pub(super) dns: Arc<dyn Dns>,
    client: DigitalOcean,
    simulator: Option<Running>,
}

impl Cloud {
    /// Connects to the configured cloud, and starts the simulated one when it is inside.
    pub(super) async fn connect(
        config: &Config,
        token: Option<SecretString>,
        clock: &Clock,
        chance: &Chance,
    ) -> Result<Self, AppError> {
        let simulator = match (config.provider, &config.simulator.url) {
            (Provider::Simulator, None) => Some(embedded(config, clock).await?),
            (Provider::Simulator, Some(_)) | (Provider::DigitalOcean, _) => None,
        };
        let base_url = simulator.as_ref().map(Running::base_url);
        let client = client(config, base_url, token, clock, chance)?;
        let (compute, dns) = (Arc::new(client.clone()), Arc::new(client.clone()));
        Ok(Self { compute, dns, client, simulator })
    }

    /// The providers as steps name them, for reading only: nothing is asked of them.
    pub(super) fn unconnected(
        config: &Config,
        clock: &Clock,
        chance: &Chance,
    ) -> Result<Self, AppError> {
        let client = client(config, None, None, clock, chance)?;
        let (compute, dns) = (Arc::new(client.clone()), Arc::new(client.clone()));
        Ok(Self { compute, dns, client, simulator: None })
    }

    /// What can be launched there.
    pub(super) fn catalogue(&self) -> Arc<dyn Catalogue> {
        Arc::new(self.client.clone())
    }

    /// The account as a whole.
    pub(super) fn estate(&self) -> &dyn Estate {
        &self.client
    }

    /// Proves that the token works. A provider that cannot be reached now is no reason to refuse:
    /// sagas wait for it.
    pub(super) async fn check(&self) -> Result<(), AppError> {
        match self.client.account().await {
            Ok(account) => {
                tracing::info!(status = %account.status, limit = account.droplet_limit, "account");
                Ok(())
            }
            Err(error) => match error.failure().code {
                FailureCode::Unauthorized => Err(AppError::Token { source: error }),
                FailureCode::Forbidden
                | FailureCode::NotFound
                | FailureCode::Conflict
                | FailureCode::Invalid
                | FailureCode::RateLimited
                | FailureCode::Unavailable
                | FailureCode::Unreachable
                | FailureCode::Disconnected
                | FailureCode::TimedOut
                | FailureCode::BadAnswer
                | FailureCode::ResourceFailed
                | FailureCode::DeadlineExceeded
                | FailureCode::Cancelled
                | FailureCode::Interrupted
                | FailureCode::Panicked
                | FailureCode::Internal => {
                    tracing::warn!(%error, "the account could not be checked");
                    Ok(())
                }
            },
        }
    }

    /// Stops the simulated cloud inside this program, if there is one.
    pub(super) async fn stop(self) {
        if let Some(simulator) = self.simulator {
            simulator.shutdown().await;
        }
    }
}

/// What the simulated cloud is told by the configuration.
pub(super) fn simulator_options(
    simulated: &SimulatorConfig,
    state_file: Option<PathBuf>,
) -> Options {
    Options {
        state_file,
        seed: simulated.seed,
        timings: Timings {
            activation: simulated.activation,
            address_delay: simulated.address_delay,
            listing_lag: simulated.listing_lag,
            deletion: simulated.deletion,
        },
        domains: simulated.domains.clone(),
        droplet_limit: simulated.droplet_limit,
        ..Options::default()
    }
}

async fn embedded(config: &Config, clock: &Clock) -> Result<Running, AppError> {
    let state_file = config.data_dir.join(STATE_FILE);
    let options = Options {
        rate_limit: RateLimit::Off,
        ..simulator_options(&config.simulator, Some(state_file))
    };
    Ok(simulator::start(options, clock.clone()).await?)
}

/// A client of the configured cloud, or of the one at `base_url` where the provider is simulated.
pub(super) fn client(
    config: &Config,
    base_url: Option<String>,
    token: Option<SecretString>,
    clock: &Clock,
    chance: &Chance,
) -> Result<DigitalOcean, AppError> {
    let token = token.unwrap_or_else(|| SecretString::from(SIMULATED_TOKEN));
    let mut settings = digitalocean::Settings::new(token);
    settings.connect_timeout = config.digitalocean.connect_timeout;
    settings.request_timeout = config.digitalocean.request_timeout;
    match config.provider {
        Provider::DigitalOcean => settings.base_url.clone_from(&config.digitalocean.base_url),
        Provider::Simulator => {
            settings.base_url = base_url
                .or_else(|| config.simulator.url.clone())
                .unwrap_or_else(|| settings.base_url.clone());
            settings.limits = Limits {
                per_minute: SIMULATED_REQUESTS.try_into().unwrap_or(settings.limits.per_minute),
                per_hour: SIMULATED_REQUESTS.try_into().unwrap_or(settings.limits.per_hour),
                ..settings.limits
            };
        }
    }
    Ok(DigitalOcean::new(settings, clock.clone(), chance.clone())?)
}
