//! Scrubs known secrets from text, in the forms in which they travel.

use std::io::{self, Write};
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};

use crate::domain::text::printable;

/// What stands where a secret stood.
const MASK: &str = "[redacted]";

/// The shortest secret that is also looked for in encoded forms: the parts of a shorter one's base64
/// are so short that they occur by chance.
const LEAST_ENCODED: usize = 8;

/// Knows secrets, and takes them out of text. Cheap to clone.
#[derive(Clone, Default)]
pub struct Redactor {
    /// The forms to look for, the longest first, so that none is cut by a part of itself.
    forms: Arc<[String]>,
}

impl Redactor {
    /// A redactor of these secrets: as they are, percent-encoded, in JSON or `Debug` escapes, and
    /// in base64 at any offset.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a SecretString>) -> Self {
        let mut forms: Vec<String> = secrets
            .into_iter()
            .map(SecretString::expose_secret)
            .filter(|secret| !secret.is_empty())
            .flat_map(forms_of)
            .collect();
        forms.sort_by(|left, right| right.len().cmp(&left.len()).then_with(|| left.cmp(right)));
        forms.dedup();
        Self { forms: forms.into() }
    }

    /// The text without secrets.
    pub fn scrub(&self, text: String) -> String {
        self.forms.iter().fold(text, |text, form| {
            if text.contains(form.as_str()) { text.replace(form.as_str(), MASK) } else { text }
        })
    }

    /// A writer that scrubs what it is given, and makes it harmless to whoever looks at the file in a
    /// terminal. Each write must be one whole line, as a log line is: a line break within it was
    /// put there by somebody who wants to be taken for us.
    pub(crate) fn writer<W: Write>(&self, inner: W) -> RedactingWriter<W> {
        RedactingWriter { redactor: self.clone(), inner }
    }
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redactor").field("forms", &self.forms.len()).finish()
    }
}

/// A writer that scrubs what it is given.
pub(crate) struct RedactingWriter<W> {
    redactor: Redactor,
    inner: W,
}

impl<W: Write> Write for RedactingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = self.redactor.scrub(String::from_utf8_lossy(bytes).into_owned());
        let line = text.strip_suffix('\n').unwrap_or(&text);
        self.inner.write_all(format!("{}\n", printable(line)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn forms_of(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned(), secret.escape_debug().to_string()];
    if secret.len() >= LEAST_ENCODED {
        forms.push(percent_encoded(secret));
        for alphabet in [STANDARD, URL_SAFE] {
            forms.extend((0..3).map(|offset| base64_at(secret.as_bytes(), offset, alphabet)));
        }
    }
    forms
}

fn percent_encoded(secret: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    secret.bytes().map(encode).collect()
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The characters of a text's base64 that depend on `secret` alone, when the secret begins
/// `offset` bytes (modulo 3) into the text.
fn base64_at(secret: &[u8], offset: usize, alphabet: &[u8; 64]) -> String {
    let bits = |bit: usize| -> Option<u8> {
        let byte = (bit / 8).checked_sub(offset)?;
        Some((secret.get(byte)? >> (7 - bit % 8)) & 1)
    };
    let sextet = |index: usize| -> Option<usize> {
        (0..6).try_fold(0, |value, bit| Some(value << 1 | usize::from(bits(index * 6 + bit)?)))
    };
    (0..(offset + secret.len()) * 8 / 6)
        .filter_map(sextet)
        .map(|value| char::from(alphabet[value]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "dop_v1_s3cr&t/token";

    fn redactor() -> Redactor {
        Redactor::new([&SecretString::from(SECRET)])
    }

    #[test]
    fn a_secret_is_scrubbed_in_every_form_in_which_it_travels() {
        let plain = format!("authorization: Bearer {SECRET}!");
        assert_eq!(redactor().scrub(plain), "authorization: Bearer [redacted]!");
        let url = "GET /?token=dop_v1_s3cr%26t%2Ftoken&x=1".to_owned();
        assert_eq!(redactor().scrub(url), "GET /?token=[redacted]&x=1");
        for (offset, encoded) in [
            (0, "ZG9wX3YxX3MzY3ImdC90b2tlbg=="),
            (5, "dXNlcjpkb3BfdjFfczNjciZ0L3Rva2Vu"),
            (7, "QmVhcmVyIGRvcF92MV9zM2NyJnQvdG9rZW4="),
        ] {
            let scrubbed = redactor().scrub(format!("<{encoded}>"));
            assert!(scrubbed.contains(MASK), "offset {offset}: {scrubbed}");
            assert!(scrubbed.len() < 10 + MASK.len() + 8, "offset {offset}: {scrubbed}");
        }
    }

    #[test]
    fn text_without_secrets_passes_unchanged_and_no_secret_scrubs_nothing() {
        let text = "create droplet dep-web in syd1".to_owned();
        assert_eq!(redactor().scrub(text.clone()), text);
        assert_eq!(Redactor::new([&SecretString::from("")]).scrub(text.clone()), text);
    }

    #[test]
    fn a_writer_scrubs_and_reports_the_length_that_it_was_given() {
        let mut written = Vec::new();
        let line = format!("token {SECRET}\n");
        let taken = redactor().writer(&mut written).write(line.as_bytes()).unwrap();
        assert_eq!((taken, written), (line.len(), b"token [redacted]\n".to_vec()));
    }

    #[test]
    fn a_line_stays_one_line_and_steers_no_terminal() {
        let mut written = Vec::new();
        let line = "said \u{1b}]52;c;x\u{7}\u{202e}\n2026-01-01 INFO forged\n";
        redactor().writer(&mut written).write_all(line.as_bytes()).unwrap();
        let expected = "said \\u{1b}]52;c;x\\u{7}\\u{202e}\\u{a}2026-01-01 INFO forged\n";
        assert_eq!(String::from_utf8(written).unwrap(), expected);
    }

    #[test]
    fn it_shows_nothing_of_what_it_knows() {
        assert!(!format!("{:?}", redactor()).contains("dop"));
    }
}
