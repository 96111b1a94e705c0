//! The journal's folder, behind the journal's back.

use std::fs;
use std::path::Path;
use std::thread;

use crate::support::wait::Deadline;

/// Changes the database of a closed journal, as damage would.
pub(crate) fn operate<T>(journal: &Path, change: impl FnOnce(&sled::Db) -> sled::Result<T>) -> T {
    let db = open(journal);
    let changed = change(&db).unwrap();
    db.flush().unwrap();
    changed
}

/// sled lets go of a database in a thread of its own, a moment after whoever had it.
fn open(journal: &Path) -> sled::Db {
    let deadline = Deadline::begin();
    loop {
        match sled::open(journal) {
            Err(error) if error.to_string().contains("acquire lock") && !deadline.is_over() => {
                thread::yield_now();
            }
            opened => return opened.unwrap(),
        }
    }
}

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let to = to.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            copy(&item.path(), &to);
        } else {
            fs::copy(item.path(), to).unwrap();
        }
    }
}
