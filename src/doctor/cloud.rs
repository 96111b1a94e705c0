//! What the provider shows: listings, which lag, and single looks, which do not.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use crate::doctor::books::{Books, Ownership};
use crate::doctor::finding::{Area, Finding};
use crate::doctor::marks::{self, Mark};
use crate::doctor::names;
use crate::domain::id::SagaId;
use crate::providers::{Account, DnsRecord, Droplet, DropletId, PlacedDroplet, RecordId};

/// What the listings show.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Every droplet of the account.
    pub droplets: Vec<PlacedDroplet>,
    /// The zones of the account; nothing when they could not be listed.
    pub zones: Option<BTreeSet<String>>,
    /// The records of the zones that the books speak of.
    pub records: BTreeMap<String, Vec<DnsRecord>>,
}

/// What was looked at one by one; a thing that could not be looked at is missing.
#[derive(Debug, Clone, Default)]
pub struct Looks {
    /// Droplets, as they are.
    pub droplets: BTreeMap<DropletId, Option<Droplet>>,
    /// Records, as they are, by zone and id.
    pub records: BTreeMap<(String, RecordId), Option<DnsRecord>>,
}

/// What must be looked at before anything is said of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suspects {
    /// Droplets.
    pub droplets: BTreeSet<DropletId>,
    /// Records, by zone and id.
    pub records: BTreeSet<(String, RecordId)>,
}

impl Listing {
    /// The zones that the books speak of and the account has.
    pub fn zones_of(&self, books: &Books) -> BTreeSet<String> {
        let names: Vec<&str> =
            books.entries().filter_map(|(_, entry)| entry.dns_name.as_deref()).collect();
        let holds = |zone: &&String| {
            names.iter().any(|name| names::is_within(name, &zone.to_ascii_lowercase()))
        };
        self.zones.iter().flatten().filter(holds).cloned().collect()
    }

    /// The droplets that carry a mark of ours.
    pub fn marked(&self) -> impl Iterator<Item = (&PlacedDroplet, Mark)> {
        let marked = self.droplets.iter().map(|placed| (placed, marks::of(&placed.droplet)));
        marked.filter(|(_, mark)| *mark != Mark::None)
    }

    /// The listed droplet of this id.
    pub fn droplet(&self, id: DropletId) -> Option<&PlacedDroplet> {
        self.droplets.iter().find(|placed| placed.droplet.id == id)
    }
}

/// What must be looked at, by books and listings.
pub fn suspects(books: &Books, listing: &Listing) -> Suspects {
    let mut suspects = Suspects::default();
    for (placed, mark) in listing.marked() {
        let owned = match mark {
            Mark::Saga(saga) => is_owned(books, saga, placed.droplet.id),
            Mark::Unclear | Mark::None => false,
        };
        if !owned {
            suspects.droplets.insert(placed.droplet.id);
            // Whether one with the same mark is too many depends on whether the owned one is there.
            suspects.droplets.extend(claimed_by(books, mark));
        }
    }
    for (_, _, claim) in books.live() {
        let Some(id) = claim.droplet else { continue };
        let as_claimed = listing.droplet(id).is_some_and(|placed| claim.is_met_by(&placed.droplet));
        if !as_claimed {
            suspects.droplets.insert(id);
        }
        let (Some(dns), Some(record)) = (&claim.dns, claim.record) else { continue };
        let Some(zone) = names::zone_in(listing, dns) else { continue };
        let is_claimed = |row: &&DnsRecord| {
            row.id == record && claim.address.is_some_and(|at| is_address(&row.data, at))
        };
        if listing.records.get(zone).is_none_or(|rows| !rows.iter().any(|row| is_claimed(&row))) {
            suspects.records.insert((zone.to_owned(), record));
        }
    }
    for (_, entry) in books.entries() {
        if !is_nobodys(entry.ownership) {
            continue;
        }
        let (Some(dns), Some(record)) = (&entry.claim.dns, entry.claim.record) else { continue };
        if let Some(zone) = names::zone_in(listing, dns)
            && listing.records.get(zone).is_some_and(|all| all.iter().any(|row| row.id == record))
        {
            suspects.records.insert((zone.to_owned(), record));
        }
    }
    suspects
}

/// Whether nobody owns what such a saga made.
pub(super) fn is_nobodys(ownership: Ownership) -> bool {
    match ownership {
        Ownership::Nobody | Ownership::LeftBehind => true,
        Ownership::Saga | Ownership::Deployment => false,
    }
}

