//! What is out there that should not be, and what is not there that should.

use std::collections::BTreeSet;

use crate::domain::aggregate::Aggregate;
use crate::domain::deployment::DeploymentState;
use crate::domain::spec::DnsName;
use crate::simulator::world::record::RecordKind;
use crate::simulator::world::truth::Truth;

/// What an audit finds; empty when a deployment is whole, or gone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Findings {
    /// What is there on the deployment's account and should not be.
    pub(super) left: Vec<String>,
    /// What should be there and is not.
    pub(super) missing: Vec<String>,
}

/// An A record: its whole name, its address, its seconds.
type Address = (String, String, u32);

/// Compares the simulated cloud, as it really is, with what the deployment's state says.
pub(super) fn audit(before: &Truth, after: &Truth, deployment: &Aggregate) -> Findings {
    let mut findings = Findings::default();
    let rows: Vec<_> = deployment.resources.values().collect();
    let mut wanted = addresses(before);
    let active = deployment.deployment.state() == DeploymentState::Active;
    if active {
        if rows.is_empty() {
            findings.missing.push("its row in the inventory".to_owned());
        }
        if let (Some(name), Some(row)) = (&deployment.deployment.spec.dns, rows.first()) {
            point(&mut wanted, name, row.ipv4.to_string(), after);
        }
    } else {
        findings
            .left
            .extend(rows.iter().map(|row| format!("inventory row {}", row.key.provider_id)));
    }

    let rows = rows.iter().filter(|_| active);
    let owned: BTreeSet<String> = rows.map(|row| row.key.provider_id.clone()).collect();
    let there: BTreeSet<String> =
        after.droplets.iter().map(|droplet| droplet.id.0.to_string()).collect();
    findings.left.extend(there.difference(&owned).map(|id| format!("droplet {id}")));
    findings.missing.extend(owned.difference(&there).map(|id| format!("droplet {id}")));

    let found = addresses(after);
    let record = |(name, data, _): &Address| format!("record {name} -> {data}");
    findings.left.extend(found.difference(&wanted).map(record));
    findings.missing.extend(wanted.difference(&found).map(record));
    findings
}

/// The A records that really are there.
fn addresses(truth: &Truth) -> BTreeSet<Address> {
    let all = truth.records.iter().flat_map(|(zone, records)| {
        records.iter().map(move |record| (record.qualified_name(zone), record))
    });
    all.filter(|(_, record)| record.kind == RecordKind::A)
        .map(|(name, record)| (name, record.data.clone(), record.ttl))
        .collect()
}

/// The name points at the address and at nothing else; for how long, is the configuration's affair.
fn point(wanted: &mut BTreeSet<Address>, name: &DnsName, address: String, after: &Truth) {
    let name = name.to_string();
    wanted.retain(|(other, ..)| *other != name);
    let seconds = addresses(after)
        .into_iter()
        .find(|(other, data, _)| *other == name && *data == address)
        .map_or(0, |(_, _, seconds)| seconds);
    wanted.insert((name, address, seconds));
}
