//! What would be undone, before it is: every compensation in order, with its very ids.

use crate::domain::undo_preview::{Loss, UndoLine};
use crate::tui::format;
use crate::tui::model::Model;
use crate::tui::model::overlay::{UndoDialog, Undoing};
use crate::tui::model::saga::{Content, Opened};
use crate::tui::text;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::dialog::{self, Focus};

/// Draws the dialog.
pub(super) fn draw(model: &Model, dialog: &UndoDialog, canvas: &mut Canvas<'_>) {
    let title = match dialog.undoing {
        Undoing::Cancel => format!("Cancel {}?", dialog.name),
        Undoing::Rollback { .. } => format!("Roll back {}, which is ACTIVE?", dialog.name),
    };
    let content = model.saga.as_ref().filter(|saga| saga.deployment == dialog.deployment);
    let lines: &[UndoLine] =
        content.and_then(Opened::read).map_or(&[], |read| &read.detail.undo.lines);
    let height = lines.len().clamp(1, 12) + 6;
    let mut inside = dialog::open(canvas, &title, &model.environment, 76, height);
    let theme = inside.theme;
    let mut y = serving(model, dialog, &mut inside);
    match content.map(|saga| &saga.content) {
        Some(Content::Read(_)) if lines.is_empty() => {
            inside.put(0, y, "nothing was made, so nothing is undone", theme.plain());
            y += 1;
        }
        Some(Content::Read(_)) => {
            inside.put(0, y, "will undo, in this order:", theme.plain());
            y = order(lines, y + 1, &mut inside);
        }
        Some(Content::Failed(why)) => {
            let words = format!("cannot be read, so it cannot be ordered here: {why}");
            y = dialog::paragraph(&mut inside, y, &words, theme.danger());
        }
        Some(Content::Reading) | None => {
            inside.put(0, y, "reading what would be undone…", theme.quiet());
            y += 1;
        }
    }
    confirm(dialog, y + 1, &mut inside);
}

fn serving(model: &Model, dialog: &UndoDialog, canvas: &mut Canvas<'_>) -> usize {
    let Undoing::Rollback { .. } = dialog.undoing else { return 0 };
    let Some(row) = model.list.row(dialog.deployment) else { return 0 };
    let since = row.ended_at.unwrap_or(row.launched_at);
    let place = row.ipv4.map(|address| format!(" at {address}")).unwrap_or_default();
    let words =
        format!("It has been serving{place} for {}.", format::running(model.now.since(since)));
    canvas.put(0, 0, &words, canvas.theme.strong());
    1
}

/// Each compensation in order. When they do not all fit, the count of the rest is said.
fn order(lines: &[UndoLine], y: usize, canvas: &mut Canvas<'_>) -> usize {
    let theme = canvas.theme;
    let room = canvas.height().saturating_sub(y + 3).max(1);
    let shown = if lines.len() > room { room.saturating_sub(1) } else { lines.len() };
    for (index, line) in lines.iter().take(shown).enumerate() {
        let (tail, style) = match line.loss {
            Loss::Data => (" DATA LOST", theme.danger()),
            Loss::None => ("", theme.plain()),
        };
        let what = format!("{:>2} {}", index + 1, text::clean(&line.text));
        canvas.put(0, y + index, &text::cut_before(&what, tail, canvas.width()), style);
    }
    if shown == lines.len() {
        return y + shown;
    }
    let rest = &lines[shown..];
    let lost = rest.iter().filter(|line| line.loss == Loss::Data).count();
    let tail = if lost > 0 { format!(", {lost} of them with DATA LOST") } else { String::new() };
    let words = format!("   and {} more{tail}; enlarge the window to see them", rest.len());
    canvas.field(0, y + shown, canvas.width(), &words, theme.warning());
    y + shown + 1
}

fn confirm(dialog: &UndoDialog, y: usize, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    let y = y.min(canvas.height().saturating_sub(2));
    match &dialog.undoing {
        Undoing::Cancel => {
            let x = canvas.put(0, y, "cancel it?", theme.strong());
            let yes = ("y", theme.danger());
            let x = dialog::answer(canvas, (x + 2, y), yes, "yes, undo all of it");
            dialog::answer(canvas, (x + 3, y), ("N", theme.strong()), "no (Enter, Esc)");
        }
        Undoing::Rollback { typed } => {
            let x = canvas.put(0, y, "type ", theme.plain());
            let x = canvas.put(x, y, &dialog.name, theme.strong());
            let x = canvas.put(x, y, " to go on: ", theme.plain());
            dialog::line(canvas, (x, y), 40, typed, Focus::Here);
            let (words, style) = if typed.value() == dialog.name {
                ("Enter rolls it back · Esc leaves it", theme.danger())
            } else {
                ("Enter is dead until it matches · Esc leaves it", theme.quiet())
            };
            canvas.put(0, y + 1, words, style);
        }
    }
}
