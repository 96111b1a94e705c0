//! The composition root: configuration -> journal -> providers -> engine -> a front door. The only
//! file that may import everything, and no logic of sagas is in it.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use secrecy::SecretString;

use crate::app::workshop::{LateEngine, Purpose, Workshop};
use crate::cli::output::{Output, Tty};
use crate::cli::{self, Cli, CliError, Command, Context, Exit, Interrupts, Needs, Stop, Verb};
use crate::clock::{Chance, Clock, IdSource};
use crate::config::{Config, Environment, Loaded, Provider, secret};
use crate::control::Control;
use crate::domain::deployment::Actor;
use crate::domain::text::{bounded, printable};
use crate::journal::sled::guard;
use crate::telemetry::{self, Redactor};
use crate::tui::keymap::Keymap;

mod caveat;
mod cloud;
mod dashboard;
mod doctor;
mod drill;
mod error;
mod last_resort;
mod notifying;
mod process;
mod rebuilt;
mod replayed;
mod simulated;
mod ui_file;
mod workshop;

pub use error::AppError;

/// The program.
pub fn main() -> ExitCode {
    process::tell_panics();
    process::keep_files_private();
    process::outlive_limits();
    // Next, so that every hook that is set later stands before it.
    guard::install();
    let output = Output::of_process();
    let ended = match Cli::try_parse() {
        Ok(cli) => start(cli),
        Err(error) => {
            let error = harmless(error);
            output.usage(&error);
            return cli::exit::of_usage(&error).into();
        }
    };
    let exit = ended.unwrap_or_else(|error| {
        output.failure(&error, error.hint().as_deref());
        error.exit()
    });
    exit.into()
}

/// The same complaint about the same command line, made harmless before it is said back: clap's words
/// have lines of their own, among which a line of somebody's value could not be told any more.
fn harmless(error: clap::Error) -> clap::Error {
    let shown = std::env::args_os().map(|argument| {
        let argument = argument.to_string_lossy();
        bounded(&printable(&argument), SAID_BACK).into_owned()
    });
    Cli::try_parse_from(shown).err().unwrap_or(error)
}

/// How long the last blocking calls may take when everything else has ended.
const LAST_GRACE: Duration = Duration::from_secs(1);

/// How much of an argument is said back, in characters: enough to find it again.
const SAID_BACK: usize = 120;

fn start(cli: Cli) -> Result<Exit, AppError> {
    let environment = Environment::of_process()?;
    let dashboard = cli.needs() == Needs::Dashboard && has_screen(&Output::of_process());
    if cli.record.is_some() && !dashboard {
        return Err(CliError::NothingToRecord.into());
    }
    // What is printed of the configuration must not depend on one that may be wrong.
    if let Some(Command::Config(args)) = &cli.command {
        let output = Output::of_process();
        let keys = |config: &Config| Ok(Keymap::new(&config.keys)?.show());
        return Ok(cli::config::run(args, &cli.flags(), &environment, &output, keys)?);
    }
    // And a doctor is sent for when something is wrong.
    if let Some(Command::Doctor(args)) = &cli.command {
        return doctor::run(args, &cli.flags(), &environment);
    }
    if let Some(Command::Replay(args)) = &cli.command {
        return replayed::replay(args, &cli.flags(), &environment);
    }
    let loaded = Loaded::load(&cli.flags(), &environment)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(AppError::Runtime)?;
    let ended = runtime.block_on(run(cli, &loaded.config, &environment));
    // What still waits for a disk that does not answer must not keep the process; everything that was
    // promised is durable.
    runtime.shutdown_timeout(LAST_GRACE);
    ended
}

async fn run(cli: Cli, config: &Config, environment: &Environment) -> Result<Exit, AppError> {
    let (clock, output) = (Clock::system(), Output::of_process());
    let needs = cli.needs();
    let screen = needs == Needs::Dashboard && has_screen(&output);
    let acts = screen || needs == Needs::Acting;
    let verb = match cli.command {
        Some(Command::Simulator(args)) => {
            return simulated::serve(args, config, &clock, &output).await;
        }
        Some(Command::Drill(args)) => return drill::hold(&args, config, &output).await,
        Some(Command::Rebuild(args)) => {
            return rebuilt::rebuild(&args, config, &clock, &output).await;
        }
        Some(Command::Verb(verb)) => verb,
        Some(Command::Config(_) | Command::Doctor(_) | Command::Replay(_)) | None => Verb::list(),
    };
    let purpose = if acts { Purpose::Run } else { Purpose::Read };
    let (token, late, _guard) = prepare(config, environment, purpose, &clock)?;
    if screen {
        let record = cli.record.as_deref();
        return dashboard::show(config, environment, token, clock, late, record).await;
    }
    let workshop = Workshop::open(config, purpose, token, &clock, &late).await?;
    // Not before: until there is an engine to be stopped, a signal ends the process on the spot.
    let mut stop = Stop::of_process().map_err(AppError::Runtime)?;
    let mut context = Context {
        output,
        by: Actor::Operator(environment.user().to_owned()),
        ids: IdSource::new(clock.clone(), Chance::from_system()),
        clock,
        launch: config.launch.clone(),
        interrupts: Interrupts::of_process(),
    };
    let caveat = workshop.caveat.clone();
    if let Some(caveat) = &caveat {
        caveat.tell(&context.output);
    }
    let control: Arc<dyn Control> = Arc::new(workshop.engine.clone());
    let ended = tokio::select! {
        biased;
        () = stop.told() => {
            context.output.talk("told to stop; what has not ended goes on at the next start");
            Ok(Exit::Stopped)
        }
        ended = cli::run_verb(control, verb, &mut context) => ended,
    };
    for unwritten in workshop.close().await {
        context.output.talk(&format!("warning: {unwritten}"));
    }
    let exit = ended?;
    Ok(caveat.map_or(exit, |caveat| exit.worse(caveat.exit())))
}

/// Whether there is a terminal to draw on and to read keys from.
fn has_screen(output: &Output) -> bool {
    let terminals = output.terminals();
    terminals.stdin == Tty::Terminal && terminals.stdout == Tty::Terminal
}

/// What comes before anything is opened: the token, and the log.
fn prepare(
    config: &Config,
    environment: &Environment,
    purpose: Purpose,
    clock: &Clock,
) -> Result<(Option<SecretString>, LateEngine, Option<telemetry::Guard>), AppError> {
    let (private, token) = match config.provider {
        Provider::DigitalOcean if purpose == Purpose::Run => {
            let private = process::keep_memory_private();
            (private, Some(secret::token(&config.digitalocean, environment)?))
        }
        Provider::DigitalOcean | Provider::Simulator => (Ok(()), None),
    };
    let late = LateEngine::default();
    let started = telemetry::start(telemetry::Settings {
        log: &config.log,
        folder: config.data_dir.join("logs"),
        clock: clock.clone(),
        redactor: Redactor::new(&token),
        sink: Arc::new(late.clone()),
    });
    if let Err(error) = private {
        tracing::warn!(%error, "the memory of this process, and the token in it, is not private");
    }
    match (started, purpose) {
        (Ok(guard), _) => Ok((token, late, Some(guard))),
        // Whoever only looks must not be kept from it by a log that cannot be written.
        (Err(_), Purpose::Read) => Ok((token, late, None)),
        (Err(error), Purpose::Run) => Err(error.into()),
    }
}
