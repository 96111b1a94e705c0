//! The operator's verbs: cancel, rollback, retry, skip, hold, resume, take, abandon.
//!
//! Each resolves a name, asks where something is destroyed, gives one order, and follows the
//! deployment until it has come to stand. There is no rule here about which order fits which state:
//! the engine refuses what does not.

use clap::Args;

use crate::cli::confirm::{self, Consent};
use crate::cli::error::CliError;
use crate::cli::exit::Aim;
use crate::cli::follow::{self, Form, From, Pursuit, Tell};
use crate::cli::{Context, Exit, json};
use crate::control::{Control, Detail, OrderRequest};
use crate::domain::saga::event::Order;
use crate::domain::saga::plan::StepName;

/// Whom an order is for, and how its effect is told.
#[derive(Debug, Args)]
pub(crate) struct Target {
    /// tenant/slug, a slug that one tenant has, an id or either end of one
    deployment: String,
    /// Print a line for each change
    #[arg(short, long)]
    watch: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Consent given beforehand.
#[derive(Debug, Args)]
pub(crate) struct Yes {
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

impl Yes {
    fn consent(&self) -> Consent {
        if self.yes { Consent::Given } else { Consent::ToBeAsked }
    }
}

/// Which launch to cancel.
#[derive(Debug, Args)]
#[command(after_help = "The plan is shown first, with what will be destroyed.

Example:
  arcadia cancel acme/web --watch")]
pub struct CancelArgs {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    yes: Yes,
}

/// Which deployment to undo.
#[derive(Debug, Args)]
#[command(
    after_help = "The plan is shown first, with what will be destroyed. An active deployment \
wants its name typed.

Examples:
  arcadia rollback acme/web
  arcadia rollback acme/web --yes --watch"
)]
pub struct RollbackArgs {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    yes: Yes,
}

/// What to try again.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  arcadia retry acme/web --watch")]
pub struct RetryArgs {
    #[command(flatten)]
    target: Target,
}

/// What to go on without.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  arcadia skip acme/web --reason 'destroyed droplet 391775 by hand'")]
pub struct SkipArgs {
    #[command(flatten)]
    target: Target,
    /// Which step; needed when more than one gave up
    #[arg(long)]
    step: Option<String>,
    /// Why, for the record
    #[arg(long, value_parser = reason)]
    reason: String,
    #[command(flatten)]
    yes: Yes,
}

/// What to hold.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  arcadia hold acme/web")]
pub struct HoldArgs {
    #[command(flatten)]
    target: Target,
}

/// What to go on with.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  arcadia resume acme/web --watch")]
pub struct ResumeArgs {
    #[command(flatten)]
    target: Target,
}

/// Whom to see to.
#[derive(Debug, Args)]
#[command(after_help = "Nothing that runs is changed. Whoever takes it last has it until it ends.

Example:
  arcadia take acme/web")]
