//! One case: a whole Arcadia, one call in trouble, and an audit of what is there when it stands still.

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use arcadia::clock::Clock;
use arcadia::domain::saga::event::Order;
use arcadia::domain::saga::plan::Direction;
use arcadia::domain::summary::{Activity, Standing, Summary};
use arcadia::providers::{Compute, Dns, RecordDraft};
use arcadia::simulator::faults::FaultRule;
use arcadia::simulator::world::truth::Truth;
use arcadia::steps::StepSettings;
use arcadia::steps::plan::PlanSettings;
use tokio::task::JoinSet;

use crate::fault_matrix::trouble::{REFUSED, Times, Trouble};
use crate::support::cloud::{TIMINGS, ZONE};
use crate::support::http_rig::HttpCloud;
use crate::support::line::{Line, route};
use crate::support::rig::{self, Cloud, Pace, Rig, test_clock};
use crate::support::still_time::StillTime;

/// What the saga finds and meets besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scene {
    /// Nobody has the name.
    FreshName,
    /// The name points to two other addresses.
    TwoRecords,
    /// The create takes effect, and is answered with a refusal: its undo looks for what is there.
    LyingCreate,
}

/// One call in one trouble, or a clean run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case {
    pub(super) direction: Direction,
    pub(super) scene: Scene,
    pub(super) route: &'static str,
    pub(super) trouble: Option<(&'static Trouble, Times)>,
}

/// How a saga first stood still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Active,
    Undone,
    NeedsAttention,
}

/// What came of a case.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) ending: Ending,
    /// How it stood still, and what became of it after the trouble was over.
    pub(super) ended: String,
    /// How often each call was made in the case's direction (forward: until it stood still).
    pub(super) calls: BTreeMap<String, u64>,
    /// How long it took to stand still.
    pub(super) took: Duration,
    /// What a person reads then.
    pub(super) message: Vec<String>,
    /// What must not be.
    pub(super) contradictions: Vec<String>,
}

/// A cloud behind a line that stops the time during requests.
struct Field {
    http: HttpCloud,
    line: Line,
    _follower: JoinSet<()>,
}

/// A droplet or a record, in one line.
type Found = Vec<(String, String, u32)>;

/// Runs a case in a time of its own.
pub(super) fn run(case: &Case) -> Verdict {
    let _says = Says(case);
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().start_paused(true).build().unwrap().block_on(play(case))
}

async fn play(case: &Case) -> Verdict {
    let clock = test_clock();
    let field = Field::start(clock.clone()).await;
    let before = field.prepare(case.scene).await;
    let rig = Rig::on(field, clock).await;
    rig.cloud.trouble(&case.rules_at_launch());
    let started = rig.clock.now();
    let launched = rig.launch().await;
    let deployment = launched.deployment;
    let mut row = rig.until_still(deployment).await;
    let (mut since, mut calls_before) = (started, BTreeMap::new());
    if case.direction == Direction::Undo && case.scene != Scene::LyingCreate {
        assert_eq!(row.standing, Standing::Active, "it comes up without trouble");
        rig.cloud.trouble(&case.rules());
        (since, calls_before) = (rig.clock.now(), rig.cloud.calls());
        rig.order(deployment, Order::Rollback).await.unwrap();
        row = rig.until_still(deployment).await;
    }

    let mut calls = rig.cloud.calls();
    calls.retain(|route, count| {
        *count -= calls_before.get(route).copied().unwrap_or(0);
        *count > 0
    });
    let took = rig.clock.now().since(since);
    let (mut contradictions, mut message) = (Vec::new(), Vec::new());
    let ending = judge(&rig, &row, &before, &mut message, &mut contradictions).await;
    let mut ended = row.standing.as_str().replace('_', " ");
    rig.cloud.trouble(&[]);
    if let Some(order) = match ending {
        Ending::Active => Some(Order::Rollback),
        Ending::NeedsAttention => Some(Order::Retry),
        Ending::Undone => None,
    } {
        rig.order(deployment, order).await.unwrap();
        let last = rig.until(deployment, |row| row.standing != Standing::RollingBack).await;
        if ending == Ending::NeedsAttention {
            write!(ended, ", retried: {}", last.standing.as_str().replace('_', " ")).unwrap();
        }
        let last = judge(&rig, &last, &before, &mut Vec::new(), &mut contradictions).await;
        if last != Ending::Undone {
            contradictions.push(format!("with the trouble over it ends as {last:?}"));
        }
    }
    Verdict { ending, ended, calls, took, message, contradictions }
}

