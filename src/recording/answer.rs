//! Words that the program keeps for as long as it runs, read back from a file.

/// A text that stays for as long as the program runs. A replay reads one file and ends, and the words are
/// a few: verbs, names of fields, and what may help.
pub(super) fn lasting(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}
