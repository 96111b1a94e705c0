//! Why the journal is only looked at, and what that means for what is shown.

use crate::cli::Exit;
use crate::cli::output::Output;
use crate::journal::JournalError;

/// What kept the journal from being opened to be written. It was opened to be looked at instead.
#[derive(Debug, Clone)]
pub(super) struct Caveat(pub(super) JournalError);

impl Caveat {
    /// Tells the operator before anything is shown.
    pub(super) fn tell(&self, output: &Output) {
        output.talk(&format!("warning: {}", self.0));
        output.talk(match self.exit() {
            Exit::Done => "what follows is read from a copy of it, and is all that was written",
            Exit::Error
            | Exit::RolledBack
            | Exit::NeedsYou
            | Exit::Cancelled
            | Exit::Usage
            | Exit::TimedOut
            | Exit::Interrupted
            | Exit::Stopped => {
                "what follows is what can be read in a copy of it, and may not be all"
            }
        });
        if let Some(remedy) = self.0.remedy() {
            output.talk(&format!("hint: {remedy}"));
        }
    }

    /// How the program ends when it could show something: a script must not take what may not be all
    /// for all.
    pub(super) fn exit(&self) -> Exit {
        match &self.0 {
            JournalError::Open { .. }
            | JournalError::Full { .. }
            | JournalError::Write { .. }
            | JournalError::LookOnly { .. } => Exit::Done,
            JournalError::Locked { .. }
            | JournalError::Read { .. }
            | JournalError::Record { .. }
            | JournalError::Newer { .. }
            | JournalError::Damaged { .. }
            | JournalError::History { .. }
            | JournalError::Row { .. }
            | JournalError::Gone { .. }
            | JournalError::NewerForm { .. }
            | JournalError::NotCopied { .. }
            | JournalError::Closed => Exit::Error,
        }
    }
}
