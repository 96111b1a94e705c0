//! What `--fix` will do: nothing but to remove orphans, and of those only the certain ones unless the
//! operator chose more.

use std::collections::BTreeSet;
use std::fmt;

use crate::domain::id::{DeploymentId, SagaId};
use crate::providers::{DnsRecord, Droplet};

/// How far `--fix` may go.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// What becomes of droplets whose saga this journal has never heard of.
    pub strangers: Strangers,
    /// Droplets that the operator named, by the provider's id: they go although they are only
    /// suspected.
    pub named: BTreeSet<u64>,
}

/// What becomes of droplets whose saga this journal has never heard of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strangers {
    /// They may be a colleague's: they stay.
    #[default]
    Stay,
    /// The operator says that no other journal uses this account: they go.
    Go,
}

/// Something that nothing owns, as the provider has just shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    /// What it is.
    pub thing: Thing,
    /// How certain it is that nobody wants it.
    pub certainty: Certainty,
    /// On what grounds.
    pub evidence: String,
    /// The saga that made it.
    pub saga: Option<SagaId>,
    /// That saga's deployment, when this journal knows it.
    pub deployment: Option<DeploymentId>,
}

/// What nothing owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Thing {
    /// A droplet.
    Droplet(Droplet),
    /// An A record.
    Record {
        /// Its zone.
        zone: String,
        /// Its fully qualified name.
        name: String,
        /// The record.
        record: DnsRecord,
    },
}

/// How certain it is that nobody wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// Its saga ended and says that nothing is left of it.
    Certain,
    /// An operator left it behind on purpose.
    LeftBehind,
    /// This journal has never heard of its saga.
    Stranger,
    /// Nobody can say from its marks whose it is.
    Unclear,
    /// It is ours, and more than removing it is to be thought of.
    AdviseOnly,
}

/// One act of `--fix`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// What is removed.
    pub orphan: Orphan,
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.orphan.thing {
            thing @ Thing::Droplet(_) => write!(f, "destroy {thing}, ALL ITS DATA IS LOST"),
            thing @ Thing::Record { .. } => write!(f, "delete {thing}"),
        }
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Droplet(droplet) => f.write_str(&crate::doctor::cloud::describe(droplet)),
            Self::Record { name, record, .. } => {
                write!(f, "record {} A {name} -> {}", record.id.0, record.data)
            }
        }
    }
}

/// What `--fix` will do, in order: names first, so that none points at an address that soon belongs
/// to somebody else.
pub fn plan(orphans: &[Orphan], choice: &Choice) -> Vec<Act> {
    let chosen = orphans.iter().filter(|orphan| is_chosen(orphan, choice));
    let (records, droplets): (Vec<_>, Vec<_>) =
        chosen.cloned().partition(|orphan| matches!(orphan.thing, Thing::Record { .. }));
    records.into_iter().chain(droplets).map(|orphan| Act { orphan }).collect()
}

fn is_chosen(orphan: &Orphan, choice: &Choice) -> bool {
    let is_named = match &orphan.thing {
        Thing::Droplet(droplet) => choice.named.contains(&droplet.id.0),
        Thing::Record { .. } => false,
    };
    match orphan.certainty {
        Certainty::Certain => true,
        Certainty::Stranger => is_named || choice.strangers == Strangers::Go,
        Certainty::LeftBehind | Certainty::Unclear => is_named,
        Certainty::AdviseOnly => false,
    }
}
