//! The terminal, taken over and given back.
//!
//! It is given back on every way out: when the guard is dropped, when the screen's own code panics
//! (before the panic's message is printed, so that it can be read) and before the program is
//! suspended. A panic of any other task leaves it alone: the engine reports that as the failure of a
//! step, and the screen goes on.

use std::cell::Cell;
use std::fmt;
use std::io::{self, BufWriter, Stdout, Write};
use std::mem::ManuallyDrop;
use std::panic;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange,
};
use crossterm::style::Print;
use crossterm::terminal::{
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{Command, cursor, execute};
use ratatui::Terminal;
use ratatui::layout::{Position, Rect};
use rustix::process::{Signal, getpid, kill_process};

use crate::tui::background;
use crate::tui::model::Model;
use crate::tui::options::Mouse;
use crate::tui::runtime::Screen;
use crate::tui::still::Still;
use crate::tui::view::{ViewState, view};

/// Whether this process has a terminal taken over at the moment.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Asks for presses and for the wheel, in the form that knows wide screens (SGR). Not for motion, as
/// crossterm's own command does: every move would wake the program and cross the network.
struct CaptureMouse;

/// Asks for nothing of the mouse any more.
struct ReleaseMouse;

impl Command for CaptureMouse {
    fn write_ansi(&self, f: &mut impl fmt::Write) -> fmt::Result {
        f.write_str("\x1b[?1000h\x1b[?1006h")
    }
}

impl Command for ReleaseMouse {
    fn write_ansi(&self, f: &mut impl fmt::Write) -> fmt::Result {
        f.write_str("\x1b[?1006l\x1b[?1000l")
    }
}

thread_local! {
    static IN_SCREEN: Cell<bool> = const { Cell::new(false) };
}

type Hook = Box<dyn Fn(&panic::PanicHookInfo<'_>) + Send + Sync>;

/// The terminal, while it is the dashboard's.
pub struct TakenTerminal {
    /// Never dropped: it would show the cursor again, which [`give_back`] does, and print when it
    /// cannot. To print to a terminal that is gone is a panic, past everything that is still to stop.
    terminal: ManuallyDrop<Terminal<Still<BufWriter<Stdout>>>>,
    previous_hook: Arc<Hook>,
    /// Whose the mouse is while the terminal is taken over.
    mouse: Mouse,
}

impl TakenTerminal {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// When standard output is no terminal, or refuses; it is left as it was then.
    pub fn take(mouse: Mouse) -> io::Result<Self> {
        take_over(mouse).inspect_err(|_| give_back())?;
        let backend = Still::new(BufWriter::with_capacity(1 << 16, io::stdout()));
        let terminal = Terminal::new(backend).inspect_err(|_| give_back())?;
        Ok(Self { terminal: ManuallyDrop::new(terminal), previous_hook: install_hook(), mouse })
    }

    /// Asks the terminal what its background is. The answer comes among the keys, if it comes.
    ///
    /// # Errors
    /// When the terminal refuses.
    pub fn ask_background(&mut self) -> io::Result<()> {
        execute!(io::stdout(), Print(background::QUESTION))
    }
}

impl Screen for TakenTerminal {
    fn draw(&mut self, model: &Model, state: &mut ViewState) -> io::Result<()> {
        self.terminal.draw(|frame| view(model, state, frame))?;
        Ok(())
    }

    fn redraw(&mut self) -> io::Result<()> {
        // Not `clear`, which asks the terminal where its cursor is: the answer would have to be
        // caught between the operator's keys.
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::from((Position::ORIGIN, size)))
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text))
    }

    fn capture(&mut self, mouse: Mouse) -> io::Result<()> {
        self.mouse = mouse;
        capture(mouse)
    }

    fn attract(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut stdout = io::stdout();
        stdout.write_all(bytes)?;
        stdout.flush()
    }

    fn suspend(&mut self) -> io::Result<()> {
        give_back();
        Ok(kill_process(getpid(), Signal::STOP)?)
    }

    fn resume(&mut self) -> io::Result<()> {
        take_over(self.mouse)?;
        self.redraw()
    }
}

impl Drop for TakenTerminal {
    fn drop(&mut self) {
        give_back();
        // The hook cannot be changed while a panic unwinds; the one in place chains to the old one.
        if !std::thread::panicking() {
            let previous = Arc::clone(&self.previous_hook);
            panic::set_hook(Box::new(move |info| previous(info)));
        }
    }
}

/// Marks a future as the screen's own code: a panic while it is polled gives the terminal back.
pub struct OfScreen<F>(Pin<Box<F>>);

impl<F: Future> OfScreen<F> {
    /// Marks a future.
    pub fn new(future: F) -> Self {
        Self(Box::pin(future))
    }
}

impl<F: Future> Future for OfScreen<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let _inside = Inside::enter();
        self.0.as_mut().poll(context)
    }
}

struct Inside;

impl Inside {
    fn enter() -> Self {
        IN_SCREEN.set(true);
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        IN_SCREEN.set(false);
    }
}

fn capture(mouse: Mouse) -> io::Result<()> {
    match mouse {
        Mouse::Captured => execute!(io::stdout(), CaptureMouse),
        Mouse::Left => execute!(io::stdout(), ReleaseMouse),
    }
}

fn take_over(mouse: Mouse) -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    execute!(
        io::stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        EnableFocusChange,
        cursor::Hide
    )?;
    match mouse {
        Mouse::Captured => capture(mouse),
        // It is the terminal's already, and need not be told so.
        Mouse::Left => Ok(()),
    }
}

/// Gives the terminal back, once; a terminal that is gone already cannot be told anything.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(
            io::stdout(),
            EndSynchronizedUpdate,
            ReleaseMouse,
            DisableFocusChange,
            DisableBracketedPaste,
            LeaveAlternateScreen,
            cursor::Show
        );
        let _ = disable_raw_mode();
    }
}

/// Lets the terminal echo and take lines again, and says nothing to it: for one that takes no more of what is
/// said to it.
pub fn quieten() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = disable_raw_mode();
    }
}

fn install_hook() -> Arc<Hook> {
    let previous: Arc<Hook> = Arc::new(panic::take_hook());
    let chained = Arc::clone(&previous);
    panic::set_hook(Box::new(move |info| {
        if IN_SCREEN.get() || !TAKEN.load(Ordering::SeqCst) {
            give_back();
            chained(info);
        } else {
            // Printing would tear the frame; whoever owns the task reports its end.
            tracing::error!(panic = %info, "a task panicked");
        }
    }));
    previous
}
