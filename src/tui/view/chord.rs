//! What may follow the keys that were pressed: a small panel over the bottom of the panes.

use ratatui::layout::Rect;

use crate::tui::keymap::spell;
use crate::tui::model::Model;
use crate::tui::text;
use crate::tui::view::canvas::Canvas;

/// The cells of a column, at least.
const COLUMN: usize = 24;

/// Draws it above the line of keys, if keys were pressed that mean nothing yet.
pub(super) fn draw(model: &Model, screen: &mut Canvas<'_>) {
    let pressed = model.chord.pressed();
    if pressed.is_empty() {
        return;
    }
    let following = model.keymap.following(model.scopes(), pressed);
    let whole = screen.area();
    let columns = (screen.width().saturating_sub(2) / COLUMN).max(1);
    let rows = following.len().div_ceil(columns);
    let height = u16::try_from(rows + 2).unwrap_or(u16::MAX).min(whole.height.saturating_sub(1));
    let y = whole.bottom().saturating_sub(height + 1);
    let mut panel = screen.part(Rect { y, height, ..whole });
    let style = panel.theme.focused_border();
    panel.clear();
    let mut inside = panel.frame(&format!("{} …", spell::shown(pressed)), "Esc leaves", style);
    let (column, theme) = (inside.width() / columns, inside.theme);
    for (place, (keys, binding)) in following.iter().enumerate() {
        let (x, y) = (place / rows * column + 1, place % rows);
        let after = inside.put(x, y, keys, theme.strong());
        let room = column.saturating_sub(text::width(keys) + 3);
        inside.field(after + 1, y, room, binding.does, theme.plain());
    }
}
