//! Deployments for the screens, each built by folding the facts of its history: what is drawn is
//! what the law makes of them.

use std::net::Ipv4Addr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use arcadia::control::{Detail, History, Holdings};
use arcadia::domain::aggregate::{Aggregate, Entry, Fact, Launch};
use arcadia::domain::deployment::{Actor, DeploymentState, Transition, TransitionReason};
use arcadia::domain::failure::{Failure, FailureCode};
use arcadia::domain::holding::{Holding, HoldingKind, Made};
use arcadia::domain::id::{CommandId, DeploymentId, SagaId};
use arcadia::domain::resource::{Resource, ResourceEvent, ResourceKey, ResourceSpec};
use arcadia::domain::saga::event::{EventKind, Order, StepEvent};
use arcadia::domain::saga::plan::{Direction, OnFailure, Patience, Plan, PlanStep};
use arcadia::domain::saga::retry::RetryPolicy;
use arcadia::domain::spec::DeploymentSpec;
use arcadia::domain::summary::Summary;
use arcadia::domain::time::Timestamp;
use arcadia::domain::undo_preview::{Deed, Leftover, UndoLine, UndoPreview};

/// The moment at which every screen is drawn.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_760_000_000_000);

/// The steps of provisioning, and whether there is ever anything to undo.
pub(crate) const STEPS: [(&str, bool); 7] = [
    ("mark_deployment_provisioning", true),
    ("create_droplet", true),
    ("wait_droplet_active", false),
    ("register_inventory", true),
    ("link_deployment_resource", true),
    ("point_deployment_dns", true),
    ("activate_deployment", false),
];

/// A deployment's history, told step by step.
#[derive(Debug, Clone)]
pub(crate) struct Story {
    pub(crate) entries: Vec<Entry>,
    pub(crate) aggregate: Aggregate,
    at: Timestamp,
    commands: u128,
    address: Ipv4Addr,
}

impl Story {
    /// A launch so many seconds before now.
    pub(crate) fn launched(number: u128, slug: &str, seconds_ago: u64) -> Self {
        Self::with(number, slug, seconds_ago, OnFailure::Rollback)
    }

    pub(crate) fn with(number: u128, slug: &str, seconds_ago: u64, on_failure: OnFailure) -> Self {
        let at = NOW - Duration::from_secs(seconds_ago);
        let spec = DeploymentSpec {
            slug: slug.to_owned(),
            droplet_name: format!("dep-{slug}"),
            ..DeploymentSpec::example()
        };
        let launch = Launch {
            deployment: DeploymentId::from_u128(number),
            saga: SagaId::from_u128(0x7f00 + number),
            spec: Arc::new(spec),
            plan: Arc::new(plan(on_failure)),
            by: Actor::Operator("ana".to_owned()),
        };
        let first = Entry { seq: 0, at, fact: Fact::Launched(Box::new(launch.clone())) };
        let aggregate = Aggregate::launched(launch, at);
        let address = Ipv4Addr::new(203, 0, 113, 7);
        Self { entries: vec![first], aggregate, at, commands: number << 64, address }
    }

    /// Lets time pass.
    pub(crate) fn after(mut self, millis: u64) -> Self {
        self.at = self.at + Duration::from_millis(millis);
        self
    }

    pub(crate) fn forward(self, step: usize, event: StepEvent) -> Self {
        self.step(step, Direction::Forward, event)
    }

    pub(crate) fn undo(self, step: usize, event: StepEvent) -> Self {
        self.step(step, Direction::Undo, event)
    }

    /// A step begins, and is done so many milliseconds later.
    pub(crate) fn does(self, step: usize, millis: u64) -> Self {
        self.starts(step, 1).after(millis).succeeds(step)
    }

    pub(crate) fn starts(self, step: usize, attempt: u32) -> Self {
        self.forward(step, StepEvent::Started { attempt })
    }

    pub(crate) fn succeeds(self, step: usize) -> Self {
        let story = self.forward(step, StepEvent::Succeeded { output: serde_json::Value::Null });
        if step == 3 { story.discovered() } else { story }
    }

    pub(crate) fn undoes(self, step: usize, millis: u64) -> Self {
        self.undo(step, StepEvent::Started { attempt: 1 })
            .after(millis)
            .undo(step, StepEvent::Succeeded { output: serde_json::Value::Null })
    }

