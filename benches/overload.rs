//! Ten thousand sagas at once, over real HTTP, to a simulated cloud that refuses who comes too fast.
//!
//! `cargo overload` (`ARCADIA_OVERLOAD=2000 cargo overload` for fewer). One process: the engine with
//! its journal on disk, the client with its limiter, the simulated cloud, and a dashboard that draws
//! while all of it runs. In the middle the deployment that was launched last is cancelled.
//!
//! Told at the end: wall time, peak memory (the cloud's share included), peak tasks, calls and
//! requests at once, refusals (429), how long the cancel took, and what a frame and a key took.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use arcadia::clock::{Chance, Clock, IdSource};
use arcadia::control::{Control, LaunchRequest, Launched, Notice, OrderRequest, Watch};
use arcadia::domain::deployment::Actor;
use arcadia::domain::failure::FailureCode;
use arcadia::domain::saga::event::Order;
use arcadia::domain::saga::plan::{OnFailure, StepName};
use arcadia::domain::spec::{DeploymentSpec, DnsName, LaunchDraft};
use arcadia::domain::summary::Standing;
use arcadia::engine::{Handle, Parts};
use arcadia::journal::sled::SledJournal;
use arcadia::providers::digitalocean::{DigitalOcean, Limits, Settings};
use arcadia::providers::{Compute, Dns};
use arcadia::simulator::{Options, RateLimit, Timings};
use arcadia::steps::plan::{self, PlanSettings};
use arcadia::steps::{Progress, Registry, Step, StepContext, StepError, StepSettings};
use arcadia::tui::model::Model;
use arcadia::tui::msg::{Msg, What};
use arcadia::tui::options::{Ascii, Color};
use arcadia::tui::theme::Theme;
use arcadia::tui::update::update;
use arcadia::tui::view::{ViewState, view};
use async_trait::async_trait;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde_json::Value;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::task::JoinSet;

const ZONE: &str = "acme.example";
const TOKEN: &str = "dop_v1_of_the_measurement";

/// What the cloud grants, in requests a minute; the client believes that it may send a quarter more,
/// so that refusals happen.
const BURST: u32 = 24_000;

/// Calls at once, as the configuration has it when nothing is said.
const CALLS_AT_ONCE: usize = 64;

/// Sagas that go forward at once: as many as keep the calls busy, because this cloud grants a hundred
/// times what the real one does.
const MAX_SAGAS: usize = 1_024;

/// One frame in so much time, as the screen draws them.
const FRAME: Duration = Duration::from_millis(33);

/// Counts what goes through the steps.
#[derive(Default)]
struct Counts {
    calls: AtomicUsize,
    calls_at_most: AtomicUsize,
    refused: AtomicUsize,
    held_back: AtomicUsize,
    over: AtomicBool,
}

/// A step that is counted.
struct Counted {
    step: Arc<dyn Step>,
    counts: Arc<Counts>,
}

impl Counted {
    async fn counted(
        &self,
        call: impl Future<Output = Result<Progress, StepError>>,
    ) -> Result<Progress, StepError> {
        let calls = self.counts.calls.fetch_add(1, Ordering::Relaxed) + 1;
        self.counts.calls_at_most.fetch_max(calls, Ordering::Relaxed);
        let answer = call.await;
        self.counts.calls.fetch_sub(1, Ordering::Relaxed);
        if let Err(StepError::Retryable { failure, .. }) = &answer
            && failure.code == FailureCode::RateLimited
        {
            let ours = failure.message.contains("held back");
            let count = if ours { &self.counts.held_back } else { &self.counts.refused };
            count.fetch_add(1, Ordering::Relaxed);
        }
        answer
    }
}

#[async_trait]
impl Step for Counted {
    fn name(&self) -> &'static str {
        self.step.name()
    }

    async fn execute(&self, ctx: &StepContext) -> Result<Progress, StepError> {
        self.counted(self.step.execute(ctx)).await
    }

    async fn compensate(
        &self,
        ctx: &StepContext,
        output: Option<&Value>,
    ) -> Result<Progress, StepError> {
        self.counted(self.step.compensate(ctx, output)).await
    }
}

