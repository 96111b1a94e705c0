//! The written form of one line of a history.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::aggregate::{Entry, Fact, Launch};
use crate::domain::time::Timestamp;
use crate::journal::record::deployment::TransitionRecord;
use crate::journal::record::malformed::Malformed;
use crate::journal::record::plan::PlanRecord;
use crate::journal::record::resource::ResourceEventRecord;
use crate::journal::record::saga::EventRecord;
use crate::journal::record::spec::SpecRecord;

#[derive(Serialize, Deserialize)]
pub(super) struct EntryRecord {
    seq: u64,
    at: i64,
    fact: FactRecord,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FactRecord {
    Launched(Box<LaunchRecord>),
    Saga(EventRecord),
    Deployment(TransitionRecord),
    Resource(ResourceEventRecord),
}

#[derive(Serialize, Deserialize)]
struct LaunchRecord {
    deployment: String,
    saga: String,
    spec: SpecRecord,
    plan: PlanRecord,
    by: String,
}

impl From<&Entry> for EntryRecord {
    fn from(entry: &Entry) -> Self {
        let fact = match &entry.fact {
            Fact::Launched(launch) => FactRecord::Launched(Box::new(LaunchRecord::from(&**launch))),
            Fact::Saga(kind) => FactRecord::Saga(kind.into()),
            Fact::Deployment(transition) => FactRecord::Deployment(transition.into()),
            Fact::Resource(event) => FactRecord::Resource(event.into()),
        };
        Self { seq: entry.seq, at: entry.at.as_millis(), fact }
    }
}

impl TryFrom<EntryRecord> for Entry {
    type Error = Malformed;

    fn try_from(record: EntryRecord) -> Result<Self, Malformed> {
        let fact = match record.fact {
            FactRecord::Launched(launch) => Fact::Launched(Box::new(Launch::try_from(*launch)?)),
            FactRecord::Saga(event) => Fact::Saga(event.try_into()?),
            FactRecord::Deployment(transition) => Fact::Deployment(transition.try_into()?),
            FactRecord::Resource(event) => Fact::Resource(event.try_into()?),
        };
        Ok(Self { seq: record.seq, at: Timestamp::from_millis(record.at), fact })
    }
}

impl From<&Launch> for LaunchRecord {
    fn from(launch: &Launch) -> Self {
        Self {
            deployment: launch.deployment.to_string(),
            saga: launch.saga.to_string(),
            spec: launch.spec.as_ref().into(),
            plan: launch.plan.as_ref().into(),
            by: launch.by.to_string(),
        }
    }
}

impl TryFrom<LaunchRecord> for Launch {
    type Error = Malformed;

    fn try_from(record: LaunchRecord) -> Result<Self, Malformed> {
        Ok(Self {
            deployment: record.deployment.parse()?,
            saga: record.saga.parse()?,
            spec: Arc::new(record.spec.into()),
            plan: Arc::new(record.plan.try_into()?),
            by: record.by.parse()?,
        })
    }
}
