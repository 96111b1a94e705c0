//! `arcadia list`.

use std::sync::Arc;

use clap::Args;

use crate::cli::error::CliError;
use crate::cli::{Context, Exit, amount, follow, json, table};
use crate::control::Control;
use crate::domain::line::Line;
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
        let line = Line::of(all.iter().map(AsRef::as_ref));
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
                    line.words(summary).unwrap_or_else(|| follow::focus_words(summary)),
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

/// How far it is: `3/7` steps done, or on the way back `2 undone`. A step without an undo stays done
/// for ever, so what is done says nothing once a saga has turned round.
fn progress(summary: &Summary) -> String {
    let count =
        |wanted: fn(StepMark) -> bool| summary.marks.iter().filter(|mark| wanted(**mark)).count();
    match summary.standing {
        Standing::Failed | Standing::Cancelled | Standing::RolledBack => match count(is_skipped) {
            0 => "all undone".to_owned(),
            skipped => format!("{skipped} skipped"),
        },
        Standing::RollingBack => format!("{} undone", count(is_undone)),
        Standing::NeedsYou | Standing::Abandoned if count(is_of_the_way_back) > 0 => {
            format!("{} undone", count(is_undone))
        }
        Standing::NeedsYou
        | Standing::Abandoned
        | Standing::Running
        | Standing::Held
        | Standing::Active => format!("{}/{}", count(is_done), summary.marks.len()),
    }
}

fn is_done(mark: StepMark) -> bool {
    matches!(mark, StepMark::Done | StepMark::Skipped)
}

fn is_skipped(mark: StepMark) -> bool {
    matches!(mark, StepMark::Skipped)
}

fn is_undone(mark: StepMark) -> bool {
    matches!(mark, StepMark::Undone)
}

fn is_of_the_way_back(mark: StepMark) -> bool {
    matches!(
        mark,
        StepMark::Undone | StepMark::Undoing | StepMark::UndoFailed | StepMark::NothingToUndo
    )
}

fn standing_parser() -> clap::builder::PossibleValuesParser {
    Standing::ALL.map(Standing::as_str).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::fake;

    fn said(standing: Standing, marks: &[StepMark]) -> String {
        progress(&Summary { standing, marks: marks.to_vec(), ..fake::summary() })
    }

    #[test]
    fn steps_count_as_done_only_while_a_saga_goes_forward() {
        use StepMark::{
            Done, Failed, NothingToUndo, Pending, Skipped, UndoFailed, Undoing, Undone,
        };
        assert_eq!(said(Standing::Running, &[Done, Skipped, Pending]), "2/3");
        assert_eq!(said(Standing::Active, &[Done, Done]), "2/2");
        assert_eq!(said(Standing::NeedsYou, &[Done, Failed, Pending]), "1/3");
        assert_eq!(said(Standing::RollingBack, &[Done, Undoing, Undone]), "1 undone");
        assert_eq!(said(Standing::NeedsYou, &[Done, UndoFailed, Undone]), "1 undone");
        assert_eq!(said(Standing::Abandoned, &[NothingToUndo, UndoFailed]), "0 undone");
        assert_eq!(said(Standing::RolledBack, &[Undone, NothingToUndo]), "all undone");
        assert_eq!(said(Standing::Failed, &[Undone, NothingToUndo]), "all undone");
        assert_eq!(said(Standing::Failed, &[Undone, Skipped]), "1 skipped");
    }
}
