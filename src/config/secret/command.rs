//! The token command: run for a bounded time, and read for as long as itself runs.
//!
//! What it leaves running in the background may hold its output open for ever, so the end of the
//! command is what is waited for, and not the end of its output.

use std::io::{self, Read as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::time::Instant;

use crate::config::secret::foreground::Foreground;
use crate::config::secret::{READ_LIMIT, SecretError};

/// How often it is looked whether the command has ended.
const LOOK: Duration = Duration::from_millis(10);

/// How long a killed command is waited for: one that hangs in the kernel does not die.
const BURIAL: Duration = Duration::from_secs(1);

/// What the command prints, up to a limit.
///
/// # Errors
/// When it cannot be started, fails, or does not end within `patience`; it and what it started is
/// killed then.
pub(super) fn output(
    program: &str,
    arguments: &[String],
    patience: Duration,
) -> Result<Vec<u8>, SecretError> {
    let not_started = |source| SecretError::NotStarted { program: program.to_owned(), source };
    // A process group of its own, so that all of it can be killed.
    let mut child = Command::new(program)
        .args(arguments)
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(not_started)?;
    let group = Pid::from_child(&child);
    // The terminal is its own meanwhile: a password store asks for its passphrase there.
    let foreground = Foreground::lend(group);
    let mut printed = Printed::by(&mut child).map_err(not_started)?;
    let waited = wait(&mut child, &mut printed, patience);
    if !matches!(waited, Ok(Some(_))) {
        // It may have ended this very moment, and left a group without members.
        let _ = kill_process_group(group, Signal::KILL);
        let _ = wait(&mut child, &mut printed, BURIAL);
    }
    drop(foreground);
    match waited.map_err(not_started)? {
        Some(status) if status.success() => Ok(printed.text),
        Some(status) => Err(SecretError::CommandFailed { program: program.to_owned(), status }),
        None => Err(SecretError::CommandHangs { program: program.to_owned(), patience }),
    }
}

/// Takes in what the child prints until it ends; `None` when it does not in time.
fn wait(
    child: &mut Child,
    printed: &mut Printed,
    patience: Duration,
) -> io::Result<Option<ExitStatus>> {
    let begun = Instant::now();
    loop {
        // In this order: what it printed last is in the pipe when it has ended.
        let ended = child.try_wait()?;
        printed.take_in()?;
        let left = patience.saturating_sub(begun.elapsed());
        if ended.is_some() || left.is_zero() {
            return Ok(ended);
        }
        printed.pause(left.min(LOOK))?;
    }
}

/// The output of a command, as far as it came.
struct Printed {
    /// `None` when it has ended, or enough was read.
    stdout: Option<ChildStdout>,
    text: Vec<u8>,
}

impl Printed {
    fn by(child: &mut Child) -> io::Result<Self> {
        let stdout = child.stdout.take();
        if let Some(stdout) = &stdout {
            rustix::io::ioctl_fionbio(stdout, true)?;
        }
        Ok(Self { stdout, text: Vec::new() })
    }

    /// Takes what is there, without waiting for more.
    fn take_in(&mut self) -> io::Result<()> {
        let Some(stdout) = &mut self.stdout else { return Ok(()) };
        let room = READ_LIMIT.saturating_sub(self.text.len() as u64);
        match stdout.take(room).read_to_end(&mut self.text) {
            // Its end, or enough of it.
            Ok(_) => self.stdout = None,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Waits for more, or until the time is over.
    fn pause(&self, longest: Duration) -> io::Result<()> {
        let mut watched: Vec<_> =
            self.stdout.iter().map(|stdout| PollFd::new(stdout, PollFlags::IN)).collect();
        let longest = Timespec::try_from(longest).map_err(io::Error::other)?;
        match poll(&mut watched, Some(&longest)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
