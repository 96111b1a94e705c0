//! What the terminal draws on, by its own word.
//!
//! It is asked with the sequence `OSC 11 ; ?`, and answers when it likes, or never. Nobody waits for
//! it: the answer comes in between the keys, spelled out as if somebody had typed it, and is caught
//! here however late it is. A key is never lost to it, and no letter of it is taken for a command.

use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

use crate::domain::time::Timestamp;
use crate::tui::model::looks::Ground;
use crate::tui::theme::color;

/// The question. It ends in BEL, and so does the answer then: some terminals end one badly otherwise.
pub const QUESTION: &str = "\u{1b}]11;?\u{7}";

/// What the answer to it begins with, after its introduction.
const BEGINNING: &str = "11;";

/// How long answers are listened for: a terminal across the world and a slow multiplexer are within it, and
/// whoever types Esc and `]` later means these two.
const LISTENS: Duration = Duration::from_secs(2);

/// The longest answer that is waited to the end of, in characters: many times `11;rgba:ffff/ffff/ffff/ffff`.
const LONGEST: usize = 256;

/// The most digits of the number that an answer begins with.
const DIGITS: usize = 4;

/// The luminance on which black letters and white ones stand out alike.
const MIDDLE: f64 = 0.179;

/// Whether the terminal is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ask {
    /// The answer may change the theme.
    Yes,
    /// The answer would change nothing, or none is to be expected.
    #[default]
    No,
}

/// Tells the answer from the keys; and every other answer of its kind, `ESC ] digits ; ... BEL`, which
/// somebody before may have asked for: the letters of one are no commands.
#[derive(Debug)]
pub struct Listener {
    ask: Ask,
    until: Timestamp,
    /// What may be an answer, as far as it has come.
    held: Vec<Event>,
    words: String,
    escaped: Escaped,
}

/// Whether the last key was Esc: an answer may be torn there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escaped {
    Yes,
    No,
}

/// What came of an event.
#[derive(Debug, PartialEq, Eq)]
pub struct Taken {
    /// The events that are no part of an answer, in their order.
    pub events: Vec<Event>,
    /// What the terminal draws on, when its answer is complete.
    pub ground: Option<Ground>,
}

impl Listener {
    /// Listens for a while from this moment on, if the terminal is asked.
    pub fn new(ask: Ask, now: Timestamp) -> Self {
        let (held, words) = (Vec::new(), String::new());
        Self { ask, until: now + LISTENS, held, words, escaped: Escaped::No }
    }

    /// Takes an event in.
    pub fn take(&mut self, event: Event, now: Timestamp) -> Taken {
        let passed = |events| Taken { events, ground: None };
        if self.ask == Ask::Yes && now >= self.until {
            self.ask = Ask::No;
            let mut events = self.let_go();
            events.push(event);
            return passed(events);
        }
        let (Ask::Yes, Some(key)) = (self.ask, pressed(&event)) else {
            return passed(vec![event]);
        };
        let escaped = std::mem::replace(&mut self.escaped, Escaped::No);
        if self.held.is_empty() {
            if is_escaped(key, ']', escaped) {
                self.held.push(event);
                return passed(Vec::new());
            }
            self.escaped = if key.code == KeyCode::Esc { Escaped::Yes } else { Escaped::No };
            return passed(vec![event]);
        }
        if self.is_answer() && (is_escaped(key, '\\', escaped) || is_control(key, 'g')) {
            let ground = ground(&self.words);
            return Taken { events: self.let_go(), ground };
        }
        #[expect(clippy::wildcard_enum_match_arm, reason = "an answer has no other keys")]
        match key.code {
            KeyCode::Esc if escaped == Escaped::No => {
                self.escaped = Escaped::Yes;
                self.held.push(event);
            }
            KeyCode::Char(letter) if escaped == Escaped::No && self.goes_on(key, letter) => {
                self.words.push(letter);
                self.held.push(event);
            }
            _ => {
                // Esc was meant as Esc when nothing of an answer follows it.
                let esc = (escaped == Escaped::Yes).then(|| self.held.pop()).flatten();
                let mut events = self.let_go();
                events.extend(esc);
                events.push(event);
                return passed(events);
            }
        }
        passed(Vec::new())
    }

