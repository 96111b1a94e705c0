//! Whether the journal can be read, and what waits in it.

use crate::doctor::counted;
use crate::doctor::finding::{Area, Finding};

/// What was found of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JournalFacts {
    /// There is none yet.
    Absent,
    /// It was not opened, and why.
    NotOpened {
        /// Why.
        why: String,
    },
    /// A running Arcadia has it, and it could not be read beside that one.
    Locked {
        /// Who, as far as is known: `process 4711`.
        owner: String,
        /// Why no copy of it could be read.
        why: String,
    },
    /// It does not open, or does not read.
    Broken {
        /// What is wrong.
        why: String,
        /// What may help.
        remedy: String,
    },
    /// It was read whole.
    Read(Contents),
}

/// What is in the journal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// How many deployments it knows.
    pub deployments: usize,
    /// How many entries their histories have.
    pub entries: usize,
    /// The deployments whose sagas have not ended.
    pub unfinished: Vec<String>,
    /// Those of them that wait for a person.
    pub needs_you: Vec<String>,
    /// Histories that make no sense, each with what is wrong.
    pub nonsense: Vec<String>,
    /// Rows, commits and log lines, which the histories do not speak of, that are not as they were
    /// written; each with what is wrong.
    pub damaged: Vec<String>,
    /// What was read.
    pub source: Source,
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Source {
    /// The journal, which nobody else writes meanwhile.
    #[default]
    Itself,
    /// A copy, because a running Arcadia writes it.
    Beside {
        /// Who: `process 4711`.
        owner: String,
    },
    /// A copy, because we cannot write it, and opening it writes to it.
    Unwritable {
        /// Why.
        why: String,
    },
}

/// What is told of the journal.
pub fn judge(facts: &JournalFacts) -> Vec<Finding> {
    match facts {
        JournalFacts::Absent => {
            vec![Finding::ok(Area::Journal, "opens", "there is none yet; the first start makes it")]
        }
        JournalFacts::NotOpened { why } => vec![Finding::not_checked(Area::Journal, "opens", why)],
        JournalFacts::Locked { owner, why } => vec![
            Finding::warning(
                Area::Journal,
                "opens",
                format!("{owner} is at work in it, and no copy of it could be read"),
            )
            .because(why)
            .because("without it nothing can be said of orphans and drift")
            .remedy("run doctor again when less is under way, or when that Arcadia has ended"),
        ],
        JournalFacts::Broken { why, remedy } => vec![
            Finding::problem(Area::Journal, "opens", "it does not open, or does not read")
                .because(why)
                .because("until it does, orphans cannot be told from what is in use")
                .remedy(remedy),
        ],
        JournalFacts::Read(contents) => contents_findings(contents),
    }
}

fn contents_findings(contents: &Contents) -> Vec<Finding> {
    let Contents { deployments, entries, unfinished, needs_you, nonsense, damaged, source } =
        contents;
    let mut findings: Vec<Finding> = opened(source).into_iter().collect();
    let text = format!(
        "{} with {} read and make sense",
        counted(*deployments, "deployment"),
        counted(*entries, "entry")
    );
    findings.push(if nonsense.is_empty() {
        Finding::ok(Area::Journal, "histories", text)
    } else {
        let text = format!("{} of {deployments} histories make no sense", nonsense.len());
        let finding = Finding::problem(Area::Journal, "histories", text);
        nonsense.iter().fold(finding, Finding::because).remedy(
            "nothing of these deployments is touched; copy the folder away; `arcadia rebuild` says \
             what it would bring back from the archive before it does",
        )
    });
    findings.push(if damaged.is_empty() {
        Finding::ok(Area::Journal, "stored", "every record is as it was written")
    } else {
        let text = format!("{} not as written", counted(damaged.len(), "record"));
        let finding = Finding::problem(Area::Journal, "stored", text);
        damaged.iter().fold(finding, Finding::because).remedy(
            "copy the folder away as it is; `arcadia rebuild` says what it would bring back from \
             the archive before it does",
        )
    });
    let waiting = unfinished.len() - needs_you.len();
    findings.push(match waiting {
        0 => Finding::ok(Area::Journal, "unfinished", "no saga is under way"),
        _ => Finding::ok(
            Area::Journal,
            "unfinished",
            match source {
                Source::Beside { owner } => {
                    format!("under way: {}, run by {owner}", counted(waiting, "saga"))
                }
                Source::Itself | Source::Unwritable { .. } => {
                    format!("under way: {}; going on at the next start", counted(waiting, "saga"))
                }
            },
        ),
    });
    if !needs_you.is_empty() {
        let text = match needs_you.as_slice() {
            [one] => format!("{one} needs you"),
            several => format!("{} deployments need you", several.len()),
        };
        let first = needs_you.first().map_or("", String::as_str);
        let finding = Finding::problem(Area::Journal, "needs_you", text);
        let finding = match needs_you.as_slice() {
            [_] => finding,
            several => several.iter().fold(finding, Finding::because),
        };
        findings
            .push(finding.remedy(format!("arcadia show {first}; then retry, skip or abandon it")));
    }
    findings
}

