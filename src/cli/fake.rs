//! A control for tests: real plans and the real law, with scripted steps and nothing outside.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::sync::broadcast;

use crate::clock::{Chance, Clock, IdSource};
use crate::control::{
    Control, ControlError, Detail, Heartbeat, History, Holdings, LaunchRequest, Launched, Notice,
    NumberedLine, OrderRequest, Watch,
};
use crate::domain::aggregate::{Aggregate, Entry, Fact, Launch};
use crate::domain::catalogue::{Catalogue, offline};
use crate::domain::deployment::{Actor, DeploymentState, Transition, TransitionReason};
use crate::domain::failure::{Failure, FailureCode};
use crate::domain::id::{DeploymentId, SagaId};
use crate::domain::log::{LogLevel, LogLine, LogPage};
use crate::domain::resource::{Resource, ResourceEvent, ResourceKey, ResourceSpec};
use crate::domain::saga::command::{Call, Command};
use crate::domain::saga::event::{Event, EventKind};
use crate::domain::saga::plan::{Direction, OnFailure, Patience, Plan, PlanStep, StepName};
use crate::domain::saga::retry::RetryPolicy;
use crate::domain::saga::transition::{Outcome, decide, evolve, settle};
use crate::domain::spec::DeploymentSpec;
use crate::domain::summary::Summary;
use crate::domain::time::Timestamp;
use crate::domain::undo_preview::{Deed, Leftover, UndoLine, UndoPreview};
use crate::domain::usual::Usual;

/// When the story begins.
const ORIGIN: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// What a step does when it is called, other than to succeed.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Is refused for good.
    Fail,
    /// Fails, and may work later.
    Stumble,
    /// Is not done yet.
    Wait,
    /// Never answers.
    Hang,
}

/// A control whose sagas run at once, as scripted.
pub(crate) struct Fake {
    world: Mutex<World>,
    notices: broadcast::Sender<Notice>,
}

struct World {
    ids: IdSource,
    now: Timestamp,
    script: BTreeMap<(String, String), VecDeque<Act>>,
    sagas: BTreeMap<DeploymentId, Saga>,
    logs: Vec<NumberedLine>,
}

struct Saga {
    entries: Vec<Entry>,
    aggregate: Aggregate,
}

impl Fake {
    pub(crate) fn new() -> Self {
        let (notices, _) = broadcast::channel(1024);
        let ids = IdSource::new(Clock::starting_at(ORIGIN), Chance::seeded(1));
        let world = World {
            ids,
            now: ORIGIN,
            script: BTreeMap::new(),
            sagas: BTreeMap::new(),
            logs: Vec::new(),
        };
        Self { world: Mutex::new(world), notices }
    }

    /// What the next calls of a step do; those after them succeed.
    pub(crate) fn script(self, direction: &str, step: &str, acts: &[Act]) -> Self {
        let key = (direction.to_owned(), step.to_owned());
        self.world.lock().unwrap().script.insert(key, acts.iter().cloned().collect());
        self
    }

    /// Launches the example under this name, and runs it as far as it goes.
    pub(crate) async fn launched(&self, slug: &str) -> DeploymentId {
        let spec = DeploymentSpec { slug: slug.to_owned(), ..DeploymentSpec::example() };
        let by = Actor::Operator("ana".to_owned());
        let on_failure = OnFailure::Rollback;
        self.launch(LaunchRequest { spec, on_failure, by }).await.unwrap().deployment
    }

    /// Logs a line of `create_droplet`.
    pub(crate) fn log(&self, deployment: DeploymentId, level: LogLevel, text: &str) {
        let mut world = self.world.lock().unwrap();
        let line = NumberedLine {
            number: world.logs.len() as u64,
            line: LogLine {
                at: ORIGIN,
                level,
                step: StepName::new("create_droplet"),
                direction: Direction::Forward,
                attempt: 1,
                text: text.to_owned(),
                fields: vec![("droplet".to_owned(), "41207".to_owned())],
            },
        };
        world.logs.push(line.clone());
        let _ = self.notices.send(Notice::Logged { deployment, line: Arc::new(line) });
    }

    /// A seed for the ids of one run of the shell, so that no two give the same order.
    pub(crate) fn next_seed(&self) -> u64 {
        self.world.lock().unwrap().ids.command().to_bytes()[8..]
            .iter()
            .fold(0, |seed, byte| seed << 8 | u64::from(*byte))
    }

    /// How a deployment stands.
    pub(crate) fn row(&self, deployment: DeploymentId) -> Summary {
        Summary::of(&self.world.lock().unwrap().sagas[&deployment].aggregate)
    }
}

