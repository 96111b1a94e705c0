//! `arcadia replay`: a session that was recorded, shown again or printed.

use crate::app::{AppError, dashboard, has_screen};
use crate::cli::output::Output;
use crate::cli::replay::{ReplayArgs, ReplaySpeed};
use crate::cli::{CliError, Exit};
use crate::config::{Environment, Flags, Loaded, Switch, When};
use crate::recording;
use crate::tui::replay::{self, Showing, Speed, page};
use crate::tui::tape::Looks;

/// Shows or prints a session. It needs neither the configuration nor the data folder to be sound: who
/// looks at a report has other ones.
pub(super) fn replay(
    args: &ReplayArgs,
    flags: &Flags,
    environment: &Environment,
) -> Result<Exit, AppError> {
    let output = Output::of_process();
    let script = recording::read(&args.file)?;
    if let Some(size) = args.print {
        output.text(&page::print(script, size, args.at.unwrap_or(usize::MAX)));
        output.finish()?;
        return Ok(Exit::Done);
    }
    if !has_screen(&output) {
        return Err(CliError::NoScreen.into());
    }
    let ui = Loaded::load(flags, environment).map(|loaded| loaded.config.ui);
    let (ascii, color, linear) =
        ui.map_or((When::Auto, When::Auto, Switch::Off), |ui| (ui.ascii, ui.color, ui.linear));
    let showing = Showing {
        looks: Looks {
            ascii: dashboard::ascii(ascii, environment),
            color: dashboard::color(color, environment),
            lines: dashboard::lines(linear),
        },
        speed: match args.speed {
            ReplaySpeed::Life => Speed::Life,
            ReplaySpeed::Tenfold => Speed::Tenfold,
            ReplaySpeed::Max => Speed::Max,
        },
        from: args.at.unwrap_or(0),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(AppError::Runtime)?;
    runtime.block_on(replay::show(script, showing))?;
    Ok(Exit::Done)
}
