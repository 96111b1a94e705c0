//! `arcadia drill`: what can be said, and how what came of it is told.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::output::{Output, Tty};
use crate::cli::{amount, table};
use crate::domain::saga::plan::Direction;
use crate::drill::Progress;
use crate::drill::case::{Failure, Found, Place};
use crate::drill::report::{Ended, Report, Run, Verdict};

/// What is drilled, and how it is told.
#[derive(Debug, Clone, Args)]
#[command(after_help = "The plan is run with the configured time-outs, retries and waits, in \
simulated time, on a private simulated cloud and a private journal on disk. Your data folder, your \
token and your cloud are not touched.

The exit code is 0 when every deployment ended whole or gone, and 1 when not.

Examples:
  arcadia drill
  arcadia drill --only create_droplet
  arcadia drill --only create_droplet/do/request-create-droplet.1/answer-lost
  arcadia drill --json --seed 7")]
pub struct DrillArgs {
    /// Drill this step only, or the one run of this name
    #[arg(long, value_name = "STEP")]
    pub only: Option<String>,
    /// Take chance from this seed
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// How far the drill is, on a terminal.
pub struct Bar(Option<ProgressBar>);

impl Bar {
    /// A bar, where there is somebody to look at it.
    pub fn new(output: &Output) -> Self {
        Self((output.terminals().stderr == Tty::Terminal).then(|| {
            let style =
                ProgressStyle::with_template("{spinner} {pos}/{len} runs {wide_bar} {elapsed}")
                    .unwrap_or_else(|_| ProgressStyle::default_spinner());
            let bar = ProgressBar::new(0).with_style(style);
            bar.enable_steady_tick(Duration::from_millis(125));
            bar
        }))
    }

    /// Moves it.
    pub fn show(&self, progress: Progress) {
        if let Some(bar) = &self.0 {
            bar.set_length(progress.of as u64);
            bar.set_position(progress.done as u64);
        }
    }