#[tokio::main]
async fn main() {
    let sagas = std::env::var("ARCADIA_OVERLOAD")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(10_000);
    let clock = Clock::system();
    let options = Options {
        timings: Timings {
            activation: Duration::from_millis(500),
            address_delay: Duration::from_millis(100),
            listing_lag: Duration::from_millis(200),
            deletion: Duration::from_millis(200),
        },
        domains: vec![ZONE.to_owned()],
        tokens: Some(vec![TOKEN.to_owned()]),
        rate_limit: RateLimit::On { hourly: u32::MAX, burst: BURST },
        droplet_limit: u32::MAX,
        ..Options::default()
    };
    let cloud = arcadia::simulator::start(options, clock.clone()).await.expect("it listens");
    let counts = Arc::new(Counts::default());
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("there is room");
    let journal = Arc::new(SledJournal::open(folder.path()).expect("an empty folder opens"));
    let idle = memory_kib("VmHWM:");
    let engine = engine(&cloud.base_url(), &clock, &journal, &counts).await;
    let dashboard = dashboard(&engine, &clock, &counts).await;
    let mut watch = engine.watch().await.expect("the engine runs");
    let mut looking = JoinSet::new();
    looking.spawn(peak_tasks(Arc::clone(&counts)));

    let began = now();
    let asked = (0..sagas).map(|number| engine.launch(request(number)));
    let all: Vec<Launched> = futures_util::future::join_all(asked)
        .await
        .into_iter()
        .map(|launched| launched.expect("names are new"))
        .collect();
    let launching = now() - began;
    let launched_kib = memory_kib("VmRSS:");
    let last = *all.last().expect("some were launched");

    let [acknowledged, undone] = {
        ended(&engine, &mut watch, sagas / 2).await;
        cancel(&engine, &clock, last).await
    };
    ended(&engine, &mut watch, sagas).await;
    let took = now() - began;
    counts.over.store(true, Ordering::Relaxed);
    let frames = dashboard.join().expect("the dashboard lives");
    let tasks = looking.join_all().await[0];

    let rows = engine.watch().await.expect("the engine runs").summaries;
    let of = |standing| rows.iter().filter(|row| row.standing == standing).count();
    let requests: u64 = cloud.requests().values().sum();
    let stats = journal.stats();
    println!("sagas                        {sagas}, a cloud that grants {BURST} requests a minute");
    println!("launched, durably, within    {launching:.2?}");
    println!("all ended within             {took:.2?}");
    println!(
        "ended active / cancelled     {} / {}, anything else {}",
        of(Standing::Active),
        of(Standing::Cancelled),
        rows.len() - of(Standing::Active) - of(Standing::Cancelled)
    );
    for row in rows.iter().filter(|row| row.standing == Standing::Failed).take(3) {
        println!("failed: {} because {}", row.name(), row.why.as_deref().unwrap_or("?"));
    }
    println!("left in the cloud            {} droplets", cloud.state().droplets.len());
    println!(
        "requests                     {requests}, {} refused (429), {} held back by the limiter",
        counts.refused.load(Ordering::Relaxed),
        counts.held_back.load(Ordering::Relaxed)
    );
    println!(
        "calls at once, at most       {} of {CALLS_AT_ONCE}",
        counts.calls_at_most.load(Ordering::Relaxed)
    );
    println!("tasks, at most               {tasks}");
    println!(
        "memory                       {} MiB before, {} MiB when all were launched, {} MiB peak",
        idle >> 10,
        launched_kib >> 10,
        memory_kib("VmHWM:") >> 10
    );
    println!("facts for each durable write {}", stats.entries / stats.groups.max(1));
    println!("the last launched, cancelled: acknowledged {acknowledged:.2?}, undone {undone:.2?}");
    println!("frame of the dashboard       {}", percentiles(frames.draws));
    println!("key to frame                 {}", percentiles(frames.keys));
    println!("pictures taken anew          {}", frames.lags);

    engine.stop().await;
    journal.close().await.expect("its disk answers");
    cloud.shutdown().await;
}

