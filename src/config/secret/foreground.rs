//! The terminal, lent to a process group of another program and taken back.
//!
//! A program that is not in the foreground of its terminal is stopped when it reads from it, so a
//! command in a process group of its own could ask nothing.

use std::fs::File;
use std::io::{self, IsTerminal as _};

use nix::sys::signal::{SigSet, Signal as Blocked};
use rustix::process::{Pid, Signal, getpgrp, kill_process_group};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr, tcsetpgrp};

/// The terminal of this process, while somebody else has it. Dropping it takes it back as it was.
pub(super) struct Foreground {
    terminal: File,
    ours: Pid,
    manners: Option<Termios>,
}

impl Foreground {
    /// Lends the terminal to `group`. `None` when this process has none, or is itself in the
    /// background of it: there nobody sits who could be asked.
    ///
    /// Nor is it lent while something else reads what this process prints, because that may be a
    /// pager: what touches the terminal from the background is stopped, and its process group is ours.
    pub(super) fn lend(group: Pid) -> Option<Self> {
        if !io::stdout().is_terminal() {
            return None;
        }
        let terminal = File::options().read(true).write(true).open("/dev/tty").ok()?;
        let ours = getpgrp();
        if tcgetpgrp(&terminal).ok()? != ours {
            return None;
        }
        let manners = tcgetattr(&terminal).ok();
        tcsetpgrp(&terminal, group).ok()?;
        // It may have been stopped already, because it asked before it was in the foreground.
        let _ = kill_process_group(group, Signal::CONT);
        Some(Self { terminal, ours, manners })
    }
}

impl Drop for Foreground {
    fn drop(&mut self) {
        let mut blocked = SigSet::empty();
        blocked.add(Blocked::SIGTTOU);
        // From the background, both calls would stop this process.
        let Ok(before) = blocked.thread_swap_mask(nix::sys::signal::SigmaskHow::SIG_BLOCK) else {
            return;
        };
        let _ = tcsetpgrp(&self.terminal, self.ours);
        // A command that was killed left the terminal as it had made it.
        if let Some(manners) = &self.manners {
            let _ = tcsetattr(&self.terminal, OptionalActions::Now, manners);
        }
        let _ = before.thread_set_mask();
    }
}
