//! An incident in a file: everything that is known of one deployment, as text for a ticket.
//!
//! It is made from what the journal has, so it is the same whoever makes it, and from nothing that a
//! screen happens to show. Secrets never reach the journal, and what providers said is made harmless.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::control::{Detail, NumberedLine};
use crate::domain::aggregate::Aggregate;
use crate::domain::saga::plan::Direction;
use crate::domain::summary::Summary;
use crate::domain::text::printable;
use crate::domain::time::Timestamp;
use crate::tui::{format, telling};

/// How many files of one deployment may be from the same millisecond.
const SAME_MOMENT: u32 = 100;

/// Everything that is known of a deployment.
pub(super) struct Incident<'a> {
    /// When this was looked at.
    pub(super) at: Timestamp,
    /// Who asked.
    pub(super) operator: &'a str,
    /// Which environment this is.
    pub(super) environment: &'a str,
    /// The deployment and its history.
    pub(super) detail: &'a Detail,
    /// All its log lines.
    pub(super) lines: &'a [NumberedLine],
}

impl Incident<'_> {
    /// Writes it to a file of its own in this folder, which is made if it is not there, and says which.
    ///
    /// # Errors
    /// What the operating system says. No file is left then.
    pub(super) fn write(&self, folder: &Path) -> io::Result<PathBuf> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let spec = &self.detail.aggregate.deployment.spec;
        let at = self.at.to_string().replace(':', "");
        let name = format!("{}-{}-{at}", spec.tenant, spec.slug);
        let (path, mut file) = create(folder, &name)?;
        let text = self.text();
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        // What is left of one that failed would be taken for all that is known.
        written.inspect_err(|_| drop(fs::remove_file(&path)))?;
        // A name that does not outlive a crash would be a promise that is not kept.
        File::open(folder)?.sync_all()?;
        Ok(path)
    }

    /// It as text.
    fn text(&self) -> String {
        let mut text = String::new();
        for section in
            [self.head(), self.steps(), self.left(), self.undo(), self.history(), self.log()]
        {
            for line in section.lines() {
                text.push_str(&printable(line));
                text.push('\n');
            }
            text.push('\n');
        }
        text
    }

    fn head(&self) -> String {
        let Self { at, operator, environment, detail, .. } = self;
        let row = Summary::of(&detail.aggregate);
        let mut text = format!(
            "{} {}\n\nwritten     {at} by {operator}, arcadia {} ({environment})\n\
             deployment  {}\nsaga        {}\nlaunched    {}\nregion      {}\nsize        {}\n",
            row.name(),
            row.standing.as_str().replace('_', " ").to_uppercase(),
            env!("CARGO_PKG_VERSION"),
            row.deployment,
            row.saga,
            row.launched_at,
            row.region,
            row.size,
        );
        let address = row.ipv4.map(|address| address.to_string());
        for (name, value) in [("address", address), ("record", row.dns_name), ("why", row.why)] {
            if let Some(value) = value {
                let _ = writeln!(text, "{name:<11} {value}");
            }
        }
        text
    }

    fn steps(&self) -> String {
        let row = Summary::of(&self.detail.aggregate);
        let steps = self.detail.aggregate.plan.steps().iter().zip(&row.marks);
        let lines = steps.map(|(step, mark)| {
            let name = format::step(&step.name);
            format!("  {name:<24} {}\n", mark.as_str().replace('_', " "))
        });
        "STEPS\n".to_owned() + &lines.collect::<String>()
    }

    fn left(&self) -> String {
        let lines = self.detail.leftovers.iter().map(|left| {
            format!("  {} ({})\n    look: {}\n", left.what, format::step(&left.step), left.check)
        });
        or_none("STILL OUT THERE", lines.collect())
    }

    fn undo(&self) -> String {
        let lines = self.detail.undo.lines.iter().map(|line| format!("  {}\n", line.text));
        or_none("UNDOING IT WOULD, IN THIS ORDER", lines.collect())
    }

    fn history(&self) -> String {
        let entries = &self.detail.entries;
        let mut lines = String::new();
        let Some(first) = entries.first() else { return or_none("HISTORY", lines) };
        let Ok(mut after) = Aggregate::from_history(std::slice::from_ref(first)) else {
            return or_none("HISTORY", "  it does not begin with a launch\n".to_owned());
        };
        for entry in entries {
            if entry.seq > first.seq
                && let Err(error) = after.apply(entry)
            {
                let _ =
                    writeln!(lines, "  {:>4}  {}  does not follow: {error}", entry.seq, entry.at);
                break;
            }
            let told = telling::of(after.launched_at, entry).replace('\n', " ");
            let _ = writeln!(lines, "  {:>4}  {}  {told}", entry.seq, entry.at);
        }
        or_none("HISTORY", lines)
    }

    fn log(&self) -> String {
        let lines = self.lines.iter().map(|NumberedLine { line, .. }| {
            let lane = match line.direction {
                Direction::Forward => "",
                Direction::Undo => "undo ",
            };
            let fields: String =
                line.fields.iter().map(|(key, value)| [" ", key, "=", value].concat()).collect();
            let (at, level, step) = (line.at, line.level.as_str(), format::step(&line.step));
            let text = line.text.replace('\n', " ");
            format!("  {at} {level:<5} {lane}{step} #{} {text}{fields}\n", line.attempt)
        });
        or_none("LOG", lines.collect())
    }
}

/// Makes a file of this name. One that is there already is left as it is, and the next has a number.
fn create(folder: &Path, name: &str) -> io::Result<(PathBuf, File)> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    for number in 1..SAME_MOMENT {
        let number = if number == 1 { String::new() } else { format!("-{number}") };
        let path = folder.join(format!("{name}{number}.txt"));
        match options.open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists))
}

fn or_none(heading: &str, lines: String) -> String {
    let lines = if lines.is_empty() { "  none\n".to_owned() } else { lines };
    format!("{heading}\n{lines}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_same_moment_stand_beside_each_other_and_none_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        for wanted in ["acme-web.txt", "acme-web-2.txt", "acme-web-3.txt"] {
            let (path, mut file) = create(folder.path(), "acme-web").unwrap();
            assert_eq!(path, folder.path().join(wanted));
            file.write_all(wanted.as_bytes()).unwrap();
        }
        let first = fs::read_to_string(folder.path().join("acme-web.txt")).unwrap();
        assert_eq!(first, "acme-web.txt");
    }
}
