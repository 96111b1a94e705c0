//! The question before an order: what it is for, what it would do to each with its very ids, and
//! what it takes to go on.

use ratatui::style::Style;

use crate::domain::saga::event::Order;
use crate::domain::summary::Standing;
use crate::domain::undo_preview::Loss;
use crate::tui::format;
use crate::tui::keymap::Verb;
use crate::tui::model::Model;
use crate::tui::model::plans::Known;
use crate::tui::model::question::{Question, Target};
use crate::tui::model::saga::Opened;
use crate::tui::text;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::cost::Cost;
use crate::tui::view::{cost, dialog, waiting};

mod confirm;
mod rows;

/// How many rows each of many gets before its plan is there, so that the dialog does not grow while plans
/// come.
const EACH_OF_MANY: usize = 6;

/// Draws the question.
pub(super) fn draw(model: &Model, asked: &Question, canvas: &mut Canvas<'_>) {
    let only = asked.only();
    let total = asked.rows(&model.plans).count();
    let room = asked.room(model.size);
    let listed = match only {
        None if model.plans.coming() > 0 => total.max(asked.targets.len() * EACH_OF_MANY),
        Some(_) | None => total,
    };
    let wide = asked.inside(model.size.0);
    let below = asked.below(wide);
    let head = head(model, asked, canvas);
    let above: usize = head.iter().map(|(words, _)| height(words, wide)).sum();
    let height = above + listed.min(room) + below;
    let mut inside = dialog::open(canvas, &title(asked), &model.environment, wide, height);
    // What would be done is seen before what is said of it.
    let above = inside.height().saturating_sub(total.min(room) + below);
    let mut top = inside.area();
    top.height = top.height.min(u16::try_from(above).unwrap_or(u16::MAX));
    let mut y = 0;
    for (words, style) in head {
        y = dialog::paragraph(&mut inside.part(top), y, &words, style);
    }
    let y = rows::draw(model, asked, (y.min(above), room), &mut inside);
    let y = (y + 1).min(inside.height().saturating_sub(below - 1));
    confirm::draw(model, asked, y, &mut inside);
}

fn height(words: &str, width: usize) -> usize {
    text::wrap(&text::clean(words), width).len()
}

fn title(asked: &Question) -> String {
    if let Some(target) = asked.only().filter(|_| asked.is_over()) {
        return format!("{} has moved on", target.name);
    }
    let whom = match (asked.only(), asked.targets.len(), asked.asked_for()) {
        (Some(target), _, _) => target.name.clone(),
        (None, 0, all) => format!("none of {all} marked"),
        (None, some, all) if some < all => format!("{some} of {all} marked"),
        (None, all, _) => format!("{all} marked"),
    };
    match asked.verb {
        Verb::Cancel => format!("Cancel {whom}?"),
        Verb::Rollback => {
            let active = if asked.targets.len() == 1 { "is" } else { "are" };
            format!("Roll back {whom}, which {active} ACTIVE?")
        }
        Verb::Retry => format!("Retry {whom}?"),
        Verb::Skip => format!("Skip a step of {whom}?"),
        Verb::Abandon => format!("Abandon {whom}?"),
        Verb::Hold if resumes(asked) => format!("Resume {whom}?"),
        Verb::Hold => format!("Hold {whom}?"),
        Verb::Take => format!("Take {whom}?"),
        Verb::Details => whom,
    }
}

/// Whether the key that holds and resumes resumes.
fn resumes(asked: &Question) -> bool {
    asked.targets.first().is_some_and(|target| target.order == Order::Resume)
}

