//! What the caller says about the screen, and what the screen says when it is left.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::{Clock, IdSource};
use crate::domain::spec::LaunchDraft;
use crate::tui::background::Ask;
use crate::tui::keymap::Keymap;
use crate::tui::theme::shelf::Themes;

/// How the screen is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// Tells the time.
    pub clock: Clock,
    /// Makes the ids of orders.
    pub ids: IdSource,
    /// Who gives the orders: the login name that the journal records.
    pub operator: String,
    /// What stands in the badge: which environment this is, such as `SIM` or `PROD`.
    pub environment: String,
    /// What the launch form begins with.
    pub draft: LaunchDraft,
    /// Where files about incidents are written.
    pub incidents: PathBuf,
    /// Whether only ASCII may be drawn.
    pub ascii: Ascii,
    /// Whether colours may be set.
    pub color: Color,
    /// The themes that there are, and the one to begin with.
    pub themes: Themes,
    /// The keys that hold.
    pub keymap: Keymap,
    /// Whether the terminal is asked for its background.
    pub background: Ask,
    /// Whether the mouse is captured from the beginning.
    pub mouse: Mouse,
    /// How long a frame stays at least, but for what a key changes.
    pub frame: Duration,
    /// Whether everything is drawn as plain lines.
    pub lines: Lines,
}

/// Whether the mouse is the dashboard's. While it is, the terminal selects text only with Shift held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mouse {
    /// Clicks and the wheel reach the dashboard.
    Captured,
    /// They are the terminal's.
    #[default]
    Left,
}

/// Whether everything is drawn as plain lines, for whoever listens to the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lines {
    /// Without frames, bars and anything that counts, one thing under the other, and the terminal's cursor
    /// where the selection is.
    Plain,
    /// As panes with frames.
    #[default]
    Framed,
}

/// Whether only ASCII may be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ascii {
    /// The terminal or the locale knows nothing else.
    Yes,
    /// Unicode signs and lines are drawn.
    #[default]
    No,
}

/// Whether colours may be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Color {
    /// The sixteen colours that the terminal names.
    #[default]
    Ansi,
    /// None at all (`NO_COLOR`): bold, dim, reverse and underline only.
    None,
}

/// How the screen was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Nothing was under way.
    Idle,
    /// Sagas were under way; they resume at the next start.
    SagasRunning {
        /// How many.
        count: usize,
    },
    /// The journal was never read: it did not open, which the screen said, or nobody waited for it.
    NotConnected,
}

/// The screen could not go on.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    /// The terminal refused something.
    #[error("the terminal failed")]
    Terminal(#[from] std::io::Error),
}
