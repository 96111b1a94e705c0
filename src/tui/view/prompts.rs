//! The small dialogs: a reason, and leaving.

use crate::domain::summary::Standing;
use crate::tui::format;
use crate::tui::model::Model;
use crate::tui::model::overlay::{GivingUp, ReasonDialog};
use crate::tui::view::canvas::Canvas;
use crate::tui::view::dialog::{self, Focus};
use crate::tui::view::waiting;

/// Asks why, for the record.
pub(super) fn reason(model: &Model, dialog: &ReasonDialog, canvas: &mut Canvas<'_>) {
    let (title, words) = match &dialog.giving_up {
        GivingUp::Skip { step } => (
            format!("Skip a step of {}?", dialog.name),
            format!(
                "The saga goes on as if `{}` had been dealt with. What nobody deals with by hand \
                 stays as it is.",
                format::step(step)
            ),
        ),
        GivingUp::Abandon => (
            format!("Abandon {}?", dialog.name),
            "The saga ends as it is. Nothing is undone, and nothing looks after what is out there \
             from then on."
                .to_owned(),
        ),
    };
    let left = model
        .saga
        .as_ref()
        .filter(|saga| saga.deployment == dialog.deployment)
        .and_then(|saga| saga.read())
        .map_or(&[][..], |read| &read.detail.leftovers);
    let mut inside = dialog::open(canvas, &title, &model.environment, 70, 7 + left.len().min(6));
    let theme = inside.theme;
    let mut y = dialog::paragraph(&mut inside, 0, &words, theme.plain());
    if !left.is_empty() {
        let standing = model.list.row(dialog.deployment).map(|row| row.standing);
        let standing = standing.unwrap_or(Standing::NeedsYou);
        let (heading, style) = waiting::out_there(standing, theme);
        inside.put(0, y, heading, theme.strong());
        y += 1;
        for leftover in left.iter().take(6) {
            inside.field(2, y, inside.width().saturating_sub(2), &leftover.what, style);
            y += 1;
        }
    }
    let y = (y + 1).min(inside.height().saturating_sub(2));
    let x = inside.put(0, y, "why: ", theme.strong());
    let width = inside.width().saturating_sub(x);
    dialog::line(&mut inside, (x, y), width, &dialog.typed, Focus::Here);
    let (words, style) = if dialog.order().is_some() {
        let who = &model.operator;
        (format!("Enter goes on, recorded for {who} · Esc leaves it"), theme.danger())
    } else {
        ("Enter is dead until a reason is there · Esc leaves it".to_owned(), theme.quiet())
    };
    inside.put(0, y + 1, &words, style);
}

/// Asks before leaving while sagas are under way.
pub(super) fn quit(model: &Model, canvas: &mut Canvas<'_>) {
    let running = model.list.unfinished();
    let parts: Vec<String> = [
        (Standing::Running, "going forward"),
        (Standing::RollingBack, "being undone"),
        (Standing::Held, "on hold"),
        (Standing::NeedsYou, "waiting for you"),
    ]
    .into_iter()
    .filter(|(standing, _)| model.list.count(*standing) > 0)
    .map(|(standing, words)| format!("{} {words}", model.list.count(standing)))
    .collect();
    let mut inside = dialog::open(canvas, "Leave?", &model.environment, 60, 6);
    let theme = inside.theme;
    let sagas = if running == 1 { "saga has" } else { "sagas have" };
    let words = match running {
        0 => "Every saga has ended meanwhile.".to_owned(),
        _ => format!("{running} {sagas} not ended: {}.", parts.join(", ")),
    };
    let y = dialog::paragraph(&mut inside, 0, &words, theme.plain());
    let (words, style) = match model.list.stalls().next() {
        None if running == 0 => ("Nothing is left under way.", theme.good()),
        None => (
            "They are safe in the journal and resume at the next start; until then nothing moves and \
             what is out there keeps billing.",
            theme.plain(),
        ),
        Some(_) => (
            "The journal cannot be written: what is not in it yet goes with this screen. Mend it \
             first; what is out there keeps billing.",
            theme.danger(),
        ),
    };
    let y = dialog::paragraph(&mut inside, y, words, style) + 1;
    let y = y.min(inside.height().saturating_sub(1));
    let x = dialog::answer(&mut inside, (0, y), ("l", theme.danger()), "leave");
    dialog::answer(&mut inside, (x + 3, y), ("Esc", theme.strong()), "stay (Enter)");
}
