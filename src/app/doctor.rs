//! `arcadia doctor`, put together: pictures are taken, [`crate::doctor`] judges them, and what it plans
//! is carried out if the operator says so.
//!
//! Nothing here may hang and nothing may die of what is broken: every look has a bound, and what cannot
//! be looked at is a finding. The journal's lock is held from the first look to the last act, so that
//! no saga of this folder runs meanwhile; no engine is ever made here.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::oneshot;

use crate::app::AppError;
use crate::app::cloud::Cloud;
use crate::app::doctor::ledger::Ledger;
use crate::app::doctor::rounds::Rounds;
use crate::app::workshop::LateEngine;
use crate::cli::doctor::DoctorArgs;
use crate::cli::output::Output;
use crate::cli::{self, Exit};
use crate::clock::{Chance, Clock};
use crate::config::{Config, Environment, Flags, Loaded, Provider, secret};
use crate::doctor::archive::{ArchiveFacts, Lines};
use crate::doctor::finding::{Area, Finding};
use crate::doctor::folder::{FolderFacts, FolderState};
use crate::doctor::journal::JournalFacts;
use crate::doctor::report::{Repair, Report};
use crate::doctor::token::TokenFacts;
use crate::doctor::{archive, clock, configuration, folder, journal, plan, terminal, token};
use crate::domain::failure::with_causes;
use crate::journal::archive::{FOLDER, status};
use crate::telemetry::{self, Redactor};

mod ground;
mod ledger;
mod local;
mod repair;
mod rounds;

/// How long a look at the machine may take: a file system of another machine may never answer.
const LOCAL_PATIENCE: Duration = Duration::from_secs(10);
/// How long reading the whole archive may take: a gigabyte is read in some seconds.
const ARCHIVE_PATIENCE: Duration = Duration::from_mins(1);
/// How long connecting to the provider, and one request to it, may take at most.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
const REQUEST_PATIENCE: Duration = Duration::from_secs(10);

/// Runs the verb.
pub(super) fn run(
    args: &DoctorArgs,
    flags: &Flags,
    environment: &Environment,
) -> Result<Exit, AppError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(AppError::Runtime)?;
    let exit = runtime.block_on(examine(args, flags, environment));
    // Not waited for: a look that never came to its end must not hold up ours.
    runtime.shutdown_background();
    exit
}

async fn examine(
    args: &DoctorArgs,
    flags: &Flags,
    environment: &Environment,
) -> Result<Exit, AppError> {
    let (clock, output) = (Clock::system(), Output::of_process());
    let loaded = Loaded::load(flags, environment);
    let mut findings = configuration::judge(&local::configuration(&loaded, flags, environment));
    let screen = local::terminal(loaded.as_ref().ok(), environment, &output);
    findings.extend(terminal::judge(&screen));
    let columns = screen.size.map(|(columns, _)| columns);
    let Ok(Loaded { config, .. }) = loaded else {
        findings.extend(waiting_for_the_configuration());
        let report = Report::new(clock.now(), findings, Vec::new());
        cli::doctor::tell(&output, args, &report, columns);
        return Ok(cli::doctor::conclude(&output, args, &report)?);
    };

    let mut visit = Visit::begin(args, config, environment, &clock).await;
    findings.append(&mut visit.findings);
    let choice = args.choice();
    let plan = plan::plan(&visit.rounds.orphans, &choice);
    let refused = plan::refused(&plan, &choice);
    let mut report = Report::new(clock.now(), findings, plan);
    cli::doctor::tell(&output, args, &report, columns);
    let ended = if args.fixing.fix {
        cli::doctor::refuse(&output, &refused);
        visit.fix(args, (&output, columns), environment, &clock, &mut report).await
    } else {
        Ok(())
    };
    visit.end().await;
    ended?;
    Ok(cli::doctor::conclude(&output, args, &report)?)
}

/// What is open while the doctor is there.
struct Visit {
    config: Config,
    findings: Vec<Finding>,
    rounds: Rounds,
    ledger: Ledger,
    cloud: Option<Cloud>,
    _log: Option<telemetry::Guard>,
}

