//! `arcadia history`.

use clap::Args;

use crate::cli::describe::{Detail, Teller};
use crate::cli::error::CliError;
use crate::cli::{Context, Exit, follow, json};
use crate::control::Control;
use crate::domain::aggregate::{Aggregate, Fact};

/// Whose journal.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  arcadia history acme/web
  arcadia history acme/web --json | jq 'select(.kind == \"ordered\")'")]
pub struct HistoryArgs {
    /// tenant/slug, a slug that one tenant has, an id or either end of one
    deployment: String,
    /// Print a JSON object per line
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(
    control: &dyn Control,
    context: &Context,
    args: &HistoryArgs,
) -> Result<Exit, CliError> {
    let (summary, _) = follow::watch(control, &args.deployment).await?;
    let entries = control.show(summary.deployment).await?.entries;
    let mut teller = Teller::new(Detail::Everything);
    let mut picture: Option<Aggregate> = None;
    for entry in &entries {
        if args.json {
            context.output.json(&json::Entry::of(summary.deployment, entry));
            continue;
        }
        let before = picture.clone();
        match (&mut picture, &entry.fact) {
            (None, Fact::Launched(launch)) => {
                picture = Some(Aggregate::launched((**launch).clone(), entry.at));
            }
            // The engine folded the same entries to give them; one that does not fold is still told.
            (Some(aggregate), _) => drop(aggregate.apply(entry)),
            (None, _) => {}
        }
        let Some(after) = &picture else { continue };
        for line in teller.lines(before.as_ref(), after, entry) {
            context.output.data(&format!("{:>4}  {}  {line}", entry.seq, entry.at));
        }
    }
    Ok(Exit::Done)
}