async fn engine(
    base_url: &str,
    clock: &Clock,
    journal: &Arc<SledJournal>,
    counts: &Arc<Counts>,
) -> Handle {
    let believed = NonZeroU32::new(BURST + BURST / 4).expect("it is not zero");
    let settings = Settings {
        base_url: base_url.to_owned(),
        limits: Limits { per_minute: believed, per_hour: NonZeroU32::MAX, ..Limits::default() },
        ..Settings::new(TOKEN.into())
    };
    let client = DigitalOcean::new(settings, clock.clone(), Chance::seeded(1)).expect("loopback");
    let (compute, dns): (Arc<dyn Compute>, Arc<dyn Dns>) =
        (Arc::new(client.clone()), Arc::new(client));
    let steps = StepSettings {
        settle: Duration::from_secs(1),
        poll_first: Duration::from_millis(300),
        ..StepSettings::default()
    };
    let registry = Registry::provisioning(&compute, &dns, &steps);
    let plan_of = |on_failure| plan::provisioning(&PlanSettings::default(), on_failure);
    let names = plan_of(OnFailure::Rollback);
    let counted = names.steps().iter().map(|planned| {
        let step = Arc::clone(registry.get(&StepName::new(planned.name.as_str())).expect("known"));
        Arc::new(Counted { step, counts: Arc::clone(counts) }) as Arc<dyn Step>
    });
    let chance = Chance::seeded(2);
    let parts = Parts {
        journal: journal.clone(),
        registry: Registry::of(counted),
        catalogue: None,
        planner: Arc::new(move |_, on_failure| plan_of(on_failure)),
        clock: clock.clone(),
        ids: IdSource::new(clock.clone(), chance.clone()),
        chance,
        calls_at_once: NonZeroUsize::new(CALLS_AT_ONCE).expect("it is not zero"),
        max_sagas: NonZeroUsize::new(MAX_SAGAS).expect("it is not zero"),
    };
    Handle::open(parts).await.expect("an empty journal opens")
}

fn request(number: usize) -> LaunchRequest {
    let slug = format!("web-{number:05}");
    let dns = Some(DnsName { domain: ZONE.to_owned(), name: slug.clone() });
    let spec =
        DeploymentSpec { droplet_name: slug.clone(), slug, dns, ..DeploymentSpec::example() };
    LaunchRequest { spec, on_failure: OnFailure::Rollback, by: operator() }
}

fn operator() -> Actor {
    Actor::Operator("ana".to_owned())
}

/// Waits until so many sagas have ended.
async fn ended(engine: &Handle, watch: &mut Watch, wanted: usize) {
    let finished =
        |watch: &Watch| watch.summaries.iter().filter(|row| row.standing.is_finished()).count();
    *watch = engine.watch().await.expect("the engine runs");
    let mut count = finished(watch);
    while count < wanted {
        match watch.notices.recv().await {
            Ok(Notice::Changed { summary, .. }) if summary.standing.is_finished() => count += 1,
            Ok(Notice::Changed { .. } | Notice::Logged { .. } | Notice::Stalled { .. }) => {}
            Err(RecvError::Lagged(_)) => {
                *watch = engine.watch().await.expect("the engine runs");
                count = finished(watch);
            }
            Err(RecvError::Closed) => panic!("the engine is gone"),
        }
    }
}