impl Visit {
    /// Looks at everything that a sound configuration names.
    async fn begin(
        args: &DoctorArgs,
        mut config: Config,
        environment: &Environment,
        clock: &Clock,
    ) -> Self {
        let patience = &mut config.digitalocean;
        patience.connect_timeout = patience.connect_timeout.min(CONNECT_PATIENCE);
        patience.request_timeout = patience.request_timeout.min(REQUEST_PATIENCE);
        let mut findings = Vec::new();
        // Before anything is opened: opening closes the journal's folder to others.
        let ground = look_at_ground(&config.data_dir).await;
        findings.extend(folder::judge(&ground));
        let (facts, secret) = fetch_token(&config, environment).await;
        findings.push(token::presence(&facts));
        let log = start_log(&config, &ground, secret.as_ref(), clock);
        let ledger = Ledger::open(&config.data_dir, &ground, args.fixing.fix).await;
        findings.extend(journal::judge(&ledger.facts));
        let lines = read_archive(&config.data_dir, &ledger).await;
        findings.extend(archive::judge(&lines, &ground, ledger.groups));

        let mut rounds = Rounds::default();
        let cloud = match reach(&config, &ledger, &facts, secret, clock).await {
            Ok(cloud) => {
                rounds = rounds::make(&config, &cloud, ledger.books.as_ref(), clock).await;
                Some(cloud)
            }
            Err(why) => {
                findings.extend(out_of_reach(&why));
                None
            }
        };
        findings.append(&mut rounds.findings);
        findings.extend(clock::judge(
            clock.now(),
            rounds.time.as_ref(),
            config.saga.settle,
            ledger.latest,
        ));
        Self { config, findings, rounds, ledger, cloud, _log: log }
    }

    /// Shows the plan, asks, and carries it out.
    async fn fix(
        &self,
        args: &DoctorArgs,
        (output, columns): (&Output, Option<u16>),
        environment: &Environment,
        clock: &Clock,
        report: &mut Report,
    ) -> Result<(), AppError> {
        let (Some(cloud), false) = (&self.cloud, report.plan.is_empty()) else {
            cli::doctor::nothing_to_fix(output);
            return Ok(());
        };
        cli::doctor::agree(output, args, report, columns).await?;
        for act in &report.plan {
            let outcome = repair::carry_out(act, cloud, &self.config.saga, clock).await;
            self.ledger.note(act, &outcome, environment.user(), clock.now()).await;
            report.repairs.push(Repair { act: act.clone(), outcome });
        }
        Ok(())
    }

    async fn end(self) {
        self.ledger.close().await;
        if let Some(cloud) = self.cloud {
            cloud.stop().await;
        }
    }
}

/// Runs something that may block for ever, and does not wait for it that long. A thread of its own,
/// because a blocking task would hold up the runtime's end.
async fn bounded<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (done_tx, done_rx) = oneshot::channel();
    std::thread::spawn(move || {
        // Whoever asked may have gone.
        let _ = done_tx.send(work());
    });
    tokio::time::timeout(patience, done_rx).await.ok()?.ok()
}

async fn look_at_ground(data_dir: &Path) -> FolderFacts {
    let (path, folder) = (data_dir.display().to_string(), data_dir.to_owned());
    let looked = bounded(LOCAL_PATIENCE, move || ground::look(&folder)).await;
    let state = looked.unwrap_or_else(|| FolderState::Unusable {
        why: format!("the file system does not answer within {} s", LOCAL_PATIENCE.as_secs()),
    });
    FolderFacts { path, state }
}

/// Reads every line of the archive.
async fn read_archive(data_dir: &Path, ledger: &Ledger) -> ArchiveFacts {
    if let JournalFacts::Locked { .. } = ledger.facts {
        return ArchiveFacts::NotRead { why: "it is being written".to_owned() };
    }
    let folder = data_dir.join(FOLDER);
    match bounded(ARCHIVE_PATIENCE, move || status::inspect(&folder)).await {
        Some(Ok(found)) => ArchiveFacts::Read(Lines {
            newest: found.newest.map_or(0, |newest| newest.group.0),
            damages: found.damages.iter().map(ToString::to_string).collect(),
        }),
        Some(Err(error)) => ArchiveFacts::NotRead { why: with_causes(&error) },
        None => {
            let seconds = ARCHIVE_PATIENCE.as_secs();
            ArchiveFacts::NotRead { why: format!("it could not be read within {seconds} s") }
        }
    }
}

