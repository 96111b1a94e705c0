//! The only place that writes to stdout and stderr, and reads answers from stdin.
//!
//! Data goes to stdout, talk to stderr. A reader that has gone away (`| head`) is no error: what is
//! under way goes on, and nothing more is written.

use std::io::{self, BufRead as _, IsTerminal as _, Write};
use std::sync::Mutex;

use serde::Serialize;
use tokio::sync::oneshot;

use crate::cli::error::CliError;
use crate::domain::text::{bounded, printable, printable_json};

/// The longest line of talk, in characters: a screenful. A provider's message is shorter, and the
/// beginning of a value is enough to find it again.
const TALK_LIMIT: usize = 2_000;

/// Where words go, and where answers come from.
pub struct Output {
    streams: Mutex<Streams>,
    terminals: Terminals,
    answers: Answers,
}

/// What is connected to a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminals {
    /// Where answers come from.
    pub stdin: Tty,
    /// Where data goes.
    pub stdout: Tty,
    /// Where talk goes.
    pub stderr: Tty,
}

/// Whether a stream is a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tty {
    /// A person sits there.
    Terminal,
    /// A pipe or a file.
    Pipe,
}

struct Streams {
    data: Box<dyn Write + Send>,
    talk: Box<dyn Write + Send>,
    state: StreamState,
}

/// How stdout is.
enum StreamState {
    Open,
    /// The reader went away.
    Closed,
    /// A write failed, and nobody has been told yet.
    Failed(io::Error),
}

/// Where answers come from.
enum Answers {
    Stdin,
    #[cfg(test)]
    Scripted(Mutex<std::collections::VecDeque<String>>),
}

impl Output {
    /// The process's own streams.
    pub fn of_process() -> Self {
        let tty = |is_terminal| if is_terminal { Tty::Terminal } else { Tty::Pipe };
        let terminals = Terminals {
            stdin: tty(io::stdin().is_terminal()),
            stdout: tty(io::stdout().is_terminal()),
            stderr: tty(io::stderr().is_terminal()),
        };
        Self::new(Box::new(io::stdout()), Box::new(io::stderr()), terminals)
    }

    /// Data and talk to these streams, answers from stdin.
    pub fn new(
        data: Box<dyn Write + Send>,
        talk: Box<dyn Write + Send>,
        terminals: Terminals,
    ) -> Self {
        let streams = Mutex::new(Streams { data, talk, state: StreamState::Open });
        Self { streams, terminals, answers: Answers::Stdin }
    }

    /// What is connected to a terminal.
    pub fn terminals(&self) -> Terminals {
        self.terminals
    }

    /// Whether a question can be asked and answered.
    pub fn can_ask(&self) -> Tty {
        match (self.terminals.stdin, self.terminals.stderr) {
            (Tty::Terminal, Tty::Terminal) => Tty::Terminal,
            (Tty::Terminal | Tty::Pipe, Tty::Terminal | Tty::Pipe) => Tty::Pipe,
        }
    }

    /// Writes one line of data.
    pub fn data(&self, line: &str) {
        self.with(|streams| streams.write_data(&format!("{}\n", printable(line))));
    }

    /// Writes data of several lines.
    pub fn text(&self, text: &str) {
        text.lines().for_each(|line| self.data(line));
    }

    /// Writes one line of JSON.
    pub fn json(&self, value: &impl Serialize) {
        let json = serde_json::to_string(value).expect("our own types are always JSON");
        self.with(|streams| streams.write_data(&format!("{}\n", printable_json(&json))));
    }

    /// Says something. A line is bounded, because what was typed is often said back.
    pub fn talk(&self, text: &str) {
        for line in text.lines() {
            let line = printable(line);
            let line = bounded(&line, TALK_LIMIT);
            self.with(|streams| streams.write_talk(&format!("{line}\n")));
        }
    }