/// Cancels a deployment; how long until it was acknowledged, and until everything was undone.
async fn cancel(engine: &Handle, clock: &Clock, launched: Launched) -> [Duration; 2] {
    let mut notices = engine.watch().await.expect("the engine runs").notices;
    let command = IdSource::new(clock.clone(), Chance::seeded(3)).command();
    let order = OrderRequest {
        deployment: launched.deployment,
        command,
        order: Order::Cancel,
        by: operator(),
    };
    let began = now();
    if let Err(error) = engine.order(order).await {
        println!("the cancel was refused: {error}");
        return [now() - began; 2];
    }
    let acknowledged = now() - began;
    loop {
        if let Ok(Notice::Changed { summary, .. }) = notices.recv().await
            && summary.deployment == launched.deployment
            && summary.standing == Standing::Cancelled
        {
            return [acknowledged, now() - began];
        }
    }
}

/// The most tasks that were alive at any look.
async fn peak_tasks(counts: Arc<Counts>) -> usize {
    let mut most = 0;
    while !counts.over.load(Ordering::Relaxed) {
        most = most.max(tokio::runtime::Handle::current().metrics().num_alive_tasks());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    most
}

/// What the dashboard took.
struct Frames {
    draws: Vec<Duration>,
    keys: Vec<Duration>,
    lags: usize,
}

/// A dashboard in a thread of its own: it reads the news, takes a key and draws, thirty times a
/// second.
async fn dashboard(
    engine: &Handle,
    clock: &Clock,
    counts: &Arc<Counts>,
) -> thread::JoinHandle<Frames> {
    let (engine, clock, counts) = (engine.clone(), clock.clone(), Arc::clone(counts));
    let mut watch = engine.watch().await.expect("the engine runs");
    let runtime = tokio::runtime::Handle::current();
    thread::spawn(move || {
        let mut model =
            Model::new("SIM".to_owned(), "ana".to_owned(), LaunchDraft::default(), clock.now());
        let send = |model: &mut Model, what| drop(update(model, Msg { at: clock.now(), what }));
        send(&mut model, What::Resized { width: 200, height: 50 });
        send(&mut model, What::Connected);
        send(&mut model, What::Pictured(Ok(watch.summaries)));
        let mut state = ViewState::new(Theme::new(Color::Ansi, Ascii::No));
        let mut terminal = Terminal::new(TestBackend::new(200, 50)).expect("a test backend draws");
        let mut frames = Frames { draws: Vec::new(), keys: Vec::new(), lags: 0 };
        let mut keys = [KeyCode::Down, KeyCode::Up].into_iter().cycle();
        while !counts.over.load(Ordering::Relaxed) {
            let frame_began = now();
            for _ in 0..4_096 {
                match watch.notices.try_recv() {
                    Ok(notice) => send(&mut model, What::Noticed(notice)),
                    Err(TryRecvError::Lagged(missed)) => {
                        frames.lags += 1;
                        send(&mut model, What::Lagged { missed });
                        watch = runtime.block_on(engine.watch()).expect("the engine runs");
                        let rows = std::mem::take(&mut watch.summaries);
                        send(&mut model, What::Pictured(Ok(rows)));
                    }
                    Err(TryRecvError::Empty | TryRecvError::Closed) => break,
                }
            }
            let pressed = now();
            let key = KeyEvent::new(keys.next().expect("it is a cycle"), KeyModifiers::NONE);
            send(&mut model, What::Key(key));
            let drawing = now();
            terminal.draw(|frame| view(&model, &mut state, frame)).expect("a test backend draws");
            frames.draws.push(now() - drawing);
            frames.keys.push(now() - pressed);
            let rest = FRAME.saturating_sub(now() - frame_began);
            runtime.block_on(async move { tokio::time::sleep(rest).await });
        }
        frames
    })
}

fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
    let most = times.last().copied().unwrap_or_default();
    format!("median {:.2?}, 99 % {:.2?}, most {most:.2?} ({} frames)", at(50), at(99), times.len())
}

/// A figure of this process's memory, in KiB, as the kernel tells it.
fn memory_kib(what: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[expect(clippy::disallowed_methods, reason = "a measurement measures real time")]
fn now() -> Instant {
    Instant::now()
}
