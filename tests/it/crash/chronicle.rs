//! What must hold at every moment, watched as it happens: the journal's order, no request without a
//! durable intent, no write without what undo needs, no create without a look, never two droplets.
//!
//! It writes down what is wrong and goes on: a panic in a step would be the step's failure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use arcadia::clock::Clock;
use arcadia::domain::aggregate::{Entry, Fact};
use arcadia::domain::deployment::{DeploymentState, TransitionReason};
use arcadia::domain::failure::{Effect, Failure};
use arcadia::domain::resource::ResourceEvent;
use arcadia::domain::saga::event::{EventKind, Order, StepEvent};
use arcadia::domain::saga::plan::Direction;
use arcadia::domain::time::Timestamp;
use arcadia::journal::Batch;
use arcadia::simulator::world::truth::Truth;

use crate::support::cloud::Witness;
use crate::support::plans::{STEPS, UNDONE};

/// How long after a request of unknown effect a look that finds nothing proves nothing.
const SETTLE: Duration = Duration::from_secs(30);

/// A step, in one direction.
type Lane = (String, Direction);

/// What is watched in one case, over all lives of the program.
#[derive(Clone)]
pub(crate) struct Chronicle(Arc<Inner>);

struct Inner {
    clock: Clock,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// What is durable.
    entries: Vec<Entry>,
    /// Lanes whose start is durable, and whose outcome is not.
    open: BTreeSet<Lane>,
    /// Those that were open when the program died, and are not interrupted yet.
    orphaned: BTreeSet<Lane>,
    /// Lanes that came to their end: succeeded, or skipped.
    settled: BTreeSet<Lane>,
    /// When a request of a lane may have taken effect unnoticed.
    doubts: BTreeMap<Lane, Timestamp>,
    /// The keys of checkpoints, by step.
    checkpoints: BTreeSet<(String, String)>,
    /// Lanes that have looked at a listing since their call began.
    looked: BTreeSet<Lane>,
    wrongs: Vec<String>,
}

impl Chronicle {
    pub(crate) fn new(clock: Clock) -> Self {
        Self(Arc::new(Inner { clock, seen: Mutex::default() }))
    }

    /// A group becomes durable.
    pub(crate) fn appended(&self, batch: &Batch) {
        let mut seen = self.seen();
        for entry in batch.entries.iter() {
            seen.durable(entry);
        }
        let orphaned = std::mem::take(&mut seen.orphaned);
        for lane in orphaned {
            seen.wrong(format!(
                "{lane:?} was under way in the life before, and is not interrupted"
            ));
        }
    }

    /// The program died: calls that were under way belong to nobody.
    pub(crate) fn died(&self) {
        let mut seen = self.seen();
        seen.orphaned = std::mem::take(&mut seen.open);
        seen.looked.clear();
    }

    /// What is durable.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.seen().entries.clone()
    }

    /// What did not hold.
    pub(crate) fn wrongs(&self) -> Vec<String> {
        self.seen().wrongs.clone()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.seen.lock().unwrap()
    }
}

impl Witness for Chronicle {
    fn asked(&self, method: &str, path: &str) {
        let now = self.0.clock.now();
        self.seen().asked(method, path, now);
    }

    fn changed(&self, truth: &Truth) {
        let mut seen = self.seen();
        let mut marks = BTreeSet::new();
        for tag in truth.droplets.iter().flat_map(|droplet| &droplet.tags) {
            if tag.starts_with("arcadia-saga-") && !marks.insert(tag) {
                seen.wrong(format!("two droplets carry `{tag}`"));
            }
        }
        let mut records = BTreeSet::new();
        for record in truth.records.values().flatten() {
            if record.kind.as_str() == "A" && !records.insert((&record.name, &record.data)) {
                seen.wrong(format!("two records point `{}` at {}", record.name, record.data));
            }
        }
    }
}

impl Seen {
    fn wrong(&mut self, words: String) {
        self.wrongs.push(words);
    }

