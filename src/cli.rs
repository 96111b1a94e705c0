//! The shell's front door: what can be typed, and what it means. It sees sagas through
//! [`Control`] alone, and holds no rule about them.
//!
//! Data goes to stdout, talk to stderr; only [`output`] writes to either, and everything it writes
//! is freed of characters that would steer a terminal.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::clock::{Clock, IdSource};
use crate::config::{FlagSetting, Flags, LaunchDefaults};
use crate::control::Control;
use crate::domain::deployment::Actor;

mod amount;
pub mod config;
mod confirm;
mod describe;
pub mod doctor;
pub mod drill;
mod error;
pub mod exit;
#[cfg(test)]
mod fake;
mod follow;
mod history;
mod interrupt;
mod json;
mod launch;
mod list;
mod logs;
mod order;
pub mod output;
pub mod rebuild;
pub mod replay;
mod resolve;
mod show;
pub mod simulator;
mod table;
mod wait;

pub use error::CliError;
pub use exit::Exit;
pub use interrupt::{Interrupts, Stop};
pub use launch::spec_of;

/// Launch, watch and roll back tenant deployments from the terminal
///
/// A deployment either comes up whole or leaves nothing behind. Without a verb, the dashboard opens;
/// without a terminal, the deployments are listed. With no configuration, a simulated cloud is used:
/// no account, no money.
#[derive(Debug, Parser)]
#[command(name = "arcadia", version, after_help = exit::HELP, max_term_width = 100)]
pub struct Cli {
    /// What can be said with every verb.
    #[command(flatten)]
    pub global: Global,
    /// Record the session on the dashboard in this file, which must not exist
    ///
    /// `arcadia replay FILE` shows it again. Known secrets and user data are left out; what is typed,
    /// the reason for an act as well, is recorded as it is typed.
    #[arg(long, value_name = "FILE", help_heading = "On the dashboard")]
    pub record: Option<PathBuf>,
    /// The verb; none opens the dashboard.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What can be said with every verb. None of it is a secret: tokens never stand on a command line.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// Read this configuration file
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Keep journal and logs in this folder
    #[arg(long, global = true, value_name = "FOLDER")]
    pub data_dir: Option<String>,
    /// Use this cloud
    #[arg(long, global = true, value_name = "CLOUD", value_parser = ["simulator", "digitalocean"])]
    pub provider: Option<String>,
    /// Write these lines to the log files, such as `info,arcadia=debug`
    #[arg(long, global = true, value_name = "DIRECTIVES")]
    pub log_filter: Option<String>,
    /// Draw with ASCII only
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Use colour
    #[arg(long, global = true, value_name = "WHEN", value_enum)]
    pub color: Option<ColorWhen>,
    /// Draw the dashboard with this theme: `auto`, a name, or a `.toml` file
    #[arg(long, global = true, value_name = "THEME")]
    pub theme: Option<String>,
    /// Draw the dashboard at most so many times a second, 1 to 30, keys apart
    #[arg(long, global = true, value_name = "N")]
    pub fps: Option<u32>,
    /// Draw the dashboard as plain lines, for a screen reader
    #[arg(long, global = true)]
    pub linear: bool,
}

/// Whether to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// As the terminal suggests
    Auto,
    /// In any case
    Always,
    /// In no case
    Never,
}

/// What was asked for.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// What goes through an engine.
    #[command(flatten)]
    Verb(Verb),
    /// Build a damaged journal anew from the archive
    Rebuild(rebuild::RebuildArgs),
    /// Run the simulated cloud by itself
    Simulator(simulator::SimulatorArgs),
    /// Break the configured plan at every point, on a private simulated cloud
    Drill(drill::DrillArgs),
    /// Print the example configuration, the resolved one, or where it is read from
    Config(config::ConfigArgs),
    /// Show a recorded session again
    Replay(replay::ReplayArgs),
    /// Check configuration, token, folder, clock and cloud, and find what nothing owns
    Doctor(doctor::DoctorArgs),
}

/// What goes through an engine.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Launch a deployment
    Launch(Box<launch::LaunchArgs>),
    /// List the deployments, those that need you first
    List(list::ListArgs),
    /// Show everything about one deployment
    Show(show::ShowArgs),
    /// Let sagas run until they stand still
    Wait(wait::WaitArgs),
    /// Print what the steps of a deployment logged
    Logs(logs::LogsArgs),
    /// Print the journal of a deployment
    History(history::HistoryArgs),
    /// Stop a launch, and undo everything that it did
    Cancel(order::CancelArgs),
    /// Undo a deployment that is active
    Rollback(order::RollbackArgs),
    /// Try again what gave up
    Retry(order::RetryArgs),
    /// Go on without the step that gave up
    Skip(order::SkipArgs),
    /// Start no further step
    Hold(order::HoldArgs),
    /// Go on after a hold
    Resume(order::ResumeArgs),
    /// Say that you see to it
    Take(order::TakeArgs),
    /// Leave everything as it is, and end the saga
    Abandon(order::AbandonArgs),
}

