//! Which theme is drawn, and which others there are. Names only: what they look like is the view's.

use serde::{Deserialize, Serialize};

/// The name of the theme for a light background. Most palettes have a yellow, a green and a cyan that
/// nobody can read on white, so the sixteen of the terminal do not do there.
pub const OF_LIGHT: &str = "light";

/// Which theme is drawn, and which others there are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looks {
    names: Vec<String>,
    place: usize,
    /// The one that suits the terminal, which is drawn while nobody chose.
    suits: usize,
    choice: Choice,
}

/// Who chose the theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// Nobody: what the terminal says of itself may change it.
    #[default]
    Nobodys,
    /// The configuration, which is asked again at the next start.
    Configured,
    /// A person, on the screen.
    OnScreen,
}

/// What the terminal draws on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// Dark letters stand out.
    Light,
    /// Light letters stand out.
    Dark,
}

impl Looks {
    /// These themes, of which the one named `first` is drawn.
    pub fn new<'n>(names: impl IntoIterator<Item = &'n str>, first: &str, choice: Choice) -> Self {
        let names: Vec<_> = names.into_iter().map(str::to_owned).collect();
        let place = names.iter().position(|name| name == first).unwrap_or(0);
        Self { names, place, suits: place, choice }
    }

    /// The name of the theme that is drawn; `None` where there is no choice at all.
    pub fn name(&self) -> Option<&str> {
        self.names.get(self.place).map(String::as_str)
    }

    /// How many themes there are.
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// Whether what is drawn is what suits the terminal, because nobody chose.
    pub fn is_automatic(&self) -> bool {
        self.choice == Choice::Nobodys
    }

    /// Draws with the next one: for this run only where the configuration says which.
    pub fn next(&mut self) {
        self.place = (self.place + 1) % self.names.len().max(1);
        self.choice = match self.choice {
            Choice::Configured => Choice::Configured,
            // Round about, the terminal has its say again.
            Choice::Nobodys | Choice::OnScreen if self.place == self.suits => Choice::Nobodys,
            Choice::Nobodys | Choice::OnScreen => Choice::OnScreen,
        };
    }

    /// Draws with the one that a person chose in an earlier run, if it is still there and the configuration
    /// does not say which.
    pub fn resume(&mut self, name: &str) {
        let place = self.names.iter().position(|known| known == name);
        if let (Choice::Nobodys, Some(place)) = (self.choice, place) {
            self.place = place;
            self.choice = Choice::OnScreen;
        }
    }

    /// The one that the next run begins with; `None` where it is not for the screen to say.
    pub fn to_keep(&self) -> Option<&str> {
        match self.choice {
            Choice::OnScreen => self.name(),
            Choice::Nobodys | Choice::Configured => None,
        }
    }

    /// Draws with what suits the terminal's background, unless a person has chosen.
    pub fn suit(&mut self, ground: Ground) {
        let light = self.names.iter().position(|name| name == OF_LIGHT);
        if let (Ground::Light, Some(light)) = (ground, light) {
            self.suits = light;
            if self.choice == Choice::Nobodys {
                self.place = light;
            }
        }
    }
}
