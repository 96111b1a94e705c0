//! Compares what the program tells of its deployments with what really is in the cloud.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::home::Home;
use crate::support::simulated::{Record, Simulated};

/// What an audit found.
#[derive(Debug, Default)]
pub(crate) struct Audit {
    /// Every deployment's standing, by its id.
    pub(crate) standings: BTreeMap<String, String>,
    /// What is in the cloud and belongs to no deployment that is up.
    pub(crate) orphans: Vec<String>,
    /// What is there more than once for one deployment.
    pub(crate) doubles: Vec<String>,
    /// What a deployment's state says and its resources do not.
    pub(crate) contradictions: Vec<String>,
}

impl Audit {
    /// Audits everything. `others` are records that must be there beside ours; in place of ours, if
    /// they have the same name.
    pub(crate) fn of(cloud: &Simulated, home: &Home, others: &[Record]) -> Self {
        let mut audit = Self::default();
        let mut droplets: BTreeMap<String, (String, String)> = BTreeMap::new();
        let mut records: BTreeMap<String, Vec<Record>> = BTreeMap::new();
        for record in others {
            records.entry(record.0.clone()).or_default().push(record.clone());
        }
        let is_other = |name: &str| others.iter().any(|record| record.0 == name);
        for row in home.deployments() {
            let text = |field: &str| row[field].as_str().unwrap_or_default().to_owned();
            let (id, slug, state) = (text("id"), text("slug"), text("state"));
            let shown = home.json(&["show", &id, "--json"]);
            let resources = shown["resources"].as_array().unwrap();
            audit.standings.insert(id.clone(), text("standing"));
            if state != "active" {
                let is_gone = resources.is_empty() && shown["leftovers"] == Value::Array(vec![]);
                if state != "cancelled" || !is_gone {
                    audit.contradictions.push(format!("`{id}` is {state}: {shown}"));
                }
                continue;
            }
            let [resource] = resources.as_slice() else {
                audit.contradictions.push(format!("`{id}` is active without one row: {shown}"));
                continue;
            };
            let of = |field: &str| resource[field].as_str().unwrap_or_default().to_owned();
            if of("tenant") != "acme" || of("ipv4") != text("ipv4") {
                audit.contradictions.push(format!("`{id}` is not what its row says: {shown}"));
            }
            droplets.insert(of("provider_id"), (id, format!("dep-{slug}")));
            if !is_other(&slug) {
                records.entry(slug.clone()).or_default().push((slug, of("ipv4"), 300));
            }
        }
        audit.compare_droplets(cloud, droplets);
        audit.compare_records(cloud, records);
        audit
    }

    /// Whether everything is as it must be.
    pub(crate) fn is_clean(&self) -> bool {
        let wrong = [&self.orphans, &self.doubles, &self.contradictions];
        wrong.iter().all(|list| list.is_empty())
    }

    fn compare_droplets(
        &mut self,
        cloud: &Simulated,
        mut expected: BTreeMap<String, (String, String)>,
    ) {
        let names: Vec<_> = expected.values().map(|(_, name)| name.clone()).collect();
        for (id, name) in cloud.droplets() {
            match expected.remove(&id) {
                Some((_, wanted)) if wanted == name => {}
                Some((deployment, _)) => {
                    self.contradictions.push(format!("droplet {id} of `{deployment}` is `{name}`"));
                }
                None if names.contains(&name) => {
                    self.doubles.push(format!("droplet {id} `{name}`"));
                }
                None => self.orphans.push(format!("droplet {id} `{name}`")),
            }
        }
        for (id, (deployment, _)) in expected {
            self.contradictions.push(format!("droplet {id} of `{deployment}` is not there"));
        }
    }

    fn compare_records(&mut self, cloud: &Simulated, mut expected: BTreeMap<String, Vec<Record>>) {
        for record in cloud.records() {
            let Some(wanted) = expected.get_mut(&record.0) else {
                self.orphans.push(format!("record {record:?}"));
                continue;
            };
            match wanted.iter().position(|one| *one == record) {
                Some(place) => drop(wanted.remove(place)),
                None => self.doubles.push(format!("record {record:?}")),
            }
        }
        for record in expected.into_values().flatten() {
            self.contradictions.push(format!("record {record:?} is not there"));
        }
    }
}
