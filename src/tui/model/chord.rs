//! Keys that were pressed and mean nothing yet: the beginning of some in a row.

use crate::tui::keymap::Key;

/// Keys that were pressed and mean nothing yet.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Chord {
    pressed: Vec<Key>,
}

impl Chord {
    /// The keys.
    pub fn pressed(&self) -> &[Key] {
        &self.pressed
    }

    /// The keys, with another one behind them; none are left.
    pub fn with(&mut self, key: Key) -> Vec<Key> {
        let mut pressed = std::mem::take(&mut self.pressed);
        pressed.push(key);
        pressed
    }

    /// Waits for the next one.
    pub fn wait(&mut self, pressed: Vec<Key>) {
        self.pressed = pressed;
    }

    /// Forgets them.
    pub fn forget(&mut self) {
        self.pressed.clear();
    }
}
