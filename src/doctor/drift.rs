//! Live deployments that are not what the journal says.
//!
//! Drift is only ever told, never repaired here: what differs may be serving somebody, and whether the
//! fact or the journal is right is for a person to say.

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
                "the step that makes it was skipped; look at `arcadia history {name}`"
            ))];
        };
        let listed = self.listing.droplet(id);
        let present = match (self.looks.droplets.get(&id), listed) {
            (Some(Some(droplet)), _) => droplet,
            (None, Some(placed)) => &placed.droplet,
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
            (None, None) => {
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
                    .remedy("somebody rebuilds it; run doctor again when that is over"),
            ),
            DropletStatus::Archive => findings.push(
                self.problem(
                    "droplet_archived",
                    format!("the provider has archived {what} of {name}"),
                )
                .remedy(format!("ask the provider why; arcadia rollback {name} takes it down")),
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
            "a step was skipped; `arcadia history {name}` tells which; launching it anew mends it"
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
                self.problem("zone_gone", text)
                    .remedy("make the zone again, and point the name by hand"),
            ];
        };
        let (Some(listed), Some(address)) = (self.listing.records.get(zone), self.claim.address)
        else {
            return vec![self.unread(dns)];
        };
        let mut records = self.present(zone, dns, listed);
        let aliases = records.iter().filter(|record| record.kind == "CNAME").count();
        records.retain(|record| record.kind == "A");
        let right: Vec<_> =
            records.iter().filter(|record| is_address(&record.data, address)).collect();
        let values: Vec<_> = records.iter().map(|record| record.data.as_str()).collect();
        let all = values.join(", ");
        let put = format!(
            "doctl compute domain records create {zone} --record-type A --record-name {} \
             --record-data {address} --record-ttl {record_ttl}",
            dns.name
        );
        let mut findings = Vec::new();
        match (right.first(), values.len()) {
            (None, 0) => {
                let text = format!("{name} is active, and {dns} has no A record");
                findings.push(self.problem("record_missing", text).remedy(put));
            }
            (None, _) => {
                let text = format!("{dns} points at {all}, and {name} is at {address}");
                findings.push(self.problem("record_elsewhere", text).remedy(format!(
                    "if it is not meant, write {address} over it; if it is, arcadia rollback {name} \
                     leaves the record alone"
                )));
            }
            (Some(record), 1) => findings.extend(self.ttl(dns, record, record_ttl)),
            (Some(_), count) => {
                let text = format!("{dns} has {count} A records: {all}");
                findings.push(
                    self.problem("record_doubled", text)
                        .because("resolvers hand out each of them in turn")
                        .remedy(format!("delete those that are not {address}, or the surplus one")),
                );
            }
        }
        if aliases > 0 {
            let text = format!("{dns} has a CNAME record beside what Arcadia wrote");
            findings.push(
                self.problem("record_alias", text)
                    .remedy("a name with a CNAME must have nothing else: delete one of them"),
            );
        }
        findings
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

    fn ttl(&self, dns: &DnsName, record: &DnsRecord, record_ttl: u32) -> Option<Finding> {
        // A record that was there with the right address was left as it was.
        let found = self.claim.found.iter().flatten().find(|found| found.data == record.data);
        let wanted = found.map_or(record_ttl, |found| found.ttl);
        (record.ttl != wanted).then(|| {
            let text = format!("the TTL of {dns} is {} s, and {wanted} s is expected", record.ttl);
            self.warning("record_ttl", text).remedy(
                "if it is meant, nothing; a long one delays the next change of address by as much",
            )
        })
    }
}

#[cfg(test)]
mod tests;
