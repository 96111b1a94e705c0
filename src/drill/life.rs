//! One run: a private cloud, a private journal, one thing that goes wrong, and what came of it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Chance, Clock, IdSource};
use crate::control::{Control as _, ControlError, LaunchRequest, Notice, OrderRequest, Watch};
use crate::domain::deployment::{Actor, DeploymentState};
use crate::domain::id::DeploymentId;
use crate::domain::saga::event::Order;
use crate::domain::saga::plan::{Direction, Plan, PlanStep};
use crate::domain::summary::{Standing, Summary};
use crate::domain::time::Timestamp;
use crate::drill::DrillError;
use crate::drill::audit::{Findings, audit};
use crate::drill::case::{Case, Found, Point};
use crate::drill::cloud::ProbedCloud;
use crate::drill::probe::{Probe, Struck};
use crate::drill::program::Program;
use crate::drill::report::{Ended, Run};
use crate::drill::setup::{self, Setup};
use crate::drill::stillness::{Answer, still};
use crate::providers::RecordDraft;
use crate::simulator::world::truth::Truth;
use crate::simulator::{self, Options, RateLimit, Running};

/// When every run begins, in simulated time.
const ORIGIN: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// How long the program stays dead: not at all, longer than listings lag, longer than most
/// deadlines.
const DEAD_FOR: [Duration; 3] = [Duration::ZERO, Duration::from_secs(40), Duration::from_mins(20)];

/// How long after the end one looks at what is left, so that what comes late is seen as well.
const LOOK_AFTER: Duration = Duration::from_hours(1);

/// How often a person helps before it counts as not ended.
const HELP_AT_MOST: u32 = 3;

/// How often the program is started before it counts as not ended: once more than anything planned.
const STARTS_AT_MOST: u64 = 8;

/// What the name points at where it is taken.
const FOUND: (&str, u32) = ("198.51.100.44", 1_234);

/// A run without trouble: forward, and back.
pub(super) async fn rehearse(
    setup: &Setup,
    folder: &Path,
    found: Found,
) -> Result<Vec<Point>, DrillError> {
    let mut life = Life::begin(setup, folder, None, found, Direction::Undo).await?;
    let (ended, findings) = life.live_on().await?;
    match ended {
        Ended::Cancelled if life.was_active && findings == Findings::default() => {
            Ok(life.cloud.probe.points())
        }
        Ended::Active
        | Ended::Cancelled
        | Ended::NeedsAttention
        | Ended::Unfinished
        | Ended::NotReached
        | Ended::Failed(_) => {
            let findings = [
                ("left behind", findings.left),
                ("missing", findings.missing),
                ("because", life.why.take().into_iter().collect()),
            ];
            let told = findings.into_iter().filter(|(_, what)| !what.is_empty());
            let told: Vec<_> =
                told.map(|(word, what)| format!("{word}: {}", what.join(", "))).collect();
            Err(DrillError::Rehearsal { ended: ended.as_str(), why: told.join("; ") })
        }
    }
}

/// A run in which this goes wrong.
pub(super) async fn suffer(setup: &Setup, folder: &Path, case: &Case) -> Result<Run, DrillError> {
    let mut life = Life::begin(setup, folder, Some(case), case.found, case.point.way).await?;
    let (ended, findings) = life.live_on().await?;
    let ended = match life.cloud.probe.struck() {
        Struck::Yes => ended,
        Struck::No => Ended::NotReached,
    };
    let Findings { left, missing } = findings;
    let simulated = ORIGIN.until(life.ended_at);
    Ok(Run { case: case.clone(), ended, helped: life.helped, left, missing, simulated })
}

struct Life<'a> {
    setup: &'a Setup,
    folder: &'a Path,
    clock: Clock,
    cloud: ProbedCloud,
    before: Truth,
    program: Program,
    ids: IdSource,
    /// How far it goes: up, or up and back.
    way: Direction,
    patience: Duration,
    dead_for: Duration,
    starts: u64,
    helped: u32,
    was_active: bool,
    why: Option<String>,
    ended_at: Timestamp,
}

