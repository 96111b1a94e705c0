//! `arcadia rebuild`: what can be said, what is shown before it is done, and what is told after.
//! Doing it is not the shell's business.

use clap::Args;
use serde_json::{Value, json};

use crate::cli::confirm::{self, Consent};
use crate::cli::error::CliError;
use crate::cli::output::Output;

/// How the journal is rebuilt.
#[derive(Debug, Args)]
#[command(after_help = "\
For a journal that is damaged or gone. Everything is shown first, and nothing is deleted: the
damaged journal is moved aside. What was committed in the last seconds before the loss may be
missing; sagas go on from where the archive ends, at the next start.

Examples:
  arcadia rebuild
  arcadia rebuild --yes --json")]
pub struct RebuildArgs {
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What would be done.
#[derive(Debug, Clone, Default)]
pub struct Planned {
    /// Where the archive is.
    pub archive: String,
    /// How many files it has.
    pub segments: usize,
    /// How many records are in them.
    pub records: u64,
    /// The newest group in it.
    pub newest_group: Option<u64>,
    /// When the newest fact in it happened.
    pub newest_at: Option<String>,
    /// What is damaged in it: file, line, and what is wrong there.
    pub damaged: Vec<(String, u64, String)>,
    /// The place of a last line that is not whole, most likely because a crash cut it short.
    pub torn: Option<(String, u64)>,
    /// What is wrong with the journal.
    pub journal: String,
    /// How many sagas come back.
    pub sagas: usize,
    /// How many entries they have.
    pub entries: u64,
    /// How many of those are taken from the damaged journal.
    pub salvaged: u64,
    /// Those that go on at the next start, by name.
    pub unfinished: Vec<String>,
    /// Those that come back only up to the damage: name, and the first entry that is missing.
    pub cut: Vec<(String, u64)>,
}

/// What was done.
#[derive(Debug, Clone, Default)]
pub struct Rebuilt {
    /// Where the damaged journal is; none when there was none.
    pub aside: Option<String>,
    /// The sagas that were held, by name.
    pub held: Vec<String>,
}

impl RebuildArgs {
    /// Shows what would be done, and asks.
    ///
    /// # Errors
    /// When there is nobody to ask, or the answer is no.
    pub async fn confirm(&self, planned: &Planned, output: &Output) -> Result<(), CliError> {
        output.talk(&planned.lines().join("\n"));
        let consent = if self.yes { Consent::Given } else { Consent::ToBeAsked };
        confirm::rebuilding(output, consent).await
    }

    /// Tells what was done.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn tell(
        &self,
        planned: &Planned,
        rebuilt: &Rebuilt,
        output: &Output,
    ) -> Result<(), CliError> {
        if self.json {
            output.json(&json(planned, rebuilt));
        } else {
            output.data(&format!("rebuilt the journal: {}", planned.amount()));
            if let Some(aside) = &rebuilt.aside {
                output.data(&format!("the damaged one is in {aside}"));
            }
            if !rebuilt.held.is_empty() {
                let held = rebuilt.held.join(", ");
                output.data(&format!("held, because what they were told last is lost: {held}"));
            }
        }
        output.finish()
    }
}

impl Planned {
    fn amount(&self) -> String {
        let sagas = if self.sagas == 1 { "saga" } else { "sagas" };
        format!("{} {sagas}, {} entries", self.sagas, self.entries)
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = vec![
            format!("journal: {}", self.journal),
            format!(
                "archive: {} records, {} file(s) of {}",
                self.records, self.segments, self.archive
            ),
        ];
        if let (Some(group), Some(at)) = (self.newest_group, &self.newest_at) {
            lines.push(format!("         up to group {group}, {at}"));
        }
        for (file, line, what) in &self.damaged {
            lines.push(format!("damaged: {}", place(file, *line, what)));
        }
        if let Some((file, line)) = &self.torn {
            lines.push(format!("cut off: {file}:{line}, the last line, is not whole"));
        }
        lines.push(format!("rebuild: {}", self.amount()));
        if self.salvaged > 0 {
            lines.push(format!("         {} of them from the damaged journal", self.salvaged));
        }
        for (name, next) in &self.cut {
            lines.push(format!("         {name} only before entry {next}: the rest is damaged"));
        }
        if !self.unfinished.is_empty() {
            lines.push(format!("go on at the next start: {}", self.unfinished.join(", ")));
        }
        lines.push("the damaged journal will be moved aside when the new one is whole".to_owned());
        lines
    }
}

