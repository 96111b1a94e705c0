//! The mouse: whose it is, and what it can point at.

use std::time::Duration;

use crossterm::event::{KeyCode, MouseButton, MouseEventKind};

use crate::domain::id::DeploymentId;
use crate::domain::time::Timestamp;
use crate::tui::keymap::Command;
use crate::tui::model::audit;
use crate::tui::model::form::Field;
use crate::tui::model::inventory::Place;
use crate::tui::model::looks::Choice;
use crate::tui::options::Mouse;

/// Two presses of one thing within this time are a double click; and a press so soon after another one
/// answers no dialog, which may have opened under the finger.
pub const DOUBLE: Duration = Duration::from_millis(400);

/// The mouse.
#[derive(Debug, Default)]
pub struct Pointer {
    /// Whether it is the dashboard's.
    pub mouse: Mouse,
    /// Who said so in the beginning.
    choice: Choice,
    last: Option<(Timestamp, Target, Click)>,
}

/// What can be pointed at: what was drawn there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The list, whose first row on the screen is this one.
    List {
        /// Counted from 0.
        first: usize,
    },
    /// A row of the list.
    Row(DeploymentId),
    /// The saga.
    Saga,
    /// One of its steps.
    Step(usize),
    /// The log.
    Log,
    /// The inventory or the audit.
    Board,
    /// A row of the inventory.
    Holding(Place),
    /// A line of the audit.
    Event(audit::Key),
    /// A key that the footer mentions.
    Hint(Command),
    /// A key that a dialog mentions: to click it is to press it.
    Answer(KeyCode),
    /// A field of the launch form, or its button.
    Field(Field),
    /// An entry of the list of the field that has the keys.
    Pick(usize),
    /// What the command line may become.
    Candidate(usize),
    /// A dialog, where it has nothing to click.
    Dialog,
}

/// What is done with the mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gesture {
    /// The left button goes down.
    Press,
    /// The wheel is turned up.
    WheelUp,
    /// The wheel is turned down.
    WheelDown,
}

/// Which press it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Click {
    /// One by itself.
    Single,
    /// One soon after another one, on something else.
    Hasty,
    /// The second one on the same thing.
    Double,
}

impl Gesture {
    /// What a terminal's report means; `None` when nothing is done on it.
    pub fn of(kind: MouseEventKind) -> Option<Self> {
        match kind {
            MouseEventKind::Down(MouseButton::Left) => Some(Self::Press),
            MouseEventKind::ScrollUp => Some(Self::WheelUp),
            MouseEventKind::ScrollDown => Some(Self::WheelDown),
            MouseEventKind::Down(MouseButton::Right | MouseButton::Middle)
            | MouseEventKind::Up(_)
            | MouseEventKind::Drag(_)
            | MouseEventKind::Moved
            | MouseEventKind::ScrollLeft
            | MouseEventKind::ScrollRight => None,
        }
    }
}

impl Target {
    /// Whether the wheel scrolls it. What lies on it does not hide it from the wheel.
    pub fn scrolls(&self) -> bool {
        match self {
            Self::List { .. } | Self::Saga | Self::Log | Self::Board | Self::Dialog => true,
            Self::Row(_)
            | Self::Step(_)
            | Self::Holding(_)
            | Self::Event(_)
            | Self::Hint(_)
            | Self::Answer(_)
            | Self::Field(_)
            | Self::Pick(_)
            | Self::Candidate(_) => false,
        }
    }
}

impl Pointer {
    /// What the configuration says. It has the last word at each start only where it takes the mouse:
    /// to leave it is what it says when nobody set anything.
    pub fn configured(mouse: Mouse) -> Self {
        let choice = match mouse {
            Mouse::Captured => Choice::Configured,
            Mouse::Left => Choice::Nobodys,
        };
        Self { mouse, choice, last: None }
    }

    /// Whose it is, where that is kept from one run to the next.
    pub fn to_keep(&self) -> Option<Mouse> {
        (self.choice != Choice::Configured).then_some(self.mouse)
    }

    /// Takes it, or leaves it, as in an earlier run, where the configuration does not say.
    pub fn resume(&mut self, mouse: Mouse) {
        if self.choice != Choice::Configured {
            self.mouse = mouse;
        }
    }

    /// Takes a press in, and says which it is.
    pub fn press(&mut self, target: Target, now: Timestamp) -> Click {
        let click = match self.last {
            Some((at, _, _)) if now.since(at) >= DOUBLE => Click::Single,
            // A third one on the same thing opens it no further.
            Some((_, same, Click::Single | Click::Hasty)) if same == target => Click::Double,
            Some(_) => Click::Hasty,
            None => Click::Single,
        };
        self.last = Some((now, target, click));
        click
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presses_in_one_breath_are_never_single_however_many_there_are() {
        let mut pointer = Pointer::default();
        let mut press = |millis, target| pointer.press(target, Timestamp::from_millis(millis));
        let (yes, list) = (Target::Answer(KeyCode::Char('y')), Target::Saga);
        assert_eq!(press(0, list), Click::Single);
        assert_eq!(press(100, yes), Click::Hasty);
        assert_eq!(press(200, yes), Click::Double);
        assert_eq!(press(300, yes), Click::Hasty);
        assert_eq!(press(699, list), Click::Hasty);
        assert_eq!(press(1_099, list), Click::Single);
    }
}
