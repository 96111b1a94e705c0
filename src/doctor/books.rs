//! What the journal says that is out there, and whose it is.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use crate::doctor::marks;
use crate::domain::aggregate::Aggregate;
use crate::domain::deployment::DeploymentState;
use crate::domain::id::{DeploymentId, SagaId};
use crate::domain::resource::Resource;
use crate::domain::saga::state::{Stage, StepState};
use crate::domain::spec::DnsName;
use crate::domain::summary::{Standing, Summary};
use crate::domain::time::Timestamp;
use crate::providers::{Droplet, DropletId, DropletStatus, RecordDraft, RecordId};
use crate::steps::{
    StepError, create_droplet, output_of, point_deployment_dns, wait_droplet_active,
};

/// Every deployment that the journal knows, by its saga; and whether those are all.
#[derive(Debug, Clone, Default)]
pub struct Books {
    entries: BTreeMap<SagaId, Entry>,
    opaque: BTreeSet<SagaId>,
    nameless: usize,
}

/// What the journal says of one deployment.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The deployment.
    pub deployment: DeploymentId,
    /// `tenant/slug`.
    pub name: String,
    /// The fully qualified name that was asked for, in lower case.
    pub dns_name: Option<String>,
    /// Who owns what its saga made.
    pub ownership: Ownership,
    /// How its saga stands.
    pub standing: Standing,
    /// When its saga ended.
    pub ended_at: Option<Timestamp>,
    /// When something last happened.
    pub changed_at: Timestamp,
    /// What its saga made.
    pub claim: Claim,
}

/// Who owns what a saga made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// The saga, which has not ended.
    Saga,
    /// The deployment, which is up.
    Deployment,
    /// Nobody: the saga ended, and says that it left nothing behind.
    Nobody,
    /// Nobody: an operator ended the saga as it was, or skipped the undoing of a step.
    LeftBehind,
}

/// What a saga made, as its steps recorded it.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The droplet that it made.
    pub droplet: Option<DropletId>,
    /// The droplet's address.
    pub address: Option<Ipv4Addr>,
    /// Region slug that was asked for.
    pub region: String,
    /// Size slug that was asked for.
    pub size: String,
    /// Image slug that was asked for.
    pub image: String,
    /// The name that points at it.
    pub dns: Option<DnsName>,
    /// The record that points at it.
    pub record: Option<RecordId>,
    /// The name's A records before it wrote any; nothing when it never came so far.
    pub found: Option<Vec<RecordDraft>>,
    /// Its rows in the inventory.
    pub rows: Vec<Resource>,
}

impl Claim {
    /// Whether a droplet is up, at the address that it was given.
    pub fn is_met_by(&self, droplet: &Droplet) -> bool {
        droplet.status == DropletStatus::Active && droplet.public_ipv4 == self.address
    }
}

impl Books {
    /// Adds a deployment that was read from its history. `unfinished` are the sagas that have not
    /// ended, which the journal keeps apart.
    pub fn add(&mut self, aggregate: &Aggregate, unfinished: &BTreeSet<SagaId>) {
        // What its steps recorded does not read, so nobody can say what is whose.
        let Ok(claim) = Claim::of(aggregate) else { return self.add_opaque(aggregate.saga) };
        let mut entry = Entry::of(&Summary::of(aggregate), claim);
        let is_skipped = |step: &StepState| matches!(step.undo.stage, Stage::Skipped { .. });
        let kept = aggregate.state.steps.iter().any(|step| is_skipped(step));
        if entry.ownership == Ownership::Nobody && kept {
            entry.ownership = Ownership::LeftBehind;
        }
        if unfinished.contains(&aggregate.saga) {
            entry.ownership = Ownership::Saga;
        }
        self.entries.insert(aggregate.saga, entry);
    }

    /// Books of these entries.
    #[cfg(test)]
    pub(super) fn of_entries(entries: impl IntoIterator<Item = (SagaId, Entry)>) -> Self {
        Self { entries: entries.into_iter().collect(), ..Self::default() }
    }

    /// Adds a saga whose history makes no sense: nothing of it is ever touched.
    pub fn add_opaque(&mut self, saga: SagaId) {
        self.opaque.insert(saga);
    }

    /// Adds something of which nobody can say whose it is: perhaps of a deployment that nothing else tells
    /// of.
    pub fn add_nameless(&mut self) {
        self.nameless += 1;
    }

    /// Whether the saga of every deployment is known. If not, a strange mark may be one of ours: this is
    /// what keeps a droplet with such a mark from being removed, by name or not.
    pub fn know_every_saga(&self) -> bool {
        self.nameless == 0
    }

    /// Whether the saga is known, and nothing else about it.
    pub fn is_opaque(&self, saga: SagaId) -> bool {
        self.opaque.contains(&saga)
    }