    /// Waits and asks again, so often, so many milliseconds apart.
    pub(crate) fn polls(mut self, step: usize, times: u32, millis: u64) -> Self {
        for _ in 0..times {
            self = self.waits(step, millis).after(millis).forward(step, StepEvent::Polled);
            self = self.after(200);
        }
        self
    }

    pub(crate) fn waits(self, step: usize, millis: u64) -> Self {
        let until = self.at + Duration::from_millis(millis);
        self.forward(step, StepEvent::Waiting { until, note: "still `new`".to_owned() })
    }

    pub(crate) fn retries(self, step: usize, in_millis: u64, failure: Failure) -> Self {
        let at = self.at + Duration::from_millis(in_millis);
        self.forward(step, StepEvent::RetryScheduled { failure, at })
    }

    pub(crate) fn orders(mut self, order: Order) -> Self {
        self.commands += 1;
        let command = CommandId::from_u128(self.commands);
        let by = Actor::Operator("ana".to_owned());
        self.fact(Fact::Saga(EventKind::Ordered { command, by, order }))
    }

    pub(crate) fn completes(self) -> Self {
        self.moves(DeploymentState::Active, TransitionReason::Provisioned)
            .fact(Fact::Saga(EventKind::Completed))
    }

    pub(crate) fn rolled_back(self, reason: TransitionReason) -> Self {
        self.moves(DeploymentState::Cancelled, reason).fact(Fact::Saga(EventKind::RolledBack))
    }

    /// The same when only so many entries of it had happened.
    pub(crate) fn first(&self, entries: usize) -> Self {
        let entries = self.entries[..entries].to_vec();
        let aggregate = Aggregate::from_history(&entries).unwrap();
        let at = entries.last().unwrap().at;
        Self { entries, aggregate, at, ..self.clone() }
    }

    fn moves(self, to: DeploymentState, reason: TransitionReason) -> Self {
        let transition = Transition {
            from: Some(self.aggregate.deployment.state()),
            to,
            reason,
            actor: Actor::Saga(self.aggregate.saga),
            at: self.at,
        };
        self.fact(Fact::Deployment(transition))
    }

    fn discovered(self) -> Self {
        let ipv4 = self.address;
        let key = ResourceKey { provider: "digitalocean".to_owned(), provider_id: "398271".into() };
        let at = self.at;
        self.fact(Fact::Resource(ResourceEvent::Discovered(Resource {
            key,
            name: "dep-web".to_owned(),
            spec: ResourceSpec {
                region: "syd1".to_owned(),
                size: "s-1vcpu-1gb".to_owned(),
                image: "ubuntu-24-04-x64".to_owned(),
            },
            ipv4,
            owner: None,
            discovered_at: at,
        })))
    }

    fn step(self, step: usize, direction: Direction, event: StepEvent) -> Self {
        let step = STEPS[step].0.into();
        self.fact(Fact::Saga(EventKind::Step { step, direction, event }))
    }

    fn fact(mut self, fact: Fact) -> Self {
        let entry = Entry { seq: self.aggregate.next_seq(), at: self.at, fact };
        self.aggregate.apply(&entry).unwrap();
        self.entries.push(entry);
        self
    }

    pub(crate) fn id(&self) -> DeploymentId {
        self.aggregate.deployment.id
    }

    pub(crate) fn summary(&self) -> Arc<Summary> {
        Arc::new(Summary::of(&self.aggregate))
    }

    /// A droplet and a record, as far as the steps that make them went.
    pub(crate) fn holdings(&self) -> Holdings {
        let number = u64::from(self.id().to_bytes()[15]);
        let up = self.aggregate.state.steps[2].forward.is_settled();
        let address = up.then(|| format!("203.0.113.{number}").parse().unwrap());
        let spec = &self.aggregate.deployment.spec;
        let made = |step: usize, kind, id: u64, name: String, image| {
            let is_known = self.aggregate.state.steps[step].forward.is_settled();
            let id = is_known.then(|| (id + number).to_string());
            Holding::of(&self.aggregate, step, Made { kind, id, name, image, address })
        };
        let image = Some(spec.image.clone());
        let name = format!("{}.acme.example", spec.slug);
        let held = [
            made(1, HoldingKind::Droplet, 398_200, spec.droplet_name.clone(), image),
            made(5, HoldingKind::Record, 17_000, name, None),
        ];
        Holdings {
            deployment: self.id(),
            next_seq: self.aggregate.next_seq(),
            told: Ok(held.into_iter().flatten().collect()),
        }
    }

