//! The look of every role.

use ratatui::style::{Color, Modifier, Style};

use crate::tui::theme::color::{self, Depth};
use crate::tui::theme::role::Role;

/// The look of every role. Small, because every part of a frame carries a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Palette {
    looks: [Look; Role::ALL.len()],
    background: Option<Color>,
}

/// What a role looks like; `None` leaves a colour as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Look {
    /// The colour of the letters.
    pub ink: Option<Color>,
    /// The colour behind them.
    pub paper: Option<Color>,
    /// What else is done to them.
    pub modifiers: Modifier,
}

/// Whether a terminal draws faint text so that it can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Faint {
    /// Fainter than other text, as a rule by a third.
    #[default]
    Legible,
    /// Dark grey on black, a contrast below 3: the Linux console, see `console_codes(4)`.
    Lost,
}

impl Palette {
    /// A palette in which nothing has a look yet, on the terminal's own background.
    pub const BARE: Self = Self {
        looks: [Look { ink: None, paper: None, modifiers: Modifier::empty() }; Role::ALL.len()],
        background: None,
    };

    /// The same on another background.
    #[must_use]
    pub const fn on(mut self, background: Color) -> Self {
        self.background = Some(background);
        self
    }

    /// The same with another look of a role.
    #[must_use]
    pub const fn with(mut self, role: Role, look: Look) -> Self {
        self.looks[role as usize] = look;
        self
    }

    /// What a role looks like.
    pub const fn look(&self, role: Role) -> Look {
        self.looks[role as usize]
    }

    /// What a role looks like, to draw with.
    pub const fn style(&self, role: Role) -> Style {
        let Look { ink, paper, modifiers } = self.look(role);
        let mut style = Style::new().add_modifier(modifiers);
        style.fg = ink;
        style.bg = paper;
        style
    }

    /// What lies under everything.
    pub const fn ground(&self) -> Style {
        let text = self.style(Role::Text);
        match self.background {
            Some(color) => text.bg(color),
            None => text,
        }
    }

    /// The background that is painted, if one is.
    pub const fn background(&self) -> Option<Color> {
        self.background
    }

    /// The palette as this terminal draws it.
    #[must_use]
    pub fn fitted(mut self, depth: Depth, faint: Faint) -> Self {
        let fit = |color: Option<Color>| color.map(|color| color::fitted(color, depth));
        for look in &mut self.looks {
            look.ink = fit(look.ink);
            look.paper = fit(look.paper);
            if faint == Faint::Lost {
                look.modifiers -= Modifier::DIM;
            }
        }
        self.background = fit(self.background);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_of_few_colours_is_sent_no_others() {
        let (ink, paper) = (Color::Rgb(1, 2, 3), Color::Rgb(250, 240, 230));
        let look =
            Look { ink: Some(ink), paper: Some(paper), modifiers: Modifier::DIM | Modifier::BOLD };
        let full = Palette::BARE.with(Role::Badge, look).on(paper);
        let few = full.fitted(Depth::Indexed, Faint::Lost);
        let is_few = |color: Option<Color>| matches!(color, Some(Color::Indexed(_)));
        let badge = few.look(Role::Badge);
        assert!(is_few(badge.ink) && is_few(badge.paper) && is_few(few.background()), "{few:?}");
        assert_eq!(badge.modifiers, Modifier::BOLD, "what is faint there is lost");
        assert_eq!(full.fitted(Depth::True, Faint::Legible), full);
    }
}
