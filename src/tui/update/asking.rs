//! What a verb does: at once where it can be taken back, or after a question. With marks it is for
//! the marked ones, without it is for the selected one.

use std::sync::Arc;

use crate::domain::id::DeploymentId;
use crate::domain::saga::event::Order;
use crate::domain::summary::{Standing, Summary};
use crate::tui::effect::Effect;
use crate::tui::keymap::Verb;
use crate::tui::model::overlay::Overlay;
use crate::tui::model::plans::UndoPlan;
use crate::tui::model::question::{LeftOut, Question, Stands, Target};
use crate::tui::model::{Fetch, Model, Tone, row_allows};
use crate::tui::update::{orders, question};

/// What is done to the marked deployments, or else to the selected one.
pub(super) fn act(model: &mut Model, verb: Verb, effects: &mut Vec<Effect>) {
    if model.marks.is_empty() || verb == Verb::Details {
        act_on_selected(model, verb, effects);
    } else {
        act_on_marked(model, verb, effects);
    }
}

/// What is done to the selected deployment. A key that does nothing for it says why.
pub(super) fn act_on_selected(model: &mut Model, verb: Verb, effects: &mut Vec<Effect>) {
    if let Some(row) = model.list.selected() {
        act_on(model, row.deployment, verb, effects);
    }
}

/// What is done to this deployment, wherever the selection is.
pub(super) fn act_on(
    model: &mut Model,
    deployment: DeploymentId,
    verb: Verb,
    effects: &mut Vec<Effect>,
) {
    let Some(row) = model.list.row(deployment).cloned() else { return };
    let order = match order(verb, Toggle::Each, &row) {
        Ok(order) => order,
        Err(why) => {
            let why = model.keymap.fill(why);
            return model.say(Tone::Plain, format!("{}: {why}", row.name()));
        }
    };
    match verb {
        Verb::Details => model.overlay = Some(Overlay::Details { deployment: row.deployment }),
        Verb::Retry | Verb::Hold | Verb::Take => {
            orders::give(
                model,
                order.map(|order| (row.deployment, order)).into_iter().collect(),
                effects,
            );
        }
        Verb::Cancel | Verb::Rollback | Verb::Skip | Verb::Abandon => {
            let targets = order.map(|order| target(&row, order)).into_iter().collect();
            ask(model, Question::new(verb, targets, Vec::new()), effects);
        }
    }
}

fn act_on_marked(model: &mut Model, verb: Verb, effects: &mut Vec<Effect>) {
    let rows = marked(model);
    let running = rows.iter().any(|row| row.standing == Standing::Running);
    let toggle = if running { Toggle::Hold } else { Toggle::Each };
    let (mut targets, mut left_out) = (Vec::new(), Vec::new());
    for row in &rows {
        match order(verb, toggle, row) {
            Ok(Some(order)) => targets.push(target(row, order)),
            Ok(None) => {}
            Err(why) => left_out.push(LeftOut { name: row.name(), why }),
        }
    }
    ask(model, Question::new(verb, targets, left_out), effects);
}

/// The marked rows: those on the list in its order, then those that the filter hides.
fn marked(model: &Model) -> Vec<Arc<Summary>> {
    let shown = model.list.shown().iter().copied().filter(|id| model.marks.has(*id));
    let shown: Vec<_> = shown.collect();
    let on_list: std::collections::BTreeSet<_> = shown.iter().copied().collect();
    let hidden = model.marks.iter().filter(|id| !on_list.contains(id));
    let ids = shown.iter().copied().chain(hidden);
    ids.filter_map(|id| model.list.row(id).cloned()).collect()
}

fn target(row: &Summary, order: Order) -> Target {
    Target { deployment: row.deployment, name: row.name(), order, stands: Stands::Still }
}

fn ask(model: &mut Model, asked: Question, effects: &mut Vec<Effect>) {
    if asked.lists_plans() {
        let about = asked.targets.iter().map(|target| target.deployment);
        model.plans.begin(about, read_already(model));
    }
    model.overlay = Some(Overlay::Question(asked));
    question::read_plans(model, effects);
}

/// What undoing the open deployment would do, when that is known and nothing newer is on its way.
fn read_already(model: &Model) -> Option<(DeploymentId, UndoPlan)> {
    let saga = model.saga.as_ref().filter(|_| model.fetch == Fetch::Idle)?;
    Some((saga.deployment, UndoPlan::from(&saga.read()?.detail)))
}

/// What the key that holds and resumes does to many: it would surprise to resume some while the
/// others are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Toggle {
    /// Each is turned round.
    Each,
    /// All are held.
    Hold,
}

/// What a verb orders for a row that stands so, or why it does nothing for it, with commands by their
/// names where the keys belong ([`crate::tui::keymap::Keymap::fill`]). Looking at it orders
/// nothing.
pub(super) fn order(
    verb: Verb,
    toggle: Toggle,
    row: &Summary,
) -> Result<Option<Order>, &'static str> {
    if !row_allows(row, verb) {
        return Err(why_not(verb, row.standing));
    }
    Ok(Some(match verb {
        Verb::Cancel => Order::Cancel,
        Verb::Rollback => Order::Rollback,
        Verb::Retry => Order::Retry,
        Verb::Hold if row.standing != Standing::Held => Order::Hold,
        Verb::Hold if toggle == Toggle::Hold => return Err("it is on hold already"),
        Verb::Hold => Order::Resume,
        Verb::Skip => {
            let focus = row.focus.as_ref().ok_or("no step has given up")?;
            Order::Skip { step: focus.step.clone(), reason: String::new() }
        }
        Verb::Abandon => Order::Abandon { reason: String::new() },
        Verb::Take => Order::Take,
        Verb::Details => return Ok(None),
    }))
}

fn why_not(verb: Verb, standing: Standing) -> &'static str {
    match standing {
        Standing::NeedsYou => match verb {
            Verb::Cancel => {
                "undoing it gave up; {retry} tries again, {skip} skips the step, {abandon} abandons it"
            }
            Verb::Rollback => {
                "it is not active, it waits for you: {details} says why, and what can be done"
            }
            Verb::Hold | Verb::Retry | Verb::Skip | Verb::Abandon | Verb::Take | Verb::Details => {
                "it stands still already; {retry}, {skip} or {abandon} goes on"
            }
        },
        Standing::RollingBack => "it is being undone already",
        Standing::Running | Standing::Held => match verb {
            Verb::Rollback => "it is still provisioning; {cancel} cancels it",
            Verb::Retry | Verb::Skip => "no step has given up",
            Verb::Abandon => "it is going on; {cancel} cancels it, {hold} holds it",
            Verb::Cancel | Verb::Hold | Verb::Take | Verb::Details => {
                "nothing to see: it is going on"
            }
        },
        Standing::Active => match verb {
            Verb::Cancel => "it is active; {rollback} rolls it back",
            Verb::Rollback
            | Verb::Retry
            | Verb::Skip
            | Verb::Abandon
            | Verb::Hold
            | Verb::Take
            | Verb::Details => "it is active, and nothing waits for you",
        },
        Standing::Failed | Standing::Cancelled | Standing::RolledBack | Standing::Abandoned => {
            "it has ended, and nothing is left to act on"
        }
    }
}
