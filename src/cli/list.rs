//! `arcadia list`.

use std::sync::Arc;

use clap::Args;

use crate::cli::error::CliError;
use crate::cli::{Context, Exit, amount, follow, json, table};
use crate::control::Control;
use crate::domain::summary::{Standing, StepMark, Summary};

/// Which deployments.
#[derive(Debug, Default, Args)]
#[command(after_help = "Examples:
  arcadia list
  arcadia list --standing needs_you
  arcadia list --json | jq -r '.deployments[] | select(.standing == \"active\") | .ipv4'")]
pub struct ListArgs {
    /// Only those of this tenant
    #[arg(long)]
    tenant: Option<String>,
    /// Only those that stand like this (can be repeated)
    #[arg(long, value_name = "STANDING", value_parser = standing_parser())]
    standing: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(
    control: &dyn Control,
    context: &Context,
    args: &ListArgs,
) -> Result<Exit, CliError> {
    let all = control.watch().await?.summaries;
    let mut chosen: Vec<&Arc<Summary>> = all.iter().filter(|row| args.chooses(row)).collect();
    chosen.sort_by_key(|summary| summary.urgency());
    if args.json {
        context.output.json(&json::List::of(chosen.into_iter().map(AsRef::as_ref)));
    } else if all.is_empty() {
        context.output.talk("no deployments yet; `arcadia launch --help` shows how to launch one");
    } else {
        let now = context.clock.now();
        let rows: Vec<_> = chosen
            .into_iter()
            .map(|summary| {
                let until = summary.ended_at.unwrap_or(now);
                [
                    summary.name(),
                    summary.standing.as_str().to_owned(),
                    progress(summary),
                    amount::span(until.since(summary.launched_at)),
                    summary.ipv4.map_or_else(|| "-".to_owned(), |address| address.to_string()),
                    summary.deployment.short(),
                    follow::focus_words(summary),
                ]
            })
            .collect();
        let head = ["DEPLOYMENT", "STANDING", "STEPS", "TOOK", "ADDRESS", "ID", "DETAIL"];
        table::write(&context.output, head, &rows);
    }
    Ok(Exit::Done)
}

impl ListArgs {
    fn chooses(&self, summary: &Summary) -> bool {
        let standing = summary.standing.as_str();
        self.tenant.as_ref().is_none_or(|tenant| *tenant == summary.tenant)
            && (self.standing.is_empty() || self.standing.iter().any(|wanted| wanted == standing))
    }
}

/// `3/7`: how many steps are done and not undone.
fn progress(summary: &Summary) -> String {
    let done = summary.marks.iter().filter(|mark| {
        matches!(mark, StepMark::Done | StepMark::Skipped | StepMark::NothingToUndo)
    });
    format!("{}/{}", done.count(), summary.marks.len())
}

fn standing_parser() -> clap::builder::PossibleValuesParser {
    Standing::ALL.map(Standing::as_str).into()
}
