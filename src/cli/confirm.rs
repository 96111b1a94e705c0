//! Nothing is destroyed before the operator has seen the plan and said yes.

use crate::cli::error::CliError;
use crate::cli::output::{Output, Tty};
use crate::cli::show::undo_lines;
use crate::control::Detail;
use crate::domain::summary::{Standing, Summary};

/// Whether the operator said yes beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consent {
    /// With `--yes`.
    Given,
    /// Not yet.
    ToBeAsked,
}

/// Shows what undoing will do, and asks. What serves somebody wants its name typed.
///
/// # Errors
/// When there is nobody to ask, or the answer is no.
pub(crate) async fn undoing(
    output: &Output,
    verb: &'static str,
    detail: &Detail,
    consent: Consent,
) -> Result<(), CliError> {
    let name = detail.aggregate.deployment.spec.name();
    let mut plan = undo_lines(&detail.undo);
    if plan.is_empty() {
        plan.push("  nothing; nothing was made".to_owned());
    }
    output.talk(&format!("{verb} {name} will undo, in this order:\n{}", plan.join("\n")));
    let summary = Summary::of(&detail.aggregate);
    if summary.standing == Standing::Active {
        let question = format!("{name} is ACTIVE; type its name to go on:");
        return ask(output, verb, consent, &question, |answer| answer == name).await;
    }
    ask(output, verb, consent, "Go on? [y/N]", is_yes).await
}

/// Shows what will be left behind, and asks.
///
/// # Errors
/// When there is nobody to ask, or the answer is no.
pub(crate) async fn leaving(
    output: &Output,
    verb: &'static str,
    detail: &Detail,
    consent: Consent,
) -> Result<(), CliError> {
    let name = detail.aggregate.deployment.spec.name();
    let leftovers = detail.leftovers.iter();
    let mut lines: Vec<_> =
        leftovers.map(|left| format!("  {} (check: {})", left.what, left.check)).collect();
    if lines.is_empty() {
        lines.push("  nothing that is known of".to_owned());
    }
    output.talk(&format!("{verb} {name} leaves out there:\n{}", lines.join("\n")));
    ask(output, verb, consent, "Go on? [y/N]", is_yes).await
}

/// Shows what will be done, and asks.
///
/// # Errors
/// When there is nobody to ask, or the answer is no.
pub(crate) async fn acting(
    output: &Output,
    verb: &'static str,
    plan: &[String],
    consent: Consent,
) -> Result<(), CliError> {
    output.talk(&format!("{verb} will, in this order:\n{}", plan.join("\n")));
    ask(output, verb, consent, "Go on? [y/N]", is_yes).await
}

/// Asks whether the journal may be rebuilt. The plan was shown.
///
/// # Errors
/// When there is nobody to ask, or the answer is no.
pub(crate) async fn rebuilding(output: &Output, consent: Consent) -> Result<(), CliError> {
    ask(output, "rebuild", consent, "Go on? [y/N]", is_yes).await
}

async fn ask(
    output: &Output,
    verb: &'static str,
    consent: Consent,
    question: &str,
    is_consent: impl Fn(&str) -> bool,
) -> Result<(), CliError> {
    match (consent, output.can_ask()) {
        (Consent::Given, _) => Ok(()),
        (Consent::ToBeAsked, Tty::Pipe) => Err(CliError::CannotAsk { verb }),
        (Consent::ToBeAsked, Tty::Terminal) => match output.ask(question).await {
            Ok(answer) if is_consent(&answer) => Ok(()),
            Ok(_) | Err(_) => Err(CliError::Declined),
        },
    }
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes")
}
