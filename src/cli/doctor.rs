//! `arcadia doctor`: what is asked, and how the findings are told.

use clap::Args;

use crate::cli::confirm::{self, Consent};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::doctor::finding::Verdict;
use crate::doctor::plan::{Choice, Strangers};
use crate::doctor::report::{Outcome, Report};

mod document;
mod page;

/// What to look at, and how far to go.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
    0  no problem: warnings, and what could not be checked, are told and change nothing about it
    1  --fix was asked for, and the answer was no
    3  a problem stands, or a thing that --fix was to remove: a person must do something
   64  --fix needs an answer, and there is no terminal to ask on: --yes

Without --fix nothing is changed: no saga is started, and nothing is made or removed anywhere. While
another Arcadia runs, such as the dashboard, a copy of its journal is read. --fix needs the folder
for itself.

Examples:
  arcadia doctor
  arcadia doctor --json | jq '.findings[] | select(.verdict == \"problem\")'
  arcadia doctor --fix
  arcadia doctor --fix --droplet 41207")]
pub struct DoctorArgs {
    /// How far to go.
    #[command(flatten)]
    pub fixing: Fixing,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// How far to go.
#[derive(Debug, Args)]
pub struct Fixing {
    /// Remove what nothing owns, after showing the plan
    #[arg(long)]
    pub fix: bool,
    /// Do not ask
    #[arg(long, requires = "fix")]
    pub yes: bool,
    /// Remove droplets of sagas that this journal has never heard of, too: only if no other data
    /// folder uses the account
    #[arg(long, requires = "fix")]
    pub unknown_sagas: bool,
    /// Remove this droplet, too, if it carries our mark and nothing owns it (can be repeated)
    #[arg(long = "droplet", value_name = "ID", requires = "fix")]
    pub droplets: Vec<u64>,
}

impl DoctorArgs {
    /// How far `--fix` may go.
    pub fn choice(&self) -> Choice {
        let Fixing { unknown_sagas, droplets, .. } = &self.fixing;
        let strangers = if *unknown_sagas { Strangers::Go } else { Strangers::Stay };
        Choice { strangers, named: droplets.iter().copied().collect() }
    }
}

/// Tells what was found. A document is told at the very end: see [`conclude`].
pub fn tell(output: &Output, args: &DoctorArgs, report: &Report, columns: Option<u16>) {
    if !args.json {
        output.text(&page::findings(report, columns));
    }
}

/// Shows the plan, and asks.
///
/// # Errors
/// When there is nobody to ask, or the answer is no.
pub async fn agree(
    output: &Output,
    args: &DoctorArgs,
    report: &Report,
    columns: Option<u16>,
) -> Result<(), CliError> {
    let consent = if args.fixing.yes { Consent::Given } else { Consent::ToBeAsked };
    confirm::acting(output, "doctor --fix", &page::plan(report, columns), consent).await
}

/// Shows the plan of which nothing is done.
pub fn would(output: &Output, report: &Report, columns: Option<u16>) {
    let plan = page::plan(report, columns).join("\n");
    output.talk(&format!("doctor --fix would, in this order:\n{plan}"));
}

/// Says that there is nothing to be done.
pub fn nothing_to_fix(output: &Output) {
    output.talk("there is nothing that --fix may remove");
}

/// Tells what was done, and how the program ends.
///
/// # Errors
/// When the output cannot be written.
pub fn conclude(output: &Output, args: &DoctorArgs, report: &Report) -> Result<Exit, CliError> {
    if args.json {
        output.json(&document::Document::of(report));
    } else {
        output.text(&page::repairs(report));
    }
    output.finish()?;
    Ok(match report.verdict() {
        Verdict::Problem => Exit::NeedsYou,
        Verdict::Ok | Verdict::NotChecked | Verdict::Warning => Exit::Done,
    })
}

/// Why an act did not come about.
fn why(outcome: &Outcome) -> Option<&str> {
    match outcome {
        Outcome::Done | Outcome::AlreadyGone => None,
        Outcome::LeftAlone { why } | Outcome::Failed { why } => Some(why),
    }
}