fn json(planned: &Planned, rebuilt: &Rebuilt) -> Value {
    let damaged = planned.damaged.iter();
    let cut = planned.cut.iter();
    json!({
        "v": 1,
        "journal": planned.journal,
        "archive": {
            "path": planned.archive,
            "files": planned.segments,
            "records": planned.records,
            "newest_group": planned.newest_group,
            "newest_at": planned.newest_at,
            "damaged": damaged
                .map(|(file, line, what)| json!({"file": file, "line": line, "what": what}))
                .collect::<Vec<_>>(),
        },
        "cut_off": planned.torn.as_ref().map(|(file, line)| json!({"file": file, "line": line})),
        "sagas": planned.sagas,
        "entries": planned.entries,
        "salvaged": planned.salvaged,
        "unfinished": planned.unfinished,
        "cut": cut
            .map(|(name, next)| json!({"name": name, "first_missing": next}))
            .collect::<Vec<_>>(),
        "held": rebuilt.held,
        "aside": rebuilt.aside,
    })
}

/// A place in a file; line zero is the file as a whole.
fn place(file: &str, line: u64, what: &str) -> String {
    match line {
        0 => format!("{file} {what}"),
        line => format!("{file}:{line} {what}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::{Tty, capture};

    fn planned() -> Planned {
        Planned {
            archive: "/data/archive".to_owned(),
            segments: 2,
            records: 40,
            newest_group: Some(38),
            newest_at: Some("2026-01-31T12:00:00.000Z".to_owned()),
            damaged: vec![("/data/archive/1.jsonl".to_owned(), 7, "is cut short".to_owned())],
            torn: Some(("/data/archive/2.jsonl".to_owned(), 9)),
            journal: "there is no database in its folder".to_owned(),
            sagas: 3,
            entries: 60,
            salvaged: 2,
            unfinished: vec!["acme/web".to_owned()],
            cut: vec![("acme/db".to_owned(), 4)],
        }
    }

    #[tokio::test]
    async fn the_plan_is_shown_and_nothing_is_done_without_a_yes() {
        let args = RebuildArgs { yes: false, json: false };
        let (output, _, talk) = capture::output(Tty::Terminal, &["n"]);
        let declined = args.confirm(&planned(), &output).await;
        assert!(matches!(declined, Err(CliError::Declined)));
        insta::assert_snapshot!("rebuild_plan", talk.text());
        let (output, ..) = capture::output(Tty::Pipe, &[]);
        let nobody = args.confirm(&planned(), &output).await;
        assert!(matches!(nobody, Err(CliError::CannotAsk { .. })));
        let (output, ..) = capture::output(Tty::Terminal, &["y"]);
        assert!(args.confirm(&planned(), &output).await.is_ok());
        let (output, ..) = capture::output(Tty::Pipe, &[]);
        assert!(RebuildArgs { yes: true, json: false }.confirm(&planned(), &output).await.is_ok());
    }

    #[test]
    fn what_was_done_is_told_as_text_or_as_json() {
        let rebuilt = Rebuilt {
            aside: Some("/data/journal.damaged".to_owned()),
            held: vec!["acme/db".to_owned()],
        };
        for (json, name) in [(false, "rebuild"), (true, "rebuild_json")] {
            let (output, data, _) = capture::output(Tty::Pipe, &[]);
            RebuildArgs { yes: true, json }.tell(&planned(), &rebuilt, &output).unwrap();
            insta::assert_snapshot!(name, data.text());
        }
    }
}
