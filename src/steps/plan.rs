//! The provisioning plan: the seven steps as a chain, with their patience.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::domain::saga::plan::{OnFailure, Patience, Plan, PlanStep, StepName};
use crate::domain::saga::retry::RetryPolicy;
use crate::steps::{
    activate_deployment, create_droplet, link_deployment_resource, mark_deployment_provisioning,
    point_deployment_dns, register_inventory, wait_droplet_active,
};

/// How patiently the plan is carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanSettings {
    /// For each attempt that calls a provider or writes Arcadia's books: a minute or two of trouble
    /// is no reason to destroy what was made.
    pub calls: Patience,
    /// How long a droplet may take to become active and get its address.
    pub activation_deadline: Duration,
    /// For each compensation: more patient, because what it leaves behind costs money, and nobody
    /// needs to be woken for an hour of trouble at the provider.
    pub compensations: Patience,
}

impl Default for PlanSettings {
    fn default() -> Self {
        let tries = |tries| NonZeroU32::new(tries).expect("a literal that is not zero");
        Self {
            calls: Patience {
                timeout: Duration::from_mins(1),
                deadline: Duration::from_mins(5),
                retry: RetryPolicy {
                    tries: tries(10),
                    base: Duration::from_secs(1),
                    cap: Duration::from_secs(30),
                },
            },
            activation_deadline: Duration::from_mins(8),
            compensations: Patience {
                timeout: Duration::from_mins(1),
                deadline: Duration::from_hours(2),
                retry: RetryPolicy {
                    tries: tries(30),
                    base: Duration::from_secs(1),
                    cap: Duration::from_mins(5),
                },
            },
        }
    }
}

/// The provisioning plan.
pub fn provisioning(settings: &PlanSettings, on_failure: OnFailure) -> Plan {
    let waits = Patience { deadline: settings.activation_deadline, ..settings.calls.clone() };
    let undone = Some(settings.compensations.clone());
    let chain = [
        (mark_deployment_provisioning::NAME, settings.calls.clone(), undone.clone()),
        (create_droplet::NAME, settings.calls.clone(), undone.clone()),
        (wait_droplet_active::NAME, waits, None),
        (register_inventory::NAME, settings.calls.clone(), undone.clone()),
        (link_deployment_resource::NAME, settings.calls.clone(), undone.clone()),
        (point_deployment_dns::NAME, settings.calls.clone(), undone),
        (activate_deployment::NAME, settings.calls.clone(), None),
    ];
    let mut before: Option<StepName> = None;
    let steps = chain
        .into_iter()
        .map(|(name, forward, undo)| {
            let name = StepName::new(name);
            let needs = before.replace(name.clone()).into_iter().collect();
            PlanStep { name, version: 1, needs, forward, undo }
        })
        .collect();
    Plan::new(steps, on_failure).expect("a chain of seven different names is a plan")
}