/// How the life of one program ended.
enum Chapter {
    /// The saga stands still.
    Stands(Arc<Summary>),
    /// The program died.
    Died,
    /// The journal refused a write, and the saga waits for another program.
    Stalled,
    /// Nothing came to an end in all the time that the plan allows.
    Endless,
}

impl<'a> Life<'a> {
    async fn begin(
        setup: &'a Setup,
        folder: &'a Path,
        case: Option<&Case>,
        found: Found,
        way: Direction,
    ) -> Result<Self, DrillError> {
        let clock = Clock::starting_at(ORIGIN);
        let chance = Chance::seeded(setup.seed);
        let spec = setup::spec();
        let plan = (setup.planner)(&spec, setup.on_failure);
        let first = plan.steps().first().ok_or(DrillError::NoPlan)?;
        let probe = Arc::new(Probe::new(&first.name, case));
        let zone = spec.dns.as_ref().map(|dns| dns.domain.clone());
        let options = Options {
            seed: setup.seed,
            timings: setup.timings,
            domains: zone.clone().into_iter().collect(),
            rate_limit: RateLimit::Off,
            ..Options::default()
        };
        let simulator: Arc<Running> = Arc::new(simulator::start(options, clock.clone()).await?);
        let (compute, dns) =
            (setup.connect)(simulator.base_url(), &clock, &chance).map_err(DrillError::Client)?;
        if let (Found::Taken, Some(name)) = (found, &spec.dns) {
            let (data, ttl) = (FOUND.0.to_owned(), FOUND.1);
            let draft = RecordDraft { name: name.name.clone(), data, ttl };
            still(Answer::Comes, dns.create_record(&name.domain, &draft)).await?;
            tokio::time::sleep(LOOK_AFTER).await;
        }
        let before = simulator.state();
        let cloud = ProbedCloud { compute, dns, simulator, probe };
        let program = Program::start(setup, folder, &cloud, &clock, chance).await?;
        let ids = IdSource::new(clock.clone(), Chance::seeded(setup.seed.wrapping_add(1_000)));
        Ok(Self {
            setup,
            folder,
            ended_at: clock.now(),
            clock,
            cloud,
            before,
            program,
            ids,
            way,
            patience: patience(&plan),
            dead_for: dead_for(case),
            starts: 1,
            helped: 0,
            was_active: false,
            why: None,
        })
    }

    /// Lives on through every crash, and looks at what is left.
    async fn live_on(&mut self) -> Result<(Ended, Findings), DrillError> {
        let ended = loop {
            let probe = Arc::clone(&self.cloud.probe);
            let chapter = tokio::select! {
                biased;
                () = probe.died() => Chapter::Died,
                chapter = self.chapter() => chapter?,
            };
            match chapter {
                Chapter::Stands(row) => {
                    self.why.clone_from(&row.why);
                    break ended(&row);
                }
                Chapter::Endless => break Ended::Unfinished,
                Chapter::Died | Chapter::Stalled if self.starts == STARTS_AT_MOST => {
                    break Ended::Unfinished;
                }
                chapter @ (Chapter::Died | Chapter::Stalled) => self.start_again(&chapter).await?,
            }
        };
        self.ended_at = self.clock.now();
        tokio::time::sleep(LOOK_AFTER).await;
        let rows = self.program.engine.watch().await?.summaries;
        let row = rows.first().ok_or(DrillError::Forgotten)?;
        let detail = self.program.engine.show(row.deployment).await?;
        let findings = audit(&self.before, &self.cloud.simulator.state(), &detail.aggregate);
        self.program.stop().await;
        Ok((ended, findings))
    }

