//! Carrying out one act, with the discipline of the steps: look again right before it, ask, and look
//! until the provider says that the thing is gone.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::app::cloud::Cloud;
use crate::clock::Clock;
use crate::config::SagaConfig;
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
    // The tags themselves, and not what is read from them: of two sets that say nothing of an owner,
    // nobody knows that they say the same.
    if tags(planned) != tags(present) {
        return Some("its tags are others by now".to_owned());
    }
    if planned.created_at != present.created_at || planned.name != present.name {
        return Some("it is another droplet by now".to_owned());
    }
    None
}

/// A droplet's tags: the provider keeps them in no order, and compares them without their case.
fn tags(droplet: &Droplet) -> BTreeSet<String> {
    droplet.tags.iter().map(|tag| tag.to_ascii_lowercase()).collect()
}

fn still_there() -> Outcome {
    let minutes = PATIENCE.as_secs() / 60;
    Outcome::Failed { why: format!("the provider still shows it after {minutes} minutes") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::world;
    use crate::domain::id::SagaId;
    use crate::steps::Marks;

    #[test]
    fn a_droplet_is_the_planned_one_only_while_it_carries_the_very_tags_that_were_shown() {
        let saga = |number| Marks::saga_tag(SagaId::from_u128(number));
        let (first, second) = (saga(1), saga(2));
        let of = |tags: &[&str]| world::droplet(7, tags, "203.0.113.7");
        let is_left_alone = |planned: &[&str], present: &[&str]| {
            droplet_changed(&of(planned), &of(present)).is_some()
        };
        let ours = [Marks::MANAGED, &first];
        assert!(!is_left_alone(&ours, &[&first.to_ascii_uppercase(), Marks::MANAGED]));
        assert!(is_left_alone(&ours, &[Marks::MANAGED, &second]));
        assert!(is_left_alone(&ours, &[Marks::MANAGED, &first, "keep"]));
        // Neither set says whose the droplet is.
        assert!(!is_left_alone(&[Marks::MANAGED], &[Marks::MANAGED]));
        assert!(is_left_alone(&[Marks::MANAGED], &[Marks::MANAGED, &first, &second]));
        assert!(is_left_alone(&[&first], &[&second]));
        let mut another = of(&ours);
        another.created_at = "2027-01-01T00:00:00Z".to_owned();
        assert!(droplet_changed(&of(&ours), &another).is_some());
    }
}
