//! What is drilled, and which part of it.

use std::error::Error;
use std::num::NonZeroUsize;
use std::sync::Arc;

use crate::clock::{Chance, Clock};
use crate::domain::saga::plan::OnFailure;
use crate::domain::spec::{DeploymentSpec, DnsName};
use crate::engine::Planner;
use crate::providers::{Compute, Dns};
use crate::simulator::world::Timings;
use crate::steps::Registry;

/// The zone of the private cloud, and the name that is launched in it.
const ZONE: &str = "drill.example";
const NAME: &str = "web";

/// The machines and names of a run.
pub type Providers = (Arc<dyn Compute>, Arc<dyn Dns>);

/// Makes a client for the cloud at an address.
pub type Connect = Arc<
    dyn Fn(String, &Clock, &Chance) -> Result<Providers, Box<dyn Error + Send + Sync>>
        + Send
        + Sync,
>;

/// Makes the steps that a plan names.
pub type MakeRegistry = Arc<dyn Fn(&Arc<dyn Compute>, &Arc<dyn Dns>) -> Registry + Send + Sync>;

/// What is drilled.
#[derive(Clone)]
pub struct Setup {
    /// Makes the plan.
    pub planner: Planner,
    /// Makes its steps.
    pub registry: MakeRegistry,
    /// Makes the client; it is given the address of a private simulated cloud, and no other.
    pub connect: Connect,
    /// What the plan does when a step fails for good.
    pub on_failure: OnFailure,
    /// How many calls may be under way at once.
    pub calls_at_once: NonZeroUsize,
    /// How many sagas may go forward at once.
    pub max_sagas: NonZeroUsize,
    /// How long things take at the simulated cloud.
    pub timings: Timings,
    /// Where all chance comes from: the same seed, the same run.
    pub seed: u64,
}

/// Which part of it is drilled: every case whose name begins with this; none is all.
pub type Only = Option<String>;

/// What is launched.
pub(super) fn spec() -> DeploymentSpec {
    DeploymentSpec {
        tenant: "drill".to_owned(),
        slug: NAME.to_owned(),
        display_name: NAME.to_owned(),
        region: "syd1".to_owned(),
        size: "s-1vcpu-1gb".to_owned(),
        image: "ubuntu-24-04-x64".to_owned(),
        dns: Some(DnsName { domain: ZONE.to_owned(), name: NAME.to_owned() }),
        ssh_keys: Vec::new(),
        user_data: None,
        droplet_name: format!("dep-{NAME}"),
        triggered_by: None,
    }
}