/// What stands above the list.
fn head(model: &Model, asked: &Question, canvas: &Canvas<'_>) -> Vec<(String, Style)> {
    let theme = canvas.theme;
    let only = asked.only();
    let mut head = Vec::new();
    if asked.is_over() {
        return head;
    }
    match (asked.verb, only) {
        (Verb::Cancel | Verb::Rollback, Some(target)) => {
            if asked.verb == Verb::Rollback {
                head.extend(serving(model, target).map(|words| (words, theme.strong())));
            }
            if let Some(Known::Read(plan)) = model.plans.of(target.deployment)
                && !plan.lines.is_empty()
            {
                let read = model.saga.as_ref().filter(|saga| saga.deployment == target.deployment);
                let read = read.and_then(Opened::read);
                let cost = read.and_then(|read| Cost::of(model, read));
                let cost =
                    cost.map(|cost| format!(", and end {}", cost.in_short(model.shown_at())));
                let words = format!("will undo, in this order{}:", cost.unwrap_or_default());
                head.push((words, theme.plain()));
            }
        }
        (Verb::Cancel | Verb::Rollback, None) => head.push(sum(model, asked, canvas)),
        (Verb::Retry, _) => {
            head.push(("What gave up is tried again, in each of:".to_owned(), theme.plain()));
        }
        (Verb::Hold, _) if resumes(asked) => {
            head.push(("Each of these goes on:".to_owned(), theme.plain()));
        }
        (Verb::Hold, _) => {
            head.push(("No further step begins, in each of:".to_owned(), theme.plain()));
        }
        (Verb::Take, _) => {
            let words = format!("Recorded as seen to by {}:", model.operator);
            head.push((words, theme.plain()));
        }
        (Verb::Skip | Verb::Abandon, _) => giving_up(model, asked, canvas, &mut head),
        (Verb::Details, _) => {}
    }
    head
}

/// What becomes of all of them together, once that is known.
fn sum(model: &Model, asked: &Question, canvas: &Canvas<'_>) -> (String, Style) {
    let theme = canvas.theme;
    let (all, coming) = (asked.targets.len(), model.plans.coming());
    if coming > 0 {
        let words = format!("reading what would be undone: {} of {all}…", all - coming.min(all));
        return (words, theme.quiet());
    }
    let sum = asked.sum(&model.plans);
    let style = match sum.loss() {
        Loss::Data => theme.danger(),
        Loss::None => theme.strong(),
    };
    let saved = cost::saved(model, asked).map(|saved| format!(", {saved}")).unwrap_or_default();
    (format!("{sum}{saved}"), style)
}

fn serving(model: &Model, target: &Target) -> Option<String> {
    let row = model.list.row(target.deployment)?;
    let since = row.ended_at.unwrap_or(row.launched_at);
    let place = row.ipv4.map(|address| format!(" at {address}")).unwrap_or_default();
    Some(format!(
        "It has been serving{place} for {}.",
        format::running(model.shown_at().since(since))
    ))
}

fn giving_up(
    model: &Model,
    asked: &Question,
    canvas: &Canvas<'_>,
    head: &mut Vec<(String, Style)>,
) {
    let theme = canvas.theme;
    let words = match (asked.only().map(|target| &target.order), asked.verb) {
        (Some(Order::Skip { step, .. }), _) => format!(
            "The saga goes on as if `{}` had been dealt with. What nobody deals with by hand \
             stays as it is.",
            format::step(step)
        ),
        (None, Verb::Skip) => "Each goes on as if the step that gave up had been dealt with. What \
                               nobody deals with by hand stays as it is."
            .to_owned(),
        (Some(_), _) => {
            "The saga ends as it is. Nothing is undone, and nothing looks after what is \
                         out there from then on."
                .to_owned()
        }
        (None, _) => "Each ends as it is. Nothing is undone, and nothing looks after what is out \
                      there from then on."
            .to_owned(),
    };
    head.push((words, theme.plain()));
    if asked.sum(&model.plans).out_there > 0 {
        let first = asked.targets.first().and_then(|target| model.list.row(target.deployment));
        let standing = first.map_or(Standing::NeedsYou, |row| row.standing);
        head.push((waiting::out_there(standing, theme).0.to_owned(), theme.strong()));
    }
}
