//! What the views over all deployments share: a frame where there is room for one, a title, and what is
//! typed to filter.

use ratatui::layout::Rect;

use crate::tui::model::query::Query;
use crate::tui::theme::Theme;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::layout::Frames;

/// Opens the view, and returns its inside.
pub(super) fn open<'c>(
    canvas: &'c mut Canvas<'_>,
    frames: Frames,
    title: &str,
    right: &str,
) -> Canvas<'c> {
    let style = canvas.theme.focused_border();
    match frames {
        Frames::Drawn => canvas.frame(title, right, style),
        Frames::None | Frames::TooSmall => {
            canvas.field(0, 0, canvas.width(), title, canvas.theme.strong());
            let area = canvas.area();
            canvas.part(below(area, 1))
        }
    }
}

/// What is left of an area below its first lines.
pub(super) fn below(area: Rect, lines: u16) -> Rect {
    let lines = lines.min(area.height);
    Rect { y: area.y + lines, height: area.height - lines, ..area }
}

/// The filter while it is being typed: what stands there, and what it means or what can be typed.
pub(super) fn typing(typed: &str, query: &Query, found: usize, hint: &str, theme: Theme) -> String {
    let after = match (typed, query.problem()) {
        ("", _) => hint.to_owned(),
        (_, Some(problem)) => format!("{} {problem}", theme.signs().warning),
        (_, None) => format!("{found} match"),
    };
    format!("filter: {typed}{}  {after}", theme.signs().text_cursor)
}

/// The filter that holds, for a title: what it lets through, or what of it makes no sense.
pub(super) fn filtered(filter: &str, query: &Query, found: usize, theme: Theme) -> String {
    match (filter, query.problem()) {
        ("", _) => String::new(),
        (_, Some(problem)) => {
            format!(" · filter \"{filter}\" {} {problem}", theme.signs().warning)
        }
        (_, None) => format!(" · filter \"{filter}\": {found}"),
    }
}

/// The first row to show, so that the window moves as little as it takes to show the cursor's.
pub(super) fn scrolled(offset: usize, cursor: usize, total: usize, height: usize) -> usize {
    let offset = if cursor < offset {
        cursor
    } else if height > 0 && cursor >= offset + height {
        cursor + 1 - height
    } else {
        offset
    };
    offset.min(total.saturating_sub(height))
}

/// Which rows are on the screen: `1-10 of 1267`.
pub(super) fn range(offset: usize, height: usize, total: usize) -> String {
    if total == 0 {
        return String::new();
    }
    let first = offset.min(total - 1) + 1;
    format!("{first}-{} of {total}", (offset + height).min(total))
}
