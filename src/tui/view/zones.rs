//! Where what was drawn lies, for the mouse. Filled in by the code that draws it, so that what is clicked
//! is what was seen.

use ratatui::layout::{Position, Rect};

use crate::tui::model::pointer::{Gesture, Target};

/// Where what was drawn lies.
#[derive(Debug, Default)]
pub struct Zones {
    areas: Vec<(Rect, Target)>,
    /// Where the selection is, if anybody said so.
    pub(super) cursor: Option<Position>,
}

impl Zones {
    /// Nothing is drawn yet.
    pub const fn new() -> Self {
        Self { areas: Vec::new(), cursor: None }
    }

    /// What lies here, for a gesture: what was drawn last is on top. The wheel turns what scrolls, through
    /// whatever lies on that.
    pub fn at(&self, (x, y): (u16, u16), gesture: Gesture) -> Option<Target> {
        let here = |(area, _): &&(Rect, Target)| area.contains(Position::new(x, y));
        let wanted = |(_, target): &&(Rect, Target)| match gesture {
            Gesture::Press => true,
            Gesture::WheelUp | Gesture::WheelDown => target.scrolls(),
        };
        self.areas.iter().rev().filter(here).find(wanted).map(|(_, target)| *target)
    }

    /// A frame begins.
    pub(super) fn clear(&mut self) {
        self.areas.clear();
        self.cursor = None;
    }

    /// This was drawn here.
    pub(super) fn add(&mut self, area: Rect, target: Target) {
        if !area.is_empty() {
            self.areas.push((area, target));
        }
    }

    /// A dialog was opened here: nothing else can be clicked, but what the footer says beside it.
    pub(super) fn cover(&mut self, area: Rect) {
        self.areas.retain(|(other, target)| match target {
            Target::Hint(_) | Target::Answer(_) => !other.intersects(area),
            Target::List { .. }
            | Target::Row(_)
            | Target::Saga
            | Target::Step(_)
            | Target::Log
            | Target::Board
            | Target::Holding(_)
            | Target::Event(_)
            | Target::Field(_)
            | Target::Pick(_)
            | Target::Candidate(_)
            | Target::Dialog => false,
        });
        self.add(area, Target::Dialog);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::keymap::Command;

    #[test]
    fn what_was_drawn_last_is_clicked_and_the_wheel_turns_what_lies_below_it() {
        let mut zones = Zones::new();
        zones.add(Rect::new(0, 0, 10, 10), Target::Saga);
        zones.add(Rect::new(1, 2, 8, 1), Target::Step(3));
        assert_eq!(zones.at((8, 2), Gesture::Press), Some(Target::Step(3)));
        assert_eq!(zones.at((9, 2), Gesture::Press), Some(Target::Saga));
        assert_eq!(zones.at((8, 2), Gesture::WheelUp), Some(Target::Saga));
        assert_eq!(zones.at((10, 2), Gesture::Press), None);
    }

    #[test]
    fn a_dialog_takes_everything_away_but_the_footer_beside_it() {
        let mut zones = Zones::new();
        zones.add(Rect::new(0, 0, 80, 20), Target::List { first: 0 });
        zones.add(Rect::new(0, 19, 4, 1), Target::Hint(Command::Help));
        zones.add(Rect::new(4, 19, 4, 1), Target::Hint(Command::Quit));
        zones.cover(Rect::new(4, 4, 40, 16));
        assert_eq!(zones.at((0, 0), Gesture::Press), None);
        assert_eq!(zones.at((0, 0), Gesture::WheelDown), None);
        assert_eq!(zones.at((0, 19), Gesture::Press), Some(Target::Hint(Command::Help)));
        assert_eq!(zones.at((5, 19), Gesture::Press), Some(Target::Dialog));
    }
}