#[async_trait]
impl Control for Fake {
    async fn launch(&self, launch: LaunchRequest) -> Result<Launched, ControlError> {
        let mut world = self.world.lock().unwrap();
        let (deployment, saga) = (world.ids.deployment(), world.ids.saga());
        let LaunchRequest { spec, on_failure, by } = launch;
        let launch =
            Launch { deployment, saga, spec: Arc::new(spec), plan: Arc::new(plan(on_failure)), by };
        let aggregate = Aggregate::launched(launch.clone(), world.now);
        let first = Entry { seq: 0, at: world.now, fact: Fact::Launched(Box::new(launch)) };
        world.sagas.insert(deployment, Saga { entries: vec![first], aggregate });
        world.run(deployment, 0, &self.notices);
        Ok(Launched { deployment, saga })
    }

    async fn order(&self, order: OrderRequest) -> Result<(), ControlError> {
        let mut world = self.world.lock().unwrap();
        let OrderRequest { deployment, command, order, by } = order;
        let verb = order.verb();
        let kind = EventKind::Ordered { command, by, order };
        let saga = &world.sagas[&deployment];
        let (from, aggregate) = (saga.entries.len(), &saga.aggregate);
        let event = Event { at: world.now, kind: kind.clone() };
        if let Err(refusal) = evolve(&aggregate.plan, &aggregate.state, &event) {
            return Err(ControlError::Refused { verb, because: refusal.because });
        }
        world.append(deployment, Fact::Saga(kind));
        world.run(deployment, from, &self.notices);
        Ok(())
    }

    async fn watch(&self) -> Result<Watch, ControlError> {
        let world = self.world.lock().unwrap();
        let rows = world.sagas.values().map(|saga| Arc::new(Summary::of(&saga.aggregate)));
        Ok(Watch { summaries: rows.collect(), notices: self.notices.subscribe() })
    }

    async fn show(&self, deployment: DeploymentId) -> Result<Detail, ControlError> {
        let world = self.world.lock().unwrap();
        let saga = &world.sagas[&deployment];
        let made = saga.aggregate.state.steps[1].output().is_some()
            && !saga.aggregate.state.steps[1].undo.is_settled();
        let step = StepName::new("create_droplet");
        let line = UndoLine {
            step: step.clone(),
            text: "destroy droplet 41207 (203.0.113.7)".to_owned(),
            deed: Deed::DestroysDroplet,
        };
        let leftover = Leftover {
            step,
            what: "droplet 41207 (203.0.113.7)".to_owned(),
            check: "doctl compute droplet get 41207".to_owned(),
            remove: Some("doctl compute droplet delete 41207".to_owned()),
        };
        Ok(Detail {
            aggregate: saga.aggregate.clone(),
            entries: saga.entries.clone(),
            undo: UndoPreview { lines: made.then_some(line).into_iter().collect() },
            leftovers: made.then_some(leftover).into_iter().collect(),
        })
    }

    async fn logs(
        &self,
        deployment: DeploymentId,
        page: LogPage,
        limit: usize,
    ) -> Result<Vec<NumberedLine>, ControlError> {
        let logs = self.world.lock().unwrap().logs.clone();
        if let LogPage::After(after) = page {
            return Ok(logs.into_iter().filter(|line| line.number > after).take(limit).collect());
        }
        // A line logged just before the answer comes as a notice, too, and after it.
        if let Some(line) = logs.last().cloned() {
            let line = Arc::new(line);
            let _ = self.notices.send(Notice::Logged { deployment, line });
        }
        Ok(logs[logs.len().saturating_sub(limit)..].to_vec())
    }

    async fn holdings(&self, _of: &[DeploymentId]) -> Result<Vec<Holdings>, ControlError> {
        Ok(Vec::new())
    }

    async fn histories(&self, _of: &[DeploymentId]) -> Result<Vec<History>, ControlError> {
        Ok(Vec::new())
    }

    async fn usual(&self) -> Result<Usual, ControlError> {
        Ok(Usual::default())
    }

    async fn catalogue(&self) -> Result<Arc<Catalogue>, ControlError> {
        Ok(Arc::new(offline::catalogue().clone()))
    }

    async fn heartbeat(&self) -> Result<Heartbeat, ControlError> {
        Ok(Heartbeat { calls: 0 })
    }

    async fn drain(&self) -> Result<(), ControlError> {
        Ok(())
    }

    fn plan(&self, _spec: &DeploymentSpec, on_failure: OnFailure) -> Plan {
        plan(on_failure)
    }
}

impl World {
    /// Runs a saga as far as it goes, and publishes what happened since `from`.
    fn run(&mut self, deployment: DeploymentId, from: usize, notices: &broadcast::Sender<Notice>) {
        while let Some(kind) = self.next(deployment) {
            self.append(deployment, Fact::Saga(kind.clone()));
            self.effects(deployment, &kind);
        }
        let saga = &self.sagas[&deployment];
        let _ = notices.send(Notice::Changed {
            summary: Arc::new(Summary::of(&saga.aggregate)),
            entries: saga.entries[from..].into(),
        });
    }

