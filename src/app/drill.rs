//! `arcadia drill`: the configured plan, on clouds that nobody else knows of.

use std::sync::Arc;

use crate::app::AppError;
use crate::app::cloud::{client, simulator_options};
use crate::app::workshop::{planner, step_settings};
use crate::cli::drill::{Bar, DrillArgs, tell};
use crate::cli::output::Output;
use crate::cli::{Exit, Interrupts, Stop};
use crate::config::{Config, Provider};
use crate::drill::Drill;
use crate::drill::setup::Setup;
use crate::steps::Registry;

/// Holds it, and prints what came of it. Neither the data folder nor a token is used, and the only
/// address that a client is given is that of a private cloud.
pub(super) async fn hold(
    args: &DrillArgs,
    config: &Config,
    output: &Output,
) -> Result<Exit, AppError> {
    let (mut interrupts, mut stop) =
        (Interrupts::of_process(), Stop::of_process().map_err(AppError::Runtime)?);
    let bar = Bar::new(output);
    let mut drill = Drill::begin(setup(config, args.seed), args.only.clone())?;
    let report = tokio::select! {
        report = drill.report(|progress| bar.show(progress)) => report,
        () = interrupts.next() => return Ok(give_up(&bar, output, Exit::Interrupted)),
        () = stop.told() => return Ok(give_up(&bar, output, Exit::Stopped)),
    };
    bar.finish();
    Ok(tell(args, output, &report?)?)
}

/// The runs under way end when the drill is dropped, and take their folders with them.
fn give_up(bar: &Bar, output: &Output, exit: Exit) -> Exit {
    bar.finish();
    output.talk("the drill was given up; nothing but its own temporary files was touched");
    exit
}

fn setup(config: &Config, seed: u64) -> Setup {
    let steps = step_settings(&config.saga);
    let private = Config { provider: Provider::Simulator, ..config.clone() };
    Setup {
        planner: planner(&config.saga),
        registry: Arc::new(move |compute, dns| Registry::provisioning(compute, dns, &steps)),
        connect: Arc::new(move |base_url, clock, chance| {
            let client = client(&private, Some(base_url), None, clock, chance)?;
            Ok((Arc::new(client.clone()), Arc::new(client)))
        }),
        on_failure: config.launch.on_failure,
        calls_at_once: config.engine.max_calls,
        max_sagas: config.engine.max_sagas,
        timings: simulator_options(&config.simulator, None).timings,
        seed,
    }
}
