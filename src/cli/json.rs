//! What programs read: types of their own, so that no change inside changes them by accident.
//!
//! Every document carries `"v":1`. Fields are added, never renamed or given another meaning.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::cli::describe;
use crate::cli::exit::Exit;
use crate::control::{Detail, NumberedLine};
use crate::domain::aggregate::{Entry as DomainEntry, Fact};
use crate::domain::failure::{Effect, Failure};
use crate::domain::id::DeploymentId;
use crate::domain::resource::ResourceEvent;
use crate::domain::saga::event::{EventKind, Order, StepEvent};
use crate::domain::saga::state::Lane;
use crate::domain::summary::{Activity, StepMark, Summary};
use crate::domain::undo_preview::Loss;

/// The version of all documents.
const VERSION: u32 = 1;

/// `arcadia list --json`.
#[derive(Serialize)]
pub(crate) struct List {
    v: u32,
    deployments: Vec<Row>,
}

impl List {
    pub(crate) fn of<'a>(summaries: impl Iterator<Item = &'a Summary>) -> Self {
        Self { v: VERSION, deployments: summaries.map(Row::of).collect() }
    }
}

/// One deployment of a list.
#[derive(Serialize)]
pub(crate) struct Row {
    id: String,
    saga: String,
    name: String,
    tenant: String,
    slug: String,
    region: String,
    size: String,
    ipv4: Option<String>,
    state: &'static str,
    standing: &'static str,
    steps: Vec<&'static str>,
    focus: Option<Focus>,
    why: Option<String>,
    taken: Option<Taken>,
    launched_at: String,
    changed_at: String,
    ended_at: Option<String>,
}

impl Row {
    fn of(summary: &Summary) -> Self {
        Self {
            id: summary.deployment.to_string(),
            saga: summary.saga.to_string(),
            name: summary.name(),
            tenant: summary.tenant.clone(),
            slug: summary.slug.clone(),
            region: summary.region.clone(),
            size: summary.size.clone(),
            ipv4: summary.ipv4.map(|address| address.to_string()),
            state: summary.state.as_str(),
            standing: summary.standing.as_str(),
            steps: summary.marks.iter().copied().map(StepMark::as_str).collect(),
            focus: summary.focus.as_ref().map(Focus::of),
            why: summary.why.clone(),
            taken: summary.taken.as_ref().map(Taken::of),
            launched_at: summary.launched_at.to_string(),
            changed_at: summary.changed_at.to_string(),
            ended_at: summary.ended_at.map(|at| at.to_string()),
        }
    }
}

/// Who sees to it, and since when.
#[derive(Serialize)]
struct Taken {
    by: String,
    at: String,
}

impl Taken {
    fn of(taken: &crate::domain::saga::state::Taken) -> Self {
        Self { by: taken.by.to_string(), at: taken.at.to_string() }
    }
}

#[derive(Serialize)]
struct Focus {
    step: String,
    direction: String,
    attempt: u32,
    tries: u32,
    activity: &'static str,
    note: Option<String>,
    at: String,
}

impl Focus {
    fn of(focus: &crate::domain::summary::Focus) -> Self {
        let (activity, note, at) = match &focus.activity {
            Activity::Calling { since } => ("calling", None, since),
            Activity::Waiting { until, note, .. } => ("waiting", Some(note), until),
            Activity::Retrying { at, error, .. } => ("retrying", Some(error), at),
            Activity::GaveUp { at, error } => ("gave_up", Some(error), at),
        };
        Self {
            step: focus.step.to_string(),
            direction: focus.direction.to_string(),
            attempt: focus.attempt,
            tries: focus.tries,
            activity,
            note: note.cloned(),
            at: at.to_string(),
        }
    }
}

/// `arcadia show --json`.
#[derive(Serialize)]
pub(crate) struct Show {
    v: u32,
    deployment: Row,
    spec: Value,
    steps: Vec<Step>,
    resources: Vec<Value>,
    transitions: Vec<Value>,
    undo: Vec<Value>,
    leftovers: Vec<Value>,
}

