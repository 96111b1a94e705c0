//! The file that keeps how the screen looks: `ui.json` in the data folder.
//!
//! It is a convenience. One that cannot be read is set aside, with a word to the operator, when the
//! next one is written; nothing about it keeps the program from starting. Only who has the journal
//! writes it.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use crate::config::read_regular;
use crate::tui::beside::Keeper;
use crate::tui::model::remembered::Remembered;

/// The version that is written, and the only one that is read. Fields may be added within it: a reader
/// ignores those that it does not know.
const VERSION: u32 = 1;

/// The file.
pub(super) struct UiFile {
    path: PathBuf,
    found: Mutex<Found>,
}

/// What the file was found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// Ours, or not there.
    Ours,
    /// Something else, to be set aside before it is written over.
    Foreign,
}

#[derive(Serialize, Deserialize)]
struct Document<T> {
    version: u32,
    #[serde(flatten)]
    remembered: T,
}

/// What every version of the file has in common.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

impl UiFile {
    /// Reads the file: what it keeps, and what the operator has to be told.
    pub(super) fn open(data_dir: &Path) -> (Self, Option<Remembered>, Option<String>) {
        let path = data_dir.join("ui.json");
        let (found, remembered, warning) = match read(&path) {
            Ok(remembered) => (Found::Ours, remembered, None),
            Err(why) => {
                let aside = aside(&path);
                let warning = format!(
                    "how the screen looked is forgotten: `{}` {why}; it becomes `{}`",
                    path.display(),
                    aside.display(),
                );
                (Found::Foreign, None, Some(warning))
            }
        };
        (Self { path, found: Mutex::new(found) }, remembered, warning)
    }

    fn write(&self, remembered: &Remembered) -> io::Result<()> {
        let mut found = self.found.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if *found == Found::Foreign {
            fs::rename(&self.path, aside(&self.path))?;
            *found = Found::Ours;
        }
        let text = serde_json::to_vec_pretty(&Document { version: VERSION, remembered })?;
        // A name that nothing has: the folder is a person's own, who may keep anything in it. The file is
        // its owner's alone.
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let mut beside = tempfile::Builder::new().prefix("ui.json.").tempfile_in(folder)?;
        beside.write_all(&text)?;
        beside.as_file().sync_data()?;
        beside.persist(&self.path)?;
        Ok(())
    }
}

impl Keeper for UiFile {
    fn keep(&self, remembered: &Remembered) -> Result<(), String> {
        self.write(remembered).map_err(|error| format!("`{}`: {error}", self.path.display()))
    }
}

/// What the file keeps; nothing where there is none.
fn read(path: &Path) -> Result<Option<Remembered>, String> {
    let bytes = match read_regular(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("cannot be read ({error})")),
    };
    let Ok(Version { version }) = serde_json::from_slice(&bytes) else {
        return Err("is damaged, or no file of Arcadia's".to_owned());
    };
    if version != VERSION {
        return Err(format!("has version {version}, and this program knows {VERSION}"));
    }
    let document: Result<Document<Remembered>, _> = serde_json::from_slice(&bytes);
    document
        .map(|document| Some(document.remembered))
        .map_err(|error| format!("is damaged ({error})"))
}

/// Where a file goes that is not ours to read.
fn aside(path: &Path) -> PathBuf {
    path.with_extension("json.aside")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn remembered(filter: &str) -> Remembered {
        Remembered { filter: Some(filter.to_owned()), ..Remembered::default() }
    }

    #[test]
    fn what_was_kept_is_read_again_and_is_nobody_elses_business() {
        let folder = tempfile::tempdir().unwrap();
        let (file, nothing, warning) = UiFile::open(folder.path());
        assert_eq!((nothing, warning), (None, None));
        file.keep(&remembered("web")).unwrap();
        file.keep(&remembered("cache")).unwrap();
        let (_, read, warning) = UiFile::open(folder.path());
        assert_eq!((read, warning), (Some(remembered("cache")), None));
        let mode = fs::metadata(folder.path().join("ui.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_told_of_once_and_set_aside_when_the_next_is_written() {
        for text in ["", "{", "[]", "{\"version\": 2}", "{\"filter\": \"web\"}"] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("ui.json"), text).unwrap();
            let (file, read, warning) = UiFile::open(folder.path());
            assert_eq!(read, None, "{text}");
            assert!(warning.is_some(), "{text}");
            // Whoever only looks changes nothing.
            assert!(!folder.path().join("ui.json.aside").exists(), "{text}");
            file.keep(&remembered("web")).unwrap();
            let aside = fs::read_to_string(folder.path().join("ui.json.aside")).unwrap();
            assert_eq!(aside, text);
            let (_, read, warning) = UiFile::open(folder.path());
            assert_eq!((read, warning), (Some(remembered("web")), None), "{text}");
        }
    }

    #[test]
    fn nothing_that_lies_beside_it_is_written_over_and_no_pipe_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let beside = folder.path().join("ui.json.new");
        fs::write(&beside, "somebody else's").unwrap();
        let (file, ..) = UiFile::open(folder.path());
        file.keep(&remembered("web")).unwrap();
        assert_eq!(fs::read_to_string(&beside).unwrap(), "somebody else's");
        let folder = tempfile::tempdir().unwrap();
        let mode = rustix::fs::Mode::RWXU;
        let path = folder.path().join("ui.json");
        let pipe = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, &path, pipe, mode, 0).unwrap();
        let (_, _, warning) = UiFile::open(folder.path());
        assert!(warning.unwrap().contains("no regular file"));
    }

    #[test]
    fn fields_of_later_programs_are_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let text = r#"{"version": 1, "filter": "web", "mood": {"of": "ana"}}"#;
        fs::write(folder.path().join("ui.json"), text).unwrap();
        let (_, read, warning) = UiFile::open(folder.path());
        assert_eq!((read, warning), (Some(remembered("web")), None));
    }
}
