//! Makes text from outside fit to be shown: no token, no control characters, no endless lines.
//!
//! Every word of a provider, a proxy or a library passes through here before it enters an error or
//! a log. The token is taken out before the text is cut, or a cut could leave half of it.

use secrecy::{ExposeSecret, SecretString};

use crate::domain::text::{bounded, is_harmful};

/// What stands where the token stood.
const MASK: &str = "[token]";

/// Knows the token in order to take it out.
pub(super) struct Redactor {
    token: SecretString,
}

impl Redactor {
    /// Takes this token out; it must not be empty.
    pub(super) fn new(token: SecretString) -> Self {
        Self { token }
    }

    /// `text` on one line, without the token, at most `limit` characters long.
    pub(super) fn clean(&self, text: &str, limit: usize) -> String {
        let hidden = text.replace(self.token.expose_secret(), MASK);
        let printable = hidden.split(|c: char| is_harmful(c) || c.is_whitespace());
        let words: Vec<&str> = printable.filter(|word| !word.is_empty()).collect();
        bounded(&words.join(" "), limit).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_across_the_cut_leaves_no_half_behind() {
        let redactor = Redactor::new("dop_v1_secret".into());
        assert_eq!(redactor.clean("ab dop_v1_secret", 6), "ab [to…");
    }

    #[test]
    fn escape_sequences_and_line_breaks_do_not_reach_the_terminal() {
        let redactor = Redactor::new("dop_v1_secret".into());
        assert_eq!(redactor.clean("a\u{1b}[2J\r\n\tb\u{9b}c", 80), "a [2J b c");
        assert_eq!(redactor.clean("a\u{202e}b\u{200b}\u{2066}c", 80), "a b c");
    }
}
