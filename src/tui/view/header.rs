//! The line of counts: is anything on fire? It never scrolls.

use crate::domain::summary::Standing;
use crate::tui::format;
use crate::tui::model::{Connection, Model};
use crate::tui::text;
use crate::tui::theme::{Theme, standing_count_word};
use crate::tui::view::canvas::Canvas;

/// Draws the line.
pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    let badge = format!(" {} ", text::clean(&model.environment));
    let mut x = canvas.put(0, 0, &badge, theme.badge()) + 1;
    let status = status(model, theme);
    let room = canvas.width().saturating_sub(x + text::width(&status) + 2);
    let words = counts_width(model, canvas, Words::Written) <= room;
    let words = if words { Words::Written } else { Words::Left };
    for standing in present(model) {
        let style = match model.count(standing) {
            0 => theme.quiet(),
            _ => theme.standing(standing),
        };
        let count = count(model, canvas, standing, words);
        if x + text::width(&count) + 1 + text::width(&status) > canvas.width() {
            break;
        }
        x = canvas.put(x, 0, &count, style) + gap(words);
    }
    if !model.marks.is_empty() {
        // It stands in every pane: what a key does depends on it.
        let count = format!("{}{}", theme.signs().marked, model.marks.count());
        if x + text::width(&count) + 1 + text::width(&status) <= canvas.width() {
            canvas.put(x, 0, &count, theme.marked());
        }
    }
    let style = match model.connection {
        Connection::Open if model.frozen.is_some() => theme.warning(),
        Connection::Open if model.list.stalls().len() == 0 => theme.quiet(),
        Connection::Opening | Connection::Reading => theme.warning(),
        Connection::Open | Connection::Failed(_) | Connection::Lost(_) => theme.danger(),
    };
    canvas.right(0, &status, style);
}

/// All that a tiny screen has room for: still live.
pub(super) fn too_small(model: &Model, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    let mut x = 0;
    for standing in present(model) {
        let count = count(model, canvas, standing, Words::Left);
        x = canvas.put(x, 0, &count, theme.standing(standing)) + 1;
    }
    canvas.put(0, 1, "make me larger", theme.quiet());
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Words {
    Written,
    Left,
}

fn gap(words: Words) -> usize {
    match words {
        Words::Written => 3,
        Words::Left => 1,
    }
}

fn count(model: &Model, canvas: &Canvas<'_>, standing: Standing, words: Words) -> String {
    let sign = canvas.theme.standing_sign(standing);
    let number = model.count(standing);
    match words {
        Words::Written => format!("{sign} {number} {}", standing_count_word(standing, number)),
        Words::Left => format!("{sign}{number}"),
    }
}

fn counts_width(model: &Model, canvas: &Canvas<'_>, words: Words) -> usize {
    present(model)
        .map(|standing| text::width(&count(model, canvas, standing, words)) + gap(words))
        .sum()
}

/// What is worth its place: whether a person is needed and what runs, always; the rest, if any.
fn present(model: &Model) -> impl Iterator<Item = Standing> {
    Standing::ALL.into_iter().filter(|standing| {
        matches!(standing, Standing::NeedsYou | Standing::Running | Standing::Active)
            || model.count(*standing) > 0
    })
}

fn status(model: &Model, theme: Theme) -> String {
    match &model.connection {
        Connection::Opening => "opening".to_owned(),
        Connection::Reading => "reading".to_owned(),
        Connection::Failed(_) => "NO JOURNAL".to_owned(),
        Connection::Lost(_) => "ENGINE GONE".to_owned(),
        Connection::Open if model.frozen.is_some() => {
            format!("FROZEN {} UTC", format::time_of_day(model.shown_at()))
        }
        Connection::Open if model.list.stalls().len() > 0 => {
            let count = model.list.stalls().len();
            let verb = if count == 1 { "STANDS" } else { "STAND" };
            format!("{} {count} {verb} STILL", theme.signs().warning)
        }
        // The time is shown while something counts seconds; an idle screen is not woken for it.
        Connection::Open if model.list.unfinished() > 0 => {
            format!("{} UTC", format::time_of_day(model.now))
        }
        Connection::Open => "idle".to_owned(),
    }
}
