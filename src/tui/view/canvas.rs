//! The only way to write a cell. Whatever is drawn is made harmless, measured and clipped here, so
//! no pane can let an escape sequence through or write outside its area.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::tui::model::pointer::Target;
use crate::tui::options::{Ascii, Lines};
use crate::tui::text;
use crate::tui::theme::Theme;
use crate::tui::view::zones::Zones;

/// A rectangle of the screen, drawn from its own origin.
#[derive(Debug)]
pub struct Canvas<'a> {
    buffer: &'a mut Buffer,
    area: Rect,
    zones: &'a mut Zones,
    lines: Lines,
    /// How things look.
    pub theme: Theme,
}

impl<'a> Canvas<'a> {
    /// A canvas over an area; what lies outside the buffer is clipped.
    pub fn new(buffer: &'a mut Buffer, area: Rect, theme: Theme, zones: &'a mut Zones) -> Self {
        let area = area.intersection(buffer.area);
        Self { buffer, area, zones, lines: Lines::Framed, theme }
    }

    /// The same, drawn so.
    #[must_use]
    pub fn in_lines(self, lines: Lines) -> Self {
        Self { lines, ..self }
    }

    /// Whether everything is drawn as plain lines.
    pub fn lines(&self) -> Lines {
        self.lines
    }

    /// Says where the selection is: the terminal's cursor is put there where lines are plain. The last one
    /// who says so is believed.
    pub fn cursor_at(&mut self, x: usize, y: usize) {
        if y < self.height() && x < self.width() {
            self.zones.cursor = Some(Position::new(self.column(x), self.line(y)));
        }
    }