impl Show {
    pub(crate) fn of(detail: &Detail) -> Self {
        let aggregate = &detail.aggregate;
        let summary = Summary::of(aggregate);
        let spec = &aggregate.deployment.spec;
        let steps = aggregate.plan.steps().iter().zip(&aggregate.state.steps).zip(&summary.marks);
        Self {
            v: VERSION,
            deployment: Row::of(&summary),
            spec: json!({
                "display_name": spec.display_name,
                "region": spec.region,
                "size": spec.size,
                "image": spec.image,
                "dns": spec.dns.as_ref().map(ToString::to_string),
                "ssh_keys": spec.ssh_keys,
                // It may hold secrets of the tenant: its length is all that is shown.
                "user_data_bytes": spec.user_data.as_ref().map(String::len),
                "droplet_name": spec.droplet_name,
                "triggered_by": spec.triggered_by,
            }),
            steps: steps
                .map(|((planned, state), mark_of)| Step {
                    name: planned.name.to_string(),
                    mark: mark_of.as_str(),
                    forward: LaneDto::of(&state.forward),
                    undo: LaneDto::of(&state.undo),
                    output: state.output().cloned(),
                })
                .collect(),
            resources: aggregate
                .resources
                .values()
                .map(|row| {
                    json!({
                        "provider": row.key.provider,
                        "provider_id": row.key.provider_id,
                        "name": row.name,
                        "ipv4": row.ipv4.to_string(),
                        "tenant": row.owner.as_ref().map(|owner| &owner.tenant),
                        "discovered_at": row.discovered_at.to_string(),
                    })
                })
                .collect(),
            transitions: aggregate.deployment.transitions().iter().map(transition).collect(),
            undo: detail
                .undo
                .lines
                .iter()
                .map(|line| {
                    json!({
                        "step": line.step.as_str(),
                        "text": line.text,
                        "loses_data": line.loss() == Loss::Data,
                    })
                })
                .collect(),
            leftovers: leftovers(detail),
        }
    }
}

#[derive(Serialize)]
struct Step {
    name: String,
    mark: &'static str,
    forward: LaneDto,
    undo: LaneDto,
    output: Option<Value>,
}

#[derive(Serialize)]
struct LaneDto {
    attempts: u32,
    started_at: Option<String>,
    ended_at: Option<String>,
    last_failure: Option<Value>,
}

impl LaneDto {
    fn of(lane: &Lane) -> Self {
        Self {
            attempts: lane.attempt,
            started_at: lane.started_at.map(|at| at.to_string()),
            ended_at: lane.ended_at().map(|at| at.to_string()),
            last_failure: lane.last_failure.as_ref().map(failure),
        }
    }
}

/// A line of `arcadia logs --json`.
#[derive(Serialize)]
pub(crate) struct LogLine {
    v: u32,
    number: u64,
    at: String,
    level: &'static str,
    step: String,
    direction: String,
    attempt: u32,
    text: String,
    fields: Vec<[String; 2]>,
}

impl LogLine {
    pub(crate) fn of(numbered: &NumberedLine) -> Self {
        let line = &numbered.line;
        let fields = line.fields.iter();
        Self {
            v: VERSION,
            number: numbered.number,
            at: line.at.to_string(),
            level: line.level.as_str(),
            step: line.step.to_string(),
            direction: line.direction.to_string(),
            attempt: line.attempt,
            text: line.text.clone(),
            fields: fields.map(|(name, value)| [name.clone(), value.clone()]).collect(),
        }
    }
}

/// A line of `arcadia history --json` and of `arcadia launch --watch --json`.
#[derive(Serialize)]
pub(crate) struct Entry {
    v: u32,
    deployment: String,
    seq: u64,
    at: String,
    kind: &'static str,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl Entry {
    pub(crate) fn of(deployment: DeploymentId, entry: &DomainEntry) -> Self {
        let rest = match rest(&entry.fact) {
            Value::Object(fields) => fields,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Map::new(),
        };
        Self {
            v: VERSION,
            deployment: deployment.to_string(),
            seq: entry.seq,
            at: entry.at.to_string(),
            kind: describe::kind(&entry.fact),
            rest,
        }
    }
}

