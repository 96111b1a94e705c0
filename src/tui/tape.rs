//! What takes a session down: everything that reaches the screen, in its order, so that the session can
//! be shown again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::KeySetting;
use crate::config::error::Place;
use crate::domain::spec::LaunchDraft;
use crate::domain::time::Timestamp;
use crate::tui::keymap::Keymap;
use crate::tui::model::pulse::{Listener, Pulse};
use crate::tui::model::{self, Model};
use crate::tui::msg::Msg;
use crate::tui::options::{Ascii, Color, Lines};
use crate::tui::theme::Theme;
use crate::tui::theme::shelf::Themes;
use crate::tui::view::ViewState;

/// Takes a session down. Nothing of it waits for a disk.
pub trait Tape: Send {
    /// Takes down what the session begins with.
    ///
    /// # Errors
    /// Why nothing more is taken down, for the operator.
    fn begin(&mut self, start: &Start) -> Result<(), String>;

    /// Takes a message down, before it is taken in.
    ///
    /// # Errors
    /// Why nothing more is taken down, for the operator; earlier messages may be lost with this one.
    fn take(&mut self, msg: &Msg) -> Result<(), String>;
}

/// What a session begins with.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    /// When.
    pub at: Timestamp,
    /// Width and height of the terminal, in cells.
    pub size: (u16, u16),
    /// What stands in the badge.
    pub environment: String,
    /// Who gives the orders.
    pub operator: String,
    /// What the launch form begins with.
    pub draft: LaunchDraft,
    /// How things look.
    pub looks: Looks,
    /// Which theme it begins with, and which others there are.
    pub themes: model::looks::Looks,
    /// Whether signs of life were asked for, whose answers are among the messages.
    pub listener: Listener,
    /// The keys that a person set: each command's name, and the keys as they are written.
    pub keys: BTreeMap<String, Vec<String>>,
}

/// How things look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looks {
    /// Whether only ASCII is drawn.
    pub ascii: Ascii,
    /// Whether colours are set.
    pub color: Color,
    /// Whether everything is drawn as plain lines.
    #[serde(default)]
    pub lines: Lines,
}

impl Start {
    /// The model before the first message.
    pub fn model(&self) -> Model {
        let (environment, operator) = (self.environment.clone(), self.operator.clone());
        let mut model = Model::new(environment, operator, self.draft.clone(), self.at);
        model.size = self.size;
        model.pulse = Pulse::new(self.listener, self.at);
        model.looks = self.themes.clone();
        // What makes no sense to this program, because another version knew more, is left out.
        let setting = |(command, keys): (&String, &Vec<String>)| {
            let (command, keys) = (command.clone(), keys.clone());
            KeySetting { command, keys, place: Place::Default }
        };
        let settings: Vec<_> = self.keys.iter().map(setting).collect();
        model.keymap = Keymap::new(&settings).unwrap_or_default();
        model
    }
}

impl Looks {
    /// The view before the first frame.
    pub fn view(self) -> ViewState {
        let state = ViewState::new(Theme::new(self.color, self.ascii));
        ViewState { lines: self.lines, ..state }.with(Themes::shipped(self.color))
    }
}
