//! A TOML file as a flat list of dotted keys, each with its value and its line.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// A TOML text that is not TOML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where, counted from 1.
    pub line: usize,
    /// What is wrong, in the parser's words.
    pub message: String,
}

/// One `key = value` of a file.
#[derive(Debug)]
pub struct Line<'text> {
    /// The dotted key.
    pub key: String,
    /// The value.
    pub value: DeValue<'text>,
    /// Where the key stands, counted from 1.
    pub number: usize,
}

/// Reads a TOML text. Tables are opened, arrays are values; an empty table is a line of its own.
///
/// # Errors
/// When the text is not TOML.
pub fn read(text: &str) -> Result<Vec<Line<'_>>, SyntaxError> {
    let starts = Starts::of(text);
    let table = DeTable::parse(text).map_err(|error| SyntaxError {
        line: starts.line_of(&error.span().unwrap_or_default()),
        message: error.message().to_owned(),
    })?;
    let mut lines = Vec::new();
    open(&starts, "", table.get_ref(), &mut lines);
    lines.sort_by_key(|line| line.number);
    Ok(lines)
}

fn open<'text>(
    starts: &Starts,
    prefix: &str,
    table: &DeTable<'text>,
    lines: &mut Vec<Line<'text>>,
) {
    for (key, value) in table {
        let number = starts.line_of(&key.span());
        let key = format!("{prefix}{}", key.get_ref());
        match value.get_ref().as_table() {
            Some(inner) if !inner.is_empty() => open(starts, &format!("{key}."), inner, lines),
            Some(_) | None => {
                lines.push(Line { key, value: value.get_ref().clone(), number });
            }
        }
    }
}

/// Where the lines of a text begin, in bytes; all but the first.
struct Starts(Vec<usize>);

impl Starts {
    fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(at, _)| at + 1).collect())
    }

    fn line_of(&self, span: &Range<usize>) -> usize {
        self.0.partition_point(|start| *start <= span.start) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_opened_and_every_key_knows_its_line() {
        let text = "a = 1\n\n[b]\nc = [1]\nd.e = \"x\"\n";
        let lines = read(text).unwrap();
        let flat: Vec<_> = lines.iter().map(|line| (line.key.as_str(), line.number)).collect();
        assert_eq!(flat, [("a", 1), ("b.c", 4), ("b.d.e", 5)]);
    }

    #[test]
    fn a_mistake_in_the_syntax_names_its_line() {
        assert_eq!(read("a = 1\nb =\n").unwrap_err().line, 2);
    }
}