    /// Whether the saga is known, however little of it.
    pub fn have_heard_of(&self, saga: SagaId) -> bool {
        self.entries.contains_key(&saga) || self.is_opaque(saga)
    }

    /// Whether every history makes sense. If not, a name may be owned without the books saying so.
    pub fn are_whole(&self) -> bool {
        self.opaque.is_empty() && self.know_every_saga()
    }

    /// Every deployment, by its saga.
    pub fn entries(&self) -> impl Iterator<Item = (SagaId, &Entry)> {
        self.entries.iter().map(|(saga, entry)| (*saga, entry))
    }

    /// The deployment of a saga; none when this journal has never heard of it.
    pub fn of(&self, saga: SagaId) -> Option<&Entry> {
        self.entries.get(&saga)
    }

    /// The live deployments with what they claim.
    pub fn live(&self) -> impl Iterator<Item = (SagaId, &Entry, &Claim)> {
        self.entries().filter_map(|(saga, entry)| match entry.ownership {
            Ownership::Deployment => Some((saga, entry, &entry.claim)),
            Ownership::Saga | Ownership::Nobody | Ownership::LeftBehind => None,
        })
    }

    /// Whether a live deployment or a saga that has not ended recorded this droplet as its own.
    pub fn own_droplet(&self, id: DropletId) -> bool {
        self.owners().any(|(_, entry)| entry.claim.droplet == Some(id))
    }

    /// The live deployment, or the one whose saga has not ended, that recorded this droplet as its own, or
    /// whose mark it carries.
    pub fn owner_of(&self, droplet: &Droplet) -> Option<&Entry> {
        let sagas: BTreeSet<_> = marks::sagas(droplet).collect();
        let recorded = self.owners().find(|(_, entry)| entry.claim.droplet == Some(droplet.id));
        let marked = || self.owners().find(|(saga, _)| sagas.contains(saga));
        recorded.or_else(marked).map(|(_, entry)| entry)
    }

    /// Whether a live deployment or a saga that has not ended asked for this name.
    pub fn owns_name(&self, qualified: &str) -> bool {
        self.owners().any(|(_, entry)| entry.dns_name.as_deref() == Some(qualified))
    }

    /// The live deployments, and those whose sagas have not ended.
    fn owners(&self) -> impl Iterator<Item = (SagaId, &Entry)> {
        self.entries().filter(|(_, entry)| match entry.ownership {
            Ownership::Saga | Ownership::Deployment => true,
            Ownership::Nobody | Ownership::LeftBehind => false,
        })
    }
}

impl Entry {
    fn of(row: &Summary, claim: Claim) -> Self {
        Self {
            deployment: row.deployment,
            name: row.name(),
            dns_name: row.dns_name.as_ref().map(|name| name.to_ascii_lowercase()),
            ownership: ownership(row),
            standing: row.standing,
            ended_at: row.ended_at,
            changed_at: row.changed_at,
            claim,
        }
    }

    /// `acme/web, rolled back since 2024-…`.
    pub fn describe(&self) -> String {
        let standing = self.standing.as_str().replace('_', " ");
        match self.ended_at {
            Some(at) => format!("{}, {standing} since {at}", self.name),
            None => format!("{}, {standing}", self.name),
        }
    }
}

fn ownership(row: &Summary) -> Ownership {
    match row.standing {
        Standing::NeedsYou | Standing::RollingBack | Standing::Running | Standing::Held => {
            Ownership::Saga
        }
        Standing::Active => match row.state {
            DeploymentState::Active | DeploymentState::Paused => Ownership::Deployment,
            DeploymentState::Provisioning
            | DeploymentState::Cancelled
            | DeploymentState::Archived => Ownership::LeftBehind,
        },
        Standing::Failed | Standing::Cancelled | Standing::RolledBack => Ownership::Nobody,
        Standing::Abandoned => Ownership::LeftBehind,
    }
}

impl Claim {
    fn of(past: &Aggregate) -> Result<Self, StepError> {
        let spec = &past.deployment.spec;
        let droplet: Option<create_droplet::Output> = output_of(past, create_droplet::NAME)?;
        let waited: Option<wait_droplet_active::Output> =
            output_of(past, wait_droplet_active::NAME)?;
        let pointed: Option<point_deployment_dns::Output> =
            output_of(past, point_deployment_dns::NAME)?;
        Ok(Self {
            droplet: droplet.map(|output| DropletId(output.droplet_id)),
            address: waited.map(|output| output.ipv4),
            region: spec.region.clone(),
            size: spec.size.clone(),
            image: spec.image.clone(),
            dns: spec.dns.clone(),
            record: pointed.and_then(|output| output.record_id).map(RecordId),
            found: point_deployment_dns::found(past)?,
            rows: past.resources.values().cloned().collect(),
        })
    }
}
