//! `arcadia show`.

use clap::Args;

use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::cli::{Context, Exit, amount, follow, json, table};
use crate::control::{Control, Detail};
use crate::domain::line::Line;
use crate::domain::saga::state::Lane;
use crate::domain::summary::Summary;
use crate::domain::undo_preview::{Loss, UndoPreview};

/// Whose details.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  arcadia show acme/web
  arcadia show web --json
  arcadia show 7f3a")]
pub struct ShowArgs {
    /// tenant/slug, a slug that one tenant has, an id or either end of one
    deployment: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(
    control: &dyn Control,
    context: &Context,
    args: &ShowArgs,
) -> Result<Exit, CliError> {
    let (summary, watch) = follow::watch(control, &args.deployment).await?;
    let detail = control.show(summary.deployment).await?;
    if args.json {
        context.output.json(&json::Show::of(&detail));
    } else {
        let line = Line::of(watch.summaries.iter().map(AsRef::as_ref));
        print(context, &detail, &line);
    }
    Ok(Exit::Done)
}

/// The lines of a rollback plan, in the order in which it will run.
pub(crate) fn undo_lines(undo: &UndoPreview) -> Vec<String> {
    let line = |line: &crate::domain::undo_preview::UndoLine| match line.loss() {
        Loss::None => format!("  {}: {}", line.step, line.text),
        Loss::Data => format!("  {}: {} - DATA IS LOST", line.step, line.text),
    };
    undo.lines.iter().map(line).collect()
}

fn print(context: &Context, detail: &Detail, line: &Line) {
    let output = &context.output;
    let aggregate = &detail.aggregate;
    let spec = &aggregate.deployment.spec;
    let summary = Summary::of(aggregate);
    let address = summary.ipv4.map_or_else(|| "-".to_owned(), |address| address.to_string());
    let dns = spec.dns.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    for (name, value) in [
        ("deployment", spec.name()),
        ("id", aggregate.deployment.id.to_string()),
        ("saga", aggregate.saga.to_string()),
        ("standing", summary.standing.as_str().to_owned()),
        ("state", summary.state.to_string()),
        ("address", address),
        ("dns", dns),
        ("region", spec.region.clone()),
        ("size", spec.size.clone()),
        ("image", spec.image.clone()),
        ("launched", aggregate.launched_at.to_string()),
        ("changed", aggregate.changed_at.to_string()),
    ] {
        output.data(&format!("{name:<11} {value}"));
    }
    if let Some(taken) = &summary.taken {
        output.data(&format!("{:<11} by {} at {}", "taken", taken.by.name(), taken.at));
    }
    if let Some(why) = &summary.why {
        output.data(&format!("{:<11} {why}", "why"));
    }
    if let Some(words) = line.words(&summary) {
        output.data(&format!("{:<11} {words}", "now"));
    }
    output.data("");
    let steps = aggregate.plan.steps().iter().zip(&aggregate.state.steps).zip(&summary.marks);
    let rows: Vec<_> = steps
        .map(|((planned, state), mark)| {
            [
                planned.name.to_string(),
                mark.as_str().to_owned(),
                took(&state.forward, context),
                took(&state.undo, context),
                last_failure(&state.forward, &state.undo),
            ]
        })
        .collect();
    table::write(output, ["STEP", "STATE", "TOOK", "UNDO TOOK", "LAST FAILURE"], &rows);
    section(output, "rolling back would:", &undo_lines(&detail.undo));
    let leftovers = detail.leftovers.iter();
    let leftovers = leftovers.map(|left| format!("  {} (check: {})", left.what, left.check));
    section(output, "out there:", &leftovers.collect::<Vec<_>>());
}

fn section(output: &Output, title: &str, lines: &[String]) {
    if !lines.is_empty() {
        output.data("");
        output.data(title);
        for line in lines {
            output.data(line);
        }
    }
}

fn took(lane: &Lane, context: &Context) -> String {
    lane.started_at.map_or_else(
        || "-".to_owned(),
        |started| {
            let ended = lane.ended_at().unwrap_or_else(|| context.clock.now());
            amount::span(ended.since(started))
        },
    )
}

fn last_failure(forward: &Lane, undo: &Lane) -> String {
    let failure = undo.last_failure.as_ref().or(forward.last_failure.as_ref());
    failure.map(|failure| format!("{}: {}", failure.code, failure.message)).unwrap_or_default()
}
