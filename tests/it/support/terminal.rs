//! A terminal that a test sits at: the program on one side of a pseudo-terminal, keys and a screen
//! on the other.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::sync::mpsc::{self, Receiver};
use std::thread;

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use rustix::termios::{Action, tcflow};
use vt100::{MouseProtocolMode, Parser, Screen};

use crate::support::home::{ARCADIA, Home};
use crate::support::wait::Deadline;

/// Enter, as a keyboard sends it.
pub(crate) const ENTER: &str = "\r";
/// Esc, as a keyboard sends it.
pub(crate) const ESC: &str = "\x1b";
/// Tab, as a keyboard sends it.
pub(crate) const TAB: &str = "\t";

/// The mark that every frame ends with.
const FRAME_END: &[u8] = b"\x1b[?2026l";

/// A terminal. Dropping it kills the program in it.
pub(crate) struct Terminal {
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn std::io::Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    bytes_rx: Receiver<Vec<u8>>,
    parser: Parser,
    bytes: Vec<u8>,
}

impl Terminal {
    /// Runs the program in a terminal of this width and height.
    pub(crate) fn open(home: &Home, arguments: &[&str], (width, height): (u16, u16)) -> Self {
        let pair = native_pty_system().openpty(pty_size(width, height)).unwrap();
        let mut command = CommandBuilder::new(ARCADIA);
        command.args(arguments);
        command.cwd(home.path());
        command.env_clear();
        for (name, value) in home.variables() {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        // The reader must see the end when the program closes its side, the last one open.
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (bytes_tx, bytes_rx) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 4_096];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if bytes_tx.send(buffer[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        let keyboard = pair.master.take_writer().unwrap();
        let (rows, columns) = cells(width, height);
        let parser = Parser::new(rows, columns, 0);
        Self { master: pair.master, keyboard, child, bytes_rx, parser, bytes: Vec::new() }
    }

    /// Types.
    pub(crate) fn keys(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Clicks where a text stands on the screen, as a terminal reports it: press and release, counted
    /// from 1.
    pub(crate) fn click(&mut self, text: &str) {
        let (x, y) = self.place_of(text);
        self.keys(&format!("\x1b[<0;{x};{y}M\x1b[<0;{x};{y}m"));
    }

    /// Turns the wheel up where a text stands.
    pub(crate) fn wheel_up(&mut self, text: &str) {
        let (x, y) = self.place_of(text);
        self.keys(&format!("\x1b[<64;{x};{y}M"));
    }

    fn place_of(&mut self, text: &str) -> (usize, usize) {
        self.wait_for_text(text);
        let screen = self.parser.screen();
        let rows: Vec<String> = screen.rows(0, screen.size().1.get()).collect();
        let found = rows.iter().zip(1..).find_map(|(row, y)| Some((row.find(text)?, row, y)));
        let (at, row, y) = found.expect("it was waited for");
        (row[..at].chars().count() + 1, y)
    }

    /// Makes the window this wide and high.
    pub(crate) fn resize(&mut self, width: u16, height: u16) {
        let (rows, columns) = cells(width, height);
        self.parser.screen_mut().set_size(rows, columns);
        self.master.resize(pty_size(width, height)).unwrap();
    }

    /// Takes nothing of what the program says from here on, as a connection that hangs does.
    pub(crate) fn stand_still(&self) {
        let name = self.master.tty_name().unwrap();
        let terminal = File::options().read(true).write(true).open(name).unwrap();
        tcflow(&terminal, Action::OOff).unwrap();
    }

    /// Sends the program a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.id(), signal).unwrap();
    }

    /// The program's number.
    pub(crate) fn id(&self) -> Pid {
        let id = i32::try_from(self.child.process_id().unwrap()).unwrap();
        Pid::from_raw(id).unwrap()
    }

    /// Waits until the screen is as wanted.
    pub(crate) fn wait_for(&mut self, what: &str, wanted: impl Fn(&Screen) -> bool) {
        let deadline = Deadline::begin();
        while !wanted(self.parser.screen()) {
            match deadline.recv(&self.bytes_rx) {
                Ok(bytes) => self.take(&bytes),
                Err(why) => panic!("waited in vain for {what} ({why}):\n{}", self.text()),
            }
        }
    }

    /// Waits until a text stands on the screen.
    pub(crate) fn wait_for_text(&mut self, text: &str) {
        self.wait_for(&format!("`{text}`"), |screen| screen.contents().contains(text));
    }

    /// Waits until another whole frame was drawn.
    pub(crate) fn wait_for_frame(&mut self) {
        let deadline = Deadline::begin();
        let before = self.bytes.len();
        while count(&self.bytes[before..], FRAME_END) == 0 {
            match deadline.recv(&self.bytes_rx) {
                Ok(bytes) => self.take(&bytes),
                Err(why) => panic!("waited in vain for a frame ({why}):\n{}", self.text()),
            }
        }
    }

    /// Waits until the program has stopped, as a shell's job does, and has given the terminal back:
    /// what it wrote last may arrive after the word of its stop.
    pub(crate) fn wait_for_stop(&mut self) {
        let deadline = Deadline::begin();
        let options = WaitOptions::UNTRACED | WaitOptions::NOHANG;
        loop {
            let status = waitpid(Some(self.id()), options).unwrap();
            if status.is_some_and(|(_, status)| status.stopped()) {
                break;
            }
            assert!(!deadline.is_over(), "waited in vain for its stop:\n{}", self.text());
        }
        while !self.not_given_back().is_empty() {
            match deadline.recv(&self.bytes_rx) {
                Ok(bytes) => self.take(&bytes),
                Err(why) => panic!("it stopped, and {:?} ({why})", self.not_given_back()),
            }
        }
    }

    /// What keeps the terminal from being as a shell wants it: lines edited and echoed, the cursor
    /// seen, and nothing of the dashboard left.
    pub(crate) fn not_given_back(&self) -> Vec<&'static str> {
        let modes = format!("{:?}", self.master.get_termios().unwrap().local_flags);
        let screen = self.parser.screen();
        let wrong = [
            ("echo is off", !modes.contains("ECHO")),
            ("lines are not edited", !modes.contains("ICANON")),
            ("keys make no signals", !modes.contains("ISIG")),
            ("the alternate screen is shown", screen.alternate_screen()),
            ("the cursor is hidden", screen.hide_cursor()),
            ("pastes are bracketed", screen.bracketed_paste()),
            ("the mouse is captured", screen.mouse_protocol_mode() != MouseProtocolMode::None),
            ("the focus is told of", told_last(&self.bytes, b"\x1b[?1004h", b"\x1b[?1004l")),
        ];
        wrong.into_iter().filter(|(_, wrong)| *wrong).map(|(what, _)| what).collect()
    }

    /// Waits until the program has ended, and tells its exit code.
    pub(crate) fn wait_for_end(&mut self) -> u32 {
        let deadline = Deadline::begin();
        loop {
            match deadline.recv(&self.bytes_rx) {
                Ok(bytes) => self.take(&bytes),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    panic!("waited in vain for its end:\n{}", self.text())
                }
            }
        }
        self.child.wait().unwrap().exit_code()
    }

