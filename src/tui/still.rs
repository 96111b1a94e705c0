//! A backend that sends nothing for a frame that changed nothing, and marks one that did as a single update, so
//! that it is never shown half drawn.

use std::io::{self, Write};

use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

/// The backend.
pub(super) struct Still<W: Write> {
    inner: CrosstermBackend<W>,
    cursor: Cursor,
    update: Update,
}

/// What the terminal was last told about its cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cursor {
    /// Somebody else may have told it something.
    Unknown,
    Hidden,
    /// It is shown, wherever the last cell was written.
    Shown,
    At(Position),
}

/// Whether the mark that a frame begins was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Update {
    None,
    Begun,
}

impl<W: Write> Still<W> {
    /// A backend that writes here.
    pub(super) const fn new(writer: W) -> Self {
        let inner = CrosstermBackend::new(writer);
        Self { inner, cursor: Cursor::Unknown, update: Update::None }
    }

    /// What has to be written is part of an update.
    fn begun(&mut self) -> io::Result<&mut CrosstermBackend<W>> {
        if self.update == Update::None {
            queue!(self.inner, BeginSynchronizedUpdate)?;
            self.update = Update::Begun;
        }
        Ok(&mut self.inner)
    }
}

impl<W: Write> Backend for Still<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        if let Cursor::At(_) = self.cursor {
            self.cursor = Cursor::Shown;
        }
        self.begun()?.draw(content)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.cursor == Cursor::Hidden {
            return Ok(());
        }
        self.cursor = Cursor::Hidden;
        self.begun()?.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        match self.cursor {
            Cursor::Shown | Cursor::At(_) => Ok(()),
            Cursor::Unknown | Cursor::Hidden => {
                self.cursor = Cursor::Shown;
                self.begun()?.show_cursor()
            }
        }
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.inner.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if self.cursor == Cursor::At(position) {
            return Ok(());
        }
        if self.cursor == Cursor::Shown {
            self.cursor = Cursor::At(position);
        }
        self.begun()?.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.cursor = Cursor::Unknown;
        self.begun()?.clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        self.inner.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.update == Update::Begun {
            self.update = Update::None;
            queue!(self.inner, EndSynchronizedUpdate)?;
        }
        Backend::flush(&mut self.inner)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use ratatui::layout::Rect;
    use ratatui::{Terminal, TerminalOptions, Viewport};

    use super::*;

    const BEGIN: &str = "\x1b[?2026h";
    const END: &str = "\x1b[?2026l";
    const HIDE: &str = "\x1b[?25l";
    const SHOW: &str = "\x1b[?25h";

    #[derive(Clone, Default)]
    struct Wire(Rc<RefCell<Vec<u8>>>);

    impl Write for Wire {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Desk {
        wire: Wire,
        terminal: Terminal<Still<Wire>>,
    }

    impl Desk {
        fn new() -> Self {
            let wire = Wire::default();
            let viewport = Viewport::Fixed(Rect::new(0, 0, 10, 2));
            let backend = Still::new(wire.clone());
            let terminal = Terminal::with_options(backend, TerminalOptions { viewport }).unwrap();
            Self { wire, terminal }
        }

        /// What a frame of this text, and of a cursor there, sends.
        fn sent(&mut self, text: &str, cursor: Option<(u16, u16)>) -> String {
            self.wire.0.borrow_mut().clear();
            self.terminal
                .draw(|frame| {
                    frame.render_widget(text, frame.area());
                    if let Some(cursor) = cursor {
                        frame.set_cursor_position(cursor);
                    }
                })
                .unwrap();
            String::from_utf8(self.wire.0.borrow().clone()).unwrap()
        }
    }

    #[test]
    fn a_frame_that_changes_nothing_sends_nothing() {
        let mut desk = Desk::new();
        assert!(desk.sent("one", None).contains("one"));
        assert_eq!(desk.sent("one", None), "");
        assert!(desk.sent("one", Some((3, 0))).contains(SHOW));
        assert_eq!(desk.sent("one", Some((3, 0))), "");
    }

    #[test]
    fn a_frame_that_changes_something_is_one_update() {
        let mut desk = Desk::new();
        for (text, cursor) in [("one", None), ("two", Some((1, 1))), ("two", Some((2, 1)))] {
            let sent = desk.sent(text, cursor);
            assert!(sent.starts_with(BEGIN) && sent.ends_with(END), "{sent:?}");
            assert_eq!(
                (sent.matches(BEGIN).count(), sent.matches(END).count()),
                (1, 1),
                "{sent:?}"
            );
        }
    }

    #[test]
    fn the_cursor_goes_back_to_its_place_when_cells_were_written() {
        let mut desk = Desk::new();
        desk.sent("one", Some((3, 0)));
        let sent = desk.sent("two", Some((3, 0)));
        assert!(sent.contains("\x1b[1;4H") && !sent.contains(SHOW), "{sent:?}");
    }

    #[test]
    fn after_the_screen_was_cleared_the_cursor_is_told_again() {
        let mut desk = Desk::new();
        desk.sent("one", None);
        desk.terminal.backend_mut().clear_region(ClearType::All).unwrap();
        assert!(desk.sent("one", None).contains(HIDE));
        desk.sent("one", Some((3, 0)));
        desk.terminal.backend_mut().clear_region(ClearType::All).unwrap();
        assert!(desk.sent("one", Some((3, 0))).contains(SHOW));
    }
}
