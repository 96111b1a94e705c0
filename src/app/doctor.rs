//! `arcadia doctor`, put together: pictures are taken, [`crate::doctor`] judges them, and what it plans
//! is carried out if the operator says so.
//!
//! Nothing here may hang and nothing may die of what is broken: every look has a bound, and what cannot
//! be looked at is a finding. Nothing is removed but while the journal's lock is held from the first look
//! to the last act, so that no saga of this folder runs meanwhile; no engine is ever made here.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::oneshot;

use crate::app::AppError;
use crate::app::doctor::ledger::Ledger;
use crate::app::doctor::reach::{Purpose, Reached};
use crate::app::doctor::rounds::{Rounds, Seen};
use crate::app::workshop::LateEngine;
use crate::cli::doctor::DoctorArgs;
use crate::cli::output::Output;
use crate::cli::{self, Exit};
use crate::clock::Clock;
use crate::config::{Config, Environment, Flags, Loaded, Provider, secret};
use crate::doctor::archive::{ArchiveFacts, Lines};
use crate::doctor::finding::{Area, Finding};
use crate::doctor::folder::{FolderFacts, FolderState};
use crate::doctor::judgement::{self, Judgement};
use crate::doctor::refusal::{self, Known};
use crate::doctor::report::{Outcome, Repair, Report, name_at};
use crate::doctor::token::TokenFacts;
use crate::doctor::{archive, clock, configuration, folder, journal, plan, terminal, token};
use crate::domain::failure::with_causes;
use crate::journal::archive::{FOLDER, status};
use crate::telemetry::{self, Redactor};

mod beside;
mod ground;
mod ledger;
mod local;
mod reach;
mod reading;
mod repair;
mod rounds;

/// How long a look at the machine may take: a file system of another machine may never answer.
const LOCAL_PATIENCE: Duration = Duration::from_secs(10);
/// How long opening, copying or reading the journal or the archive may take: a gigabyte is read in some
/// seconds.
const PATIENCE: Duration = Duration::from_mins(2);
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
    let plan = plan::plan(&visit.judgement.orphans, &choice);
    findings.extend(refusal::judge(&plan, &choice, visit.known()));
    let may_act = visit.ledger.is_ours();
    if args.fixing.fix {
        let hindered = visit.ledger.source().and_then(journal::not_ours);
        findings.extend(hindered.filter(|_| !plan.is_empty()));
        if visit.ledger.is_closed_to_us() {
            findings.push(journal::nothing_judged());
        }
    }
    let mut report = Report::new(clock.now(), findings, plan);
    cli::doctor::tell(&output, args, &report, columns);
    let ended = if args.fixing.fix && (may_act || report.plan.is_empty()) {
        visit.fix(args, (&output, columns), environment, &clock, &mut report).await
    } else {
        if args.fixing.fix {
            cli::doctor::would(&output, &report, columns);
        }
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
    judgement: Judgement,
    seen: Option<Seen>,
    ledger: Ledger,
    reached: Option<Reached>,
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
        let ledger = Ledger::open(&config.data_dir, &ground, args.fixing.fix, clock).await;
        findings.extend(journal::judge(&ledger.facts));
        let lines = read_archive(&config.data_dir).await;
        findings.extend(archive::judge(&lines, &ground, ledger.groups));

        let mut rounds = Rounds::default();
        let purpose =
            if ledger.is_ours() && args.fixing.fix { Purpose::Fix } else { Purpose::Look };
        let reached = match reach::reach(&config, purpose, &facts, secret, clock).await {
            Ok(reached) => {
                let books = ledger.books.as_ref();
                rounds = rounds::make(&config, &reached.cloud, books, clock).await;
                Some(reached)
            }
            Err(told) => {
                findings.extend(told);
                None
            }
        };
        findings.append(&mut rounds.findings);
        let judgement = judge(&config, &ledger, rounds.seen.as_ref(), clock).await;
        findings.extend(judgement.findings.iter().cloned());
        findings.extend(clock::judge(
            clock.now(),
            rounds.time.as_ref(),
            config.saga.settle,
            ledger.latest,
        ));
        Self { config, findings, judgement, seen: rounds.seen, ledger, reached, _log: log }
    }

    /// What named droplets are judged by.
    fn known(&self) -> Option<Known<'_>> {
        let Seen { listing, looks } = self.seen.as_ref()?;
        let books = self.ledger.books.as_ref()?;
        Some(Known { books, listing, looks, orphans: &self.judgement.orphans })
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
        let (Some(Reached { cloud, .. }), false) = (&self.reached, report.plan.is_empty()) else {
            cli::doctor::nothing_to_fix(output);
            return Ok(());
        };
        cli::doctor::agree(output, args, report, columns).await?;
        for act in &report.plan {
            let outcome = match name_at(act, &report.repairs) {
                Some(name) => Outcome::LeftAlone { why: format!("{name} still points at it") },
                None => repair::carry_out(act, cloud, &self.config.saga, clock).await,
            };
            self.ledger.note(act, &outcome, environment.user(), clock.now()).await;
            report.repairs.push(Repair { act: act.clone(), outcome });
        }
        Ok(())
    }

    async fn end(self) {
        self.ledger.close().await;
        if let Some(reached) = self.reached {
            reached.cloud.stop().await;
        }
    }
}

/// Judges orphans and drift by what was seen; twice, when a running Arcadia went on meanwhile.
async fn judge(config: &Config, ledger: &Ledger, seen: Option<&Seen>, clock: &Clock) -> Judgement {
    let (Some(books), Some(Seen { listing, looks })) = (&ledger.books, seen) else {
        return Judgement::default();
    };
    let judged = |books| judgement::judge(books, listing, looks, config.saga.record_ttl);
    match ledger.later(clock).await {
        Ok(None) => judged(books),
        Ok(Some(later)) => judged(books).and_later(&judged(&later)),
        Err(why) => {
            let findings = unjudged(&why).into();
            Judgement { findings, ..Judgement::default() }
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
async fn read_archive(data_dir: &Path) -> ArchiveFacts {
    let folder = data_dir.join(FOLDER);
    match bounded(PATIENCE, move || status::inspect(&folder)).await {
        Some(Ok(found)) => ArchiveFacts::Read(Lines {
            newest: found.newest.map_or(0, |newest| newest.group.0),
            damages: found.damages.iter().map(ToString::to_string).collect(),
        }),
        Some(Err(error)) => ArchiveFacts::NotRead { why: with_causes(&error) },
        None => ArchiveFacts::NotRead { why: too_slow("read") },
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

fn waiting_for_the_configuration() -> Vec<Finding> {
    let why = "the configuration must make sense first";
    [Area::Token, Area::DataFolder, Area::Journal, Area::Clock, Area::Cloud]
        .map(|area| Finding::not_checked(area, "configuration", why))
        .into_iter()
        .chain(unjudged(why))
        .collect()
}

fn too_slow(what: &str) -> String {
    format!("it could not be {what} within {} s", PATIENCE.as_secs())
}

/// Orphans and drift need both the books and the cloud.
fn unjudged(why: &str) -> [Finding; 2] {
    [Area::Orphans, Area::Drift].map(|area| Finding::not_checked(area, "judged", why))
}