    /// Whether what is held cannot be anything but an answer.
    fn is_answer(&self) -> bool {
        self.words.contains(';')
    }

    fn goes_on(&self, key: KeyEvent, letter: char) -> bool {
        let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        plain
            && match letter {
                _ if self.is_answer() => self.words.len() < LONGEST,
                ';' => !self.words.is_empty(),
                _ => letter.is_ascii_digit() && self.words.len() < DIGITS,
            }
    }

    /// What is held, as keys; half an answer is none.
    fn let_go(&mut self) -> Vec<Event> {
        let held = std::mem::take(&mut self.held);
        let was_answer = self.is_answer();
        self.words.clear();
        if was_answer { Vec::new() } else { held }
    }
}

fn pressed(event: &Event) -> Option<KeyEvent> {
    event.as_key_press_event()
}

/// Whether this is Esc and that letter, in one breath or in two.
fn is_escaped(key: KeyEvent, letter: char, escaped: Escaped) -> bool {
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    key.code == KeyCode::Char(letter) && (alt || escaped == Escaped::Yes)
}

fn is_control(key: KeyEvent, letter: char) -> bool {
    key.code == KeyCode::Char(letter) && key.modifiers == KeyModifiers::CONTROL
}

/// What `11;rgb:1212/1212/1212` says.
fn ground(words: &str) -> Option<Ground> {
    let value = words.strip_prefix(BEGINNING)?;
    let channels = value.strip_prefix("rgba:").or_else(|| value.strip_prefix("rgb:"))?;
    let mut channels = channels.split('/').map(channel);
    let rgb = [channels.next()??, channels.next()??, channels.next()??];
    Some(if color::luminance(rgb) > MIDDLE { Ground::Light } else { Ground::Dark })
}

