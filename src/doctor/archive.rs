//! The archive: whether the journal could be built anew from it.

use crate::doctor::counted;
use crate::doctor::finding::{Area, Finding};
use crate::doctor::folder::{FolderFacts, FolderState, LogFacts, Writing, amount};

/// What was found of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArchiveFacts {
    /// It was not read, and why.
    NotRead {
        /// Why.
        why: String,
    },
    /// Every line of it was read.
    Read(Lines),
}

/// What an archive holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    /// The number of its newest group of facts; zero when it holds none.
    pub newest: u64,
    /// What is not as it was written, each with file and line.
    pub damages: Vec<String>,
}

/// How many groups of facts were written to the journal that it is an archive of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Groups {
    /// Nobody knows.
    Unknown,
    /// So many, and nobody writes meanwhile.
    AtRest(u64),
    /// So many and perhaps more: a running Arcadia writes, and the archive follows a little later.
    GoingOn(u64),
}

/// What is told of the archive, beside a journal in which so many `groups` of facts were written.
pub fn judge(facts: &ArchiveFacts, folder: &FolderFacts, groups: Groups) -> Vec<Finding> {
    let FolderState::There(ground) = &folder.state else { return Vec::new() };
    let Some(archive) = ground.archive else { return vec![missing(groups)] };
    let mut findings = vec![there(archive, ground.writing, &folder.path)];
    match facts {
        ArchiveFacts::NotRead { why } => {
            findings.push(Finding::not_checked(Area::Archive, "lines", why));
        }
        ArchiveFacts::Read(lines) => {
            findings.push(damage(lines));
            findings.extend(match groups {
                Groups::AtRest(groups) => lag(lines.newest, groups),
                Groups::Unknown | Groups::GoingOn(_) => None,
            });
        }
    }
    findings
}

fn there(LogFacts { files, bytes, writing }: LogFacts, around: Writing, path: &str) -> Finding {
    let text = format!("{}, {}", counted(files, "file"), amount(bytes));
    match (around, writing) {
        // Where the whole folder cannot be written to, that is told of the folder.
        (Writing::Refused | Writing::ReadOnly, _) | (_, Writing::Allowed) => {
            Finding::ok(Area::Archive, "there", text)
        }
        (Writing::Allowed, Writing::Refused | Writing::ReadOnly) => {
            Finding::problem(Area::Archive, "there", format!("{text}; it cannot be written to"))
                .remedy(format!("chmod u+rwx {path}/archive"))
        }
    }
}

fn missing(groups: Groups) -> Finding {
    let text = match groups {
        Groups::AtRest(0) | Groups::GoingOn(0) => {
            return Finding::ok(
                Area::Archive,
                "there",
                "there is none yet; the first start makes it",
            );
        }
        Groups::AtRest(groups) | Groups::GoingOn(groups) => {
            let groups = counted(usize::try_from(groups).unwrap_or(usize::MAX), "group");
            format!("there is none, and {groups} of facts were written to the journal")
        }
        Groups::Unknown => "there is none".to_owned(),
    };
    let remedy = match groups {
        Groups::GoingOn(_) => "end the Arcadia that runs, and start it again",
        Groups::AtRest(_) | Groups::Unknown => "start arcadia",
    };
    Finding::warning(Area::Archive, "there", text)
        .because("nothing would come back if the journal were lost now")
        .remedy(format!("{remedy}: a start writes the archive anew from the journal"))
}

fn damage(Lines { damages, .. }: &Lines) -> Finding {
    if damages.is_empty() {
        return Finding::ok(Area::Archive, "lines", "every line is as it was written");
    }
    let text = format!("{} not as written", counted(damages.len(), "place"));
    damages.iter().fold(Finding::problem(Area::Archive, "lines", text), Finding::because).remedy(
        "while the journal is whole: move the damaged file out of the folder, and the next start \
         writes the archive anew from the journal",
    )
}

fn lag(newest: u64, groups: u64) -> Option<Finding> {
    let behind = groups.checked_sub(newest).filter(|behind| *behind > 0)?;
    let behind = counted(usize::try_from(behind).unwrap_or(usize::MAX), "group");
    let text = format!("it is {behind} of facts behind the journal");
    Some(
        Finding::warning(Area::Archive, "lag", text)
            .because("what it lacks would not come back if the journal were lost now")
            .remedy("start arcadia: it catches up at once, or says why it cannot"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Verdict;
    use crate::doctor::folder::tests::ground;

    #[test]
    fn each_condition_of_the_archive_has_its_verdict() {
        let told_of = |facts: &ArchiveFacts, archive, groups| {
            let ground = Box::new(crate::doctor::folder::Ground { archive, ..ground() });
            let state = FolderState::There(ground);
            let folder = FolderFacts { path: "/d".to_owned(), state };
            let told = judge(facts, &folder, groups);
            told.iter().map(|finding| (finding.check, finding.verdict)).collect::<Vec<_>>()
        };
        let told = |facts: &ArchiveFacts, writing, groups| {
            told_of(facts, Some(LogFacts { files: 1, bytes: 1, writing }), groups)
        };
        let whole = Lines { newest: 7, damages: Vec::new() };
        let damaged = Lines { damages: vec!["a:3 is cut short".to_owned()], ..whole.clone() };
        let (there, lines) = (("there", Verdict::Ok), ("lines", Verdict::Ok));
        let read = ArchiveFacts::Read(whole);
        assert_eq!(told(&read, Writing::Allowed, Groups::AtRest(7)), [there, lines]);
        assert_eq!(told(&read, Writing::Allowed, Groups::Unknown), [there, lines]);
        let lag = ("lag", Verdict::Warning);
        assert_eq!(told(&read, Writing::Allowed, Groups::AtRest(8)), [there, lines, lag]);
        assert_eq!(told(&read, Writing::Allowed, Groups::GoingOn(8)), [there, lines]);
        let refused = ("there", Verdict::Problem);
        assert_eq!(told(&read, Writing::Refused, Groups::AtRest(7)), [refused, lines]);
        let damaged = told(&ArchiveFacts::Read(damaged), Writing::Allowed, Groups::AtRest(7));
        assert_eq!(damaged, [there, ("lines", Verdict::Problem)]);
        let not_read = ArchiveFacts::NotRead { why: "slow".to_owned() };
        let not_read = told(&not_read, Writing::Allowed, Groups::AtRest(7));
        assert_eq!(not_read, [there, ("lines", Verdict::NotChecked)]);
        let gone = ("there", Verdict::Warning);
        let none = ArchiveFacts::Read(Lines::default());
        assert_eq!(told_of(&none, None, Groups::AtRest(7)), [gone]);
        assert_eq!(told_of(&none, None, Groups::Unknown), [gone]);
        assert_eq!(told_of(&none, None, Groups::AtRest(0)), [there]);
    }
}