    /// What a control would say about it.
    pub(crate) fn detail(&self) -> Detail {
        let made = |step: usize| self.aggregate.state.steps[step].was_started();
        let undo = |step: usize, text: &str, deed| UndoLine {
            step: STEPS[step].0.into(),
            text: text.to_owned(),
            deed,
        };
        let mut lines = Vec::new();
        if made(5) {
            lines.push(undo(
                5,
                "restore A web.acme.example 198.51.100.4 ttl 300",
                Deed::RestoresRecord,
            ));
        }
        if made(4) {
            lines.push(undo(4, "unlink droplet 398271 from acme", Deed::KeepsBooks));
        }
        if made(3) {
            lines.push(undo(3, "remove droplet 398271 from the inventory", Deed::KeepsBooks));
        }
        if made(1) {
            lines.push(undo(1, "destroy droplet 398271 (203.0.113.7)", Deed::DestroysDroplet));
        }
        if made(0) {
            lines.push(undo(0, "mark the deployment cancelled", Deed::KeepsBooks));
        }
        let gone = self.aggregate.state.steps[1].undo.is_settled();
        let leftovers = if made(1) && !gone {
            vec![Leftover {
                step: STEPS[1].0.into(),
                what: "droplet 398271 (203.0.113.7)".to_owned(),
                check: "doctl compute droplet get 398271".to_owned(),
                remove: Some("doctl compute droplet delete 398271".to_owned()),
            }]
        } else {
            Vec::new()
        };
        Detail {
            aggregate: self.aggregate.clone(),
            entries: self.entries.clone(),
            undo: UndoPreview { lines },
            leftovers,
        }
    }
}

/// What a control would say that these deployments have.
pub(crate) fn holdings(stories: &[Story], deployments: &[DeploymentId]) -> Vec<Holdings> {
    let story = |id: &DeploymentId| stories.iter().find(|story| story.id() == *id);
    deployments.iter().filter_map(story).map(Story::holdings).collect()
}

/// What a control would say that happened to these deployments.
pub(crate) fn histories(stories: &[Story], deployments: &[DeploymentId]) -> Vec<History> {
    let story = |id: &DeploymentId| stories.iter().find(|story| story.id() == *id);
    let history = |story: &Story| History {
        deployment: story.id(),
        entries: story.entries.clone(),
        damage: None,
    };
    deployments.iter().filter_map(story).map(history).collect()
}

/// The provisioning plan.
pub(crate) fn plan(on_failure: OnFailure) -> Plan {
    let patience = |tries: u32| Patience {
        timeout: Duration::from_secs(30),
        deadline: Duration::from_mins(8),
        retry: RetryPolicy {
            tries: NonZeroU32::new(tries).unwrap(),
            base: Duration::from_secs(1),
            cap: Duration::from_secs(30),
        },
    };
    let steps = STEPS
        .iter()
        .enumerate()
        .map(|(position, (name, undoable))| PlanStep {
            name: (*name).into(),
            version: 1,
            needs: position
                .checked_sub(1)
                .map(|before| STEPS[before].0.into())
                .into_iter()
                .collect(),
            forward: patience(5),
            undo: undoable.then(|| patience(5)),
        })
        .collect();
    Plan::new(steps, on_failure).unwrap()
}

pub(crate) fn conflict() -> Failure {
    Failure {
        request_id: Some("7d1f-55aa".to_owned()),
        ..Failure::without_effect(FailureCode::Conflict, "409 already linked to droplet 391")
    }
}

pub(crate) fn limited() -> Failure {
    Failure::without_effect(FailureCode::RateLimited, "429 rate limited")
}

pub(crate) fn lost() -> Failure {
    Failure::with_unknown_effect(FailureCode::Disconnected, "the connection broke, no receipt")
}

fn trouble() -> Failure {
    Failure::without_effect(FailureCode::Unavailable, "500 internal server error")
}

/// Up to and with the step before `step`.
fn built(story: Story, step: usize) -> Story {
    (0..step).fold(story, |story, step| match step {
        2 => story.starts(2, 1).after(200).polls(2, 8, 2_500).succeeds(2),
        _ => story.does(step, 900),
    })
}

