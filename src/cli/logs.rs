//! `arcadia logs`.

use std::fmt::Write as _;

use clap::Args;
use tokio::sync::broadcast::error::RecvError;

use crate::cli::error::CliError;
use crate::cli::{Context, Exit, follow, json};
use crate::control::{Control, Notice, NumberedLine};
use crate::domain::id::DeploymentId;
use crate::domain::log::{LogLevel, LogPage};

/// Lines that are asked for at a time.
const PAGE: usize = 1000;

/// Which lines.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  arcadia logs acme/web
  arcadia logs acme/web --follow
  arcadia logs acme/web --step create_droplet --level warn")]
pub struct LogsArgs {
    /// tenant/slug, a slug that one tenant has, an id or either end of one
    deployment: String,
    /// Go on with each new line until the saga ends
    #[arg(short, long)]
    follow: bool,
    /// Only lines of this step
    #[arg(long)]
    step: Option<String>,
    /// Only lines that are at least this grave
    #[arg(long, default_value = "debug", value_parser = LogLevel::ALL.map(LogLevel::as_str))]
    level: String,
    /// Begin with at most this many of the latest lines
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 1000)]
    lines: usize,
    /// Print a JSON object per line
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(
    control: &dyn Control,
    context: &mut Context,
    args: &LogsArgs,
) -> Result<Exit, CliError> {
    // Taken before the lines are read, so that none falls between.
    let (summary, watch) = follow::watch(control, &args.deployment).await?;
    let deployment = summary.deployment;
    if let Some(step) = &args.step {
        check_step(control, deployment, step).await?;
    }
    let mut tail = Tail { args, last: None };
    let latest = control.logs(deployment, LogPage::Last, args.lines).await?;
    for line in &latest {
        tail.take(context, line);
    }
    if !args.follow || summary.standing.is_finished() {
        return Ok(Exit::Done);
    }
    let mut notices = watch.notices;
    while !context.output.is_closed() {
        let notice = tokio::select! {
            biased;
            () = context.interrupts.next() => return Ok(Exit::Interrupted),
            notice = notices.recv() => notice,
        };
        match notice {
            Ok(Notice::Logged { deployment: whose, line }) => {
                if whose == deployment {
                    tail.take(context, &line);
                }
            }
            Ok(Notice::Changed { summary, .. }) => {
                if summary.deployment == deployment && summary.standing.is_finished() {
                    break;
                }
            }
            Ok(Notice::Stalled { deployment: whose, error, hint }) => {
                if whose == deployment {
                    return Err(CliError::Stalled { error, hint });
                }
            }
            Err(RecvError::Lagged(_)) => tail.catch_up(control, context, deployment).await?,
            Err(RecvError::Closed) => break,
        }
    }
    tail.catch_up(control, context, deployment).await?;
    Ok(Exit::Done)
}

/// How far the lines have been printed.
struct Tail<'a> {
    args: &'a LogsArgs,
    last: Option<u64>,
}

impl Tail<'_> {
    /// Prints a line, unless it was printed or is not wanted.
    fn take(&mut self, context: &Context, numbered: &NumberedLine) {
        if self.last.is_some_and(|last| numbered.number <= last) {
            return;
        }
        self.last = Some(numbered.number);
        let line = &numbered.line;
        let least = LogLevel::ALL.into_iter().find(|level| level.as_str() == self.args.level);
        let wanted = self.args.step.as_ref().is_none_or(|step| line.step.as_str() == step)
            && least.is_none_or(|least| line.level >= least);
        if !wanted {
            return;
        }
        if self.args.json {
            context.output.json(&json::LogLine::of(numbered));
            return;
        }
        let mut text = format!(
            "{} {:<5} {} {}#{} {}",
            line.at,
            line.level.as_str(),
            line.direction,
            line.step,
            line.attempt,
            line.text
        );
        for (name, value) in &line.fields {
            let _ = write!(text, " {name}={value}");
        }
        context.output.data(&text);
    }

    /// Reads on where the last printed line stands.
    async fn catch_up(
        &mut self,
        control: &dyn Control,
        context: &Context,
        deployment: DeploymentId,
    ) -> Result<(), CliError> {
        loop {
            let next = self.last.map_or(LogPage::Last, LogPage::After);
            let page = control.logs(deployment, next, PAGE).await?;
            for line in &page {
                self.take(context, line);
            }
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }
}

/// A step that the plan does not have is a mistake, not an empty log.
async fn check_step(
    control: &dyn Control,
    deployment: DeploymentId,
    step: &str,
) -> Result<(), CliError> {
    let plan = control.show(deployment).await?.aggregate.plan;
    let names: Vec<_> = plan.steps().iter().map(|planned| planned.name.as_str()).collect();
    if names.contains(&step) {
        return Ok(());
    }
    Err(CliError::Step(format!("no step `{step}`; its steps are {}", names.join(", "))))
}
