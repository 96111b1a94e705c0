//! How somebody is called who looks elsewhere: the terminal's bell, its notification, a program.
//!
//! What terminals do with `OSC 9` differs. iTerm2, `WezTerm`, kitty, Ghostty and foot show its text as a
//! notification of the desktop; `ConEmu` and Windows Terminal read numbers at its beginning as orders,
//! which is why the text begins with a word. tmux keeps it to itself, unless it comes wrapped and
//! `allow-passthrough` is on.

use crate::tui::text;

/// How somebody is called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notify {
    /// Whether the bell is rung.
    pub bell: Bell,
    /// Whether and how the terminal is asked to notify.
    pub osc9: Osc9,
    /// A program that is told, with its first arguments; the text is the last one.
    pub command: Option<(String, Vec<String>)>,
}

/// Whether the bell is rung.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Bell {
    /// It is.
    Rung,
    /// It is not.
    #[default]
    Silent,
}

/// Whether and how the terminal is asked to notify.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Osc9 {
    /// It is not.
    #[default]
    Off,
    /// It is.
    Plain,
    /// The terminal behind tmux is.
    ThroughTmux,
}

impl Notify {
    /// What is written to the terminal. No more of the text than can be shown gets there.
    pub fn bytes(&self, words: &str) -> Vec<u8> {
        let words = text::clean(words);
        let mut bytes = match self.osc9 {
            Osc9::Off => Vec::new(),
            Osc9::Plain => format!("\x1b]9;{words}\x1b\\").into_bytes(),
            // Within the wrapping each escape stands twice.
            Osc9::ThroughTmux => {
                format!("\x1bPtmux;\x1b\x1b]9;{words}\x1b\x1b\\\x1b\\").into_bytes()
            }
        };
        if self.bell == Bell::Rung {
            bytes.push(b'\x07');
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_terminal_is_told_in_its_own_words_and_no_text_steers_it() {
        let notify = |osc9, bell| Notify { osc9, bell, command: None };
        let evil = "Arcadia: a\x1b]0;owned\x07b \u{202e}needs you";
        assert_eq!(notify(Osc9::Off, Bell::Silent).bytes(evil), b"");
        assert_eq!(notify(Osc9::Off, Bell::Rung).bytes(evil), b"\x07");
        assert_eq!(
            notify(Osc9::Plain, Bell::Rung).bytes(evil),
            b"\x1b]9;Arcadia: ab needs you\x1b\\\x07"
        );
        assert_eq!(
            notify(Osc9::ThroughTmux, Bell::Silent).bytes(evil),
            b"\x1bPtmux;\x1b\x1b]9;Arcadia: ab needs you\x1b\x1b\\\x1b\\"
        );
    }
}