    /// Takes it away.
    pub fn finish(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// Prints the report, and says how the program ends.
///
/// # Errors
/// When the output cannot be written.
pub fn tell(args: &DrillArgs, output: &Output, report: &Report) -> Result<Exit, CliError> {
    if args.json {
        output.json(&Document::of(report));
    } else {
        for (way, title) in [(Direction::Forward, "Doing it:"), (Direction::Undo, "Undoing it:")] {
            print(output, title, report.runs.iter().filter(|run| run.case.point.way == way));
        }
        conclude(output, report);
    }
    output.finish()?;
    Ok(match report.verdict() {
        Verdict::Clean => Exit::Done,
        Verdict::Dirty => Exit::Error,
    })
}

/// One row for all runs of a step in which the same went wrong and the same came of it.
fn print<'a>(output: &Output, title: &str, runs: impl Iterator<Item = &'a Run>) {
    let mut order: Vec<&str> = Vec::new();
    let mut rows: BTreeMap<_, usize> = BTreeMap::new();
    for run in runs {
        let step = run.case.point.step.as_str();
        let place = order.iter().position(|known| *known == step).unwrap_or_else(|| {
            order.push(step);
            order.len() - 1
        });
        let what = name(run.case.failure, run.case.point.place);
        let key = (place, run.case.failure, what, came_to(run), left(run));
        *rows.entry(key).or_default() += 1;
    }
    if rows.is_empty() {
        return;
    }
    let cells: Vec<_> = rows
        .into_iter()
        .map(|((place, _, what, ended, left), runs)| {
            [order[place].to_owned(), what.to_owned(), runs.to_string(), ended, left]
        })
        .collect();
    output.data(title);
    table::write(output, ["STEP", "FAILURE INJECTED", "RUNS", "ENDED AS", "LEFT BEHIND"], &cells);
    output.data("");
}

/// What an operator must know after the tables.
fn conclude(output: &Output, report: &Report) {
    if report.runs.iter().any(|run| run.helped > 0) {
        output.data("* it stopped and said what was left; it ended when an operator pressed retry");
    }
    let dirty: Vec<_> = report.runs.iter().filter(|run| run.verdict() == Verdict::Dirty).collect();
    for run in &dirty {
        output.data(&format!("{}: {}, left: {}", run.case, why(run), left(run)));
        output.data(&format!("  arcadia drill --seed {} --only {}", report.seed, run.case));
    }
    let simulated: Duration = report.runs.iter().map(|run| run.simulated).sum();
    let (runs, span) = (report.runs.len(), amount::span(simulated));
    let verdict = if dirty.is_empty() {
        "every deployment ended whole, or left nothing behind".to_owned()
    } else {
        format!("{} did not end whole or gone", dirty.len())
    };
    output.data(&format!("{runs} runs over {span} of simulated time:"));
    output.data(&verdict);
}

/// How the deployment ended, in a word; with a star where a person had to help.
fn came_to(run: &Run) -> String {
    let word = match &run.ended {
        Ended::Active => "active",
        Ended::Cancelled => "cancelled",
        Ended::NeedsAttention => "needs you",
        Ended::Unfinished => "unfinished",
        Ended::NotReached => "not met",
        Ended::Failed(_) => "error",
    };
    format!("{word}{}", if run.helped > 0 { "*" } else { "" })
}

/// The same for somebody who looks into it.
fn why(run: &Run) -> String {
    match &run.ended {
        Ended::Failed(why) => format!("the run could not be done: {why}"),
        Ended::NotReached => "the run went another way, and proves nothing".to_owned(),
        Ended::Active | Ended::Cancelled | Ended::NeedsAttention | Ended::Unfinished => {
            format!("ended as {}", came_to(run))
        }
    }
}

fn left(run: &Run) -> String {
    match run.ended {
        Ended::NotReached | Ended::Failed(_) => return "unknown".to_owned(),
        Ended::Active | Ended::Cancelled | Ended::NeedsAttention | Ended::Unfinished => {}
    }
    let missing = run.missing.iter().map(|what| format!("no {what}"));
    let all: Vec<_> = run.left.iter().cloned().chain(missing).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

/// A failure as the table names it: in at most 18 columns, so that a row fits into 80.
fn name(failure: Failure, place: Place) -> &'static str {
    match (failure, place) {
        (Failure::Refused, _) => "refused (403)",
        (Failure::Invalid, _) => "refused (422)",
        (Failure::Broken, _) => "500, once",
        (Failure::BrokenThroughout, _) => "500, every time",
        (Failure::AnswerLost, _) => "answer lost",
        (Failure::Silent, _) => "time-out",
        (Failure::WriteRefused, _) => "write refused",
        (Failure::CrashBefore, Place::Request(_)) => "crash before call",
        (Failure::CrashBefore, Place::Write(_)) => "crash before write",
        (Failure::CrashAfter, Place::Request(_)) => "crash after call",
        (Failure::CrashAfter, Place::Write(_)) => "crash after write",
    }
}

/// `arcadia drill --json`.
#[derive(Serialize)]
struct Document {
    v: u32,
    seed: u64,
    clean: bool,
    runs: Vec<RunRow>,
}

#[derive(Serialize)]
struct RunRow {
    name: String,
    step: String,
    direction: String,
    place: String,
    nth: u32,
    name_was_taken: bool,
    failure: &'static str,
    ended: &'static str,
    error: Option<String>,
    retries_by_operator: u32,
    left_behind: Vec<String>,
    missing: Vec<String>,
    clean: bool,
    simulated_ms: u64,
}

impl Document {
    fn of(report: &Report) -> Self {
        Self {
            v: 1,
            seed: report.seed,
            clean: report.verdict() == Verdict::Clean,
            runs: report.runs.iter().map(RunRow::of).collect(),
        }
    }
}

impl RunRow {
    fn of(run: &Run) -> Self {
        let case = &run.case;
        Self {
            name: case.to_string(),
            step: case.point.step.to_string(),
            direction: case.point.way.to_string(),
            place: case.point.place.to_string(),
            nth: case.point.nth,
            name_was_taken: case.found == Found::Taken,
            failure: case.failure.as_str(),
            ended: run.ended.as_str(),
            error: match &run.ended {
                Ended::Failed(why) => Some(why.clone()),
                Ended::Active
                | Ended::Cancelled
                | Ended::NeedsAttention
                | Ended::Unfinished
                | Ended::NotReached => None,
            },
            retries_by_operator: run.helped,
            left_behind: run.left.clone(),
            missing: run.missing.clone(),
            clean: run.verdict() == Verdict::Clean,
            simulated_ms: u64::try_from(run.simulated.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::capture;
    use crate::domain::saga::plan::StepName;
    use crate::drill::case::{Case, Point};

    fn run(step: &str, way: Direction, place: Place, failure: Failure) -> Run {
        let point = Point { step: StepName::new(step), way, place, nth: 1 };
        Run {
            case: Case { point, found: Found::Free, failure },
            ended: Ended::Active,
            helped: 0,
            left: Vec::new(),
            missing: Vec::new(),
            simulated: Duration::from_secs(61),
        }
    }

    fn report() -> Report {
        let (post, write) = (Place::Request("create-droplet"), Place::Write("started"));
        let mark = "mark_deployment_provisioning";
        let clean = run(mark, Direction::Forward, write, Failure::CrashBefore);
        let lost = run("create_droplet", Direction::Forward, post, Failure::AnswerLost);
        let undone = run("create_droplet", Direction::Undo, write, Failure::WriteRefused);
        let left = vec!["droplet 41\u{1b}[2J".to_owned()];
        let runs = vec![
            clean.clone(),
            clean,
            Run { left, missing: vec!["record web -> 192.0.2.1".to_owned()], ..lost },
            Run { ended: Ended::Cancelled, helped: 1, ..undone.clone() },
            Run { ended: Ended::Failed("no room".to_owned()), ..undone },
        ];
        Report { seed: 7, runs }
    }

    fn told(json: bool, report: &Report) -> (Exit, String) {
        let (output, data, _) = capture::output(Tty::Pipe, &[]);
        let args = DrillArgs { only: None, seed: 7, json };
        (tell(&args, &output, report).unwrap(), data.text())
    }

    #[test]
    fn the_table_names_what_is_left_and_how_to_see_it_alone() {
        let (exit, text) = told(false, &report());
        assert_eq!(exit, Exit::Error);
        insta::assert_snapshot!("drill", text);
    }

    #[test]
    fn the_document_has_its_shape() {
        let (_, text) = told(true, &report());
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        insta::assert_snapshot!("drill_json", serde_json::to_string_pretty(&document).unwrap());
    }

    #[test]
    fn a_clean_table_fits_a_terminal_and_a_drill_of_nothing_proves_nothing() {
        let mut runs = Vec::new();
        for failure in Failure::ALL {
            for place in [Place::Request("records"), Place::Write("started")] {
                let run = run("mark_deployment_provisioning", Direction::Undo, place, failure);
                runs.push(Run { ended: Ended::Cancelled, helped: 1, ..run });
            }
        }
        let (exit, text) = told(false, &Report { seed: 0, runs });
        assert_eq!(exit, Exit::Done);
        let widest = text.lines().map(str::len).max();
        assert!(widest.is_some_and(|widest| widest <= 80), "{text}");
        assert_eq!(told(false, &Report { seed: 0, runs: Vec::new() }).0, Exit::Error);
    }
}