fn claimed_by(books: &Books, mark: Mark) -> Option<DropletId> {
    match mark {
        Mark::Saga(saga) => books.of(saga)?.claim.droplet,
        Mark::Unclear | Mark::None => None,
    }
}

fn is_owned(books: &Books, saga: SagaId, id: DropletId) -> bool {
    let by_entry = books.of(saga).is_some_and(|entry| match entry.ownership {
        Ownership::Saga => true,
        Ownership::Deployment => entry.claim.droplet == Some(id),
        Ownership::Nobody | Ownership::LeftBehind => false,
    });
    by_entry || books.is_opaque(saga)
}

/// What the account says of itself.
pub fn account(account: &Account, droplets: Option<usize>) -> Vec<Finding> {
    let words = account.status_message.trim();
    let status = format!("the account is {}", account.status);
    let mut findings = vec![match account.status.as_str() {
        "active" => Finding::ok(Area::Cloud, "account", status),
        "warning" => Finding::warning(Area::Cloud, "account", status)
            .because(words)
            .remedy("log in to the provider's control panel and settle what it asks for"),
        _ => Finding::problem(Area::Cloud, "account", status).because(words).remedy(
            "log in to the provider's control panel: nothing can be made until it is active",
        ),
    }];
    let Some(droplets) = droplets else { return findings };
    let used = u64::try_from(droplets).unwrap_or(u64::MAX);
    let text = format!("{used} of {} droplets are in use", account.droplet_limit);
    // The last tenth is where the next launch may be the one that is refused.
    let left = account.droplet_limit.saturating_sub(used);
    findings.push(if left == 0 || left < account.droplet_limit / 10 {
        Finding::warning(Area::Cloud, "droplet_limit", text)
            .remedy("ask the provider for a higher limit before the next launch is refused")
    } else {
        Finding::ok(Area::Cloud, "droplet_limit", text)
    });
    findings
}

/// Whether the zone that launches name by default is the account's; nothing when none is named.
pub fn default_zone(named: &str, zones: &BTreeSet<String>) -> Option<Finding> {
    let named = named.trim_end_matches('.');
    if named.is_empty() {
        return None;
    }
    Some(if zones.iter().any(|zone| zone.eq_ignore_ascii_case(named)) {
        Finding::ok(Area::Cloud, "zone", format!("the account has the zone {named}"))
    } else {
        Finding::warning(Area::Cloud, "zone", format!("the account has no zone {named}"))
            .because("`launch.dns_domain` names it, so launches fail when they come to the name")
            .remedy(format!("doctl compute domain create {named}, or name another zone"))
    })
}

/// `41207 dep-web (203.0.113.7)`.
pub(super) fn describe(droplet: &Droplet) -> String {
    let Droplet { id, name, .. } = droplet;
    match droplet.public_ipv4 {
        Some(address) => format!("droplet {} {name} ({address})", id.0),
        None => format!("droplet {} {name}", id.0),
    }
}

/// Whether the value of an A record is this address.
pub(super) fn is_address(data: &str, address: Ipv4Addr) -> bool {
    data.trim_end_matches('.').parse() == Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Verdict;

    #[test]
    fn an_account_is_judged_by_its_status_and_by_what_it_may_still_make() {
        let verdicts = |status: &str, used| {
            let account = Account {
                email: "ops@example.com".to_owned(),
                droplet_limit: 20,
                status: status.to_owned(),
                status_message: "pay".to_owned(),
            };
            let findings = super::account(&account, used);
            findings.into_iter().map(|finding| finding.verdict).collect::<Vec<_>>()
        };
        assert_eq!(verdicts("active", Some(18)), [Verdict::Ok, Verdict::Ok]);
        assert_eq!(verdicts("active", Some(19)), [Verdict::Ok, Verdict::Warning]);
        assert_eq!(verdicts("warning", Some(20)), [Verdict::Warning, Verdict::Warning]);
        assert_eq!(verdicts("locked", None), [Verdict::Problem]);
    }

    #[test]
    fn a_zone_that_launches_name_must_be_the_accounts() {
        let zones = BTreeSet::from(["Acme.example".to_owned()]);
        let verdict = |named| default_zone(named, &zones).map(|finding| finding.verdict);
        assert_eq!(verdict(""), None);
        assert_eq!(verdict("acme.example."), Some(Verdict::Ok));
        assert_eq!(verdict("other.example"), Some(Verdict::Warning));
    }
}
