//! Live deployments that are not what the journal says.
//!
//! Drift is only ever told, never repaired here: what differs may be serving somebody, and whether the
//! fact or the journal is right is for a person to say. A record that was deleted may have been, to take
//! traffic away; a droplet that is off may be off to be saved; and what the doctor wrote would be in no
//! history, so that no rollback took it down. So each finding says the very command for each way out.

use std::net::Ipv4Addr;

use crate::doctor::books::{Books, Claim, Entry};
use crate::doctor::cloud::{Listing, Looks, describe, is_address};
use crate::doctor::finding::{Area, Finding, Subject};
use crate::doctor::names;
use crate::domain::id::SagaId;
use crate::domain::spec::DnsName;
use crate::providers::{DnsRecord, Droplet, DropletStatus};
use crate::steps::Marks;

/// What is told of the live deployments. `record_ttl` is what Arcadia writes, in seconds.
pub fn judge(books: &Books, listing: &Listing, looks: &Looks, record_ttl: u32) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut live = 0;
    for (saga, entry, claim) in books.live() {
        live += 1;
        let case = Case { saga, entry, claim, listing, looks };
        findings.extend(case.droplet());
        findings.extend(case.inventory());
        if let Some(dns) = &claim.dns {
            findings.extend(case.name(dns, record_ttl));
        }
    }
    if findings.is_empty() {
        let text = match live {
            0 => "there are no live deployments".to_owned(),
            1 => "the live deployment is what the journal says".to_owned(),
            _ => format!("all {live} live deployments are what the journal says"),
        };
        findings.push(Finding::ok(Area::Drift, "none", text));
    }
    findings
}

/// One live deployment.
struct Case<'a> {
    saga: SagaId,
    entry: &'a Entry,
    claim: &'a Claim,
    listing: &'a Listing,
    looks: &'a Looks,
}

