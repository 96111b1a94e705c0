//! The composition root: configuration -> journal -> providers -> engine -> a front door. The only
//! file that may import everything, and no logic of sagas is in it.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use secrecy::SecretString;

use crate::app::workshop::{LateEngine, Purpose, Workshop};
use crate::cli::list::ListArgs;
use crate::cli::output::{Output, Tty};
use crate::cli::{self, Cli, Command, Context, Exit, Interrupts, Needs, Stop, Verb};
use crate::clock::{Chance, Clock, IdSource};
use crate::config::{Config, Environment, Loaded, Provider, secret};
use crate::control::Control;
use crate::domain::deployment::Actor;
use crate::telemetry::{self, Redactor};

mod cloud;
mod dashboard;
mod error;
mod simulated;
mod workshop;

pub use error::AppError;

/// The program.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            Output::of_process().usage(&error);
            return cli::exit::of_usage(&error).into();
        }
    };
    let output = Output::of_process();
    match start(cli, output) {
        Ok(exit) => exit.into(),
        Err(failed) => {
            let Failed { error, output } = *failed;
            output.failure(&error, error.hint().as_deref());
            error.exit().into()
        }
    }
}

/// The program could not do what was asked for: why, and where that is said.
struct Failed {
    error: AppError,
    output: Output,
}

impl Failed {
    fn new(error: impl Into<AppError>, output: Output) -> Box<Self> {
        Box::new(Self { error: error.into(), output })
    }
}

fn start(cli: Cli, output: Output) -> Result<Exit, Box<Failed>> {
    let environment = match Environment::of_process() {
        Ok(environment) => environment,
        Err(error) => return Err(Failed::new(error, output)),
    };
    // What is printed of the configuration must not depend on one that may be wrong.
    if let Some(Command::Config(args)) = &cli.command {
        let printed = cli::config::run(args, &cli.flags(), &environment, &output);
        return printed.map_err(|error| Failed::new(error, output));
    }
    let loaded = match Loaded::load(&cli.flags(), &environment) {
        Ok(loaded) => loaded,
        Err(error) => return Err(Failed::new(error, output)),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Err(Failed::new(AppError::Runtime(error), output)),
    };
    runtime.block_on(run(cli, &loaded.config, &environment, output))
}

async fn run(
    cli: Cli,
    config: &Config,
    environment: &Environment,
    output: Output,
) -> Result<Exit, Box<Failed>> {
    let clock = Clock::system();
    let needs = match cli.needs() {
        Needs::Dashboard if !has_screen(&output) => Needs::Reading,
        needs @ (Needs::Dashboard
        | Needs::Nothing
        | Needs::Reading
        | Needs::Acting
        | Needs::Simulator) => needs,
    };
    if let Some(Command::Simulator(args)) = cli.command {
        let served = simulated::serve(args, config, &clock, &output).await;
        return served.map_err(|error| Failed::new(error, output));
    }
    let prepared = prepare(config, environment, needs, &clock);
    let (token, late, _guard) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return Err(Failed::new(error, output)),
    };
    if needs == Needs::Dashboard {
        let shown = dashboard::show(config, environment, token, clock, late).await;
        return shown.map_err(|error| Failed::new(error, output));
    }
    let verb = match cli.command {
        Some(Command::Verb(verb)) => verb,
        Some(Command::Simulator(_) | Command::Config(_)) | None => Verb::List(ListArgs::default()),
    };
    let purpose = if needs == Needs::Reading { Purpose::Read } else { Purpose::Run };
    let workshop = match Workshop::open(config, purpose, token, &clock, &late).await {
        Ok(workshop) => workshop,
        Err(error) => return Err(Failed::new(error, output)),
    };
    // Not before: until there is an engine to be stopped, a signal ends the process on the spot.
    let mut stop = match Stop::of_process() {
        Ok(stop) => stop,
        Err(error) => return Err(Failed::new(AppError::Runtime(error), output)),
    };
    let mut context = Context {
        output,
        by: Actor::Operator(environment.user().to_owned()),
        ids: IdSource::new(clock.clone(), Chance::from_system()),
        clock,
        launch: config.launch.clone(),
        interrupts: Interrupts::of_process(),
    };
    let control: Arc<dyn Control> = Arc::new(workshop.engine.clone());
    let ended = tokio::select! {
        biased;
        () = stop.told() => {
            context.output.talk("told to stop; what has not ended goes on at the next start");
            Ok(Exit::Stopped)
        }
        ended = cli::run_verb(control, verb, &mut context) => ended,
    };
    workshop.close().await;
    ended.map_err(|error| Failed::new(error, context.output))
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
    needs: Needs,
    clock: &Clock,
) -> Result<(Option<SecretString>, LateEngine, telemetry::Guard), AppError> {
    let acts = matches!(needs, Needs::Dashboard | Needs::Acting);
    let token = match config.provider {
        Provider::DigitalOcean if acts => Some(secret::token(&config.digitalocean, environment)?),
        Provider::DigitalOcean | Provider::Simulator => None,
    };
    let late = LateEngine::default();
    let guard = telemetry::start(telemetry::Settings {
        log: &config.log,
        folder: config.data_dir.join("logs"),
        clock: clock.clone(),
        redactor: Redactor::new(&token),
        sink: Arc::new(late.clone()),
    })?;
    Ok((token, late, guard))
}