/// One to four digits, of which the most says full.
fn channel(digits: &str) -> Option<u8> {
    let most = match digits.len() {
        length @ 1..=4 => (1_u32 << (4 * length)) - 1,
        _ => return None,
    };
    let value = u32::from_str_radix(digits, 16).ok()?;
    u8::try_from(value * 255 / most).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events that crossterm makes of these bytes; `^` is Esc in one breath with what follows.
    fn events(bytes: &str) -> Vec<Event> {
        let mut alt = KeyModifiers::NONE;
        let mut events = Vec::new();
        for byte in bytes.chars() {
            let modifiers = std::mem::replace(&mut alt, KeyModifiers::NONE);
            match byte {
                '^' => alt = KeyModifiers::ALT,
                '\u{7}' => events.push(KeyEvent::new(KeyCode::Char('g'), KeyModifiers::CONTROL)),
                '\u{1b}' => events.push(KeyCode::Esc.into()),
                c if c.is_ascii_uppercase() => {
                    events.push(KeyEvent::new(KeyCode::Char(c), modifiers | KeyModifiers::SHIFT));
                }
                c => events.push(KeyEvent::new(KeyCode::Char(c), modifiers)),
            }
        }
        events.into_iter().map(Event::Key).collect()
    }

    const NOW: Timestamp = Timestamp::from_millis(0);

    fn heard(bytes: &str) -> (Vec<Event>, Option<Ground>) {
        let mut listener = Listener::new(Ask::Yes, NOW);
        hear(&mut listener, bytes, NOW)
    }

    fn hear(listener: &mut Listener, bytes: &str, now: Timestamp) -> (Vec<Event>, Option<Ground>) {
        let (mut passed, mut said) = (Vec::new(), None);
        for event in events(bytes) {
            let taken = listener.take(event, now);
            passed.extend(taken.events);
            said = said.or(taken.ground);
        }
        (passed, said)
    }

    #[test]
    fn the_answer_is_heard_in_every_spelling_and_none_of_it_is_a_key() {
        let answers = [
            ("^]11;rgb:ffff/ffff/ffff\u{7}", Ground::Light),
            ("^]11;rgb:FFFF/FFFF/DDDD^\\", Ground::Light),
            ("^]11;rgb:12/12/12\u{7}", Ground::Dark),
            ("^]11;rgba:0000/2b2b/3636/ffff^\\", Ground::Dark),
            ("^]11;rgb:f/f/f\u{1b}\\", Ground::Light),
        ];
        for (bytes, ground) in answers {
            assert_eq!(heard(bytes), (Vec::new(), Some(ground)), "{bytes}");
        }
    }

    #[test]
    fn keys_before_and_after_the_answer_stay_keys() {
        let (passed, ground) = heard("jR^]11;rgb:ffff/ffff/ffff\u{7}cq");
        assert_eq!((passed, ground), (events("jRcq"), Some(Ground::Light)));
        // Torn behind its Esc, which a terminal then gives as a key of its own.
        let (passed, ground) = heard("j\u{1b}]11;rgb:ffff/ffff/ffff\u{1b}\\c");
        assert_eq!((passed, ground), (events("j\u{1b}c"), Some(Ground::Light)));
    }

    #[test]
    fn what_only_looks_like_an_answer_is_let_go_in_its_order() {
        for typed in ["^]q", "^]1", "^];", "^]11111", "\u{1b}]x", "^]\u{1b}", "^]\u{7}"] {
            let typed = format!("{typed}xy");
            assert_eq!(heard(&typed), (events(&typed), None), "{typed}");
        }
    }

    #[test]
    fn no_letter_of_any_other_answer_is_a_key() {
        let dark = "^]11;rgb:12/12/12\u{7}";
        for other in
            ["^]10;rgb:c/c/c\u{7}", "^]10;rgb:c/c/c^\\", "^]4;1;?\u{7}", "^]52;c;cQ==\u{7}", dark]
        {
            let (passed, ground) = heard(&format!("j{other}{dark}{other}c"));
            assert_eq!((passed, ground), (events("jc"), Some(Ground::Dark)), "{other}");
        }
    }

    #[test]
    fn half_an_answer_holds_no_key_back_that_is_none_of_it() {
        let endless = format!("^]11;{}", "f".repeat(LONGEST));
        let (passed, _) = heard(&endless);
        assert!(passed.len() <= BEGINNING.len(), "what is beyond the longest: {passed:?}");
        let control_c = Event::Key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL));
        let mut listener = Listener::new(Ask::Yes, NOW);
        assert_eq!(hear(&mut listener, "^]11;rgb:", NOW), (Vec::new(), None));
        assert_eq!(listener.take(control_c.clone(), NOW).events, [control_c]);
        assert_eq!(heard("^]11;rgb:\u{1b}q"), (events("\u{1b}q"), None));
    }

    #[test]
    fn a_terminal_that_does_not_answer_is_not_listened_to_for_ever() {
        let later = NOW + LISTENS;
        let mut silent = Listener::new(Ask::Yes, NOW);
        assert_eq!(hear(&mut silent, "j^]", later), (events("j^]"), None));
        let mut torn = Listener::new(Ask::Yes, NOW);
        assert_eq!(hear(&mut torn, "^]11;rgb:12/", NOW), (Vec::new(), None));
        assert_eq!(hear(&mut torn, "jc", later), (events("jc"), None), "half of it is dropped");
        let mut typed = Listener::new(Ask::Yes, NOW);
        hear(&mut typed, "^]", NOW);
        assert_eq!(hear(&mut typed, "c", later), (events("^]c"), None));
    }

    #[test]
    fn a_terminal_that_is_not_asked_is_not_listened_to() {
        let mut listener = Listener::new(Ask::No, NOW);
        for event in events("^]11;rgb:ffff/ffff/ffff\u{7}") {
            let taken = listener.take(event.clone(), NOW);
            assert_eq!(taken, Taken { events: vec![event], ground: None });
        }
    }
}