/// What is there against what the state says.
async fn judge(
    rig: &Rig<Field>,
    row: &Summary,
    before: &Found,
    message: &mut Vec<String>,
    contradictions: &mut Vec<String>,
) -> Ending {
    let truth = rig.cloud.truth();
    let detail = rig.show(row.deployment).await;
    let records = rig::addresses(&truth);
    let mut require = |holds: bool, said: &str| {
        if !holds {
            let there = there(&truth);
            contradictions.push(format!("{}: {said}; there is {there}", row.standing.as_str()));
        }
    };
    require(truth.droplets.len() <= 1, "there is at most one droplet");
    let rows = &detail.aggregate.resources;
    let why = row.why.clone().filter(|why| !why.starts_with("rolled back by"));
    message.extend(why.map(|why| format!("why: {why}")));
    match row.standing {
        Standing::Active => {
            require(truth.droplets.len() == 1, "there is one droplet");
            require(rows.len() == 1, "there is one row");
            let address = row.ipv4.map(|address| address.to_string());
            let ours = [("web".to_owned(), address.unwrap_or_default(), 300)];
            require(records == ours, "the name points at the droplet and nowhere else");
            Ending::Active
        }
        Standing::Failed | Standing::RolledBack | Standing::Cancelled => {
            require(truth.droplets.is_empty(), "no droplet is left");
            require(rows.is_empty(), "no row is left");
            require(&records == before, "DNS is as it was found");
            Ending::Undone
        }
        Standing::NeedsYou => {
            let gave_up = row.focus.as_ref().and_then(|focus| match &focus.activity {
                Activity::GaveUp { error, .. } => {
                    Some(format!("gave up: undoing {}: {error}", focus.step))
                }
                Activity::Calling { .. } | Activity::Waiting { .. } | Activity::Retrying { .. } => {
                    None
                }
            });
            require(gave_up.is_some(), "it says what gave up");
            message.extend(gave_up);
            let left = detail.leftovers.iter();
            let left: Vec<_> =
                left.map(|left| format!("left: {} (check: {})", left.what, left.check)).collect();
            let names = |what: &str| left.iter().any(|line| line.contains(what));
            require(truth.droplets.is_empty() || names("droplet"), "it names the droplet");
            require(&records == before || names("record"), "it names the record");
            message.extend(left);
            Ending::NeedsAttention
        }
        Standing::RollingBack | Standing::Running | Standing::Held | Standing::Abandoned => {
            require(false, "it stands still for good");
            Ending::NeedsAttention
        }
    }
}

fn there(truth: &Truth) -> String {
    let droplets: Vec<_> = truth.droplets.iter().map(|droplet| droplet.id.0).collect();
    format!("droplets {droplets:?}, records {:?}", rig::addresses(truth))
}

impl Field {
    async fn start(clock: Clock) -> Self {
        let http = HttpCloud::start_with(clock, TIMINGS).await;
        let still = StillTime::default();
        let follower = still.follow(http.simulator.answering());
        let line = Line::new(http.client(), http.client_to("http://127.0.0.1:1"), still);
        Self { http, line, _follower: follower }
    }

    /// Puts there what the scene asks for, long enough ago to be listed.
    async fn prepare(&self, scene: Scene) -> Found {
        let found: &[&str] = match scene {
            Scene::TwoRecords => &["198.51.100.44", "198.51.100.45"],
            Scene::FreshName | Scene::LyingCreate => &[],
        };
        for data in found {
            let draft = RecordDraft { name: "web".to_owned(), data: (*data).to_owned(), ttl: 600 };
            self.line.create_record(ZONE, &draft).await.unwrap();
        }
        tokio::time::sleep(Duration::from_hours(2)).await;
        rig::addresses(&self.truth())
    }

