//! Text from outside, made fit to be shown: the one place that knows which characters do harm.
//!
//! A provider's message, a name, a flag, a file's name, a log line: whoever wrote it may want to move
//! the cursor, set the clipboard or a title, turn the reading direction, hide something, or begin a
//! line that looks like ours. Every way to a terminal or a log file ends in one of these:
//!
//! - [`printable`], where the reader must see what was there: it is written as its escape;
//! - [`printable_json`], the same within JSON, whose meaning stays;
//! - [`clean`], where cells are few: it is taken out.

use std::borrow::Cow;
use std::fmt::Write as _;

use icu_properties::props::DefaultIgnorableCodePoint;
use icu_properties::{CodePointSetData, CodePointSetDataBorrowed};

/// What Unicode says is not shown at all by whoever does not know better: `Default_Ignorable_Code_Point`,
/// as the library has it. Direction marks, joiners, variation selectors, tags and blank letters are in it.
const UNSEEN: CodePointSetDataBorrowed<'_> = CodePointSetData::new::<DefaultIgnorableCodePoint>();

/// Whether a terminal, or an eye, may be deceived by it: controls, direction marks, line separators,
/// and characters that cannot be seen.
///
/// That takes the selector from an emoji that has one, and the joiners from a family: what is left is
/// drawn as its parts, and two names that look alike are alike.
pub fn is_harmful(c: char) -> bool {
    // Most text is ASCII, and needs no table.
    c.is_control()
        || (!c.is_ascii()
            && (matches!(c, '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}')
                || UNSEEN.contains(c)))
}

/// The text with every character that would steer a terminal or turn the reading direction written
/// as its escape: `\u{1b}`.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_harmful(c) {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// A JSON text in which such characters are escaped as JSON escapes them; its meaning is the same.
pub fn printable_json(json: &str) -> Cow<'_, str> {
    if !json.chars().any(is_harmful) {
        return Cow::Borrowed(json);
    }
    let mut safe = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        // Outside strings JSON has no such characters, so each of them can be escaped.
        if is_harmful(c) {
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

/// At most `limit` characters of it; an ellipsis stands for the rest.
pub fn bounded(text: &str, limit: usize) -> Cow<'_, str> {
    match text.char_indices().nth(limit) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// The text without anything a terminal would act on: escape sequences are taken out whole, line
/// breaks and tabs become a space, and other control, direction and invisible characters vanish.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' => skip_escape(&mut rest),
            '\u{9b}' => skip_control_sequence(&mut rest),
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => out.push(' '),
            c if is_harmful(c) => {}
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

type Rest<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn skip_escape(rest: &mut Rest<'_>) {
    match rest.peek() {
        Some('[') => {
            rest.next();
            skip_control_sequence(rest);
        }
        Some(']' | 'P' | '_' | '^' | 'X') => skip_string(rest),
        Some(c) if !c.is_control() => {
            rest.next();
        }
        Some(_) | None => {}
    }
}

fn skip_control_sequence(rest: &mut Rest<'_>) {
    while rest.next_if(|c| ('\u{20}'..='\u{3f}').contains(c)).is_some() {}
    rest.next_if(|c| ('\u{40}'..='\u{7e}').contains(c));
}

/// An operating-system command and its like: up to BEL or ESC `\`, or the end of the line when
/// neither comes.
fn skip_string(rest: &mut Rest<'_>) {
    while let Some(c) = rest.next_if(|c| *c != '\n') {
        if c == '\u{7}' || (c == '\u{1b}' && rest.next_if_eq(&'\\').is_some()) {
            return;
        }
    }
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
    fn no_character_that_nobody_sees_comes_through_and_no_letter_or_picture_is_taken() {
        // Blank Hangul letters, a joiner of letters, blank Khmer vowels, Mongolian and other
        // selectors, tags, and what is only reserved for such.
        let unseen = "\u{115f}\u{1160}\u{3164}\u{ffa0}\u{34f}\u{17b4}\u{17b5}\u{180b}\u{180f}\u{ad}\
                      \u{61c}\u{200b}\u{200d}\u{2065}\u{fe0f}\u{feff}\u{fff0}\u{1bca0}\u{1d173}\
                      \u{e0001}\u{e0041}\u{e01ef}\u{e0fff}";
        for c in unseen.chars() {
            assert!(is_harmful(c), "{c:?}");
            assert_eq!(clean(&format!("a{c}b")), "ab", "{c:?}");
        }
        let seen = "Zürich 東京 서울 ភ្នំពេញ 👍🏽 🚀 ✓ e\u{301} नमस्ते";
        assert_eq!((clean(seen), printable(seen)), (seen.into(), seen.into()));
        assert_eq!(clean("❤\u{fe0f} 👩\u{200d}👧"), "❤ 👩👧");
    }

    #[test]
    fn json_keeps_its_meaning() {
        let text = "a\u{7f}\u{9b}\u{202e}\u{e0041}";
        let json = serde_json::to_string(text).unwrap();
        let safe = printable_json(&json);
        assert!(safe.is_ascii(), "{safe}");
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
    }
    #[test]
    fn nothing_a_terminal_acts_on_comes_through() {
        for (foul, fair) in [
            ("plain ünï 漢", "plain ünï 漢"),
            ("red \u{1b}[31;1mtext\u{1b}[0m", "red text"),
            ("title \u{1b}]0;owned\u{7}end", "title end"),
            ("link \u{1b}]8;;http://x\u{1b}\\end", "link end"),
            ("c1 \u{9b}2Jend", "c1 end"),
            ("a\tb\nc\rd", "a b c d"),
            ("turn \u{202e}desrever\u{202c} \u{2066}x\u{2069}", "turn desrever x"),
            ("bell\u{7} null\u{0} del\u{7f}", "bell null del"),
            ("zero\u{200b}width\u{feff}", "zerowidth"),
            ("cut \u{1b}", "cut "),
            ("cut \u{1b}[", "cut "),
            ("open \u{1b}]0;never closed\nnext", "open  next"),
        ] {
            assert_eq!(clean(foul), fair, "{foul:?}");
        }
    }

    #[test]
    fn what_is_cut_says_so_and_is_cut_between_characters() {
        assert_eq!(bounded("東京", 2), "東京");
        assert_eq!(bounded("東京都", 2), "東京…");
    }
}
