//! What a question lists: each deployment, what would become of it, and those that are left out.
//! Only the rows on the screen are built.

use ratatui::style::Style;

use crate::domain::saga::event::Order;
use crate::domain::undo_preview::Loss;
use crate::tui::format;
use crate::tui::model::Model;
use crate::tui::model::question::{Question, Row, Target};
use crate::tui::text;
use crate::tui::theme::{Theme, standing_word};
use crate::tui::view::canvas::Canvas;
use crate::tui::view::waiting;

/// Draws as many rows as there is room for from `y` on, and returns the line after them.
pub(super) fn draw(
    model: &Model,
    asked: &Question,
    (y, room): (usize, usize),
    canvas: &mut Canvas<'_>,
) -> usize {
    let total = asked.rows(&model.plans).count();
    let all_fit = total <= room;
    let shown = if all_fit { total } else { room.saturating_sub(1) };
    let first = asked.scroll.min(total - shown);
    let theme = canvas.theme;
    for (down, row) in asked.rows(&model.plans).skip(first).take(shown).enumerate() {
        let (words, tail, style) = words(model, asked, row, theme);
        let line = text::cut_before(&text::clean(&words), &tail, canvas.width());
        canvas.put(0, y + down, &line, style);
    }
    if all_fit {
        return y + shown;
    }
    let below = asked.rows(&model.plans).skip(first + shown);
    let lost = below.filter(|row| loses_data(*row)).count();
    let rest = match (total - first - shown, lost) {
        (0, _) => String::new(),
        (rest, 0) => format!("; {rest} more below"),
        (rest, lost) => format!("; {rest} more below, {lost} of them with DATA LOST"),
    };
    let words = format!("   ↑ ↓ {}-{} of {total}{rest}", first + 1, first + shown);
    canvas.field(0, y + shown, canvas.width(), &words, theme.warning());
    y + shown + 1
}

fn loses_data(row: Row<'_>) -> bool {
    matches!(row, Row::Undo(_, line) if line.loss() == Loss::Data)
}

/// What a row says, what of that must not be cut, and how it looks.
fn words(model: &Model, asked: &Question, row: Row<'_>, theme: Theme) -> (String, String, Style) {
    let plain = |words: String, style: Style| (words, String::new(), style);
    let indent = if asked.only().is_some() { "" } else { "  " };
    match row {
        Row::Target(target) => plain(about(model, target), theme.strong()),
        Row::Undo(place, line) => {
            let words = format!("{indent}{place:>2} {}", line.text);
            match line.loss() {
                Loss::Data => (words, " DATA LOST".to_owned(), theme.danger()),
                Loss::None => plain(words, theme.plain()),
            }
        }
        Row::NothingToUndo => {
            plain(format!("{indent}nothing was made, so nothing is undone"), theme.plain())
        }
        Row::OutThere(leftover) => {
            let standing = asked
                .targets
                .first()
                .and_then(|target| model.list.row(target.deployment).map(|row| row.standing));
            let style = standing.map_or(theme.warning(), |at| waiting::out_there(at, theme).1);
            plain(format!("  {}", leftover.what), style)
        }
        Row::Coming if asked.undoes() => {
            plain(format!("{indent}reading what would be undone…"), theme.quiet())
        }
        Row::Coming => plain(format!("{indent}reading what is out there…"), theme.quiet()),
        Row::Unreadable(why) if asked.undoes() => {
            let words = format!("{indent}cannot be read, so it cannot be ordered here: {why}");
            plain(words, theme.danger())
        }
        Row::Unreadable(why) => {
            plain(format!("{indent}what is out there cannot be read: {why}"), theme.danger())
        }
        Row::MovedOn(why) if asked.only().is_some() => plain(why.to_owned(), theme.strong()),
        Row::MovedOn(why) => {
            let why = model.keymap.fill(why);
            plain(format!("{indent}left out, it has moved on: {why}"), theme.warning())
        }
        Row::LeftOutHeading(count) => {
            plain(format!("left out, because it does nothing for them ({count}):"), theme.strong())
        }
        Row::LeftOut(left_out) => {
            let why = model.keymap.fill(left_out.why);
            plain(format!("  {}: {why}", left_out.name), theme.plain())
        }
    }
}

/// A deployment's name, with how it stands or which step of it is skipped.
fn about(model: &Model, target: &Target) -> String {
    let name = &target.name;
    match (&target.order, model.list.row(target.deployment)) {
        (Order::Skip { step, .. }, _) => format!("{name}  skips {}", format::step(step)),
        (_, Some(row)) => {
            let place = row.ipv4.map(|address| format!(" at {address}")).unwrap_or_default();
            format!("{name}  {}{place}", standing_word(row.standing))
        }
        (_, None) => name.clone(),
    }
}
