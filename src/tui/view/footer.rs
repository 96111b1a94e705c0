//! The two lines at the bottom: what was said last, and the keys that do something here.

use crate::domain::summary::Standing;
use crate::tui::keymap::{self, Command, Verb};
use crate::tui::model::overlay::Overlay;
use crate::tui::model::{Model, Pane, Tone};
use crate::tui::text;
use crate::tui::view::canvas::Canvas;

/// Draws what was said last; while nothing was, which saga stands still, for as long as it does.
pub(super) fn toast(model: &Model, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    let width = canvas.width().saturating_sub(1);
    let Some(toast) = &model.toast else {
        if let Some(words) = stalled(model) {
            let words = format!("{} {words}", theme.signs().failed);
            canvas.field(1, 0, width, &words, theme.danger());
        }
        return;
    };
    let (sign, style) = match toast.tone {
        Tone::Good => (theme.signs().done, theme.good()),
        Tone::Bad => (theme.signs().failed, theme.danger()),
        Tone::Plain => (theme.signs().pending, theme.plain()),
    };
    canvas.field(1, 0, width, &format!("{sign} {}", toast.text), style);
}

fn stalled(model: &Model) -> Option<String> {
    let count = model.list.stalls().len();
    let (id, stall) = model.list.stalls().next()?;
    let name = model.list.row(id)?.name();
    let others = if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() };
    Some(format!("{name}{others} stands still: {}", stall.error))
}

/// Draws the keys that do something for the selection.
pub(super) fn keys(model: &Model, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    let hints = model.overlay.as_ref().map_or_else(|| of_panes(model), of_overlay);
    let mut x = 1;
    for (key, does) in hints {
        let wide = text::width(key) + 1 + text::width(does);
        if x + wide > canvas.width() {
            break;
        }
        x = canvas.put(x, 0, key, theme.strong());
        x = canvas.put(x + 1, 0, does, theme.quiet()) + 2;
    }
}

fn of_panes(model: &Model) -> Vec<(&'static str, &'static str)> {
    keymap::footer(model.scopes())
        .into_iter()
        .filter(|binding| model.allows(binding.command))
        .map(|binding| (binding.shown, does(model, binding)))
        .collect()
}

fn does(model: &Model, binding: &keymap::Binding) -> &'static str {
    let held = model.list.selected().is_some_and(|row| row.standing == Standing::Held);
    match (binding.command, model.pane) {
        (Command::Act(Verb::Hold), _) if held => "resume",
        (Command::Act(Verb::Hold), _) => "hold",
        (Command::Filter, Pane::Log) => "search",
        (Command::Filter, Pane::List | Pane::Saga) => "filter",
        (_, Pane::List | Pane::Saga | Pane::Log) => binding.does,
    }
}

fn of_overlay(overlay: &Overlay) -> Vec<(&'static str, &'static str)> {
    match overlay {
        Overlay::Filter(_) => vec![("Enter", "keep"), ("Esc", "clear"), ("↑ ↓", "move")],
        Overlay::Search(_) => vec![("Enter", "keep"), ("Esc", "clear"), ("↑ ↓", "match")],
        Overlay::Launch => vec![("Tab", "next"), ("S-Tab", "back"), ("Esc", "close, draft stays")],
        Overlay::Undo(_) | Overlay::Reason(_) => vec![("Esc", "leave it as it is")],
        Overlay::Details { .. } => {
            vec![("r", "retry"), ("s", "skip step"), ("a", "abandon"), ("Esc", "close")]
        }
        Overlay::Help { .. } => vec![("j k", "scroll"), ("Esc", "close")],
        Overlay::Quit => vec![("Esc", "stay"), ("l", "leave")],
    }
}
