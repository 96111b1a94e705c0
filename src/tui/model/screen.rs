//! What is looked at: the deployments, or one of the views over all of them.

use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;
use crate::tui::keymap::{Command, Scope};
use crate::tui::model::Model;

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Screen {
    /// The deployments, with the saga and the log of one.
    #[default]
    Deployments,
    /// What is at the provider.
    Inventory,
    /// What happened to all of them.
    Audit,
}

impl Screen {
    /// What shows it, and the deployments again.
    pub const fn key(self) -> Option<Command> {
        match self {
            Self::Deployments => None,
            Self::Inventory => Some(Command::Inventory),
            Self::Audit => Some(Command::Audit),
        }
    }

    /// Where the keys are; `None` when the pane says so.
    pub(super) const fn scope(self) -> Option<&'static [Scope]> {
        match self {
            Self::Deployments => None,
            Self::Inventory => Some(&[Scope::Inventory]),
            Self::Audit => Some(&[Scope::Audit]),
        }
    }
}

impl Model {
    /// Whether a command does anything on a view that is not the deployments.
    pub(super) fn screen_allows(&self, command: Command) -> bool {
        match command {
            Command::Down
            | Command::Up
            | Command::Top
            | Command::Bottom
            | Command::PageDown
            | Command::PageUp
            | Command::Filter
            | Command::Back
            | Command::Inventory
            | Command::Audit
            | Command::Mouse
            | Command::NextTheme
            | Command::Freeze
            | Command::Help
            | Command::Redraw
            | Command::Suspend
            | Command::Quit
            | Command::Interrupt => true,
            Command::Open | Command::Copy => match self.screen {
                Screen::Deployments => false,
                Screen::Inventory => self.inventory.selected().is_some(),
                Screen::Audit => self.audit.selected().is_some(),
            },
            Command::Sort => self.screen == Screen::Inventory,
            Command::Live => self.frozen.is_some(),
            Command::Follow => self.screen == Screen::Audit,
            // They are about the selected deployment, which is not to be seen here.
            Command::Act(_)
            | Command::Launch
            | Command::Mute
            | Command::Mark
            | Command::MarkAll
            | Command::Unmark
            | Command::Go
            | Command::CommandLine
            | Command::Export
            | Command::NeedsYouOnly
            | Command::SortNow
            | Command::States
            | Command::NextPane
            | Command::PreviousPane
            | Command::PaneList
            | Command::PaneSaga
            | Command::PaneLog
            | Command::Earlier
            | Command::Later
            | Command::EarlierTurn
            | Command::LaterTurn
            | Command::Play
            | Command::Zoom
            | Command::Wrap
            | Command::AllSteps
            | Command::Level
            | Command::Times
            | Command::Older
            | Command::Newer
            | Command::Left
            | Command::Right => false,
        }
    }

    /// The next moment at which the view changes by itself, or wants something read.
    pub(super) fn screen_due(&self) -> Option<Timestamp> {
        match self.screen {
            Screen::Deployments => None,
            Screen::Inventory => {
                let read = self.inventory.reading.due();
                [read, self.inventory.due(self.now)].into_iter().flatten().min()
            }
            Screen::Audit => self.audit.reading.due(),
        }
    }
}