    fn durable(&mut self, entry: &Entry) {
        if entry.seq != self.entries.len() as u64 {
            let expected = self.entries.len();
            self.wrong(format!("entry {} became durable where {expected} was due", entry.seq));
        }
        if let Some(last) = self.entries.last()
            && last.at > entry.at
        {
            self.wrong(format!("entry {} is older than the one before it", entry.seq));
        }
        self.entries.push(entry.clone());
        match &entry.fact {
            Fact::Saga(EventKind::Step { step, direction, event }) => {
                self.step((step.as_str().to_owned(), *direction), event, entry.at);
            }
            Fact::Saga(EventKind::Checkpointed { step, key, .. }) => {
                if !self.checkpoints.insert((step.as_str().to_owned(), key.clone())) {
                    self.wrong(format!("checkpoint `{key}` of `{step}` was written twice"));
                }
            }
            Fact::Saga(EventKind::Ordered { order, .. }) => {
                if let Order::Skip { step, .. } = order {
                    let way = if self.goes_back() { Direction::Undo } else { Direction::Forward };
                    self.settled.insert((step.as_str().to_owned(), way));
                }
            }
            Fact::Resource(event) => {
                let (step, direction) = match event {
                    ResourceEvent::Discovered(_) => ("register_inventory", Direction::Forward),
                    ResourceEvent::Linked { .. } => {
                        ("link_deployment_resource", Direction::Forward)
                    }
                    ResourceEvent::Unlinked { .. } => ("link_deployment_resource", Direction::Undo),
                    ResourceEvent::Removed { .. } => ("register_inventory", Direction::Undo),
                };
                self.in_the_books(step, direction, &format!("{event:?}"));
            }
            Fact::Deployment(transition) => match transition.to {
                DeploymentState::Active => {
                    self.in_the_books("activate_deployment", Direction::Forward, "activation");
                }
                DeploymentState::Cancelled if transition.reason != TransitionReason::Abandoned => {
                    self.in_the_books("mark_deployment_provisioning", Direction::Undo, "the end");
                }
                DeploymentState::Provisioning
                | DeploymentState::Paused
                | DeploymentState::Cancelled
                | DeploymentState::Archived => {}
            },
            Fact::Saga(EventKind::Restarted | EventKind::Completed | EventKind::RolledBack)
            | Fact::Launched(_) => {}
        }
    }

    fn step(&mut self, lane: Lane, event: &StepEvent, at: Timestamp) {
        match event {
            StepEvent::Started { .. } => {
                match lane.1 {
                    Direction::Forward => self.may_start(&lane.0),
                    Direction::Undo => self.may_undo(&lane.0),
                }
                self.looked.remove(&lane);
                self.open.insert(lane);
            }
            StepEvent::Polled => {
                self.looked.remove(&lane);
                self.open.insert(lane);
            }
            StepEvent::Waiting { .. } => {
                self.open.remove(&lane);
            }
            StepEvent::Succeeded { .. } => {
                self.open.remove(&lane);
                if lane.1 == Direction::Undo && lane.0 == "create_droplet" {
                    let forward = (lane.0.clone(), Direction::Forward);
                    self.settled_long_ago(&forward, at, "it is said to be undone");
                }
                self.settled.insert(lane);
            }
            StepEvent::RetryScheduled { failure, .. } | StepEvent::Failed { failure } => {
                self.open.remove(&lane);
                self.doubt(&lane, failure, at);
            }
            StepEvent::Interrupted => {
                self.open.remove(&lane);
                self.orphaned.remove(&lane);
                self.doubts.insert(lane, at);
            }
        }
    }

    /// The books are an effect, too: only a step that is under way writes them.
    fn in_the_books(&mut self, step: &str, direction: Direction, what: &str) {
        if !self.open.contains(&(step.to_owned(), direction)) {
            self.wrong(format!("{what} was written while `{step}` was not under way"));
        }
    }

    fn doubt(&mut self, lane: &Lane, failure: &Failure, at: Timestamp) {
        match failure.effect {
            Effect::Unknown => {
                self.doubts.insert(lane.clone(), at);
            }
            Effect::None => {}
        }
    }

    /// The provisioning plan is a chain: a step needs all that stand before it.
    fn may_start(&mut self, step: &str) {
        if self.goes_back() {
            self.wrong(format!("`{step}` was started after the way back had begun"));
        }
        for before in STEPS.into_iter().take_while(|name| *name != step) {
            if !self.settled.contains(&(before.to_owned(), Direction::Forward)) {
                self.wrong(format!("`{step}` was started before `{before}` had succeeded"));
            }
        }
    }

