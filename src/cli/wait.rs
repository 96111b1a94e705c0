//! `arcadia wait`: lets sagas run until they stand still.

use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::cli::error::CliError;
use crate::cli::exit::{Aim, Exit};
use crate::cli::follow::{self, Form, From, Pursuit, Tell};
use crate::cli::{Context, resolve};
use crate::config::parse_span;
use crate::control::{Control, Watch};
use crate::domain::id::DeploymentId;

/// What to wait for.
#[derive(Debug, Args)]
#[command(after_help = "Sagas that have not ended go on while this runs, whoever left them. Of \
several deployments, the one that is worst off decides the exit code.

Examples:
  arcadia wait
  arcadia wait acme/web --for active --timeout 10m
  arcadia wait acme/web acme/db --for gone")]
pub struct WaitArgs {
    /// tenant/slug, a slug that one tenant has, an id or either end of one; none: every deployment
    /// whose saga has not ended
    #[arg(value_name = "DEPLOYMENT")]
    deployments: Vec<String>,
    /// What is meant to become of them
    #[arg(long = "for", value_name = "END", value_enum, default_value = "settled")]
    end: End,
    /// Give up after this long, such as `10m`; the sagas go on at the next start
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    timeout: Option<Duration>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is meant to become of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum End {
    /// It is up
    Active,
    /// Nothing of it is left
    Gone,
    /// Its saga has ended or is on hold, however that came
    Settled,
}

impl End {
    fn aim(self) -> Aim {
        match self {
            Self::Active => Aim::Active,
            Self::Gone => Aim::Gone,
            Self::Settled => Aim::Settled,
        }
    }
}

pub(crate) async fn run(
    control: &dyn Control,
    context: &mut Context,
    args: &WaitArgs,
) -> Result<Exit, CliError> {
    let watch = control.watch().await?;
    let chosen = chosen(&watch, args)?;
    if chosen.is_empty() {
        context.output.talk("nothing to wait for: every saga has ended");
    }
    // All of them run at the same time, so waiting for one after the other takes as long as the
    // slowest. Each has news of its own from the beginning.
    let watches: Vec<_> = chosen
        .into_iter()
        .map(|deployment| {
            let notices = watch.notices.resubscribe();
            (deployment, Watch { summaries: Vec::new(), notices })
        })
        .collect();
    let waiting = wait_for_all(control, context, watches, args);
    let Some(timeout) = args.timeout else { return waiting.await };
    if let Ok(ended) = tokio::time::timeout(timeout, waiting).await {
        return ended;
    }
    let words = "it takes longer than --timeout; what has not ended goes on at the next start";
    context.output.talk(words);
    Ok(Exit::TimedOut)
}

fn chosen(watch: &Watch, args: &WaitArgs) -> Result<Vec<DeploymentId>, CliError> {
    if args.deployments.is_empty() {
        let unfinished = watch.summaries.iter().filter(|row| !row.standing.is_finished());
        return Ok(unfinished.map(|row| row.deployment).collect());
    }
    let named = args.deployments.iter();
    named.map(|name| Ok(resolve::resolve(&watch.summaries, name)?.deployment)).collect()
}

async fn wait_for_all(
    control: &dyn Control,
    context: &mut Context,
    watches: Vec<(DeploymentId, Watch)>,
    args: &WaitArgs,
) -> Result<Exit, CliError> {
    let mut worst = Exit::Done;
    for (deployment, watch) in watches {
        let pursuit = Pursuit {
            deployment,
            from: From::Present,
            aim: args.end.aim(),
            tell: Tell::Outcome,
            form: if args.json { Form::Json } else { Form::Words },
        };
        let exit = follow::follow(control, context, watch, pursuit).await?;
        if exit == Exit::Interrupted {
            return Ok(exit);
        }
        worst = worst.worse(exit);
    }
    Ok(worst)
}
