//! Text from outside, made fit for a terminal.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with every character that would steer a terminal or turn the reading direction written
/// as its escape: `\u{1b}`.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unprintable) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unprintable(c) {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// A JSON text in which such characters are escaped as JSON escapes them; its meaning is the same.
pub fn printable_json(json: &str) -> Cow<'_, str> {
    if !json.chars().any(is_unprintable) {
        return Cow::Borrowed(json);
    }
    let mut safe = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        // Outside strings JSON has no such characters, so each of them can be escaped.
        if is_unprintable(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// Controls, direction marks, line separators, and the invisible tag characters.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}'
                | '\u{feff}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_steer_a_terminal_is_written_as_its_escape() {
        assert_eq!(printable("a\u{1b}[2J\u{202e}b\u{9b}\n"), "a\\u{1b}[2J\\u{202e}b\\u{9b}\\u{a}");
        assert_eq!(printable("Zürich ✓ 東京"), "Zürich ✓ 東京");
    }

    #[test]
    fn json_keeps_its_meaning() {
        let text = "a\u{7f}\u{9b}\u{202e}\u{e0041}";
        let json = serde_json::to_string(text).unwrap();
        let safe = printable_json(&json);
        assert!(safe.is_ascii(), "{safe}");
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
    }
}
