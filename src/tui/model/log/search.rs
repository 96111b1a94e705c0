//! A text that is searched for in the log.

use std::ops::Range;

use crate::domain::log::LogLine;

/// A text that is searched for, whatever its case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Search {
    text: String,
    lower: String,
}

impl Search {
    /// A search for this text; for nothing when it is empty.
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), lower: text.to_lowercase() }
    }

    /// Whether something is searched for, and a line has it in its text or in one of its fields.
    pub(super) fn is_in(&self, line: &LogLine) -> bool {
        let fields = || line.fields.iter().map(|(key, value)| [key, "=", value].concat());
        !self.lower.is_empty()
            && (self.stands_in(&line.text) || fields().any(|field| self.stands_in(&field)))
    }

    fn stands_in(&self, text: &str) -> bool {
        if self.lower.is_ascii() && text.is_ascii() {
            // No letter's other case is longer here, so places can be compared as they are.
            let wanted = self.lower.as_bytes();
            return text.as_bytes().windows(wanted.len().max(1)).any(|at| {
                at.first().map(u8::to_ascii_lowercase) == wanted.first().copied()
                    && at.eq_ignore_ascii_case(wanted)
            });
        }
        !self.found_in(text).is_empty()
    }

    /// Whether this search finds nothing but what that one finds.
    pub(super) fn narrows(&self, other: &Self) -> bool {
        !other.lower.is_empty() && self.lower.contains(&other.lower)
    }

    /// What is searched for.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where a text has it: ranges of bytes, none of which overlap.
    pub fn found_in(&self, text: &str) -> Vec<Range<usize>> {
        if self.lower.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        let mut from = 0;
        // A letter's other case may be longer or shorter, so the text is walked and not folded.
        while let Some((at, _)) = text[from..].char_indices().next() {
            let start = from + at;
            if let Some(end) = self.ends_at(text, start) {
                found.push(start..end);
                from = end;
            } else {
                from = start + text[start..].chars().next().map_or(1, char::len_utf8);
            }
        }
        found
    }

    /// Where the text ends that is searched for, if it stands here.
    fn ends_at(&self, text: &str, start: usize) -> Option<usize> {
        let mut wanted = self.lower.chars().peekable();
        for (at, letter) in text[start..].char_indices() {
            if wanted.peek().is_none() {
                return Some(start + at);
            }
            for lower in letter.to_lowercase() {
                if wanted.next() != Some(lower) {
                    return None;
                }
            }
        }
        wanted.peek().is_none().then_some(text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_whatever_its_case_and_however_long_its_other_case_is() {
        let found = Search::new("İstanbul").found_in("from İSTANBUL to istanbul");
        assert_eq!((found.len(), found.first()), (1, Some(&(5..14))));
        assert_eq!(Search::new("aA").found_in("aaaa a"), [0..2, 2..4]);
        assert!(Search::new("").found_in("anything").is_empty());
    }

    #[test]
    fn whether_it_stands_somewhere_is_told_as_where_it_stands() {
        for wanted in ["b", "RETRY", "a=1", "é", "straße", "xyz", "longer than all of them"] {
            let search = Search::new(wanted);
            for text in ["", "B", "a Retry of", "a=1", "É", "STRASSE straße", "\u{212a}"] {
                let somewhere = !search.found_in(text).is_empty();
                assert_eq!(search.stands_in(text), somewhere, "{wanted} in {text}");
            }
        }
    }
}
