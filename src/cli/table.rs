//! Plain tables: columns as wide as what stands in them, two blanks between.

use unicode_width::UnicodeWidthStr as _;

use crate::cli::output::Output;
use crate::domain::text::printable;

/// Writes a table: a head, and rows of as many cells.
pub(crate) fn write<const COLUMNS: usize>(
    output: &Output,
    head: [&str; COLUMNS],
    rows: &[[String; COLUMNS]],
) {
    let head = head.map(str::to_owned);
    let rows: Vec<[String; COLUMNS]> = std::iter::once(&head)
        .chain(rows)
        .map(|row| std::array::from_fn(|column| printable(&row[column]).into_owned()))
        .collect();
    let widths: [usize; COLUMNS] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].width()).max().unwrap_or(0));
    for row in &rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| {
            // Not `{:width$}`, which counts characters rather than columns.
            format!("{cell}{}", " ".repeat(width - cell.width()))
        });
        output.data(cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::{Tty, capture};

    #[test]
    fn columns_line_up_whatever_stands_in_them() {
        let (output, data, _) = capture::output(Tty::Pipe, &[]);
        let row = |left: &str, right: &str| [left.to_owned(), right.to_owned()];
        write(&output, ["NAME", "X"], &[row("東京", "1"), row("a\nb", "2"), row("c", "")]);
        assert_eq!(data.text(), "NAME     X\n東京     1\na\\u{a}b  2\nc\n");
    }
}