pub(crate) fn running() -> Story {
    built(Story::launched(1, "web-00418", 28), 2).starts(2, 1).after(300).waits(2, 40_000)
}

pub(crate) fn backing_off() -> Story {
    Story::launched(2, "edge-prod-01201", 48)
        .does(0, 300)
        .starts(1, 1)
        .after(2_000)
        .retries(1, 4_000, limited())
        .after(4_000)
        .starts(1, 2)
        .after(1_000)
        .retries(1, 48_000, limited())
}

pub(crate) fn rolling_back() -> Story {
    let story = built(Story::launched(3, "web-blue-00417", 60), 4);
    let story = story.starts(4, 1).after(3_000).retries(4, 4_000, conflict()).after(4_000);
    let story =
        story.starts(4, 2).after(1_000).forward(4, StepEvent::Failed { failure: conflict() });
    story.undoes(4, 900).undo(3, StepEvent::Started { attempt: 1 })
}

pub(crate) fn needs_you() -> Story {
    let story = built(Story::launched(4, "cache-prod-00093", 2_460), 2);
    let story = story.starts(2, 1).after(500);
    story
        .forward(2, StepEvent::Failed { failure: trouble() })
        .undo(1, StepEvent::Started { attempt: 1 })
        .after(9_000)
        .undo(1, StepEvent::Failed { failure: trouble() })
}

pub(crate) fn held_with_unknown_outcome() -> Story {
    let story = built(Story::with(5, "api-canary-0311", 760, OnFailure::Hold), 5);
    story.starts(5, 1).after(12_000).forward(5, StepEvent::Failed { failure: lost() })
}

pub(crate) fn on_hold() -> Story {
    Story::launched(6, "db-green-00042", 235).does(0, 300).orders(Order::Hold)
}

pub(crate) fn active() -> Story {
    built(Story::launched(7, "web-blue-00416", 532_800), 7).completes()
}

pub(crate) fn failed() -> Story {
    Story::launched(8, "web-blue-00415", 900)
        .does(0, 200)
        .starts(1, 1)
        .after(700)
        .forward(1, StepEvent::Failed { failure: limited() })
        .undoes(1, 800)
        .undoes(0, 100)
        .rolled_back(TransitionReason::ProvisionFailed)
}

pub(crate) fn cancelled() -> Story {
    Story::launched(9, "db-green-00041", 1_200)
        .does(0, 200)
        .after(21_000)
        .orders(Order::Cancel)
        .undoes(0, 300)
        .rolled_back(TransitionReason::CancelledByOperator)
}

pub(crate) fn abandoned() -> Story {
    needs_you_named(10, "old-cache").orders(Order::Abandon { reason: "by hand".to_owned() })
}

fn needs_you_named(number: u128, slug: &str) -> Story {
    Story::launched(number, slug, 90_000)
        .starts(0, 1)
        .after(500)
        .forward(0, StepEvent::Failed { failure: trouble() })
        .undo(0, StepEvent::Started { attempt: 1 })
        .after(9_000)
        .undo(0, StepEvent::Failed { failure: trouble() })
}

/// One of each.
pub(crate) fn zoo() -> Vec<Story> {
    vec![
        running(),
        backing_off(),
        rolling_back(),
        needs_you(),
        held_with_unknown_outcome(),
        on_hold(),
        active(),
        failed(),
        cancelled(),
        abandoned(),
        Story::launched(11, "web-blue-00419", 9),
    ]
}

/// The same after a step failed for good, and undoing the one before gave up.
pub(crate) fn gives_up(story: Story) -> Story {
    story
        .starts(1, 1)
        .after(500)
        .forward(1, StepEvent::Failed { failure: trouble() })
        .undo(1, StepEvent::Started { attempt: 1 })
        .after(9_000)
        .undo(1, StepEvent::Failed { failure: trouble() })
}

/// One that came up whole at an address of its own, this many seconds after its launch.
pub(crate) fn up(number: u8, slug: &str, seconds_ago: u64, seconds: u64) -> Story {
    let mut story = Story::launched(number.into(), slug, seconds_ago);
    story.address = Ipv4Addr::new(203, 0, 113, number);
    built(story, 6).after(1_000 * seconds).does(6, 900).completes()
}
