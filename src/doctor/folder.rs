//! The folder of journal and logs: whose it is, who can read it, and what it stands on.

use crate::doctor::counted;
use crate::doctor::finding::{Area, Finding};

/// With less, somebody should make room before a full disk stops every saga. Chosen: no measured need.
pub const FREE_ENOUGH: u64 = 1024 * MIB;
/// With less, it is a matter of hours: as much as the storage engine may keep in memory.
pub const FREE_LEAST: u64 = 64 * MIB;
const MIB: u64 = 1024 * 1024;

/// What was found of the data folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderFacts {
    /// Where it is.
    pub path: String,
    /// What is there.
    pub state: FolderState,
}

/// What is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FolderState {
    /// Nothing yet.
    Missing,
    /// Something that is no folder, or that cannot be looked into.
    Unusable {
        /// Why.
        why: String,
    },
    /// The folder.
    There(Box<Ground>),
}

/// The folder, and what it stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// Who owns it, as the system numbers users.
    pub owner: u32,
    /// Who we are.
    pub user: u32,
    /// Its mode.
    pub mode: u32,
    /// Whether we can look into it, and into the journal.
    pub reading: Reading,
    /// Whether we can write to it.
    pub writing: Writing,
    /// Bytes that are free to us, if the system says it.
    pub free: Option<u64>,
    /// The kind of file system.
    pub filesystem: FileSystem,
    /// What in it others can read or write, with its mode; `loose_more` more are not listed.
    pub loose: Vec<(String, u32)>,
    /// How many more there are.
    pub loose_more: usize,
    /// The log files: how many, and their bytes. Nothing when there is no log folder.
    pub logs: Option<LogFacts>,
    /// The readable copy of the journal, when there is one.
    pub archive: Option<LogFacts>,
}

/// Files of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogFacts {
    /// How many files.
    pub files: usize,
    /// Bytes in them.
    pub bytes: u64,
    /// Whether we can write there.
    pub writing: Writing,
}

/// Whether we can look into a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// We can.
    Allowed,
    /// We cannot.
    Refused,
}

/// Whether we can write somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writing {
    /// We can.
    Allowed,
    /// We cannot.
    Refused,
    /// Nobody can: the file system is mounted read-only.
    ReadOnly,
}