/// What must be there before a command can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// A screen and an engine; without a terminal, [`Needs::Reading`] and `list`.
    Dashboard,
    /// Nothing: it finds out for itself what is there.
    Nothing,
    /// What was journaled. Nothing is resumed for it.
    Reading,
    /// An engine that runs sagas.
    Acting,
    /// The simulated cloud, and nothing else.
    Simulator,
}

impl Cli {
    /// What must be there before it can run.
    pub fn needs(&self) -> Needs {
        self.command.as_ref().map_or(Needs::Dashboard, Command::needs)
    }

    /// What the command line says about the configuration.
    pub fn flags(&self) -> Flags {
        let Global { config, data_dir, provider, log_filter, ascii, color, theme, fps, linear } =
            &self.global;
        let color = color.map(|when| match when {
            ColorWhen::Auto => "auto".to_owned(),
            ColorWhen::Always => "always".to_owned(),
            ColorWhen::Never => "never".to_owned(),
        });
        let said = [
            ("--data-dir", "data_dir", data_dir.clone()),
            ("--provider", "provider", provider.clone()),
            ("--log-filter", "log.filter", log_filter.clone()),
            ("--ascii", "ui.ascii", ascii.then(|| "always".to_owned())),
            ("--color", "ui.color", color),
            ("--theme", "ui.theme", theme.clone()),
            ("--fps", "ui.fps", fps.map(|fps| fps.to_string())),
            ("--linear", "ui.linear", linear.then(|| "true".to_owned())),
        ];
        let settings = said
            .into_iter()
            .filter_map(|(flag, key, text)| Some(FlagSetting { flag, key, text: text? }))
            .collect();
        Flags { file: config.clone(), settings }
    }
}

impl Command {
    /// What must be there before it can run.
    pub fn needs(&self) -> Needs {
        match self {
            Self::Verb(verb) => verb.needs(),
            Self::Simulator(_) => Needs::Simulator,
            Self::Config(_)
            | Self::Drill(_)
            | Self::Doctor(_)
            | Self::Rebuild(_)
            | Self::Replay(_) => Needs::Nothing,
        }
    }
}

impl Verb {
    /// `list`: what stands in for the dashboard where there is no terminal.
    pub fn list() -> Self {
        Self::List(list::ListArgs::default())
    }

    /// What must be there before it can run.
    pub fn needs(&self) -> Needs {
        match self {
            Self::List(_) | Self::Show(_) | Self::Logs(_) | Self::History(_) => Needs::Reading,
            Self::Launch(_)
            | Self::Wait(_)
            | Self::Cancel(_)
            | Self::Rollback(_)
            | Self::Retry(_)
            | Self::Skip(_)
            | Self::Hold(_)
            | Self::Resume(_)
            | Self::Take(_)
            | Self::Abandon(_) => Needs::Acting,
        }
    }
}

/// What a verb works with, besides the engine.
pub struct Context {
    /// Where words go, and where answers come from.
    pub output: output::Output,
    /// Who is at the keyboard.
    pub by: Actor,
    /// The time.
    pub clock: Clock,
    /// New ids for orders.
    pub ids: IdSource,
    /// What a launch begins with.
    pub launch: LaunchDefaults,
    /// Ctrl-C.
    pub interrupts: Interrupts,
}

/// Runs a verb to its end.
///
/// # Errors
/// When it could not be done; [`Context::output`] has been told everything that was done.
pub async fn run_verb(
    control: Arc<dyn Control>,
    verb: Verb,
    context: &mut Context,
) -> Result<Exit, CliError> {
    let control = control.as_ref();
    let exit = match verb {
        Verb::Launch(args) => launch::run(control, context, *args).await,
        Verb::Wait(args) => wait::run(control, context, &args).await,
        Verb::List(args) => list::run(control, context, &args).await,
        Verb::Show(args) => show::run(control, context, &args).await,
        Verb::Logs(args) => logs::run(control, context, &args).await,
        Verb::History(args) => history::run(control, context, &args).await,
        Verb::Cancel(args) => order::cancel(control, context, &args).await,
        Verb::Rollback(args) => order::rollback(control, context, &args).await,
        Verb::Retry(args) => order::retry(control, context, &args).await,
        Verb::Skip(args) => order::skip(control, context, args).await,
        Verb::Hold(args) => order::hold(control, context, &args).await,
        Verb::Resume(args) => order::resume(control, context, &args).await,
        Verb::Take(args) => order::take(control, context, &args).await,
        Verb::Abandon(args) => order::abandon(control, context, args).await,
    }?;
    context.output.finish()?;
    Ok(exit)
}

#[cfg(test)]
mod tests;
