//! The end of a case, compared with the model: cloud, names, inventory, deployment, orders, history.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use arcadia::control::Detail;
use arcadia::domain::aggregate::{Entry, Fact};
use arcadia::domain::deployment::{Actor, Transition};
use arcadia::domain::id::CommandId;
use arcadia::domain::saga::event::{EventKind, StepEvent};
use arcadia::domain::saga::plan::Direction;
use arcadia::domain::summary::{Standing, Summary};
use arcadia::journal::Journal;

use crate::crash::chronicle::Chronicle;
use crate::crash::model::{self, Change, End, Row, Who};
use crate::crash::operator::Operator;
use crate::crash::path::Path;
use crate::support::plans::UNDONE;
use crate::support::rig::{Rig, operator as ana};

/// Compares everything that there is with what the model allows.
pub(crate) async fn audit(rig: &Rig, path: &Path, operator: &Operator, chronicle: &Chronicle) {
    assert_eq!(chronicle.wrongs(), [""; 0], "on the way");
    let detail = rig.show(operator.deployment()).await;
    assert_eq!(detail.entries, chronicle.entries(), "the history is what became durable");
    let row = rig.rows().await.remove(0);
    assert_eq!(*row, Summary::of(&detail.aggregate), "the row says what the history says");
    let unfinished = rig.journal.unfinished().await.unwrap();
    assert_eq!(unfinished.is_empty(), row.standing.is_finished(), "{unfinished:?}");

    let end = end_of(rig, &detail, row.standing);
    let allowed = model::ends(path);
    let Some(met) = allowed.iter().find(|one| End { left: Vec::new(), ..(*one).clone() } == end)
    else {
        let history = history(&detail);
        panic!("it came to {end:#?}\nthe model allows {allowed:#?}\nthe history:\n{history}");
    };
    for step in &met.left {
        let named = detail.leftovers.iter().any(|left| left.step.as_str() == *step);
        assert!(named, "the work of {step} is left, and not told: {:?}", detail.leftovers);
    }

    let given = commands(&detail);
    for command in operator.acknowledged.iter().collect::<BTreeSet<_>>() {
        let times = given.iter().filter(|taken| *taken == command).count();
        assert_eq!(times, 1, "{command} was acknowledged, and is {times} times in the history");
    }
    for command in &operator.refused {
        assert!(!given.contains(command), "{command} was refused, and is in the history");
    }
    assert_settled(&detail, row.standing);
}

fn end_of(rig: &Rig, detail: &Detail, standing: Standing) -> End {
    let aggregate = &detail.aggregate;
    let truth = rig.cloud.truth();
    let rows: Vec<_> = aggregate.resources.values().collect();
    assert!(rows.len() <= 1, "{} rows", rows.len());
    let row = match rows.first().map(|row| &row.owner) {
        None => Row::None,
        Some(None) => Row::Free,
        Some(Some(owner)) => {
            assert_eq!(owner.deployment, aggregate.deployment.id);
            Row::Linked
        }
    };
    if let (Some(row), Some(droplet)) = (rows.first(), truth.droplets.first()) {
        assert_eq!(row.key.provider_id, droplet.id.0.to_string());
        assert_eq!(Some(row.ipv4), droplet.public_ipv4);
    }
    let records = rig.cloud.addresses();
    End {
        standing,
        transitions: aggregate.deployment.transitions().iter().map(change).collect(),
        droplets: truth.droplets.len(),
        row,
        records: records.into_iter().map(|(_, address, ttl)| (address, ttl)).collect(),
        orders: orders(detail),
        left: Vec::new(),
    }
}

/// One fact a line.
fn history(detail: &Detail) -> String {
    let mut lines = String::new();
    let begun = detail.entries[0].at;
    for Entry { seq, at, fact } in &detail.entries[1..] {
        let after = begun.until(*at).as_secs_f64();
        writeln!(lines, "{seq:>4} {after:>9.3} s  {fact:?}").unwrap();
    }
    lines
}

fn change(transition: &Transition) -> Change {
    let who = match &transition.actor {
        actor @ Actor::Operator(_) => {
            assert_eq!(*actor, ana());
            Who::Operator
        }
        Actor::Saga(_) => Who::Saga,
        Actor::Api(token) => panic!("`{token}` had nothing to do with it"),
    };
    let reason = match transition.reason.as_str() {
        "launched" => "launched",
        "provisioned" => "provisioned",
        "provision_failed" => "provision_failed",
        "cancelled_by_operator" => "cancelled_by_operator",
        "rolled_back" => "rolled_back",
        "abandoned" => "abandoned",
        other => panic!("no path gives the reason `{other}`"),
    };
    (transition.from, transition.to, reason, who)
}

fn commands(detail: &Detail) -> Vec<CommandId> {
    ordered(detail).map(|(command, _)| command).collect()
}

fn orders(detail: &Detail) -> Vec<&'static str> {
    ordered(detail).map(|(_, verb)| verb).collect()
}

fn ordered(detail: &Detail) -> impl Iterator<Item = (CommandId, &'static str)> {
    detail.entries.iter().filter_map(|entry| match &entry.fact {
        Fact::Saga(EventKind::Ordered { command, order, .. }) => Some((*command, order.verb())),
        Fact::Saga(_) | Fact::Launched(_) | Fact::Deployment(_) | Fact::Resource(_) => None,
    })
}

/// Every step that was started has an outcome, and once the saga has gone back, its undoing has one.
fn assert_settled(detail: &Detail, standing: Standing) {
    let aggregate = &detail.aggregate;
    let back = match standing {
        Standing::Failed | Standing::Cancelled | Standing::RolledBack => true,
        Standing::Active
        | Standing::Abandoned
        | Standing::NeedsYou
        | Standing::RollingBack
        | Standing::Running
        | Standing::Held => false,
    };
    for (planned, step) in aggregate.plan.steps().iter().zip(&aggregate.state.steps) {
        let name = planned.name.as_str();
        assert!(!step.forward.is_running() && !step.undo.is_running(), "{name} is under way");
        if back && step.was_started() && UNDONE.contains(&name) {
            assert!(step.undo.is_settled(), "{name} was started, and is not undone");
        }
        let begun = |direction| started(detail, name, direction);
        if step.was_started() {
            assert_eq!(begun(Direction::Forward), step.forward.attempt, "attempts of {name}");
        }
        assert_eq!(begun(Direction::Undo), step.undo.attempt, "attempts to undo {name}");
    }
}

/// How many attempts the history holds.
fn started(detail: &Detail, wanted: &str, way: Direction) -> u32 {
    let attempts = detail.entries.iter().filter(|entry| match &entry.fact {
        Fact::Saga(EventKind::Step { step, direction, event: StepEvent::Started { .. } }) => {
            step.as_str() == wanted && *direction == way
        }
        Fact::Saga(_) | Fact::Launched(_) | Fact::Deployment(_) | Fact::Resource(_) => false,
    });
    u32::try_from(attempts.count()).unwrap()
}