    /// A canvas over a part of the screen.
    pub fn part(&mut self, area: Rect) -> Canvas<'_> {
        let area = area.intersection(self.area);
        let (lines, theme) = (self.lines, self.theme);
        Canvas { buffer: self.buffer, area, zones: self.zones, lines, theme }
    }

    /// Cells across.
    pub fn width(&self) -> usize {
        usize::from(self.area.width)
    }

    /// Cells down.
    pub fn height(&self) -> usize {
        usize::from(self.area.height)
    }

    /// Where it lies on the screen.
    pub fn area(&self) -> Rect {
        self.area
    }

    /// Writes a text; what does not fit is cut off. Returns the cell after it.
    pub fn put(&mut self, x: usize, y: usize, text: &str, style: Style) -> usize {
        let room = self.width().saturating_sub(x);
        if y >= self.height() || room == 0 {
            return x;
        }
        let text = self.presentable(text);
        let (column, line) = (self.column(x), self.line(y));
        let (end, _) = self.buffer.set_stringn(column, line, text, room, style);
        usize::from(end - self.area.x)
    }

    /// Writes a text into a field of so many cells; a mark shows that it was cut.
    pub fn field(&mut self, x: usize, y: usize, cells: usize, text: &str, style: Style) {
        let text = text::clean(text);
        self.put(x, y, &text::cut(&text, cells), style);
    }

    /// Writes a text that ends at the right edge.
    pub fn right(&mut self, y: usize, text: &str, style: Style) {
        let x = self.width().saturating_sub(text::width(text));
        self.put(x, y, text, style);
    }

    /// Changes the style of a stretch of a line.
    pub fn restyle(&mut self, x: usize, y: usize, cells: usize, style: Style) {
        if y < self.height() && x < self.width() {
            let cells = u16::try_from(cells.min(self.width() - x)).unwrap_or(0);
            let area = Rect::new(self.column(x), self.line(y), cells, 1);
            self.buffer.set_style(area, style);
        }
    }

    /// Says what a stretch of a line is, for the mouse.
    pub fn zone(&mut self, x: usize, y: usize, cells: usize, target: Target) {
        if y < self.height() && x < self.width() {
            let cells = u16::try_from(cells.min(self.width() - x)).unwrap_or(0);
            let area = Rect::new(self.column(x), self.line(y), cells, 1);
            self.zones.add(area, target);
        }
    }

    /// Says what all of it is, for the mouse.
    pub fn whole_zone(&mut self, target: Target) {
        self.zones.add(self.area, target);
    }

    /// Takes what lies below it from the mouse: it is a dialog.
    pub fn cover(&mut self) {
        self.zones.cover(self.area);
    }

    /// Empties it, down to the theme's ground.
    pub fn clear(&mut self) {
        for y in self.area.top()..self.area.bottom() {
            for x in self.area.left()..self.area.right() {
                self.buffer[(x, y)].reset();
            }
        }
        self.buffer.set_style(self.area, self.theme.ground());
    }

    /// Draws a frame round it, with a title on the left and one on the right, and returns the
    /// inside. The right title gives way when both do not fit. In plain lines the titles are a line.
    pub fn frame(&mut self, title: &str, right: &str, style: Style) -> Canvas<'_> {
        if self.lines == Lines::Plain {
            let titles = [title, right].into_iter().filter(|title| !title.is_empty());
            let titles = titles.collect::<Vec<_>>().join("; ");
            self.field(0, 0, self.width(), &titles, self.theme.title());
            let area = self.area;
            return self.part(Rect {
                y: area.y.saturating_add(1),
                height: area.height.saturating_sub(1),
                ..area
            });
        }
        let (width, height) = (self.width(), self.height());
        if width >= 2 && height >= 2 {
            let [top_left, top_right, bottom_left, bottom_right, horizontal, vertical] =
                self.theme.signs().border;
            let line = horizontal.repeat(width - 2);
            self.put(0, 0, &format!("{top_left}{line}{top_right}"), style);
            self.put(0, height - 1, &format!("{bottom_left}{line}{bottom_right}"), style);
            for y in 1..height - 1 {
                self.put(0, y, vertical, style);
                self.put(width - 1, y, vertical, style);
            }
            let title = text::clean(title);
            let room = width.saturating_sub(4);
            let used = text::width(&title).min(room);
            if used > 0 {
                let shown = format!(" {} ", text::cut(&title, room.saturating_sub(2)));
                self.put(1, 0, &shown, self.theme.title());
            }
            let wide = text::width(right) + 2;
            if !right.is_empty() && used + wide + 4 <= width {
                // On the ground: a quiet word in the colour of a border cannot always be read.
                let x = self.column(width - 1 - wide);
                let cells = u16::try_from(wide).unwrap_or(u16::MAX);
                self.part(Rect::new(x, self.area.y, cells, 1)).clear();
                self.put(width - 1 - wide, 0, &format!(" {right} "), self.theme.quiet());
            }
        }
        let inside = Rect::new(
            self.area.x.saturating_add(1),
            self.area.y.saturating_add(1),
            self.area.width.saturating_sub(2),
            self.area.height.saturating_sub(2),
        );
        self.part(inside)
    }

    fn presentable<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let text = text::clean(text);
        let text = match self.lines {
            Lines::Plain if text.contains(is_drawn) => {
                Cow::Owned(text.replace('▸', ">").replace(is_drawn, " "))
            }
            Lines::Plain | Lines::Framed => text,
        };
        match self.theme.ascii() {
            Ascii::No => text,
            Ascii::Yes if text.is_ascii() => text,
            Ascii::Yes => Cow::Owned(text::to_ascii(&text)),
        }
    }

    fn column(&self, x: usize) -> u16 {
        self.area.x.saturating_add(u16::try_from(x).unwrap_or(u16::MAX))
    }

    fn line(&self, y: usize) -> u16 {
        self.area.y.saturating_add(u16::try_from(y).unwrap_or(u16::MAX))
    }
}

/// Whether a sign is a piece of a frame, a bar or a cursor, which has no name to be read out by.
fn is_drawn(letter: char) -> bool {
    matches!(letter, '\u{2500}'..='\u{259f}' | '▸')
}
