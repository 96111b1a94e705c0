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
    /// A running Arcadia has it.
    Locked {
        /// Who, as far as is known: `process 4711`.
        owner: String,
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
    /// Whether the rest is as it was written.
    pub rest: Rest,
}

/// Rows, commits and log lines, which the histories do not speak of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Rest {
    /// They are as they were written.
    #[default]
    Whole,
    /// They are not; each with what is wrong.
    Damaged(Vec<String>),
    /// Nobody knows, and why.
    NotChecked {
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
        JournalFacts::Locked { owner } => vec![
            Finding::warning(Area::Journal, "opens", format!("it is in use by {owner}"))
                .because("nothing can be said of orphans and drift while sagas may run")
                .remedy("if that is not meant to run, stop it; run doctor again when it has ended"),
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
    let Contents { deployments, entries, unfinished, needs_you, nonsense, rest } = contents;
    let text = format!(
        "{} with {} read and make sense",
        counted(*deployments, "deployment"),
        counted(*entries, "entry")
    );
    let mut findings = vec![if nonsense.is_empty() {
        Finding::ok(Area::Journal, "histories", text)
    } else {
        let text = format!("{} of {deployments} histories make no sense", nonsense.len());
        let finding = Finding::problem(Area::Journal, "histories", text);
        nonsense.iter().fold(finding, Finding::because).remedy(
            "nothing of these deployments is touched; copy the folder away; `arcadia rebuild` says \
             what it would bring back from the archive before it does",
        )
    }];
    findings.push(match rest {
        Rest::Whole => Finding::ok(Area::Journal, "stored", "every record is as it was written"),
        Rest::NotChecked { why } => Finding::not_checked(Area::Journal, "stored", why),
        Rest::Damaged(damaged) => {
            let text = format!("{} not as written", counted(damaged.len(), "record"));
            let finding = Finding::problem(Area::Journal, "stored", text);
            damaged.iter().fold(finding, Finding::because).remedy(
                "copy the folder away as it is; `arcadia rebuild` says what it would bring back from \
                 the archive before it does",
            )
        }
    });
    let waiting = unfinished.len() - needs_you.len();
    findings.push(match waiting {
        0 => Finding::ok(Area::Journal, "unfinished", "no saga is under way"),
        _ => Finding::ok(
            Area::Journal,
            "unfinished",
            format!("under way: {}; going on at the next start", counted(waiting, "saga")),
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
        assert_eq!(of(&JournalFacts::Locked { owner: why() }), [Verdict::Warning]);
        let broken = JournalFacts::Broken { why: why(), remedy: why() };
        assert_eq!(of(&broken), [Verdict::Problem]);
        let contents = Contents { deployments: 2, entries: 9, ..Contents::default() };
        assert_eq!(of(&JournalFacts::Read(contents.clone())), [Verdict::Ok; 3]);
        for (rest, verdict) in [
            (Rest::Damaged(vec!["a row".to_owned()]), Verdict::Problem),
            (Rest::NotChecked { why: why() }, Verdict::NotChecked),
        ] {
            let contents = Contents { rest, ..contents.clone() };
            assert_eq!(of(&JournalFacts::Read(contents)), [Verdict::Ok, verdict, Verdict::Ok]);
        }
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