pub struct TakeArgs {
    /// tenant/slug, a slug that one tenant has, an id or either end of one
    deployment: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What to abandon.
#[derive(Debug, Args)]
#[command(after_help = "What is left out there is shown first. It goes on costing money.

Example:
  arcadia abandon acme/web --reason 'account was closed'")]
pub struct AbandonArgs {
    #[command(flatten)]
    target: Target,
    /// Why, for the record
    #[arg(long, value_parser = reason)]
    reason: String,
    #[command(flatten)]
    yes: Yes,
}

pub(crate) async fn cancel(
    control: &dyn Control,
    context: &mut Context,
    args: &CancelArgs,
) -> Result<Exit, CliError> {
    let undo = Ask::Undoing(args.yes.consent());
    give(control, context, &args.target, Aim::Gone, undo, |_| Ok(Order::Cancel)).await
}

pub(crate) async fn rollback(
    control: &dyn Control,
    context: &mut Context,
    args: &RollbackArgs,
) -> Result<Exit, CliError> {
    let undo = Ask::Undoing(args.yes.consent());
    give(control, context, &args.target, Aim::Gone, undo, |_| Ok(Order::Rollback)).await
}

pub(crate) async fn retry(
    control: &dyn Control,
    context: &mut Context,
    args: &RetryArgs,
) -> Result<Exit, CliError> {
    give(control, context, &args.target, Aim::Active, Ask::Nothing, |_| Ok(Order::Retry)).await
}

pub(crate) async fn skip(
    control: &dyn Control,
    context: &mut Context,
    args: SkipArgs,
) -> Result<Exit, CliError> {
    let SkipArgs { target, step, reason, yes } = args;
    let leave = Ask::Leaving(yes.consent());
    give(control, context, &target, Aim::Active, leave, |detail| {
        let step = step_to_skip(detail, step.as_deref())?;
        Ok(Order::Skip { step, reason })
    })
    .await
}

pub(crate) async fn hold(
    control: &dyn Control,
    context: &mut Context,
    args: &HoldArgs,
) -> Result<Exit, CliError> {
    give(control, context, &args.target, Aim::Held, Ask::Nothing, |_| Ok(Order::Hold)).await
}

pub(crate) async fn resume(
    control: &dyn Control,
    context: &mut Context,
    args: &ResumeArgs,
) -> Result<Exit, CliError> {
    give(control, context, &args.target, Aim::Active, Ask::Nothing, |_| Ok(Order::Resume)).await
}

/// Nothing follows from it, so nothing is followed.
pub(crate) async fn take(
    control: &dyn Control,
    context: &mut Context,
    args: &TakeArgs,
) -> Result<Exit, CliError> {
    let (summary, _) = follow::watch(control, &args.deployment).await?;
    let (deployment, by) = (summary.deployment, context.by.clone());
    let command = context.ids.command();
    control.order(OrderRequest { deployment, command, order: Order::Take, by }).await?;
    if args.json {
        let detail = control.show(deployment).await?;
        context.output.json(&json::Outcome::of(&detail, Exit::Done));
    } else {
        context.output.data(&format!("{} is taken by {}", summary.name(), context.by.name()));
    }
    Ok(Exit::Done)
}

pub(crate) async fn abandon(
    control: &dyn Control,
    context: &mut Context,
    args: AbandonArgs,
) -> Result<Exit, CliError> {
    let AbandonArgs { target, reason, yes } = args;
    let leave = Ask::Leaving(yes.consent());
    let order = |_: &Detail| Ok(Order::Abandon { reason });
    give(control, context, &target, Aim::Abandoned, leave, order).await
}

/// What the operator is asked before an order is given.
enum Ask {
    Nothing,
    Undoing(Consent),
    Leaving(Consent),
}

async fn give(
    control: &dyn Control,
    context: &mut Context,
    target: &Target,
    aim: Aim,
    ask: Ask,
    order: impl FnOnce(&Detail) -> Result<Order, CliError>,
) -> Result<Exit, CliError> {
    let (summary, mut watch) = follow::watch(control, &target.deployment).await?;
    let deployment = summary.deployment;
    let detail = control.show(deployment).await?;
    let order = order(&detail)?;
    match ask {
        Ask::Nothing => {}
        Ask::Undoing(consent) => {
            confirm::undoing(&context.output, order.verb(), &detail, consent).await?;
        }
        Ask::Leaving(consent) => {
            confirm::leaving(&context.output, order.verb(), &detail, consent).await?;
        }
    }
    // What happened while the question was open is read from the journal.
    watch.notices = watch.notices.resubscribe();
    let command = context.ids.command();
    let by = context.by.clone();
    control.order(OrderRequest { deployment, command, order, by }).await?;
    let pursuit = Pursuit {
        deployment,
        from: From::Order(command),
        aim,
        tell: if target.watch { Tell::Changes } else { Tell::Outcome },
        form: if target.json { Form::Json } else { Form::Words },
    };
    follow::follow(control, context, watch, pursuit).await
}

/// The step that is meant: the one named, or the only one that gave up.
fn step_to_skip(detail: &Detail, named: Option<&str>) -> Result<StepName, CliError> {
    let aggregate = &detail.aggregate;
    let steps = aggregate.plan.steps().iter().zip(&aggregate.state.steps);
    let stuck: Vec<&StepName> = steps
        .filter(|(_, state)| {
            // On the way back, a step that failed going forward is history.
            if aggregate.state.phase.cause().is_some() {
                state.undo.is_failed()
            } else {
                state.forward.is_failed()
            }
        })
        .map(|(planned, _)| &planned.name)
        .collect();
    let listed = stuck.iter().map(|step| step.as_str()).collect::<Vec<_>>().join(", ");
    match (named, stuck.as_slice()) {
        (Some(named), stuck) => {
            stuck.iter().find(|step| step.as_str() == named).map(|step| (*step).clone()).ok_or_else(
                || CliError::Step(format!("`{named}` has not given up; given up: {listed}")),
            )
        }
        (None, [only]) => Ok((*only).clone()),
        (None, []) => Err(CliError::Step("no step has given up".to_owned())),
        (None, _) => Err(CliError::Step(format!("--step must name one of {listed}"))),
    }
}

/// A reason goes on record, so an empty one is none.
fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() { Err("a reason has words".to_owned()) } else { Ok(text.to_owned()) }
}