    /// The next fact, or nothing when the saga stands or hangs.
    fn next(&mut self, deployment: DeploymentId) -> Option<EventKind> {
        let Aggregate { plan, state, .. } = self.sagas[&deployment].aggregate.clone();
        match decide(&plan, &state, self.now).into_iter().next()? {
            Command::Record(kind) => Some(kind),
            Command::WakeAt(at) => {
                self.now = at;
                self.next(deployment)
            }
            Command::Run(call) => {
                self.now = self.now + Duration::from_millis(1500);
                let outcome = self.call(&call)?;
                Some(settle(&plan, &state, &call, outcome, self.now, 0.5))
            }
        }
    }

    fn call(&mut self, call: &Call) -> Option<Outcome> {
        let key = (call.direction.to_string(), call.step.to_string());
        let failure = || Failure {
            request_id: Some("req-7d1f".to_owned()),
            ..Failure::without_effect(FailureCode::Invalid, "the provider says `no`\u{1b}[2J")
        };
        match self.script.get_mut(&key).and_then(VecDeque::pop_front) {
            None => Some(Outcome::Done(output(call))),
            Some(Act::Fail) => Some(Outcome::Terminal { failure: failure() }),
            Some(Act::Stumble) => Some(Outcome::Retryable { failure: failure(), after: None }),
            Some(Act::Wait) => {
                let note = "still `new`".to_owned();
                Some(Outcome::Pending { after: Duration::from_secs(2), note })
            }
            Some(Act::Hang) => None,
        }
    }

    /// What the real steps would write into the books.
    fn effects(&mut self, deployment: DeploymentId, kind: &EventKind) {
        let EventKind::Step { step, direction, .. } = kind else { return };
        let saga = &self.sagas[&deployment];
        let position = saga.aggregate.plan.position(step).unwrap();
        if !saga.aggregate.state.steps[position].lane(*direction).is_settled() {
            return;
        }
        let from = saga.aggregate.deployment.state();
        let actor = Actor::Saga(saga.aggregate.saga);
        let change = |to, reason| {
            Fact::Deployment(Transition { from: Some(from), to, reason, actor, at: self.now })
        };
        let key =
            ResourceKey { provider: "digitalocean".to_owned(), provider_id: "41207".to_owned() };
        let fact = match (step.as_str(), direction) {
            ("activate_deployment", Direction::Forward) => {
                change(DeploymentState::Active, TransitionReason::Provisioned)
            }
            ("mark_deployment_provisioning", Direction::Undo) => {
                let cause = saga.aggregate.state.phase.cause().unwrap();
                change(DeploymentState::Cancelled, cause.transition_reason())
            }
            ("register_inventory", Direction::Forward) => {
                Fact::Resource(ResourceEvent::Discovered(Resource {
                    key,
                    name: "dep-web".to_owned(),
                    spec: ResourceSpec {
                        region: "syd1".to_owned(),
                        size: "s-1vcpu-1gb".to_owned(),
                        image: "ubuntu-24-04-x64".to_owned(),
                    },
                    ipv4: [203, 0, 113, 7].into(),
                    owner: None,
                    discovered_at: self.now,
                }))
            }
            ("register_inventory", Direction::Undo) => {
                Fact::Resource(ResourceEvent::Removed { key })
            }
            _ => return,
        };
        self.append(deployment, fact);
    }

    fn append(&mut self, deployment: DeploymentId, fact: Fact) {
        let saga = self.sagas.get_mut(&deployment).unwrap();
        let entry = Entry { seq: saga.aggregate.next_seq(), at: self.now, fact };
        saga.aggregate.apply(&entry).unwrap();
        saga.entries.push(entry);
    }
}

/// A row to take fields from.
pub(crate) fn summary() -> Summary {
    let launch = Launch {
        deployment: DeploymentId::from_u128(1),
        saga: SagaId::from_u128(2),
        spec: Arc::new(DeploymentSpec::example()),
        plan: Arc::new(plan(OnFailure::Rollback)),
        by: Actor::Operator("ana".to_owned()),
    };
    Summary::of(&Aggregate::launched(launch, ORIGIN))
}

fn output(call: &Call) -> Value {
    match (call.step.as_str(), call.direction) {
        ("create_droplet", Direction::Forward) => json!({"droplet": 41207}),
        _ => Value::Null,
    }
}

fn plan(on_failure: OnFailure) -> Plan {
    let patience = Patience {
        timeout: Duration::from_mins(1),
        deadline: Duration::from_mins(5),
        retry: RetryPolicy {
            tries: NonZeroU32::new(3).unwrap(),
            base: Duration::from_secs(1),
            cap: Duration::from_secs(30),
        },
    };
    let mut needs = Vec::new();
    let steps = crate::config::schema::STEPS.into_iter().map(|name| {
        let name = StepName::new(name);
        let undone = !matches!(name.as_str(), "wait_droplet_active" | "activate_deployment");
        PlanStep {
            needs: std::mem::replace(&mut needs, vec![name.clone()]),
            name,
            version: 1,
            forward: patience.clone(),
            undo: undone.then(|| patience.clone()),
        }
    });
    Plan::new(steps.collect(), on_failure).unwrap()
}
