//! Orders on their way to the engine, and what came of them. For one deployment an order is given at
//! once; for many a few at a time, and what came of them is summed up.

use crate::domain::id::DeploymentId;
use crate::domain::saga::event::Order;
use crate::tui::effect::Effect;
use crate::tui::model::outbox::Batch;
use crate::tui::model::{Act, ActStage, Model, Tone};
use crate::tui::update::name;

/// Gives orders, all of one verb.
pub(super) fn give(
    model: &mut Model,
    orders: Vec<(DeploymentId, Order)>,
    effects: &mut Vec<Effect>,
) {
    let Some((_, order)) = orders.first() else { return };
    let (verb, count) = (order.verb(), orders.len());
    if let [(deployment, order)] = &orders[..] {
        let name = name(model, *deployment);
        model.say(Tone::Plain, format!("{name}: {verb} asked"));
        ask(model, *deployment, order.clone(), effects);
        return;
    }
    for (deployment, _) in &orders {
        set(model, *deployment, verb, ActStage::InLine);
    }
    model.say(Tone::Plain, format!("{verb} asked of {count}"));
    model.outbox.put(verb, orders);
    go_on(model, effects);
}

/// Gives as many of the orders in line as may be under way.
fn go_on(model: &mut Model, effects: &mut Vec<Effect>) {
    for (deployment, order) in model.outbox.give() {
        ask(model, deployment, order, effects);
    }
}

fn ask(model: &mut Model, deployment: DeploymentId, order: Order, effects: &mut Vec<Effect>) {
    set(model, deployment, order.verb(), ActStage::Asked);
    effects.push(Effect::Order { deployment, order });
}

fn set(model: &mut Model, deployment: DeploymentId, verb: &'static str, stage: ActStage) {
    model.acts.insert(deployment, Act { verb, stage, at: model.now });
}

/// Takes an answer.
pub(super) fn answered(
    model: &mut Model,
    deployment: DeploymentId,
    verb: &'static str,
    result: Result<(), String>,
    effects: &mut Vec<Effect>,
) {
    let of_many = model.outbox.take(deployment, verb, &result, model.now);
    let told = of_many.map(Tally::of);
    if let Some(tally) = told {
        let (tone, words) = tally.words(model);
        model.say(tone, words);
    } else {
        let name = name(model, deployment);
        match &result {
            Ok(()) => model.say(Tone::Good, format!("{name}: {verb} accepted")),
            Err(why) => model.say(Tone::Bad, format!("{name}: {verb} refused: {why}")),
        }
    }
    let stage = result.map_or_else(ActStage::Refused, |()| ActStage::Accepted);
    set(model, deployment, verb, stage);
    go_on(model, effects);
}

/// Nobody knows which answer was lost: every order that is under way is taken for refused, and said to
/// be in doubt.
pub(super) fn lost(model: &mut Model, effects: &mut Vec<Effect>) {
    const IN_DOUBT: &str = "no answer came; look whether it took effect";
    for act in model.acts.values_mut().filter(|act| act.stage == ActStage::Asked) {
        act.at = model.now;
        act.stage = ActStage::Refused(IN_DOUBT.to_owned());
    }
    for (deployment, verb) in model.outbox.under_way() {
        model.outbox.take(deployment, verb, &Err(IN_DOUBT.to_owned()), model.now);
    }
    go_on(model, effects);
}

/// How far the orders for many came.
struct Tally {
    verb: &'static str,
    size: usize,
    accepted: usize,
    refused: usize,
    first_refused: Option<(DeploymentId, String)>,
}

impl Tally {
    fn of(batch: &Batch) -> Self {
        Self {
            verb: batch.verb,
            size: batch.size(),
            accepted: batch.accepted,
            refused: batch.refused.len(),
            first_refused: batch.refused.first().cloned(),
        }
    }

    fn words(self, model: &Model) -> (Tone, String) {
        let Self { verb, size, accepted, refused, first_refused } = self;
        let done = accepted + refused == size;
        let tone = match (&first_refused, done) {
            (Some(_), _) => Tone::Bad,
            (None, true) => Tone::Good,
            (None, false) => Tone::Plain,
        };
        let accepted = format!("{verb} asked of {size}: {accepted} accepted");
        let Some((deployment, why)) = first_refused else { return (tone, accepted) };
        let others = match refused - 1 {
            0 => String::new(),
            others => format!(" (and {others} more)"),
        };
        let name = name(model, deployment);
        (tone, format!("{accepted}, {refused} refused: {name}: {why}{others}"))
    }
}