/// How it came to be read, where that is not as always.
fn opened(source: &Source) -> Option<Finding> {
    let ok = |text: String| Finding::ok(Area::Journal, "opens", text);
    match source {
        Source::Itself => None,
        Source::Beside { owner } => Some(
            ok(format!("{owner} is at work in it, so a copy of it was read"))
                .because("--fix needs the folder for itself: end that Arcadia first"),
        ),
        Source::Unwritable { why } => {
            Some(ok("it cannot be written to, so a copy of it was read".to_owned()).because(why))
        }
    }
}

/// That nothing was removed, because a running Arcadia has the journal; or because we cannot write it.
pub fn not_ours(source: &Source) -> Option<Finding> {
    let (text, remedy) = match source {
        Source::Itself => return None,
        Source::Beside { owner } => (
            format!("nothing was removed: {owner} is at work in the folder"),
            "end it (its sagas go on at the next start), and run this again: --fix needs the folder \
             for itself, so that no saga makes or takes what is about to be removed",
        ),
        Source::Unwritable { .. } => (
            "nothing was removed: the folder cannot be written to".to_owned(),
            "run this as the folder's owner, where it can be written to: --fix notes what it removes",
        ),
    };
    Some(Finding::problem(Area::Journal, "fix", text).remedy(remedy))
}

/// That `--fix` removed nothing because nothing could be judged: an end without a word would be taken for
/// a clean house.
pub fn nothing_judged() -> Finding {
    let text = "nothing was removed: without the journal nobody can say what is owned";
    Finding::problem(Area::Journal, "fix", text)
        .remedy("see to what is said of the journal, and run this again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Verdict;

    #[test]
    fn each_condition_of_the_journal_has_its_verdict() {
        let of = |facts: &JournalFacts| {
            judge(facts).iter().map(|finding| finding.verdict).collect::<Vec<_>>()
        };
        let why = String::new;
        assert_eq!(of(&JournalFacts::Absent), [Verdict::Ok]);
        assert_eq!(of(&JournalFacts::NotOpened { why: why() }), [Verdict::NotChecked]);
        let locked = JournalFacts::Locked { owner: why(), why: why() };
        assert_eq!(of(&locked), [Verdict::Warning]);
        let broken = JournalFacts::Broken { why: why(), remedy: why() };
        assert_eq!(of(&broken), [Verdict::Problem]);
        let contents = Contents { deployments: 2, entries: 9, ..Contents::default() };
        assert_eq!(of(&JournalFacts::Read(contents.clone())), [Verdict::Ok; 3]);
        for source in [Source::Beside { owner: why() }, Source::Unwritable { why: "no".to_owned() }]
        {
            let contents = Contents { source, ..contents.clone() };
            assert_eq!(of(&JournalFacts::Read(contents)), [Verdict::Ok; 4]);
        }
        let damaged = Contents { damaged: vec!["a row".to_owned()], ..contents.clone() };
        let expected = [Verdict::Ok, Verdict::Problem, Verdict::Ok];
        assert_eq!(of(&JournalFacts::Read(damaged)), expected);
        let needy = Contents {
            unfinished: vec!["a/b".to_owned(), "a/c".to_owned()],
            needs_you: vec!["a/b".to_owned()],
            nonsense: vec!["a/d: a gap".to_owned()],
            ..contents
        };
        let told = judge(&JournalFacts::Read(needy));
        assert_eq!(told[0].verdict, Verdict::Problem);
        assert!(told[2].text.starts_with("under way: 1 saga;"), "{told:?}");
        assert_eq!((told[3].verdict, told[3].text.as_str()), (Verdict::Problem, "a/b needs you"));
    }
}
