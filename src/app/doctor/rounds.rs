//! The rounds through the cloud: what is listed, then a look at everything that is suspect. It only
//! reads.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::app::cloud::Cloud;
use crate::clock::Clock;
use crate::config::{Config, Provider};
use crate::doctor::books::Books;
use crate::doctor::cloud::{self, Listing, Looks, Suspects};
use crate::doctor::finding::{Area, Finding};
use crate::doctor::token;
use crate::domain::failure::FailureCode;
use crate::domain::time::Timestamp;
use crate::providers::{Account, ProviderError, ServerTime};

/// How long each part of it may take: longer than the minute after which a used-up burst is given
/// back, and as long as somebody waits for an answer.
const PATIENCE: Duration = Duration::from_mins(2);

/// What the rounds found.
#[derive(Default)]
pub(super) struct Rounds {
    /// What is told of token and cloud; and of orphans and drift when nothing can be said of them.
    pub(super) findings: Vec<Finding>,
    /// What orphans and drift are judged by, when they can be.
    pub(super) seen: Option<Seen>,
    /// The provider's clock.
    pub(super) time: Option<ServerTime>,
}

/// What the provider showed.
pub(super) struct Seen {
    /// What it lists.
    pub(super) listing: Listing,
    /// What was looked at one by one.
    pub(super) looks: Looks,
}

/// Makes the rounds. Without books, nothing is looked at one by one.
pub(super) async fn make(
    config: &Config,
    cloud: &Cloud,
    books: Option<&Books>,
    clock: &Clock,
) -> Rounds {
    let mut rounds = Rounds::default();
    let greeting = within(PATIENCE, cloud.estate().greet()).await;
    let Some(greeting) = greeting else {
        rounds.give_up("the provider was not asked: its quota is used up for longer than we wait");
        return rounds;
    };
    rounds.time = greeting.time;
    rounds.findings.push(token::reachability(&base_url(config), &greeting.account));
    match config.provider {
        Provider::DigitalOcean => rounds.findings.push(token::acceptance(&greeting.account)),
        Provider::Simulator => {}
    }
    let may_know = match &greeting.account {
        Ok(_) => true,
        // Whoever may not read the account may read the rest.
        Err(error) => error.failure().code == FailureCode::Forbidden,
    };
    if !may_know {
        rounds.unjudged("the provider did not answer as it should");
        return rounds;
    }
    let deadline = clock.now() + PATIENCE;
    let account = greeting.account.ok();
    match within(PATIENCE, rounds.list(config, cloud, account.as_ref(), books)).await {
        Some(Some((listing, books))) => {
            let suspects = cloud::suspects(books, &listing);
            let looks = look(cloud, suspects, clock, deadline).await;
            rounds.seen = Some(Seen { listing, looks });
        }
        Some(None) => {}
        None => rounds.give_up("the listings took too long"),
    }
    rounds
}

impl Rounds {
    /// Lists droplets, zones and records, and tells of the account; nothing when orphans and drift
    /// cannot be judged by it.
    async fn list<'a>(
        &mut self,
        config: &Config,
        cloud: &Cloud,
        account: Option<&Account>,
        books: Option<&'a Books>,
    ) -> Option<(Listing, &'a Books)> {
        let estate = cloud.estate();
        let (droplets, zones) = (estate.droplets().await, estate.zones().await);
        if let Some(account) = account {
            let in_use = droplets.as_ref().ok().map(Vec::len);
            self.findings.extend(cloud::account(account, in_use));
        }
        if config.provider == Provider::DigitalOcean {
            let asked = [("droplet:read", answered(&droplets)), ("domain:read", answered(&zones))];
            self.findings.push(token::scopes(&asked));
        }
        let droplets = match droplets {
            Ok(droplets) => droplets,
            Err(error) => {
                self.findings.push(token::unlisted("droplets", "the droplets", &error));
                self.unjudged("the droplets could not be listed");
                return None;
            }
        };
        if let Err(error) = &zones {
            self.findings.push(token::unlisted("zones", "the zones", error));
        }
        let zones: Option<BTreeSet<String>> = zones.ok().map(|zones| zones.into_iter().collect());
        let named = &config.launch.dns_domain;
        self.findings.extend(zones.as_ref().and_then(|zones| cloud::default_zone(named, zones)));
        let mut listing = Listing { droplets, zones, ..Listing::default() };
        let Some(books) = books else {
            let marked = listing.marked().count();
            self.unjudged(&format!(
                "without the journal nobody can say whose the {marked} marked droplets are"
            ));
            return None;
        };
        for zone in listing.zones_of(books) {
            match estate.zone_records(&zone).await {
                Ok(records) => drop(listing.records.insert(zone, records)),
                Err(error) => {
                    let what = format!("the records of {zone}");
                    self.findings.push(token::unlisted("records", &what, &error));
                }
            }
        }
        Some((listing, books))
    }

    fn give_up(&mut self, why: &str) {
        self.findings.push(
            Finding::problem(Area::Cloud, "patience", why)
                .remedy("run doctor again later; `arcadia doctor` asks as little as it can"),
        );
        self.unjudged(why);
    }

    fn unjudged(&mut self, why: &str) {
        self.findings.extend(super::unjudged(why));
    }
}

/// Looks at the suspects one by one. What cannot be looked at in time is left out, and told of as such.
async fn look(cloud: &Cloud, suspects: Suspects, clock: &Clock, deadline: Timestamp) -> Looks {
    let mut looks = Looks::default();
    for id in suspects.droplets {
        let rest = clock.now().until(deadline);
        if let Some(Ok(found)) = within(rest, cloud.compute.droplet(id)).await {
            looks.droplets.insert(id, found);
        }
    }
    for (zone, id) in suspects.records {
        let rest = clock.now().until(deadline);
        if let Some(Ok(found)) = within(rest, cloud.dns.record(&zone, id)).await {
            looks.records.insert((zone, id), found);
        }
    }
    looks
}

async fn within<T>(patience: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(patience, work).await.ok()
}

fn answered<T>(answer: &Result<T, ProviderError>) -> Result<(), ProviderError> {
    answer.as_ref().map(drop).map_err(Clone::clone)
}

fn base_url(config: &Config) -> String {
    match config.provider {
        Provider::DigitalOcean => config.digitalocean.base_url.clone(),
        Provider::Simulator => config
            .simulator
            .url
            .clone()
            .unwrap_or_else(|| "the simulated cloud inside this program".to_owned()),
    }
}