    /// What one program lives to see: it launches unless that is done, and an operator does what an
    /// operator would do.
    async fn chapter(&mut self) -> Result<Chapter, DrillError> {
        let mut watch = self.program.engine.watch().await?;
        let deployment = match watch.summaries.first() {
            Some(row) => row.deployment,
            None => match self.launch().await {
                Ok(deployment) => deployment,
                Err(ControlError::Journal { .. }) => return Ok(Chapter::Stalled),
                Err(error) => return Err(error.into()),
            },
        };
        loop {
            let standing = tokio::time::timeout(self.patience, stands(&mut watch, deployment));
            let row = match standing.await {
                Ok(Some(row)) => row,
                Ok(None) => return Ok(Chapter::Stalled),
                Err(_) => return Ok(Chapter::Endless),
            };
            self.was_active |= row.standing == Standing::Active;
            let order = match row.standing {
                Standing::NeedsYou if self.helped < HELP_AT_MOST => {
                    self.helped += 1;
                    self.cloud.probe.heal();
                    Order::Retry
                }
                Standing::Active if self.way == Direction::Undo => Order::Rollback,
                Standing::NeedsYou
                | Standing::RollingBack
                | Standing::Running
                | Standing::Held
                | Standing::Active
                | Standing::Failed
                | Standing::Cancelled
                | Standing::RolledBack
                | Standing::Abandoned => return Ok(Chapter::Stands(row)),
            };
            watch = self.program.engine.watch().await?;
            // The present row is the one that was just judged; what follows from the order is news.
            watch.summaries.clear();
            match self.order(deployment, order).await {
                Ok(()) => {}
                Err(ControlError::Journal { .. }) => return Ok(Chapter::Stalled),
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn launch(&self) -> Result<DeploymentId, ControlError> {
        let on_failure = self.setup.on_failure;
        let launch = LaunchRequest { spec: setup::spec(), on_failure, by: operator() };
        Ok(self.program.engine.launch(launch).await?.deployment)
    }

    async fn order(&self, deployment: DeploymentId, order: Order) -> Result<(), ControlError> {
        let command = self.ids.command();
        let order = OrderRequest { deployment, command, order, by: operator() };
        self.program.engine.order(order).await
    }

    /// Starts a new program over the same journal and the same cloud.
    async fn start_again(&mut self, after: &Chapter) -> Result<(), DrillError> {
        let chance = Chance::seeded(self.setup.seed.wrapping_add(self.starts));
        self.starts += 1;
        match after {
            Chapter::Died => {
                self.program.die().await;
                tokio::time::sleep(self.dead_for).await;
            }
            Chapter::Stands(_) | Chapter::Stalled | Chapter::Endless => self.program.stop().await,
        }
        self.cloud.probe.revive();
        let Self { setup, folder, cloud, clock, .. } = self;
        self.program = Program::start(setup, folder, cloud, clock, chance).await?;
        Ok(())
    }
}

/// Waits until the saga stands still; nothing when the journal failed it.
async fn stands(watch: &mut Watch, deployment: DeploymentId) -> Option<Arc<Summary>> {
    let still = |row: &Summary| {
        row.deployment == deployment
            && (row.standing.is_finished() || row.standing == Standing::NeedsYou)
    };
    if let Some(row) = watch.summaries.iter().find(|row| still(row)) {
        return Some(Arc::clone(row));
    }
    loop {
        match watch.notices.recv().await {
            Ok(Notice::Changed { summary, .. }) if still(&summary) => return Some(summary),
            Ok(Notice::Changed { .. } | Notice::Logged { .. }) => {}
            // One saga never has more news than a watcher may lag behind.
            Ok(Notice::Stalled { .. }) | Err(_) => return None,
        }
    }
}

fn ended(row: &Summary) -> Ended {
    match (row.standing.is_finished(), row.state) {
        (true, DeploymentState::Active) => Ended::Active,
        (true, DeploymentState::Cancelled | DeploymentState::Archived) => Ended::Cancelled,
        (true, DeploymentState::Provisioning | DeploymentState::Paused) | (false, _) => {
            Ended::NeedsAttention
        }
    }
}

/// Longer than anything that the plan allows, several times over.
fn patience(plan: &Plan) -> Duration {
    let of_step = |step: &PlanStep| {
        step.forward.deadline + step.undo.as_ref().map_or(Duration::ZERO, |undo| undo.deadline)
    };
    plan.steps().iter().map(of_step).sum::<Duration>() * 4 + LOOK_AFTER
}

/// By the name of the case, so that it is the same when the case is run alone.
fn dead_for(case: Option<&Case>) -> Duration {
    let name = case.map(ToString::to_string).unwrap_or_default();
    let sum: usize = name.bytes().map(usize::from).sum();
    DEAD_FOR[sum % DEAD_FOR.len()]
}

fn operator() -> Actor {
    Actor::Operator("drill".to_owned())
}
