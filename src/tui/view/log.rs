//! The log of the picked step, or of all.

use crate::domain::log::{LogLevel, LogLine};
use crate::domain::saga::plan::Direction;
use crate::tui::format;
use crate::tui::model::log::{LogScope, Position, Reading, Times, Wrap};
use crate::tui::model::overlay::Overlay;
use crate::tui::model::pointer::Target;
use crate::tui::model::{Model, Pane, Zoom};
use crate::tui::text;
use crate::tui::theme::Theme;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::layout::Frames;
use crate::tui::view::{Counting, ViewState};

/// Draws the log.
pub(super) fn draw(model: &Model, state: &mut ViewState, canvas: &mut Canvas<'_>, frames: Frames) {
    if model.log.times == Times::Ago {
        state.counting = Counting::Seconds;
    }
    let theme = canvas.theme;
    canvas.whole_zone(Target::Log);
    let style = match model.pane {
        Pane::Log => theme.focused_border(),
        Pane::List | Pane::Saga => theme.border(),
    };
    let title = title(model, theme);
    let mode = model.keymap.fill(&mode(model));
    match frames {
        Frames::Drawn => {
            let mut inside = canvas.frame(&title, &mode, style);
            lines(model, &mut inside);
        }
        Frames::None | Frames::TooSmall => {
            canvas.field(0, 0, canvas.width(), &format!("{title} · {mode}"), theme.strong());
            let mut area = canvas.area();
            area.y = area.y.saturating_add(1);
            area.height = area.height.saturating_sub(1);
            lines(model, &mut canvas.part(area));
        }
    }
}

fn title(model: &Model, theme: Theme) -> String {
    let step = model.log_step();
    let whose = match (model.log.scope, step) {
        (LogScope::Step, Some(step)) => format::step(step),
        (LogScope::All, _) | (LogScope::Step, None) => "every step".to_owned(),
    };
    let count = model.log.count();
    let lines = if count == 1 { "line" } else { "lines" };
    let more = if model.log.is_whole() { "" } else { "+" };
    let search = match &model.overlay {
        Some(Overlay::Search(input)) => {
            format!(" · search: {}{}", input.value(), theme.signs().text_cursor)
        }
        _ if model.log.search().text().is_empty() => String::new(),
        _ => format!(" · \"{}\"", model.log.search().text()),
    };
    let found = match search.as_str() {
        "" => String::new(),
        _ => format!(" {} found", model.log.found()),
    };
    // Alone on the screen it says whose it is.
    let owner = match (model.zoom, model.list.selected()) {
        (Zoom::In, Some(row)) => format!("{} · ", row.name()),
        (Zoom::In, None) | (Zoom::Out, _) => String::new(),
    };
    format!("Log · {owner}{whose} · {count}{more} {lines}{search}{found}")
}

fn mode(model: &Model) -> String {
    let follow = match model.log.position {
        Position::Following => "follow",
        Position::At(_) => "scrolled, {last} follows",
    };
    let wrap = match model.log.wrap {
        Wrap::On => " · wrap",
        Wrap::Off => "",
    };
    let times = match model.log.times {
        Times::Utc => "UTC",
        Times::SinceLaunch => "since launch",
        Times::Ago => "ago",
    };
    let least = match model.log.least {
        LogLevel::Debug => String::new(),
        least @ (LogLevel::Info | LogLevel::Warn | LogLevel::Error) => {
            format!(" · {} and worse", least.as_str().to_uppercase())
        }
    };
    format!("{follow}{wrap}{least} · {times}")
}

fn lines(model: &Model, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    match &model.log.reading {
        Reading::Failed(why) => {
            canvas.field(0, 0, canvas.width(), &format!("cannot be read: {why}"), theme.danger());
            return;
        }
        Reading::Under | Reading::Done => {}
    }
    let (width, height) = (canvas.width(), canvas.height());
    let mut rows: Vec<(String, ratatui::style::Style)> = Vec::with_capacity(height);
    for (_, line) in model.log.upwards() {
        if rows.len() >= height {
            break;
        }
        let words = words(model, line);
        let words = text::clean(&words);
        let style = theme.level(line.level);
        match model.log.wrap {
            Wrap::Off => {
                rows.push((part(&words, model, width), style));
            }
            Wrap::On => {
                let mut wrapped = text::wrap(&words, width);
                // A line that is taller than the pane is seen from its beginning where it was gone to, and
                // to its end where the end is followed, or from below.
                if rows.is_empty() && model.log.position != Position::Following {
                    wrapped.truncate(height);
                }
                rows.extend(wrapped.into_iter().rev().map(|row| (row, style)));
            }
        }
    }
    rows.truncate(height);
    if rows.is_empty() && model.log.reading == Reading::Done {
        canvas.put(1, 0, "no lines", theme.quiet());
    }
    for (y, (row, style)) in rows.iter().rev().enumerate() {
        canvas.put(0, y, row, *style);
        canvas.cursor_at(0, y);
        for found in model.log.search().found_in(row) {
            let (from, cells) = (text::width(&row[..found.start]), text::width(&row[found]));
            canvas.restyle(from, y, cells, theme.highlight());
        }
    }
}

/// The part of a line that is scrolled to, or the part with the first match when none is in that: what is
/// counted is seen.
fn part(words: &str, model: &Model, width: usize) -> String {
    let at = |cells: usize| text::cut(text::skip(words, cells), width).into_owned();
    let part = at(model.log.sideways);
    let search = model.log.search();
    match search.found_in(words).first() {
        Some(found) if search.found_in(&part).is_empty() => {
            at(text::width(&words[..found.start]).saturating_sub(width / 3))
        }
        Some(_) | None => part,
    }
}

fn words(model: &Model, line: &LogLine) -> String {
    let at = time(model, line);
    let level = line.level.as_str().to_uppercase();
    let step = match model.log.scope {
        LogScope::Step => String::new(),
        LogScope::All => format!("{:<24} ", format::step(&line.step)),
    };
    let direction = match line.direction {
        Direction::Forward => "",
        Direction::Undo => "undo ",
    };
    let fields: String =
        line.fields.iter().map(|(key, value)| [" ", key, "=", value].concat()).collect();
    format!("{at} {level:<5} {step}{direction}#{} {}{fields}", line.attempt, line.text)
}

fn time(model: &Model, line: &LogLine) -> String {
    let launched = model.list.selected().map_or(line.at, |row| row.launched_at);
    match model.log.times {
        Times::Utc => format::time_of_day_millis(line.at),
        Times::SinceLaunch => format!("+{:<7}", format::duration(line.at.since(launched))),
        Times::Ago => format!("{:>7} ago", format::running(model.shown_at().since(line.at))),
    }
}