async fn fetch_token(
    config: &Config,
    environment: &Environment,
) -> (TokenFacts, Option<SecretString>) {
    match config.provider {
        Provider::Simulator => return (TokenFacts::NotNeeded, None),
        Provider::DigitalOcean => {}
    }
    let from = local::token_source(config, environment);
    let (settings, environment) = (config.digitalocean.clone(), environment.clone());
    // The token command has a bound of its own; a file may be on a file system that never answers.
    let patience = settings.token_timeout + LOCAL_PATIENCE;
    let fetched = bounded(patience, move || secret::token(&settings, &environment)).await;
    match fetched {
        Some(Ok(token)) => (TokenFacts::Fetched { from }, Some(token)),
        Some(Err(error)) => {
            let (why, hint) = (with_causes(&error), error.hint());
            (TokenFacts::Failed { why, hint }, None)
        }
        None => {
            let seconds = patience.as_secs();
            let why = format!("{from} gave nothing within {seconds} s");
            (TokenFacts::Failed { why, hint: Some("run it by hand".to_owned()) }, None)
        }
    }
}

/// Starts the log where there is a folder for it: the doctor makes none.
fn start_log(
    config: &Config,
    ground: &FolderFacts,
    secret: Option<&SecretString>,
    clock: &Clock,
) -> Option<telemetry::Guard> {
    let FolderState::There(_) = &ground.state else { return None };
    let settings = telemetry::Settings {
        log: &config.log,
        folder: config.data_dir.join("logs"),
        clock: clock.clone(),
        redactor: Redactor::new(secret),
        sink: Arc::new(LateEngine::default()),
    };
    // A log that cannot be written is told of as a finding about its folder.
    telemetry::start(settings).ok()
}

/// Connects to the cloud; or why not.
async fn reach(
    config: &Config,
    ledger: &Ledger,
    facts: &TokenFacts,
    secret: Option<SecretString>,
    clock: &Clock,
) -> Result<Cloud, String> {
    match facts {
        TokenFacts::NotNeeded | TokenFacts::Fetched { .. } => {}
        TokenFacts::Failed { .. } => {
            return Err("there is no token to ask the provider with".to_owned());
        }
    }
    let is_inside = config.provider == Provider::Simulator && config.simulator.url.is_none();
    if is_inside && !ledger.is_ours() {
        let why = match &ledger.facts {
            JournalFacts::Locked { .. } => "the simulated cloud is inside the Arcadia that runs",
            JournalFacts::Absent => "the simulated cloud is made with the first start",
            JournalFacts::NotOpened { .. }
            | JournalFacts::Broken { .. }
            | JournalFacts::Read(_) => "the simulated cloud stands and falls with the journal",
        };
        return Err(why.to_owned());
    }
    let connected = Cloud::connect(config, secret, clock, &Chance::from_system()).await;
    connected.map_err(|error| with_causes(&error))
}

fn waiting_for_the_configuration() -> Vec<Finding> {
    let why = "the configuration must make sense first";
    [Area::Token, Area::DataFolder, Area::Journal, Area::Clock, Area::Cloud]
        .map(|area| Finding::not_checked(area, "configuration", why))
        .into_iter()
        .chain(unjudged(why))
        .collect()
}

fn out_of_reach(why: &str) -> Vec<Finding> {
    let cloud = Finding::not_checked(Area::Cloud, "reachable", why);
    std::iter::once(cloud).chain(unjudged(why)).collect()
}

/// Orphans and drift need both the books and the cloud.
fn unjudged(why: &str) -> [Finding; 2] {
    [Area::Orphans, Area::Drift].map(|area| Finding::not_checked(area, "judged", why))
}