impl Case<'_> {
    fn problem(&self, check: &'static str, text: String) -> Finding {
        Finding::problem(Area::Drift, check, text).about(self.subject())
    }

    fn warning(&self, check: &'static str, text: String) -> Finding {
        Finding::warning(Area::Drift, check, text).about(self.subject())
    }

    fn subject(&self) -> Subject {
        Subject::Deployment { name: self.entry.name.clone() }
    }

    fn droplet(&self) -> Vec<Finding> {
        let name = &self.entry.name;
        let Some(id) = self.claim.droplet else {
            let text = format!("{name} is active, and the journal knows no droplet of it");
            return vec![self.problem("droplet_unknown", text).remedy(format!(
                "arcadia history {name} tells who skipped the step that makes it; arcadia rollback \
                 {name} takes the rest down; then launch it again"
            ))];
        };
        let listed = self.listing.droplet(id);
        let present = match (self.looks.droplets.get(&id), listed) {
            (Some(Some(droplet)), _) => droplet,
            // A listing may lag: what is not as it should be in it is believed of the droplet itself alone.
            (None, Some(placed)) if self.claim.is_met_by(&placed.droplet) => &placed.droplet,
            (Some(None), _) => {
                let text = format!("{name} is active, and its droplet {} is gone", id.0);
                let remedy =
                    format!("arcadia rollback {name} takes the rest down; then launch it again");
                return vec![
                    self.problem("droplet_gone", text)
                        .because("the provider answers 404 for it")
                        .remedy(remedy),
                ];
            }
            (None, Some(_) | None) => {
                let text = format!("droplet {} of {name} could not be looked at", id.0);
                let finding = Finding::not_checked(Area::Drift, "look", text);
                return vec![finding.about(self.subject())];
            }
        };
        let mut findings: Vec<_> = self.condition(present).into_iter().collect();
        if let Some(placed) = listed {
            findings.extend(self.placement(&[
                ("region", &self.claim.region, placed.region.as_slice()),
                ("size", &self.claim.size, placed.size.as_slice()),
                ("image", &self.claim.image, &placed.image),
            ]));
        }
        findings
    }

    /// Whether the droplet runs, where it is reached, and whether it carries the mark.
    fn condition(&self, droplet: &Droplet) -> Vec<Finding> {
        let (name, what) = (&self.entry.name, describe(droplet));
        let id = droplet.id.0;
        let mut findings = Vec::new();
        match droplet.status {
            DropletStatus::Active => {}
            DropletStatus::Off => findings.push(
                self.problem("droplet_off", format!("{what} of {name} is powered off")).remedy(
                    format!(
                        "doctl compute droplet-action power-on {id}, or arcadia rollback {name}"
                    ),
                ),
            ),
            DropletStatus::New => findings.push(
                self.warning("droplet_new", format!("{what} of {name} is being made anew"))
                    .remedy(format!(
                        "somebody rebuilds it: wait, and see with: doctl compute droplet get {id}; then: \
                         arcadia doctor"
                    )),
            ),
            DropletStatus::Archive => findings.push(
                self.problem(
                    "droplet_archived",
                    format!("the provider has archived {what} of {name}"),
                )
                .remedy(format!(
                    "ask the provider why: doctl compute droplet get {id}; arcadia rollback {name} \
                     takes it down"
                )),
            ),
        }
        if let (Some(claimed), found) = (self.claim.address, droplet.public_ipv4)
            && found != Some(claimed)
        {
            let found = found.map_or_else(|| "none".to_owned(), |address| address.to_string());
            let text = format!("the address of {name} is {found}, and was {claimed}");
            findings.push(self.problem("address", text).remedy(format!(
                "journal, inventory and name still say {claimed}: arcadia rollback {name}, and \
                 launch it again; or give the droplet its address back"
            )));
        }
        let tag = Marks::saga_tag(self.saga);
        if !droplet.tags.iter().any(|carried| carried.eq_ignore_ascii_case(&tag)) {
            let text = format!("{what} of {name} lost its mark");
            findings.push(self.warning("mark", text).remedy(format!(
                "doctl compute droplet tag {id} --tag-name {tag}: a rollback looks for it"
            )));
        }
        findings
    }

    /// What was asked for, against what there is; nothing is said of what the provider does not say.
    fn placement(&self, facts: &[(&'static str, &String, &[String])]) -> Vec<Finding> {
        let differs = |(_, asked, found): &&(&str, &String, &[String])| {
            !found.is_empty() && !found.contains(asked)
        };
        let tell = |(what, asked, found): &(&'static str, &String, &[String])| {
            let name = &self.entry.name;
            let found = found.first().map_or("", String::as_str);
            self.warning(
                what,
                format!("the {what} of {name} is {found}, and {asked} was asked for"),
            )
            .remedy(format!(
                "if it is meant, nothing: the journal keeps what was asked for; if not, \
                     arcadia rollback {name} and launch it again"
            ))
        };
        facts.iter().filter(differs).map(tell).collect()
    }

    fn inventory(&self) -> Vec<Finding> {
        let name = &self.entry.name;
        let Some(id) = self.claim.droplet else { return Vec::new() };
        let row = self.claim.rows.iter().find(|row| row.key.provider_id == id.0.to_string());
        let wrong = match row {
            None => "has no row".to_owned(),
            Some(row) if Some(row.ipv4) != self.claim.address && self.claim.address.is_some() => {
                format!("has a row with the address {}", row.ipv4)
            }
            Some(row)
                if row.owner.as_ref().map(|owner| owner.deployment)
                    != Some(self.entry.deployment) =>
            {
                "has a row without its owner".to_owned()
            }
            Some(_) => return Vec::new(),
        };
        let text = format!("droplet {} of {name} {wrong} in the inventory", id.0);
        vec![self.warning("inventory", text).remedy(format!(
            "arcadia history {name} tells who skipped a step; nothing is served worse by it; arcadia \
             rollback {name} and another launch mend it"
        ))]
    }

    fn name(&self, dns: &DnsName, record_ttl: u32) -> Vec<Finding> {
        let name = &self.entry.name;
        let Some(zone) = names::zone_in(self.listing, dns) else {
            if self.listing.zones.is_none() {
                return vec![self.unread(dns)];
            }
            let text = format!("{name} has the name {dns}, and the zone {} is gone", dns.domain);
            return vec![
                self.problem("zone_gone", text).remedy(format!(
                    "doctl compute domain create {}; then arcadia doctor says how to point the name; or \
                     arcadia rollback {name}",
                    dns.domain
                )),
            ];
        };
        let (Some(listed), Some(address)) = (self.listing.records.get(zone), self.claim.address)
        else {
            return vec![self.unread(dns)];
        };
        let (records, mut aliases): (Vec<_>, Vec<_>) =
            self.present(zone, dns, listed).into_iter().partition(|record| record.kind == "A");
        // Mail, texts and the like are somebody else's, and stand beside an address in peace.
        aliases.retain(|record| record.kind == "CNAME");
        let mut findings = self.addresses(zone, dns, &records, (address, record_ttl));
        if !aliases.is_empty() {
            let text = format!("{dns} has a CNAME record beside what Arcadia wrote");
            findings.push(
                self.problem("record_alias", text)
                    .because("a name with a CNAME must have nothing else")
                    .remedy(format!(
                        "{}; or, if the alias is meant, arcadia rollback {name}",
                        delete(zone, &aliases)
                    )),
            );
        }
        findings
    }

    /// The A records of the name, against the address that it must have.
    fn addresses(
        &self,
        zone: &str,
        dns: &DnsName,
        records: &[DnsRecord],
        (address, record_ttl): (Ipv4Addr, u32),
    ) -> Vec<Finding> {
        let name = &self.entry.name;
        let right = records.iter().filter(|record| is_address(&record.data, address));
        // The journaled one is kept when there are several.
        let kept = right.max_by_key(|record| Some(record.id) == self.claim.record);
        let rest: Vec<_> = records
            .iter()
            .filter(|record| Some(record.id) != kept.map(|kept| kept.id))
            .cloned()
            .collect();
        let values: Vec<_> = records.iter().map(|record| record.data.as_str()).collect();
        let all = values.join(", ");
        match (kept, rest.as_slice()) {
            (None, []) => {
                let text = format!("{name} is active, and {dns} has no A record");
                let remedy = format!(
                    "doctl compute domain records create {zone} --record-type A --record-name {} \
                     --record-data {address} --record-ttl {record_ttl}; or, if it was taken away on \
                     purpose, arcadia rollback {name}",
                    dns.name
                );
                vec![self.problem("record_missing", text).remedy(remedy)]
            }
            (None, [first, surplus @ ..]) => {
                let text = format!("{dns} points at {all}, and {name} is at {address}");
                let update = update(zone, first, &format!("--record-data {address}"));
                let surplus = match surplus {
                    [] => String::new(),
                    surplus => format!(", and {}", delete(zone, surplus)),
                };
                vec![self.problem("record_elsewhere", text).remedy(format!(
                    "if it is not meant: {update}{surplus}; if it is, arcadia rollback {name} leaves the \
                     record alone"
                ))]
            }
            (Some(kept), []) => self.ttl((zone, dns), kept, record_ttl).into_iter().collect(),
            (Some(_), surplus) => {
                let text = format!("{dns} has {} A records: {all}", records.len());
                vec![
                    self.problem("record_doubled", text)
                        .because("resolvers hand out each of them in turn")
                        .remedy(delete(zone, surplus)),
                ]
            }
        }
    }

    fn unread(&self, dns: &DnsName) -> Finding {
        let text = format!("the records of {dns} could not be read");
        Finding::not_checked(Area::Drift, "look", text).about(self.subject())
    }

    /// The records of the name: as listed, but for the journaled one, which was looked at by its id.
    fn present(&self, zone: &str, dns: &DnsName, listed: &[DnsRecord]) -> Vec<DnsRecord> {
        let wanted = dns.to_string().to_ascii_lowercase();
        let mut records: Vec<_> = listed.to_vec();
        if let Some(id) = self.claim.record
            && let Some(look) = self.looks.records.get(&(zone.to_owned(), id))
        {
            records.retain(|record| record.id != id);
            records.extend(look.clone());
        }
        records.retain(|record| names::qualified(zone, record) == wanted);
        records
    }

    fn ttl(
        &self,
        (zone, dns): (&str, &DnsName),
        record: &DnsRecord,
        record_ttl: u32,
    ) -> Option<Finding> {
        // A record that was there with the right address was left as it was.
        let found = self.claim.found.iter().flatten().find(|found| found.data == record.data);
        let wanted = found.map_or(record_ttl, |found| found.ttl);
        (record.ttl != wanted).then(|| {
            let text = format!("the TTL of {dns} is {} s, and {wanted} s is expected", record.ttl);
            self.warning("record_ttl", text).remedy(format!(
                "if it is meant, nothing; a long one delays the next change of address by as much: {}",
                update(zone, record, &format!("--record-ttl {wanted}"))
            ))
        })
    }
}

/// The command that changes a record.
fn update(zone: &str, record: &DnsRecord, change: &str) -> String {
    format!("doctl compute domain records update {zone} --record-id {} {change}", record.id.0)
}

/// The command that removes records.
fn delete(zone: &str, records: &[DnsRecord]) -> String {
    let ids: Vec<_> = records.iter().map(|record| record.id.0.to_string()).collect();
    format!("doctl compute domain records delete {zone} {}", ids.join(" "))
}

#[cfg(test)]
mod tests;
