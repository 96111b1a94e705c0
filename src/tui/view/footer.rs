//! The two lines at the bottom: what was said last, and the keys that do something here.

use ratatui::layout::Rect;

use crate::domain::summary::Standing;
use crate::tui::keymap::{self, Command, Verb};
use crate::tui::model::form::{Field, Picks, Progress};
use crate::tui::model::overlay::Overlay;
use crate::tui::model::pointer::Target;
use crate::tui::model::question::Answer;
use crate::tui::model::screen::Screen;
use crate::tui::model::{Model, Pane, Tone, row_allows};
use crate::tui::options::Lines;
use crate::tui::text;
use crate::tui::view::canvas::Canvas;

/// How many lines bad news may take.
const LINES: usize = 5;

/// Draws what was said last; while nothing was, which saga stands still, for as long as it does. Bad
/// news that needs more than the line `area` takes those above it as well: their end says what to do.
pub(super) fn toast(model: &Model, area: Rect, screen: &mut Canvas<'_>) {
    let theme = screen.theme;
    let width = usize::from(area.width).saturating_sub(1);
    let Some(toast) = &model.toast else {
        if let Some(words) = stalled(model) {
            let words = format!("{} {words}", theme.signs().failed);
            screen.part(area).field(1, 0, width, &words, theme.danger());
        }
        return;
    };
    let (sign, style) = match toast.tone {
        Tone::Good => (theme.signs().done, theme.good()),
        Tone::Bad => (theme.signs().failed, theme.danger()),
        Tone::Plain => (theme.signs().pending, theme.plain()),
    };
    let words = match screen.lines() {
        Lines::Plain => toast.text.clone(),
        Lines::Framed => format!("{sign} {}", toast.text),
    };
    let lines = match (toast.tone, &model.overlay) {
        (Tone::Bad, None) => text::wrap(&text::clean(&words), width),
        // A dialog lies over the lines above.
        (Tone::Bad, Some(_)) | (Tone::Good | Tone::Plain, _) => vec![words],
    };
    let above = u16::try_from(lines.len().clamp(1, LINES) - 1).unwrap_or(0);
    let above = above.min(area.y.saturating_sub(screen.area().y + 1));
    let area = Rect { y: area.y - above, height: area.height + above, ..area };
    let mut canvas = screen.part(area);
    canvas.clear();
    let shown = canvas.height();
    for (y, line) in lines.iter().enumerate().take(shown) {
        let cut = y + 1 == shown && shown < lines.len();
        let line = if cut { format!("{} {}", line.trim_end(), lines[shown]) } else { line.clone() };
        canvas.field(1, y, width, &line, style);
    }
}

fn stalled(model: &Model) -> Option<String> {
    let count = model.list.stalls().len();
    let (id, stall) = model.list.stalls().next()?;
    let name = model.list.row(id)?.name();
    let others = if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() };
    Some(format!("{name}{others} stands still: {}", stall.error))
}

/// Draws what stands there instead of the keys.
pub(super) fn caption(caption: &str, canvas: &mut Canvas<'_>) {
    let (width, style) = (canvas.width(), canvas.theme.badge());
    canvas.field(0, 0, width, &format!(" {caption}"), style);
}

/// Draws the keys that do something for the selection.
pub(super) fn keys(model: &Model, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    let hints = model
        .overlay
        .as_ref()
        .map_or_else(|| of_panes(model), |overlay| answers(&of_overlay(model, overlay)));
    let mut x = 1;
    for Hint { key, does, target } in hints {
        let wide = text::width(key) + 1 + text::width(does);
        if x + wide > canvas.width() {
            break;
        }
        if let Some(target) = target {
            canvas.zone(x, 0, wide, target);
        }
        x = canvas.put(x, 0, key, theme.strong());
        x = canvas.put(x + 1, 0, does, theme.quiet()) + 2;
    }
}

/// A key, what it does, and what a click on it does.
struct Hint<'m> {
    key: &'m str,
    does: &'static str,
    target: Option<Target>,
}

/// In a dialog, to click a key is to press it.
fn answers<'m>(hints: &[(&'m str, &'static str)]) -> Vec<Hint<'m>> {
    let hint = |(key, does): &(&'m str, &'static str)| Hint {
        key,
        does,
        target: keymap::key_named(key).map(Target::Answer),
    };
    hints.iter().map(hint).collect()
}