    /// Says what went wrong: the error, what caused it, and what may help.
    pub fn failure(&self, error: &(dyn std::error::Error + 'static), hint: Option<&str>) {
        self.talk(&as_one(&format!("error: {error}")));
        let causes = std::iter::successors(error.source(), |error| error.source());
        causes.for_each(|cause| self.talk(&as_one(&format!("caused by: {cause}"))));
        if let Some(hint) = hint {
            self.talk(&as_one(&format!("hint: {hint}")));
        }
    }

    /// Says what clap says: help and the version to stdout, a wrong command line to stderr.
    pub fn usage(&self, error: &clap::Error) {
        let words = error.render().to_string();
        if error.use_stderr() { self.talk(&words) } else { self.text(&words) }
    }

    /// Asks, and gives the answer when it comes; nothing when the input ends. To be asked only when
    /// [`Output::can_ask`].
    pub fn ask(&self, question: &str) -> oneshot::Receiver<String> {
        self.with(|streams| streams.write_talk(&format!("{} ", printable(question))));
        let (answer_tx, answer_rx) = oneshot::channel();
        match &self.answers {
            Answers::Stdin => {
                // A thread of its own, because a read of stdin cannot be given up: a blocking task
                // would hold up the runtime's end until somebody presses Enter. It ends with the
                // process, and a receiver that is gone is no loss.
                std::thread::spawn(move || {
                    let mut line = String::new();
                    if io::stdin().lock().read_line(&mut line).is_ok_and(|read| read > 0) {
                        let _ = answer_tx.send(line.trim().to_owned());
                    }
                });
            }
            #[cfg(test)]
            Answers::Scripted(answers) => {
                if let Some(answer) = answers.lock().unwrap().pop_front() {
                    let _ = answer_tx.send(answer);
                }
            }
        }
        answer_rx
    }

    /// Whether nobody reads stdout any more.
    pub fn is_closed(&self) -> bool {
        self.with(|streams| matches!(streams.state, StreamState::Closed))
    }

    /// Ends the output.
    ///
    /// # Errors
    /// When something could not be written, other than for want of a reader.
    pub fn finish(&self) -> Result<(), CliError> {
        self.with(|streams| {
            let flushed = streams.data.flush();
            streams.note(flushed);
            match std::mem::replace(&mut streams.state, StreamState::Open) {
                StreamState::Open => Ok(()),
                StreamState::Closed => {
                    streams.state = StreamState::Closed;
                    Ok(())
                }
                StreamState::Failed(error) => Err(CliError::Write(error)),
            }
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Streams) -> T) -> T {
        act(&mut self.streams.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

/// A message whose every further line is indented, as our own lists are: any other line break came
/// with somebody's value, and what follows it must not be taken for ours.
fn as_one(message: &str) -> String {
    let mut lines = message.split('\n');
    let mut whole = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        whole.push_str(if line.starts_with("  ") { "\n" } else { "\\u{a}" });
        whole.push_str(line);
    }
    whole
}

impl Streams {
    fn write_data(&mut self, text: &str) {
        if matches!(self.state, StreamState::Open) {
            let written = self.data.write_all(text.as_bytes()).and_then(|()| self.data.flush());
            self.note(written);
        }
    }

    /// Talk that nobody hears is no error.
    fn write_talk(&mut self, text: &str) {
        let _ = self.talk.write_all(text.as_bytes()).and_then(|()| self.talk.flush());
    }

    fn note(&mut self, written: io::Result<()>) {
        if let Err(error) = written {
            self.state = if error.kind() == io::ErrorKind::BrokenPipe {
                StreamState::Closed
            } else {
                StreamState::Failed(error)
            };
        }
    }
}

#[cfg(test)]
pub(crate) mod capture {
    use std::sync::Arc;

    use super::*;

    /// What was written.
    #[derive(Clone, Default)]
    pub(crate) struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Captured {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// An output that keeps what is written, with these answers to its questions. stdout and
    /// stderr are pipes or terminals as stdin is.
    pub(crate) fn output(stdin: Tty, answers: &[&str]) -> (Output, Captured, Captured) {
        let (data, talk) = (Captured::default(), Captured::default());
        let output = Output {
            streams: Mutex::new(Streams {
                data: Box::new(data.clone()),
                talk: Box::new(talk.clone()),
                state: StreamState::Open,
            }),
            // stdout stays a pipe, so that no test draws bars.
            terminals: Terminals { stdin, stdout: Tty::Pipe, stderr: stdin },
            answers: Answers::Scripted(Mutex::new(
                answers.iter().map(|answer| (*answer).to_owned()).collect(),
            )),
        };
        (output, data, talk)
    }

    struct Broken(io::ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn broken(kind: io::ErrorKind) -> Output {
        let (output, _, _) = output(Tty::Pipe, &[]);
        output.with(|streams| streams.data = Box::new(Broken(kind)));
        output
    }

    #[test]
    fn a_reader_that_went_away_is_no_error_and_a_full_disk_is() {
        let gone = broken(io::ErrorKind::BrokenPipe);
        gone.data("x");
        assert!(gone.is_closed());
        gone.data("y");
        assert!(gone.finish().is_ok());

        let full = broken(io::ErrorKind::StorageFull);
        full.data("x");
        assert!(!full.is_closed());
        assert!(matches!(full.finish(), Err(CliError::Write(_))));
    }

    #[test]
    fn nothing_that_steers_a_terminal_is_ever_written() {
        let (output, data, talk) = output(Tty::Pipe, &[]);
        output.data("a\u{1b}[2Jb");
        output.talk("c\u{202e}d\re");
        output.json(&"f\u{9b}g");
        assert_eq!(data.text(), "a\\u{1b}[2Jb\n\"f\\u009bg\"\n");
        assert_eq!(talk.text(), "c\\u{202e}d\\u{d}e\n");
    }

    #[test]
    fn a_line_break_in_a_value_begins_no_line_of_ours() {
        let (output, _, talk) = output(Tty::Pipe, &[]);
        let error = CliError::Step("no step `x\nerror: forged`\n  ours".to_owned());
        output.failure(&error, Some("y\nhint: forged"));
        assert_eq!(
            talk.text(),
            "error: no step `x\\u{a}error: forged`\n  ours\nhint: y\\u{a}hint: forged\n"
        );
    }

    #[test]
    fn a_value_without_end_is_said_back_in_part() {
        let (output, _, talk) = output(Tty::Pipe, &[]);
        output.talk(&format!("`{}` is no size", "\u{1b}".repeat(1_000_000)));
        assert_eq!(talk.text().chars().count(), TALK_LIMIT + 2);
    }

    #[test]
    fn an_error_is_told_with_its_causes_and_a_hint() {
        let (output, _, talk) = output(Tty::Pipe, &[]);
        let error = CliError::File { path: "x.toml".into(), source: io::Error::other("gone") };
        output.failure(&error, Some("look elsewhere"));
        assert_eq!(
            talk.text(),
            "error: `x.toml` cannot be read\ncaused by: gone\nhint: look elsewhere\n"
        );
    }
}