/// How a followed deployment ended: the last line of `--json` output of the acting verbs.
#[derive(Serialize)]
pub(crate) struct Outcome {
    v: u32,
    kind: &'static str,
    exit: u8,
    deployment: Row,
    leftovers: Vec<Value>,
}

impl Outcome {
    pub(crate) fn of(detail: &Detail, exit: Exit) -> Self {
        Self {
            v: VERSION,
            kind: "outcome",
            exit: exit.code(),
            deployment: Row::of(&Summary::of(&detail.aggregate)),
            leftovers: leftovers(detail),
        }
    }
}

fn leftovers(detail: &Detail) -> Vec<Value> {
    let leftovers = detail.leftovers.iter();
    leftovers
        .map(|left| json!({"step": left.step.as_str(), "what": left.what, "check": left.check, "remove": left.remove}))
        .collect()
}

fn failure(failure: &Failure) -> Value {
    json!({
        "code": failure.code.as_str(),
        "message": failure.message,
        "request_id": failure.request_id,
        "effect_unknown": failure.effect == Effect::Unknown,
    })
}

fn transition(transition: &crate::domain::deployment::Transition) -> Value {
    json!({
        "from": transition.from.map(crate::domain::deployment::DeploymentState::as_str),
        "to": transition.to.as_str(),
        "reason": transition.reason.as_str(),
        "actor": transition.actor.to_string(),
        "at": transition.at.to_string(),
    })
}

/// What a fact says beyond its kind.
fn rest(fact: &Fact) -> Value {
    match fact {
        Fact::Launched(launch) => json!({
            "saga": launch.saga.to_string(),
            "name": launch.spec.name(),
            "by": launch.by.to_string(),
            "plan": launch.plan.steps().iter().map(|step| step.name.as_str()).collect::<Vec<_>>(),
        }),
        Fact::Saga(EventKind::Step { step, direction, event }) => {
            let mut fields = step_rest(event);
            fields["step"] = json!(step.as_str());
            fields["direction"] = json!(direction.to_string());
            fields
        }
        Fact::Saga(EventKind::Checkpointed { step, direction, key, value }) => json!({
            "step": step.as_str(),
            "direction": direction.to_string(),
            "key": key,
            "value": value,
        }),
        Fact::Saga(EventKind::Ordered { command, by, order }) => {
            let (step, reason) = match order {
                Order::Skip { step, reason } => (Some(step.as_str()), Some(reason)),
                Order::Abandon { reason } => (None, Some(reason)),
                Order::Cancel
                | Order::Rollback
                | Order::Hold
                | Order::Resume
                | Order::Retry
                | Order::Take => (None, None),
            };
            json!({
                "command": command.to_string(),
                "by": by.to_string(),
                "order": order.verb(),
                "step": step,
                "reason": reason,
            })
        }
        Fact::Saga(EventKind::Restarted | EventKind::Completed | EventKind::RolledBack) => {
            json!({})
        }
        Fact::Deployment(change) => {
            let mut fields = transition(change);
            // The entry has its own time, and it is this one.
            if let Value::Object(fields) = &mut fields {
                fields.remove("at");
            }
            fields
        }
        Fact::Resource(event) => {
            let key = event.key();
            let mut fields = json!({"provider": key.provider, "provider_id": key.provider_id});
            match event {
                ResourceEvent::Discovered(row) => fields["ipv4"] = json!(row.ipv4.to_string()),
                ResourceEvent::Linked { owner, .. } => fields["tenant"] = json!(owner.tenant),
                ResourceEvent::Unlinked { .. } | ResourceEvent::Removed { .. } => {}
            }
            fields
        }
    }
}

fn step_rest(event: &StepEvent) -> Value {
    match event {
        StepEvent::Started { attempt } => json!({"attempt": attempt}),
        StepEvent::Waiting { until, note } => json!({"until": until.to_string(), "note": note}),
        StepEvent::RetryScheduled { failure: error, at } => {
            json!({"failure": failure(error), "next": at.to_string()})
        }
        StepEvent::Succeeded { output } => json!({"output": output}),
        StepEvent::Failed { failure: error } => json!({"failure": failure(error)}),
        StepEvent::Polled | StepEvent::Interrupted => json!({}),
    }
}
