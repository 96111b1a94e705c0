//! Text on its way to the terminal: made harmless, measured and cut.
//!
//! [`clean`] is the only gate: the canvas puts every string through it, so nothing that came from
//! outside (a provider's error, a log line, a name) can move the cursor, change a colour, set a
//! title or turn the reading direction.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What stands where something was cut away.
pub const ELLIPSIS: char = '…';

/// The text as the screen shows it: see [`crate::domain::text::clean`].
pub fn clean(text: &str) -> Cow<'_, str> {
    crate::domain::text::clean(text)
}

/// How many cells the text takes.
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// The text in at most `cells` cells, cut at its end.
pub fn cut(text: &str, cells: usize) -> Cow<'_, str> {
    if width(text) <= cells {
        return Cow::Borrowed(text);
    }
    if cells == 0 {
        return Cow::Borrowed("");
    }
    let mut out = take_start(text, cells - 1);
    out.push(ELLIPSIS);
    Cow::Owned(out)
}

/// The text in at most `cells` cells, cut in its middle: the tail tells names apart.
pub fn cut_middle(text: &str, cells: usize) -> Cow<'_, str> {
    if width(text) <= cells {
        return Cow::Borrowed(text);
    }
    if cells < 5 {
        return cut(text, cells);
    }
    let kept = cells - 1;
    let mut out = take_start(text, kept / 2);
    let tail = take_end(text, kept - width(&out));
    out.push(ELLIPSIS);
    out.push_str(&tail);
    Cow::Owned(out)
}

/// `text` and `tail` in at most `cells` cells; the text gives way first, because the tail says what
/// happens next.
pub fn cut_before(text: &str, tail: &str, cells: usize) -> String {
    let tail = cut(tail, cells);
    let room = cells - width(&tail);
    format!("{}{tail}", cut(text, room))
}

/// The text, broken into lines of at most `cells` cells.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(1);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        let visible = width(word.trim_end());
        if used > 0 && used + visible > cells {
            lines.push(String::new());
            used = 0;
        }
        for c in word.chars() {
            let wide = c.width().unwrap_or(0);
            if used + wide > cells {
                if c == ' ' {
                    continue;
                }
                lines.push(String::new());
                used = 0;
            }
            if let Some(line) = lines.last_mut() {
                line.push(c);
            }
            used += wide;
        }
    }
    lines
}

/// The text without its first `cells` cells.
pub fn skip(text: &str, cells: usize) -> &str {
    let mut used = 0;
    for (index, c) in text.char_indices() {
        if used >= cells {
            return &text[index..];
        }
        used += c.width().unwrap_or(0);
    }
    ""
}

/// The text in ASCII, cell for cell, so that nothing moves.
pub fn to_ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_ascii() => out.push(c),
            '…' => out.push('~'),
            '·' => out.push('.'),
            '–' | '—' | '─' => out.push('-'),
            '│' => out.push('|'),
            '→' | '▸' => out.push('>'),
            '←' => out.push('<'),
            '↑' | '▲' => out.push('^'),
            '↓' => out.push('v'),
            '“' | '”' => out.push('"'),
            '’' | '‘' => out.push('\''),
            c => (0..c.width().unwrap_or(0)).for_each(|_| out.push('?')),
        }
    }
    out
}

fn take_start(text: &str, cells: usize) -> String {
    let mut used = 0;
    text.chars()
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= cells
        })
        .collect()
}

fn take_end(text: &str, cells: usize) -> String {
    let mut used = 0;
    let from = text
        .char_indices()
        .rev()
        .take_while(|(_, c)| {
            used += c.width().unwrap_or(0);
            used <= cells
        })
        .last()
        .map_or(text.len(), |(index, _)| index);
    text[from..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_by_cells_and_not_by_letters() {
        assert_eq!(cut("deployment", 6), "deplo…");
        assert_eq!(cut("漢字漢字", 5), "漢字…");
        assert_eq!(cut("漢字漢字", 4), "漢…");
        assert_eq!(cut("same", 4), "same");
        assert_eq!(cut("any", 0), "");
    }

    #[test]
    fn a_name_keeps_its_tail() {
        assert_eq!(cut_middle("acme/web-blue-00417", 13), "acme/w…-00417");
        assert_eq!(width(&cut_middle("漢字漢字漢字漢字", 9)), 9);
    }

    #[test]
    fn the_text_gives_way_before_what_happens_next() {
        assert_eq!(cut_before("429 rate limited", "; retry in 7s", 20), "429 ra…; retry in 7s");
        assert_eq!(cut_before("429", "; retry in 7s", 8), "; retry…");
    }

    #[test]
    fn wrapped_lines_fit_and_lose_no_word() {
        let lines = wrap("one two three incomprehensibilities", 9);
        assert!(lines.iter().all(|line| width(line.trim_end()) <= 9), "{lines:?}");
        assert_eq!(lines.concat().replace(' ', ""), "onetwothreeincomprehensibilities");
        assert_eq!(wrap("", 9), [""]);
    }
}
