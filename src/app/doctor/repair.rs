//! Carrying out one act, with the discipline of the steps: look again right before it, ask, and look
//! until the provider says that the thing is gone.

use std::time::Duration;

use crate::app::cloud::Cloud;
use crate::clock::Clock;
use crate::config::SagaConfig;
use crate::doctor::marks;
use crate::doctor::plan::{Act, Thing};
use crate::doctor::report::Outcome;
use crate::domain::failure::FailureCode;
use crate::domain::time::Timestamp;
use crate::providers::{DnsRecord, Droplet, ProviderError, Removal};

/// How long one removal may take. A droplet that is busy takes no event for a while, and the minute that
/// other clients allow has been reported as too short.
const PATIENCE: Duration = Duration::from_mins(3);

/// Carries the act out. The folder is locked, so what owns the thing cannot have changed; what the
/// thing is may have.
pub(super) async fn carry_out(
    act: &Act,
    cloud: &Cloud,
    saga: &SagaConfig,
    clock: &Clock,
) -> Outcome {
    let removal = Remover { cloud, clock, pause: saga.poll_first, until: clock.now() + PATIENCE };
    let removed = tokio::time::timeout(PATIENCE, async {
        match &act.orphan.thing {
            Thing::Droplet(droplet) => removal.droplet(droplet).await,
            Thing::Record { zone, record, .. } => removal.record(zone, record).await,
        }
    });
    match removed.await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => Outcome::Failed { why: error.to_string() },
        Err(_) => still_there(),
    }
}

struct Remover<'a> {
    cloud: &'a Cloud,
    clock: &'a Clock,
    pause: Duration,
    until: Timestamp,
}

impl Remover<'_> {
    async fn droplet(&self, planned: &Droplet) -> Result<Outcome, ProviderError> {
        let compute = &self.cloud.compute;
        let Some(present) = compute.droplet(planned.id).await? else {
            return Ok(Outcome::AlreadyGone);
        };
        if let Some(why) = droplet_changed(planned, &present) {
            return Ok(Outcome::LeftAlone { why });
        }
        loop {
            match compute.destroy_droplet(planned.id).await {
                Ok(Removal::Accepted | Removal::AlreadyGone) => {}
                // A droplet that is busy takes no further event for a while.
                Err(error) if error.failure().code == FailureCode::Conflict => {}
                Err(error) => return Err(error),
            }
            // Whatever the answer was, only a look that does not find it proves that it is gone.
            if compute.droplet(planned.id).await?.is_none() {
                return Ok(Outcome::Done);
            }
            if self.pause().await {
                return Ok(still_there());
            }
        }
    }

    async fn record(&self, zone: &str, planned: &DnsRecord) -> Result<Outcome, ProviderError> {
        let dns = &self.cloud.dns;
        match dns.record(zone, planned.id).await? {
            None => return Ok(Outcome::AlreadyGone),
            Some(present) if present != *planned => {
                let why = format!("it is {} {} by now", present.kind, present.data);
                return Ok(Outcome::LeftAlone { why });
            }
            Some(_) => {}
        }
        loop {
            dns.delete_record(zone, planned.id).await?;
            if dns.record(zone, planned.id).await?.is_none() {
                return Ok(Outcome::Done);
            }
            if self.pause().await {
                return Ok(still_there());
            }
        }
    }

    /// Waits for the next look; whether there is no time for one.
    async fn pause(&self) -> bool {
        self.clock.sleep_until(self.clock.now() + self.pause).await;
        self.clock.now() >= self.until
    }
}

/// Why the droplet is not the one of the plan any more.
fn droplet_changed(planned: &Droplet, present: &Droplet) -> Option<String> {
    if marks::of(planned) != marks::of(present) {
        return Some("its tags are others by now".to_owned());
    }
    if planned.created_at != present.created_at || planned.name != present.name {
        return Some("it is another droplet by now".to_owned());
    }
    None
}

fn still_there() -> Outcome {
    let minutes = PATIENCE.as_secs() / 60;
    Outcome::Failed { why: format!("the provider still shows it after {minutes} minutes") }
}
