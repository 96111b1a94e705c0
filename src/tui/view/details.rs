//! Why it stands so, what is still out there and how to look at it by hand, and what can be done.

use crate::domain::id::DeploymentId;
use crate::domain::saga::state::{Stage, StepState};
use crate::domain::saga::transition::needs_undo;
use crate::domain::summary::{Standing, Summary};
use crate::domain::undo_preview::Leftover;
use crate::tui::format;
use crate::tui::keymap::{Command, Verb};
use crate::tui::model::saga::Read;
use crate::tui::model::{Act, ActStage, Model, row_allows};
use crate::tui::text;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::{cost, dialog, saga, waiting};

/// Draws the dialog.
pub(super) fn draw(model: &Model, deployment: DeploymentId, canvas: &mut Canvas<'_>) {
    let Some(row) = model.list.row(deployment) else { return };
    let read = model
        .saga
        .as_ref()
        .filter(|saga| saga.deployment == deployment)
        .and_then(|saga| saga.read());
    let lines = |left: &Leftover| 2 + usize::from(left.remove.is_some());
    let left: usize = read.map_or(0, |read| read.detail.leftovers.iter().map(lines).sum());
    let (_, word, _) = waiting::standing(model, row, canvas.theme);
    // The pane beside it may show a moment of the past.
    let past = model.saga.as_ref().is_some_and(|saga| saga.past().is_some());
    let title = format!("{word} · {}{}", row.name(), if past { " · at present" } else { "" });
    let mut whole = dialog::open(canvas, &title, &model.environment, 84, 13 + left.max(2));
    let theme = whole.theme;
    // What can be done stands in the last line, whatever does not fit above it.
    let last = whole.height().saturating_sub(1);
    if row.standing == Standing::NeedsYou {
        actions(model, row, last, &mut whole);
    }
    let mut area = whole.area();
    area.height = area.height.saturating_sub(1);
    let mut inside = whole.part(area);
    let mut y = 0;
    if let Some(stall) = model.list.stalled(deployment) {
        let words = format!("stands still: {}", stall.error);
        y = dialog::paragraph(&mut inside, y, &words, theme.danger());
        if let Some(hint) = stall.hint {
            y = dialog::paragraph(&mut inside, y, hint, theme.plain());
        }
    }
    if let Some(Act { verb, stage: ActStage::Refused(why), .. }) = model.acts.get(&deployment) {
        let words = format!("{verb} refused: {why}");
        y = dialog::paragraph(&mut inside, y, &words, theme.danger());
    }
    if let Some(end) = model.muted(row) {
        let (end, key) = (format::time_of_day(end), model.keymap.key(Command::Mute));
        let words = format!("muted: it rings no bell until {end} UTC; {key} takes that back");
        y = dialog::paragraph(&mut inside, y, &words, theme.warning());
    }
    if let Some(taken) = &row.taken {
        let (who, at) = (taken.by.name(), format::moment(taken.at, model.shown_at()));
        let words = format!("taken by {who} at {at} UTC");
        y = dialog::paragraph(&mut inside, y, &words, theme.strong());
    }
    if let Some(focus) = &row.focus {
        let words = waiting::of_focus(focus, model.shown_at());
        let what = format!(
            "{} {} ({}/{} tries): {}{}{}",
            focus.direction,
            format::step(&focus.step),
            focus.attempt,
            focus.tries,
            words.what,
            saga::request(read.and_then(Read::last_failure)),
            words.next
        );
        y = dialog::paragraph(&mut inside, y, &what, theme.danger());
    }
    if let Some(why) = &row.why {
        let request = saga::request(read.and_then(Read::cause));
        let words = format!("why: {}{request}", format::why(why));
        y = dialog::paragraph(&mut inside, y, &words, theme.plain());
    }
    let Some(read) = read else {
        inside.put(0, y, "reading…", theme.quiet());
        return;
    };
    y = leftovers(model, read, row.standing, y + 1, &mut inside);
    let y = fates(read, y + 1, &mut inside);
    let height = inside.height();
    if y > height {
        let words = "more is below; Esc, then e writes all of it to a file";
        inside.field(0, height.saturating_sub(1), inside.width(), words, theme.quiet());
    }
}

fn leftovers(
    model: &Model,
    read: &Read,
    standing: Standing,
    y: usize,
    canvas: &mut Canvas<'_>,
) -> usize {
    let theme = canvas.theme;
    if read.detail.leftovers.is_empty() {
        canvas.put(0, y, waiting::nothing_left(read), theme.good());
        return y + 1;
    }
    let (heading, style) = waiting::out_there(standing, theme);
    canvas.put(0, y, heading, theme.strong());
    let mut y = y + 1;
    for leftover in &read.detail.leftovers {
        let words = cost::told(model, read, leftover, (model.shown_at(), standing));
        let words = text::clean(&words).into_owned();
        for line in text::wrap(&words, canvas.width().saturating_sub(2)) {
            canvas.put(2, y, &line, style);
            y += 1;
        }
        let check = format!("check: {}", leftover.check);
        canvas.field(4, y, canvas.width().saturating_sub(4), &check, theme.quiet());
        y += 1;
        if let Some(remove) = &leftover.remove {
            let remove = format!("by hand: {remove}");
            canvas.field(4, y, canvas.width().saturating_sub(4), &remove, theme.quiet());
            y += 1;
        }
    }
    y
}

/// Which steps were undone, which are not, and which never ran. Says where it ends.
fn fates(read: &Read, y: usize, canvas: &mut Canvas<'_>) -> usize {
    let aggregate = &read.detail.aggregate;
    let named = |wanted: &dyn Fn(usize, &StepState) -> bool| -> String {
        let names: Vec<String> = aggregate
            .state
            .steps
            .iter()
            .enumerate()
            .filter(|(position, step)| wanted(*position, step))
            .map(|(position, _)| format::step(&aggregate.plan.steps()[position].name))
            .collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    };
    let owed = |position: usize, step: &StepState| {
        needs_undo(&aggregate.plan, &aggregate.state, position) && !step.undo.is_settled()
    };
    let theme = canvas.theme;
    let fates = [
        ("not undone", named(&owed)),
        (
            "outcome unknown",
            named(&|_, step| step.forward.is_in_doubt() && !step.undo.is_settled()),
        ),
        ("undone", named(&|_, step| matches!(step.undo.stage, Stage::Succeeded { .. }))),
        ("skipped", named(&is_skipped)),
        ("never ran", named(&|_, step| !step.was_started())),
    ];
    let told = fates.into_iter().filter(|(label, names)| *label != "skipped" || names != "none");
    let mut y = y;
    for (label, names) in told {
        canvas.put(0, y, label, theme.quiet());
        canvas.field(17, y, canvas.width().saturating_sub(17), &names, theme.plain());
        y += 1;
    }
    y
}

fn is_skipped(_: usize, step: &StepState) -> bool {
    [&step.forward, &step.undo].into_iter().any(|lane| matches!(lane.stage, Stage::Skipped { .. }))
}

fn actions(model: &Model, row: &Summary, y: usize, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    let mut x = 0;
    for (verb, does) in [
        (Verb::Retry, "try it again"),
        (Verb::Skip, "did it by hand, skip it"),
        (Verb::Abandon, "abandon"),
        (Verb::Take, "take it"),
    ] {
        let key = model.keymap.key(Command::Act(verb));
        if row_allows(row, verb) && !key.is_empty() {
            x = dialog::answer(canvas, (x, y), (&key, theme.strong()), does) + 3;
        }
    }
    dialog::answer(canvas, (x, y), ("Esc", theme.strong()), "close");
}
