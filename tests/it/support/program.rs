//! A child process with its output in pipes. It does not outlive the test.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::wait::Deadline;

/// A child process. Dropping it kills it.
pub(crate) struct Running {
    child: Child,
    stdout: Stream,
    stderr: Stream,
}

/// What a process left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit code; none when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// The JSON documents of stdout, one a line.
    pub(crate) fn documents(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{self:?}"));
        self.stdout.lines().map(parse).collect()
    }
}

/// One stream of a process, line by line.
struct Stream {
    lines_rx: Receiver<String>,
    seen: Vec<String>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = Stream::of(child.stdout.take().unwrap());
        let stderr = Stream::of(child.stderr.take().unwrap());
        Self { child, stdout, stderr }
    }

    /// Waits for a line of stdout that is as wanted.
    pub(crate) fn wait_for_line(&mut self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        match self.stdout.wait(wanted) {
            Some(line) => line,
            None => self.give_up(what),
        }
    }

    /// Waits for a line of stderr that is as wanted.
    pub(crate) fn wait_for_talk(&mut self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        match self.stderr.wait(wanted) {
            Some(line) => line,
            None => self.give_up(what),
        }
    }

    /// Waits for the next line of stdout. Whether one came: not when the process ended before.
    pub(crate) fn next_line(&mut self) -> bool {
        self.stdout.wait(|_| true).is_some()
    }

    /// Whether the process has ended.
    pub(crate) fn is_over(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits until the process ends by itself.
    pub(crate) fn end(mut self) -> Ended {
        // Both streams end when the process does.
        let deadline = Deadline::begin();
        if !(self.stdout.drain(&deadline) && self.stderr.drain(&deadline)) {
            self.give_up("its end");
        }
        self.ended()
    }

    /// Kills the process on the spot, as `kill -9` does.
    pub(crate) fn kill(mut self) -> Ended {
        self.child.kill().unwrap();
        self.end()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn ended(&mut self) -> Ended {
        let status = self.child.wait().unwrap();
        Ended { code: status.code(), stdout: self.stdout.text(), stderr: self.stderr.text() }
    }

    fn give_up(&mut self, what: &str) -> ! {
        // Killed, so that the rest of what it said can be told.
        self.child.kill().ok();
        let deadline = Deadline::begin();
        self.stdout.drain(&deadline);
        self.stderr.drain(&deadline);
        panic!("waited in vain for {what}: {:#?}", self.ended());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Stream {
    fn of(pipe: impl Read + Send + 'static) -> Self {
        let (lines_tx, lines_rx) = mpsc::channel();
        // It ends with the pipe, and the pipe with the process.
        thread::spawn(move || {
            let lines = BufReader::new(pipe).lines();
            lines.map_while(Result::ok).try_for_each(|line| lines_tx.send(line))
        });
        Self { lines_rx, seen: Vec::new() }
    }

    /// The next line that is as wanted; none when the stream or the patience ends.
    fn wait(&mut self, wanted: impl Fn(&str) -> bool) -> Option<String> {
        let deadline = Deadline::begin();
        while let Ok(line) = deadline.recv(&self.lines_rx) {
            self.seen.push(line.clone());
            if wanted(&line) {
                return Some(line);
            }
        }
        None
    }

    /// Reads to the end. Whether it came.
    fn drain(&mut self, deadline: &Deadline) -> bool {
        loop {
            match deadline.recv(&self.lines_rx) {
                Ok(line) => self.seen.push(line),
                Err(mpsc::RecvTimeoutError::Disconnected) => return true,
                Err(mpsc::RecvTimeoutError::Timeout) => return false,
            }
        }
    }

    fn text(&self) -> String {
        self.seen.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
    }
}
