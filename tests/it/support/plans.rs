//! Plans for tests.

use std::num::NonZeroU32;
use std::time::Duration;

use arcadia::domain::saga::plan::{OnFailure, Patience, Plan, PlanStep, StepName};
use arcadia::domain::saga::retry::RetryPolicy;

/// The steps of the provisioning plan, in order.
pub(crate) const STEPS: [&str; 7] = [
    "mark_deployment_provisioning",
    "create_droplet",
    "wait_droplet_active",
    "register_inventory",
    "link_deployment_resource",
    "point_deployment_dns",
    "activate_deployment",
];

/// Those whose compensation is a step of its own; the others have nothing to undo.
pub(crate) const UNDONE: [&str; 5] = [
    "mark_deployment_provisioning",
    "create_droplet",
    "register_inventory",
    "link_deployment_resource",
    "point_deployment_dns",
];

/// A little patience: `tries` tries a second apart at the most, within ten minutes.
pub(crate) fn patience(tries: u32) -> Patience {
    Patience {
        timeout: Duration::from_secs(10),
        deadline: Duration::from_mins(10),
        retry: RetryPolicy {
            tries: NonZeroU32::new(tries).expect("a policy has at least one try"),
            base: Duration::from_secs(1),
            cap: Duration::from_secs(4),
        },
    }
}

/// A plan of steps named `s0`, `s1` and so on; `needs[n]` holds the steps that `n` needs.
pub(crate) fn graph(needs: &[Vec<usize>], undoable: &[bool], on_failure: OnFailure) -> Plan {
    let name = |index: usize| StepName::new(&format!("s{index}"));
    let steps = needs
        .iter()
        .enumerate()
        .map(|(index, needs)| PlanStep {
            name: name(index),
            version: 1,
            needs: needs.iter().copied().map(name).collect(),
            forward: patience(3),
            undo: undoable[index].then(|| patience(2)),
        })
        .collect();
    Plan::new(steps, on_failure).expect("steps only need earlier ones")
}

/// A chain of undoable steps.
pub(crate) fn chain(length: usize, on_failure: OnFailure) -> Plan {
    let needs: Vec<_> =
        (0..length).map(|index| index.checked_sub(1).into_iter().collect()).collect();
    graph(&needs, &vec![true; length], on_failure)
}