    /// These rules and no others, from here on.
    fn trouble(&self, rules: &[String]) {
        let (refused, others): (Vec<_>, Vec<_>) =
            rules.iter().partition(|rule| rule.contains(REFUSED));
        let parse = |rule: String| rule.parse::<FaultRule>().unwrap();
        self.line.refuse(refused.iter().map(|rule| parse(rule.replace(REFUSED, "drop"))).collect());
        self.http.faults(&others.iter().map(|rule| rule.as_str()).collect::<Vec<_>>());
    }

    /// How often each call was made, whether or not somebody listened.
    fn calls(&self) -> BTreeMap<String, u64> {
        let mut calls = self.http.simulator.requests();
        for (route, count) in self.line.refused() {
            *calls.entry(route).or_default() += count;
        }
        calls
    }
}

impl Cloud for Field {
    fn compute(&self) -> Arc<dyn Compute> {
        Arc::new(self.line.clone())
    }

    fn dns(&self) -> Arc<dyn Dns> {
        Arc::new(self.line.clone())
    }

    fn truth(&self) -> Truth {
        self.http.truth()
    }

    /// That of the product; a provider may say *wait* for a day, each way.
    fn pace(&self) -> Pace {
        Pace {
            steps: StepSettings::default(),
            plan: PlanSettings::default(),
            patience: Duration::from_hours(100),
        }
    }
}

impl Scene {
    pub(super) const ALL: [Self; 3] = [Self::FreshName, Self::TwoRecords, Self::LyingCreate];

    fn as_str(self) -> &'static str {
        match self {
            Self::FreshName => "a fresh name",
            Self::TwoRecords => "a name with two records",
            Self::LyingCreate => "a create that took effect and was refused",
        }
    }
}

impl Case {
    /// The runs without trouble of a scene, one for each direction.
    pub(super) fn clean(scene: Scene) -> Vec<Self> {
        let of = |direction| Self { direction, scene, route: "", trouble: None };
        match scene {
            Scene::FreshName | Scene::TwoRecords => {
                vec![of(Direction::Forward), of(Direction::Undo)]
            }
            // Both ways in one.
            Scene::LyingCreate => vec![],
        }
    }

    /// `undo of DELETE /v2/droplets/{droplet_id}, a fresh name`.
    pub(super) fn title(&self) -> String {
        format!("{} {}, {}", self.direction, self.route, self.scene.as_str())
    }

    fn rules_at_launch(&self) -> Vec<String> {
        match (self.scene, self.direction) {
            (Scene::LyingCreate, _) => {
                let mut rules = vec![
                    format!(
                        "{}: 422 \"quota exceeded\" after effect, nth 1",
                        route::CREATE_DROPLET
                    ),
                    // The look before the create is not in trouble.
                    format!("{}: delay 0ms, nth 1", route::LIST_DROPLETS),
                ];
                rules.extend(self.rules());
                rules
            }
            (Scene::FreshName | Scene::TwoRecords, Direction::Forward) => self.rules(),
            (Scene::FreshName | Scene::TwoRecords, Direction::Undo) => vec![],
        }
    }

    /// The trouble as a rule.
    fn rules(&self) -> Vec<String> {
        let Some((trouble, times)) = self.trouble else { return vec![] };
        let path = self.route.split('/').map(|part| if part.starts_with('{') { "*" } else { part });
        let path = path.collect::<Vec<_>>().join("/");
        let looked = self.scene == Scene::LyingCreate && self.route == route::LIST_DROPLETS;
        let nth = |n: u8| format!(", nth {}", n + u8::from(looked));
        let which = match times {
            Times::First => nth(1),
            Times::Second => nth(2),
            Times::ForGood => String::new(),
        };
        vec![format!("{path}: {}{which}", trouble.fault)]
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trouble = self.trouble.map(|(trouble, times)| (trouble.fault, times.as_str()));
        let (fault, times) = trouble.unwrap_or(("no trouble", ""));
        write!(f, "{}: {fault} {times}", self.title())
    }
}

/// Says on the way out of a panic which case it was.
struct Says<'a>(&'a Case);

impl Drop for Says<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("failed in the case `{}`", self.0);
        }
    }
}
