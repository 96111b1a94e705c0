//! What stands beside the screen, if anything does: whoever keeps its looks from one run to the next,
//! and whoever takes the session down.
//!
//! The screen works the same without any of it.

use std::fmt;
use std::sync::Arc;

use crate::config::NotifyWhen;
use crate::tui::model::remembered::Remembered;
use crate::tui::notify::Notify;
use crate::tui::tape::Tape;

/// What stands beside the screen.
#[derive(Default)]
pub struct Beside {
    /// How the screen looked when it was left.
    pub remembered: Option<Remembered>,
    /// What the operator has to be told at the start.
    pub warning: Option<String>,
    /// Who keeps how the screen looks.
    pub keeper: Option<Arc<dyn Keeper>>,
    /// How somebody is called.
    pub notify: Notify,
    /// When.
    pub notify_when: Option<NotifyWhen>,
    /// Who takes the session down.
    pub tape: Option<Box<dyn Tape>>,
}

impl fmt::Debug for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Beside").field("remembered", &self.remembered).finish_non_exhaustive()
    }
}

/// Keeps how the screen looks from one run to the next.
pub trait Keeper: Send + Sync {
    /// Keeps it. Called from a thread that may wait for a disk, one call at a time.
    ///
    /// # Errors
    /// Why it cannot be kept, for the operator.
    fn keep(&self, remembered: &Remembered) -> Result<(), String>;
}