    /// The last first, and nothing while a step is under way.
    fn may_undo(&mut self, step: &str) {
        for after in UNDONE.into_iter().rev().take_while(|name| *name != step) {
            let lane = (after.to_owned(), Direction::Undo);
            if self.was_started(after) && !self.settled.contains(&lane) {
                self.wrong(format!("undoing `{step}` was started before `{after}` was undone"));
            }
        }
        let open = self.open.iter().find(|lane| lane.1 == Direction::Forward).cloned();
        if let Some((under_way, _)) = open {
            self.wrong(format!("undoing `{step}` was started while `{under_way}` was under way"));
        }
    }

    fn was_started(&self, wanted: &str) -> bool {
        self.started().any(|(step, way)| step == wanted && way == Direction::Forward)
    }

    fn goes_back(&self) -> bool {
        self.started().any(|(_, way)| way == Direction::Undo)
    }

    fn started(&self) -> impl Iterator<Item = (&str, Direction)> {
        self.entries.iter().filter_map(|entry| match &entry.fact {
            Fact::Saga(EventKind::Step { step, direction, event: StepEvent::Started { .. } }) => {
                Some((step.as_str(), *direction))
            }
            Fact::Saga(_) | Fact::Launched(_) | Fact::Deployment(_) | Fact::Resource(_) => None,
        })
    }

    /// Intent before effect: the journal says that a step is under way that makes such requests.
    fn asked(&mut self, method: &str, path: &str, now: Timestamp) {
        let open = self.open.iter().find(|(step, way)| makes(step, *way, method, path)).cloned();
        let Some(lane) = open else {
            let open = &self.open;
            let words =
                format!("{method} {path} while the journal says that {open:?} is under way");
            return self.wrong(words);
        };
        let writes = method != "GET";
        let of_names = path.contains("/records");
        match (method, of_names) {
            // A listing; a look at one thing by its number is none.
            ("GET", _) if !path.ends_with(|last: char| last.is_ascii_digit()) => {
                self.looked.insert(lane.clone());
            }
            ("POST", false) => {
                if !self.looked.contains(&lane) {
                    self.wrong("a droplet was asked for without a look".to_owned());
                }
                self.settled_long_ago(&lane, now, "a droplet is asked for");
            }
            ("POST", true) => {
                if !self.looked.contains(&lane) {
                    self.wrong("a record was made without a look".to_owned());
                }
                for direction in [Direction::Forward, lane.1] {
                    self.settled_long_ago(&(lane.0.clone(), direction), now, "a record is made");
                }
            }
            (_, true) if lane.1 == Direction::Undo => {
                let forward = (lane.0.clone(), Direction::Forward);
                self.settled_long_ago(&forward, now, "a record is given back");
            }
            _ => {}
        }
        if writes && of_names {
            self.saved(&lane.0, "found", method);
            if method == "DELETE" && lane.1 == Direction::Forward {
                self.saved(&lane.0, "removes", method);
            }
        }
    }

    fn saved(&mut self, step: &str, key: &str, method: &str) {
        if !self.checkpoints.contains(&(step.to_owned(), key.to_owned())) {
            self.wrong(format!("{method} of a record before checkpoint `{key}` was durable"));
        }
    }

    fn settled_long_ago(&mut self, lane: &Lane, now: Timestamp, what: &str) {
        if let Some(doubt) = self.doubts.get(lane)
            && doubt.until(now) < SETTLE
        {
            let after = doubt.until(now);
            self.wrong(format!("{what} {after:?} after a request of `{}` was cut short", lane.0));
        }
    }
}

/// Which requests a step makes, in which direction.
fn makes(step: &str, direction: Direction, method: &str, path: &str) -> bool {
    let of_names = path.starts_with("/v2/domains/");
    match (step, direction) {
        ("create_droplet", Direction::Forward) => !of_names,
        ("create_droplet", Direction::Undo) => !of_names && method != "POST",
        ("wait_droplet_active", Direction::Forward) => !of_names && method == "GET",
        ("point_deployment_dns", _) => of_names,
        _ => false,
    }
}