    /// Kills the program on the spot, as `kill -9` does.
    pub(crate) fn kill(mut self) {
        self.signal(Signal::KILL);
        self.wait_for_end();
    }

    pub(crate) fn screen(&self) -> &Screen {
        self.parser.screen()
    }

    /// What stands on the screen.
    pub(crate) fn text(&self) -> String {
        self.parser.screen().contents()
    }

    /// Every byte that the program ever wrote.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn take(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.parser.process(bytes);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Its own way to kill begins with a polite signal and a wait.
        if let Ok(None) = self.child.try_wait() {
            self.signal(Signal::KILL);
            self.child.wait().ok();
        }
    }
}

/// Whether a mode was turned on after it was turned off last.
fn told_last(bytes: &[u8], on: &[u8], off: &[u8]) -> bool {
    let last = |mark: &[u8]| bytes.windows(mark.len()).rposition(|window| window == mark);
    last(on) > last(off)
}

/// Runs the dashboard in a terminal that goes away once this text was shown, as a connection that
/// breaks takes it away, and tells how the program ended.
pub(crate) fn exit_after_hangup(home: &Home, shown: &str) -> ExitStatus {
    let pair = native_pty_system().openpty(pty_size(120, 36)).unwrap();
    let mut command = CommandBuilder::new(ARCADIA);
    command.cwd(home.path());
    command.env_clear();
    for (name, value) in home.variables() {
        command.env(name, value);
    }
    let mut child = pair.slave.spawn_command(command).unwrap();
    let mut reader = pair.master.try_clone_reader().unwrap();
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4_096]);
    while count(&bytes, shown.as_bytes()) == 0 {
        let read = reader.read(&mut buffer).unwrap();
        bytes.extend_from_slice(&buffer[..read]);
    }
    drop((reader, pair));
    child.wait().unwrap()
}

/// How often the needle stands in the hay.
fn count(hay: &[u8], needle: &[u8]) -> usize {
    hay.windows(needle.len()).filter(|window| *window == needle).count()
}

fn pty_size(width: u16, height: u16) -> PtySize {
    PtySize { rows: height, cols: width, pixel_width: 0, pixel_height: 0 }
}

/// Rows and columns, as the parser wants them.
fn cells(width: u16, height: u16) -> (NonZeroU16, NonZeroU16) {
    (NonZeroU16::new(height).unwrap(), NonZeroU16::new(width).unwrap())
}
