//! What a program did to the files under a folder, in the order in which it did it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Everything that was done.
#[derive(Default)]
pub(crate) struct Recording {
    /// In the order in which the calls began.
    pub(crate) calls: Vec<Call>,
    /// What was there before the program began is durable here.
    pub(crate) start: Moment,
    /// One more than the last moment.
    pub(crate) end: Moment,
}

/// A point in the one order of all beginnings and ends.
pub(crate) type Moment = usize;

/// Tells files apart, whatever names they have.
pub(crate) type FileId = usize;

/// One call of the program.
pub(crate) struct Call {
    /// From here on the call may have had its effect.
    pub(crate) begun: Moment,
    /// From here on it has; `None` when it never returned.
    pub(crate) ended: Option<Moment>,
    pub(crate) what: What,
}

/// What a call did. Paths are relative to the folder.
#[derive(Debug)]
pub(crate) enum What {
    Write {
        file: FileId,
        at: usize,
        bytes: Vec<u8>,
    },
    Resize {
        file: FileId,
        len: usize,
    },
    /// Makes durable what was done to the file before the call began.
    Sync {
        file: FileId,
    },
    MakeFile {
        name: PathBuf,
        file: FileId,
    },
    MakeFolder {
        name: PathBuf,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Remove {
        name: PathBuf,
    },
    /// Makes durable what was done to the names in this folder before the call began.
    SyncNames {
        folder: PathBuf,
    },
    /// The program said that so many groups of a saga are safe.
    Acknowledge {
        saga: u64,
        groups: u64,
    },
}

impl Recording {
    /// What had begun before the cut.
    pub(crate) fn until(&self, cut: Moment) -> impl Iterator<Item = &Call> {
        self.calls.iter().take_while(move |call| call.begun < cut)
    }

    /// The moments right after an acknowledgement.
    pub(crate) fn acknowledgements(&self) -> Vec<Moment> {
        let acknowledged =
            self.calls.iter().filter(|call| matches!(call.what, What::Acknowledge { .. }));
        acknowledged.map(|call| call.begun + 1).collect()
    }

    /// How many groups of each saga were acknowledged before the cut.
    pub(crate) fn acknowledged(&self, cut: Moment) -> BTreeMap<u64, u64> {
        let mut acknowledged = BTreeMap::new();
        for call in self.until(cut) {
            if let What::Acknowledge { saga, groups } = call.what {
                acknowledged.insert(saga, groups);
            }
        }
        acknowledged
    }

    /// Leaves out the calls that failed.
    pub(crate) fn forget(&mut self, failed: &BTreeSet<usize>) {
        let mut number = 0;
        self.calls.retain(|_| {
            number += 1;
            !failed.contains(&(number - 1))
        });
    }
}

impl Call {
    /// Whether a sync that began at `sync` covers the call: only what had ended by then.
    pub(crate) fn is_covered_by(&self, sync: Option<Moment>) -> bool {
        self.ended.zip(sync).is_some_and(|(ended, sync)| ended < sync)
    }

    /// Whether it had ended before the cut.
    pub(crate) fn ended_before(&self, cut: Moment) -> bool {
        self.ended.is_some_and(|ended| ended < cut)
    }
}
