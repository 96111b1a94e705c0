//! `arcadia simulator`: the simulated cloud by itself.

use tokio::signal::unix::{SignalKind, signal};

use crate::app::AppError;
use crate::app::cloud::simulator_options;
use crate::cli::output::Output;
use crate::cli::simulator::SimulatorArgs;
use crate::cli::{Exit, Interrupts};
use crate::clock::Clock;
use crate::config::Config;
use crate::simulator;

/// Serves until Ctrl-C or SIGTERM.
pub(super) async fn serve(
    args: SimulatorArgs,
    config: &Config,
    clock: &Clock,
    output: &Output,
) -> Result<Exit, AppError> {
    let mut options = simulator_options(&config.simulator, args.state_file);
    options.listen = args.listen;
    options.seed = args.seed.unwrap_or(options.seed);
    let timings = &mut options.timings;
    timings.activation = args.activation.unwrap_or(timings.activation);
    timings.address_delay = args.address_delay.unwrap_or(timings.address_delay);
    timings.listing_lag = args.listing_lag.unwrap_or(timings.listing_lag);
    timings.deletion = args.deletion.unwrap_or(timings.deletion);
    options.faults = args.faults.iter().map(|rule| rule.parse()).collect::<Result<_, _>>()?;

    let mut interrupts = Interrupts::of_process().map_err(AppError::Runtime)?;
    let mut ended = signal(SignalKind::terminate()).map_err(AppError::Runtime)?;
    let running = simulator::start(options, clock.clone()).await?;
    output.talk(&format!("the simulated cloud listens on {}; Ctrl-C ends it", running.base_url()));
    tokio::select! {
        () = interrupts.next() => {}
        _ = ended.recv() => {}
    }
    running.shutdown().await;
    Ok(Exit::Done)
}
