//! What each command is called where it is typed, and what may be typed after it. The matches name
//! every command, so none can be forgotten.

use crate::tui::keymap::{Command, Verb};

impl Command {
    /// What it is called where it is typed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Up => "up",
            Self::Top => "first",
            Self::Bottom => "last",
            Self::PageDown => "page-down",
            Self::PageUp => "page-up",
            Self::Open => "open",
            Self::Back => "back",
            Self::NextPane => "next-pane",
            Self::PreviousPane => "previous-pane",
            Self::PaneList => "list",
            Self::PaneSaga => "saga",
            Self::PaneLog => "log",
            Self::Earlier => "earlier",
            Self::Later => "later",
            Self::EarlierTurn => "earlier-outcome",
            Self::LaterTurn => "later-outcome",
            Self::Live => "live",
            Self::Play => "play",
            Self::Zoom => "zoom",
            Self::NextTheme => "next-theme",
            Self::Filter => "filter",
            Self::NeedsYouOnly => "needs-you",
            Self::Launch => "launch",
            Self::Act(Verb::Cancel) => "cancel",
            Self::Act(Verb::Rollback) => "rollback",
            Self::Act(Verb::Retry) => "retry",
            Self::Act(Verb::Skip) => "skip",
            Self::Act(Verb::Abandon) => "abandon",
            Self::Act(Verb::Hold) => "hold",
            Self::Act(Verb::Details) => "details",
            Self::Copy => "copy",
            Self::Follow => "follow",
            Self::Wrap => "wrap",
            Self::AllSteps => "all-steps",
            Self::Level => "level",
            Self::Times => "times",
            Self::Older => "match-above",
            Self::Newer => "match-below",
            Self::Left => "left",
            Self::Right => "right",
            Self::Help => "help",
            Self::Redraw => "redraw",
            Self::Suspend => "suspend",
            Self::Quit => "quit",
            Self::Interrupt => "interrupt",
        }
    }
}
