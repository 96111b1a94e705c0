//! Keys as people write them, and as the screen shows them.
//!
//! A letter is itself, and its shift is in it: `R` is not `r`. The keys without a letter have names,
//! and `ctrl-` and `alt-` stand before either. Keys that are pressed one after the other have a space
//! between them.

use crossterm::event::{KeyCode, KeyModifiers};

use crate::domain::text::is_harmful;
use crate::tui::keymap::Key;
use crate::tui::text;

/// The keys without a letter: how they are written, first as it is written back, and how the screen
/// shows them.
const NAMED: [(&[&str], KeyCode, &str); 16] = [
    (&["enter", "return"], KeyCode::Enter, "Enter"),
    (&["esc", "escape"], KeyCode::Esc, "Esc"),
    (&["tab"], KeyCode::Tab, "Tab"),
    (&["shift-tab", "backtab"], KeyCode::BackTab, "S-Tab"),
    (&["space"], KeyCode::Char(' '), "Space"),
    (&["backspace"], KeyCode::Backspace, "Bksp"),
    (&["delete", "del"], KeyCode::Delete, "Del"),
    (&["insert", "ins"], KeyCode::Insert, "Ins"),
    (&["up"], KeyCode::Up, "↑"),
    (&["down"], KeyCode::Down, "↓"),
    (&["left"], KeyCode::Left, "←"),
    (&["right"], KeyCode::Right, "→"),
    (&["home"], KeyCode::Home, "Home"),
    (&["end"], KeyCode::End, "End"),
    (&["pgup", "pageup"], KeyCode::PageUp, "PgUp"),
    (&["pgdn", "pagedown"], KeyCode::PageDown, "PgDn"),
];

/// What a terminal sends the same byte for as for a key with a name.
const TWINS: [(&str, &str); 3] = [("ctrl-i", "tab"), ("ctrl-m", "enter"), ("ctrl-[", "esc")];

/// How many keys a row of keys may have.
const LONGEST: usize = 3;

/// Reads a key, or keys that are pressed one after the other.
///
/// # Errors
/// When it is none; in words that say what one looks like.
pub fn parse(text: &str) -> Result<Vec<Key>, String> {
    let lower = text.to_ascii_lowercase();
    let twins = lower.split(' ').find_map(|key| TWINS.iter().find(|(twin, _)| *twin == key));
    if let Some((twin, name)) = twins {
        return Err(format!("`{twin}` reaches a program as `{name}`; write that"));
    }
    let keys: Option<Vec<Key>> = text.split(' ').map(key).collect();
    match keys {
        Some(keys) if keys.len() <= LONGEST => Ok(keys),
        Some(_) => Err(format!("`{text}` is more than {LONGEST} keys in a row")),
        None => Err(format!(
            "`{}` is no key; `x`, `R`, `ctrl-n`, `alt-x`, `pgdn`, `space` and `f5` are, and `, x` is \
             two in a row",
            text.escape_debug()
        )),
    }
}

fn key(text: &str) -> Option<Key> {
    let mut rest = text;
    let mut modifiers = KeyModifiers::NONE;
    loop {
        let lower = rest.to_ascii_lowercase();
        let (length, modifier) = if lower.starts_with("ctrl-") {
            (5, KeyModifiers::CONTROL)
        } else if lower.starts_with("alt-") {
            (4, KeyModifiers::ALT)
        } else {
            break;
        };
        // `ctrl-` twice is a slip.
        if modifiers.contains(modifier) {
            return None;
        }
        modifiers |= modifier;
        rest = &rest[length..];
    }
    let code = code(rest)?;
    // A terminal cannot tell Ctrl-R from Ctrl-r.
    #[expect(clippy::wildcard_enum_match_arm, reason = "no other key has a case")]
    let code = match code {
        KeyCode::Char(letter) if modifiers.contains(KeyModifiers::CONTROL) => {
            KeyCode::Char(letter.to_ascii_lowercase())
        }
        code => code,
    };
    Some(Key { code, modifiers })
}