/// A kind of file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileSystem {
    /// One on a disk of this machine, as far as can be told.
    Local,
    /// One in memory: gone at the next start of the machine.
    Memory(&'static str),
    /// One on another machine, or in a program: locks and syncs may mean nothing.
    Remote(&'static str),
    /// A layer of a container: gone with it.
    Layer(&'static str),
    /// Nobody says.
    Unknown,
}

/// What is told of the folder.
pub fn judge(facts: &FolderFacts) -> Vec<Finding> {
    let path = &facts.path;
    match &facts.state {
        FolderState::Missing => {
            let text = format!("`{path}` is not there; the first start makes it");
            vec![Finding::ok(Area::DataFolder, "there", text)]
        }
        FolderState::Unusable { why } => vec![
            Finding::problem(Area::DataFolder, "there", format!("`{path}` cannot be used"))
                .because(why)
                .remedy("give another folder with --data-dir, or put this one right"),
        ],
        FolderState::There(ground) => {
            let mut findings = vec![rights(path, ground)];
            findings.extend(loose(path, ground));
            findings.push(writing(path, ground));
            findings.push(space(ground.free));
            findings.push(filesystem(ground.filesystem));
            findings.push(logs(path, ground));
            findings
        }
    }
}

fn rights(path: &str, ground: &Ground) -> Finding {
    let Ground { owner, user, mode, .. } = ground;
    if owner != user {
        let text = format!("`{path}` belongs to user {owner}, and you are user {user}");
        return Finding::problem(Area::DataFolder, "rights", text)
            .remedy(format!("run arcadia as its owner, or: chown -R {user} {path}"));
    }
    if mode & 0o077 != 0 {
        let text = format!("others can look into `{path}` (mode {mode:04o})");
        return Finding::warning(Area::DataFolder, "rights", text)
            .remedy(format!("chmod 700 {path}"));
    }
    Finding::ok(Area::DataFolder, "rights", format!("`{path}` is yours alone"))
}

fn loose(path: &str, ground: &Ground) -> Option<Finding> {
    let count = ground.loose.len() + ground.loose_more;
    if count == 0 {
        return None;
    }
    let text = match count {
        1 => "one thing in it is open to others".to_owned(),
        _ => format!("{count} things in it are open to others"),
    };
    let finding = Finding::warning(Area::DataFolder, "modes", text);
    let finding = ground.loose.iter().fold(finding, |finding, (name, mode)| {
        finding.because(format!("{name} (mode {mode:04o})"))
    });
    Some(finding.remedy(format!("chmod -R go= {path}")))
}

fn writing(path: &str, ground: &Ground) -> Finding {
    let Ground { owner, user, reading, writing, .. } = ground;
    let problem = |text: &str| Finding::problem(Area::DataFolder, "writable", text);
    let as_owner = |rights: &str| {
        if owner == user {
            format!("chmod u+{rights} {path}")
        } else {
            format!("run arcadia as user {owner}, whose folder it is: sudo -u '#{owner}' arcadia")
        }
    };
    match (reading, writing) {
        (Reading::Allowed, Writing::Allowed) => {
            Finding::ok(Area::DataFolder, "writable", "it can be written to")
        }
        (Reading::Refused, _) => problem("it is closed to you: you can neither read nor write it")
            .because("works: what this page says of configuration, token, clock and cloud")
            .because("does not: every other verb, and what this page says of orphans and drift")
            .remedy(as_owner("rwx")),
        (Reading::Allowed, Writing::Refused) => problem("it is read-only for you")
            .because(STILL_WORKS)
            .because(NEEDS_WRITING)
            .remedy(as_owner("w")),
        (Reading::Allowed, Writing::ReadOnly) => problem("its file system is mounted read-only")
            .because(STILL_WORKS)
            .because(NEEDS_WRITING)
            .because("a disk with errors is mounted so by itself: look at dmesg")
            .remedy("mount it writable when the disk is sound; no saga can go on until then"),
    }
}

/// What can be done where nothing can be written.
const STILL_WORKS: &str =
    "works: list, show, history, logs and doctor, which read a copy of the journal";
const NEEDS_WRITING: &str =
    "does not: the dashboard, launch and every order, rebuild, and doctor --fix";

fn space(free: Option<u64>) -> Finding {
    let Some(free) = free else {
        let why = "the system does not say how much is free";
        return Finding::not_checked(Area::DataFolder, "space", why);
    };
    let text = format!("{} are free", amount(free));
    let remedy = "make room, or move the folder: without space no saga can go on";
    if free < FREE_LEAST {
        let text = format!("{text}, and {} are the least", amount(FREE_LEAST));
        Finding::problem(Area::DataFolder, "space", text).remedy(remedy)
    } else if free < FREE_ENOUGH {
        let text = format!("{text}, and {} should be", amount(FREE_ENOUGH));
        Finding::warning(Area::DataFolder, "space", text).remedy(remedy)
    } else {
        Finding::ok(Area::DataFolder, "space", text)
    }
}

fn filesystem(filesystem: FileSystem) -> Finding {
    let elsewhere = "keep the folder on a disk of this machine: --data-dir";
    match filesystem {
        FileSystem::Local => {
            Finding::ok(Area::DataFolder, "file_system", "it is on a disk of this machine")
        }
        FileSystem::Memory(kind) => {
            Finding::warning(Area::DataFolder, "file_system", format!("it is in memory ({kind})"))
                .because("the journal is lost when the machine stops, and droplets stay")
                .remedy(elsewhere)
        }
        FileSystem::Remote(kind) => {
            Finding::warning(Area::DataFolder, "file_system", format!("it is on {kind}"))
                .because("locks may not hold there, and what was synced may not be on a disk")
                .remedy(elsewhere)
        }
        FileSystem::Layer(kind) => Finding::warning(
            Area::DataFolder,
            "file_system",
            format!("it is in a layer of a container ({kind})"),
        )
        .because("the journal is lost with the container, and droplets stay")
        .remedy("mount a volume for it"),
        FileSystem::Unknown => Finding::not_checked(
            Area::DataFolder,
            "file_system",
            "the system does not say what it is on",
        ),
    }
}

fn logs(path: &str, ground: &Ground) -> Finding {
    match ground.logs {
        None => Finding::ok(Area::DataFolder, "logs", "there are none yet"),
        // Where the whole folder cannot be written to, that is told of the folder.
        Some(LogFacts { files, bytes, writing })
            if writing == Writing::Allowed || ground.writing != Writing::Allowed =>
        {
            let text = format!("{}, {}", counted(files, "log file"), amount(bytes));
            Finding::ok(Area::DataFolder, "logs", text)
        }
        Some(LogFacts { .. }) => {
            Finding::problem(Area::DataFolder, "logs", "the log folder cannot be written to")
                .because("no saga is started without a log")
                .remedy(format!("chmod u+rwx {path}/logs"))
        }
    }
}

/// `15.9 GiB`.
pub(super) fn amount(bytes: u64) -> String {
    let tenth = |unit: u64, name: &str| {
        let tenths = bytes.saturating_mul(10) / unit;
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    };
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..MIB => tenth(1024, "KiB"),
        _ if bytes < 1024 * MIB => tenth(MIB, "MiB"),
        _ => tenth(1024 * MIB, "GiB"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::doctor::finding::Verdict;

    /// A folder of which nothing is wrong.
    pub(in crate::doctor) fn ground() -> Ground {
        Ground {
            owner: 1000,
            user: 1000,
            mode: 0o700,
            reading: Reading::Allowed,
            writing: Writing::Allowed,
            free: Some(FREE_ENOUGH),
            filesystem: FileSystem::Local,
            loose: Vec::new(),
            loose_more: 0,
            logs: None,
            archive: None,
        }
    }

    /// A check that is not well.
    type Ill = (&'static str, Verdict);

    /// Everything that is not well, by its name.
    fn ill(ground: Ground) -> Vec<Ill> {
        let state = FolderState::There(Box::new(ground));
        let facts = FolderFacts { path: "/d".to_owned(), state };
        let told = judge(&facts).into_iter().filter(|finding| finding.verdict != Verdict::Ok);
        told.map(|finding| {
            assert!(finding.remedy.is_some() || finding.verdict == Verdict::NotChecked);
            (finding.check, finding.verdict)
        })
        .collect()
    }

    #[test]
    fn each_thing_that_can_be_wrong_is_told_and_nothing_else() {
        let logs = LogFacts { files: 1, bytes: 1, writing: Writing::Refused };
        let cases: [(&str, Ground, &[Ill]); 11] = [
            ("well", ground(), &[]),
            ("foreign", Ground { owner: 0, ..ground() }, &[("rights", Verdict::Problem)]),
            ("open", Ground { mode: 0o750, ..ground() }, &[("rights", Verdict::Warning)]),
            (
                "loose",
                Ground { loose: vec![("journal".to_owned(), 0o755)], ..ground() },
                &[("modes", Verdict::Warning)],
            ),
            (
                "read-only",
                Ground { writing: Writing::ReadOnly, ..ground() },
                &[("writable", Verdict::Problem)],
            ),
            (
                "tight",
                Ground { free: Some(FREE_ENOUGH - 1), ..ground() },
                &[("space", Verdict::Warning)],
            ),
            (
                "full",
                Ground { free: Some(FREE_LEAST - 1), ..ground() },
                &[("space", Verdict::Problem)],
            ),
            ("who knows", Ground { free: None, ..ground() }, &[("space", Verdict::NotChecked)]),
            (
                "remote",
                Ground { filesystem: FileSystem::Remote("NFS"), ..ground() },
                &[("file_system", Verdict::Warning)],
            ),
            (
                "memory",
                Ground { filesystem: FileSystem::Memory("tmpfs"), ..ground() },
                &[("file_system", Verdict::Warning)],
            ),
            ("logs", Ground { logs: Some(logs), ..ground() }, &[("logs", Verdict::Problem)]),
        ];
        for (what, ground, expected) in cases {
            assert_eq!(ill(ground), expected, "{what}");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_to_is_told_once_with_what_works_and_what_does_not() {
        let logs = Some(LogFacts { files: 1, bytes: 1, writing: Writing::Refused });
        let told = |reading, writing, owner| {
            let ground = Ground { owner, reading, writing, logs, ..ground() };
            let state = FolderState::There(Box::new(ground));
            let facts = FolderFacts { path: "/d".to_owned(), state };
            let told = judge(&facts).into_iter().filter(|finding| finding.check != "rights");
            let ill: Vec<_> = told.filter(|finding| finding.verdict != Verdict::Ok).collect();
            let [finding] = ill.try_into().unwrap();
            assert_eq!((finding.check, finding.verdict), ("writable", Verdict::Problem));
            assert!(finding.evidence[0].starts_with("works: "), "{finding:?}");
            assert!(finding.evidence[1].starts_with("does not: "), "{finding:?}");
            (finding.text, finding.remedy.unwrap())
        };
        let (text, remedy) = told(Reading::Allowed, Writing::Refused, 1000);
        assert_eq!((text.as_str(), remedy.as_str()), ("it is read-only for you", "chmod u+w /d"));
        let (_, remedy) = told(Reading::Allowed, Writing::Refused, 7);
        assert!(remedy.contains("sudo -u '#7' arcadia"), "{remedy}");
        let (text, _) = told(Reading::Refused, Writing::Refused, 7);
        assert!(text.starts_with("it is closed to you"), "{text}");
        let (text, _) = told(Reading::Allowed, Writing::ReadOnly, 1000);
        assert_eq!(text, "its file system is mounted read-only");
    }

    #[test]
    fn amounts_read_as_people_say_them() {
        let told = [0, 1023, 1536, 64 * MIB, 16_300 * MIB].map(amount);
        assert_eq!(told, ["0 bytes", "1023 bytes", "1.5 KiB", "64.0 MiB", "15.9 GiB"]);
    }
}