fn of_panes(model: &Model) -> Vec<Hint<'_>> {
    if !model.chord.pressed().is_empty() {
        return answers(&[("Esc", "leave")]);
    }
    let mut bound = model.keymap.footer(model.scopes());
    bound.retain(|line| model.allows(line.binding.command));
    if model.pane != Pane::Log {
        // There it is a line that is copied, which is what a log is read for.
        bound.retain(|line| line.binding.command != Command::Copy);
    }
    let marked = !model.marks.is_empty();
    if marked {
        // Who marked something is about to act on it.
        bound.sort_by_key(|line| !matches!(line.binding.command, Command::Act(_)));
    }
    if model.saga.as_ref().is_some_and(|saga| saga.past().is_some()) {
        // Who walks through a history goes on walking.
        let walks = [Command::Earlier, Command::Later, Command::EarlierTurn, Command::LaterTurn];
        bound.sort_by_key(|line| !walks.contains(&line.binding.command));
    }
    let unmark = (marked && model.pane == Pane::List).then_some(Hint {
        key: "Esc",
        does: "unmark all",
        target: Some(Target::Hint(Command::Back)),
    });
    let bound = bound.into_iter().map(|line| Hint {
        key: line.shown.as_str(),
        does: does(model, line.binding),
        target: Some(Target::Hint(line.binding.command)),
    });
    unmark.into_iter().chain(bound).collect()
}

fn does(model: &Model, binding: &keymap::Binding) -> &'static str {
    if model.screen != Screen::Deployments {
        return does_on_screen(model.screen, binding);
    }
    let held = model.list.selected().is_some_and(|row| row.standing == Standing::Held);
    match (binding.command, model.pane) {
        (Command::Act(Verb::Hold), _) if held && model.marks.is_empty() => "resume",
        (Command::Act(Verb::Hold), _) => "hold",
        (Command::Mark, _) => "mark",
        (Command::Copy, _) => "copy line",
        (Command::Filter, Pane::Log) => "search",
        (Command::Filter, Pane::List | Pane::Saga) => "filter",
        (_, Pane::List | Pane::Saga | Pane::Log) => binding.does,
    }
}

fn does_on_screen(screen: Screen, binding: &keymap::Binding) -> &'static str {
    if binding.command == Command::Open {
        "to the deployment"
    } else if binding.command == Command::Filter {
        "filter"
    } else if screen.key() == Some(binding.command) {
        "deployments"
    } else {
        binding.does
    }
}

fn of_overlay<'m>(model: &'m Model, overlay: &Overlay) -> Vec<(&'m str, &'static str)> {
    match overlay {
        Overlay::Filter(_) => vec![("Enter", "keep"), ("Esc", "clear"), ("↑ ↓", "move")],
        Overlay::Search(_) => vec![("Enter", "keep"), ("Esc", "clear"), ("↑ ↓", "match")],
        Overlay::Launch => {
            if let Progress::Confirming(_) = model.form.progress {
                return vec![("Enter", "launch all"), ("Esc", "back to the form")];
            }
            let picks = model.form.focus.picks();
            let enter = match picks {
                Picks::One | Picks::Some => "take, go on",
                Picks::Nothing if model.form.focus == Field::Launch => "launch",
                Picks::Nothing => "go on",
            };
            let mut keys = vec![("Enter", enter)];
            if picks != Picks::Nothing {
                keys.push(("↑ ↓", "choose"));
            }
            if picks == Picks::Some {
                keys.push(("Space", "in or out"));
            }
            keys.extend([("Tab", "next"), ("S-Tab", "back"), ("Esc", "close, draft stays")]);
            keys
        }
        // It draws its own.
        Overlay::CommandLine(_) => Vec::new(),
        Overlay::Question(asked) => {
            let many = asked.asked_for() > 1;
            let mut keys = Vec::new();
            if matches!(asked.answer, Answer::Yes) && !asked.is_over() {
                keys.push(("y", "yes"));
            }
            keys.push(("Esc", if many { "leave them as they are" } else { "leave it as it is" }));
            if asked.rows(&model.plans).count() > asked.room(model.size) {
                keys.push(("↑ ↓", "scroll"));
            }
            keys
        }
        Overlay::Details { deployment } => {
            let row = model.list.row(*deployment);
            let acts =
                [(Verb::Retry, "retry"), (Verb::Skip, "skip step"), (Verb::Abandon, "abandon")];
            acts.into_iter()
                .filter(|(verb, _)| row.is_some_and(|row| row_allows(row, *verb)))
                .map(|(verb, does)| (model.keymap.shown(Command::Act(verb)), does))
                .chain([("Esc", "close")])
                .collect()
        }
        Overlay::Help { .. } => vec![("j k", "scroll"), ("Esc", "close")],
        Overlay::Quit if model.may_drain() => {
            vec![("Esc", "stay"), ("d", "drain"), ("l", "leave")]
        }
        Overlay::Quit => vec![("Esc", "stay"), ("l", "leave")],
    }
}