fn code(text: &str) -> Option<KeyCode> {
    let mut letters = text.chars();
    if let (Some(letter), None) = (letters.next(), letters.next()) {
        return is_seen(letter).then_some(KeyCode::Char(letter));
    }
    let lower = text.to_ascii_lowercase();
    if let Some((_, code, _)) = NAMED.iter().find(|(names, _, _)| names.contains(&lower.as_str())) {
        return Some(*code);
    }
    if let Some(letter) = lower.strip_prefix("shift-") {
        let mut letters = letter.chars();
        let letter = letters.next().filter(char::is_ascii_alphabetic)?;
        return letters.next().is_none().then_some(KeyCode::Char(letter.to_ascii_uppercase()));
    }
    let number: u8 = lower.strip_prefix('f')?.parse().ok()?;
    (1..=12).contains(&number).then_some(KeyCode::F(number))
}

/// Whether a letter can be seen where a key is named.
fn is_seen(letter: char) -> bool {
    let seen = !letter.is_whitespace() && !is_harmful(letter);
    seen && text::width(letter.encode_utf8(&mut [0; 4])) > 0
}

/// Keys as a configuration writes them: what [`parse`] reads.
pub fn written(keys: &[Key]) -> String {
    let keys: Vec<_> =
        keys.iter().map(|key| spelled(*key, "ctrl-", "alt-", Names::Written)).collect();
    keys.join(" ")
}

/// Keys as the screen shows them: `^d`, `PgDn`, `gd` for two in a row.
pub fn shown(keys: &[Key]) -> String {
    let keys: Vec<_> = keys.iter().map(|key| spelled(*key, "^", "M-", Names::Shown)).collect();
    let short = keys.iter().all(|key| key.chars().count() <= 2);
    keys.join(if short { "" } else { "," })
}

/// How a key without a letter is called.
#[derive(Clone, Copy)]
enum Names {
    Written,
    Shown,
}

fn spelled(key: Key, control: &str, alt: &str, names: Names) -> String {
    let Key { code, modifiers } = key;
    let name = NAMED.iter().find(|(_, named, _)| *named == code);
    let name = match (name, names, code) {
        (Some((written, _, _)), Names::Written, _) => (*written.first().unwrap_or(&"")).to_owned(),
        (Some((_, _, shown)), Names::Shown, _) => (*shown).to_owned(),
        (None, _, KeyCode::Char(letter)) => letter.to_string(),
        (None, Names::Written, KeyCode::F(number)) => format!("f{number}"),
        (None, Names::Shown, KeyCode::F(number)) => format!("F{number}"),
        (None, _, _) => "?".to_owned(),
    };
    let control = if modifiers.contains(KeyModifiers::CONTROL) { control } else { "" };
    let alt = if modifiers.contains(KeyModifiers::ALT) { alt } else { "" };
    format!("{control}{alt}{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        for text in [
            "x",
            "R",
            "-",
            "ctrl-n",
            "alt-x",
            "ctrl-alt-x",
            "pgdn",
            "shift-tab",
            "space",
            "f5",
            "é",
            ", x",
            "ctrl-x c q",
        ] {
            assert_eq!(written(&parse(text).unwrap()), text);
        }
        assert_eq!(written(&parse("shift-r").unwrap()), "R");
        assert_eq!(written(&parse("CTRL-N").unwrap()), "ctrl-n");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in [
            "",
            " ",
            "ctrl-",
            "ctrl-ctrl-x",
            "foo",
            "f0",
            "f13",
            "x ",
            "a b c d",
            "hyper-x",
            "ctrl-I",
            "ctrl-[",
            "\u{1b}",
            "\u{200b}",
            "\u{301}",
            "ctrl-\u{2060}",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_screen_shows_keys_in_few_cells() {
        let shown = |text| shown(&parse(text).unwrap());
        assert_eq!(
            ["ctrl-d", "pgdn", "g d", ", x", "space x"].map(shown),
            ["^d", "PgDn", "gd", ",x", "Space,x"]
        );
    }
}
