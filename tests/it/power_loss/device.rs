//! Devices that lose power: what is found on them afterwards.
//!
//! What was synced is there. Of the rest each device keeps something else. Lengths of files and
//! names are kept in the order in which they changed, as every journaling file system does; a name
//! is safe only when its folder was synced.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use arcadia::clock::Chance;

use crate::power_loss::recording::{Call, FileId, Moment, Recording, What};

/// What a device keeps of the writes that were not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Device {
    /// None of them.
    Nothing,
    /// All of them.
    Everything,
    /// The first so many.
    InOrder,
    /// Any of them, each whole.
    Reordered,
    /// Any pages of 4 KiB of any of them.
    TornPages,
    /// Any sectors of 512 bytes of any of them.
    TornSectors,
}

impl Device {
    pub(crate) const ALL: [Self; 6] = [
        Self::Nothing,
        Self::Everything,
        Self::InOrder,
        Self::Reordered,
        Self::TornPages,
        Self::TornSectors,
    ];

    /// Writes into the folder `into` what is found on the device when the power goes at `cut`.
    pub(crate) fn rebuild(self, recording: &Recording, cut: Moment, dice: &Chance, into: &Path) {
        let mut calls_of: BTreeMap<FileId, Vec<&Call>> = BTreeMap::new();
        for call in recording.until(cut) {
            if let What::Write { file, .. } | What::Resize { file, .. } | What::Sync { file } =
                call.what
            {
                calls_of.entry(file).or_default().push(call);
            }
        }
        for (name, node) in self.names(recording, cut, dice) {
            let path = into.join(name);
            match node {
                Node::Folder => fs::create_dir_all(path).unwrap(),
                Node::File(file) => {
                    let calls = calls_of.get(&file).map_or(&[][..], Vec::as_slice);
                    fs::write(path, self.content(calls, cut, dice)).unwrap();
                }
            }
        }
    }

    fn content(self, calls: &[&Call], cut: Moment, dice: &Chance) -> Vec<u8> {
        let synced = calls
            .iter()
            .filter(|call| matches!(call.what, What::Sync { .. }) && call.ended_before(cut))
            .map(|call| call.begun)
            .max();
        let pending = calls.iter().filter(|call| !call.is_covered_by(synced)).count();
        let first = self.first(pending, dice);
        // How much of the rest a device that reorders keeps: little, half, or most.
        let odds = [0.1, 0.5, 0.9][index(dice.below(3))];
        let (mut bytes, mut len, mut seen) = (Vec::new(), 0, 0);
        for call in calls {
            let safe = call.is_covered_by(synced);
            seen += usize::from(!safe);
            let in_order = safe || seen <= first;
            match &call.what {
                What::Write { at, bytes: written, .. } => {
                    if in_order {
                        len = len.max(at + written.len());
                    }
                    for part in self.parts(*at, written.len()) {
                        let keeps = match self {
                            Self::Nothing | Self::Everything | Self::InOrder => in_order,
                            Self::Reordered | Self::TornPages | Self::TornSectors => {
                                safe || dice.roll() < odds
                            }
                        };
                        if keeps {
                            put(&mut bytes, at + part.start, &written[part]);
                        }
                    }
                }
                What::Resize { len: to, .. } => {
                    if in_order {
                        len = *to;
                        bytes.truncate(len);
                    }
                }
                What::Sync { .. }
                | What::MakeFile { .. }
                | What::MakeFolder { .. }
                | What::Rename { .. }
                | What::Remove { .. }
                | What::SyncNames { .. }
                | What::Acknowledge { .. } => {}
            }
        }
        // What lies beyond the length that was kept is found by nobody, and what was never written
        // before it reads as zeros.
        bytes.resize(len, 0);
        bytes
    }

    fn names(self, recording: &Recording, cut: Moment, dice: &Chance) -> BTreeMap<PathBuf, Node> {
        let mut synced: BTreeMap<&Path, Moment> = BTreeMap::new();
        for call in recording.until(cut) {
            if let What::SyncNames { folder } = &call.what
                && call.ended_before(cut)
            {
                let last = synced.entry(folder).or_default();
                *last = call.begun.max(*last);
            }
        }
        let changes: Vec<(&Call, bool)> = recording
            .until(cut)
            .filter_map(|call| {
                let folder = call.changes_names_in()?;
                Some((call, call.is_covered_by(synced.get(folder).copied())))
            })
            .collect();
        let pending = changes.iter().filter(|(_, safe)| !safe).count();
        let first = self.first(pending, dice);
        let mut seen = 0;
        let mut names = BTreeMap::new();
        for (call, safe) in changes {
            seen += usize::from(!safe);
            if safe || seen <= first {
                change(&mut names, &call.what);
            }
        }
        // A name in a folder that is not there is found by nobody.
        let folders: Vec<PathBuf> = names.keys().cloned().collect();
        names.retain(|name, _| {
            let folder = name.parent().unwrap();
            folder.as_os_str().is_empty() || folders.iter().any(|known| known == folder)
        });
        names
    }

    /// How many of the pending changes survive where their order is kept.
    fn first(self, pending: usize, dice: &Chance) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Everything => pending,
            Self::InOrder | Self::Reordered | Self::TornPages | Self::TornSectors => {
                index(dice.below(pending as u64 + 1))
            }
        }
    }

    /// The parts of a write that survive or not by themselves.
    fn parts(self, at: usize, len: usize) -> Vec<Range<usize>> {
        let unit = match self {
            Self::Nothing | Self::Everything | Self::InOrder | Self::Reordered => {
                return std::iter::once(0..len).collect();
            }
            Self::TornPages => 4_096,
            Self::TornSectors => 512,
        };
        let mut parts = Vec::new();
        let mut start = 0;
        while start < len {
            let end = len.min(start + unit - (at + start) % unit);
            parts.push(start..end);
            start = end;
        }
        parts
    }
}

#[derive(Debug, Clone, Copy)]
enum Node {
    File(FileId),
    Folder,
}

impl Call {
    fn changes_names_in(&self) -> Option<&Path> {
        match &self.what {
            What::MakeFile { name, .. }
            | What::MakeFolder { name }
            | What::Rename { to: name, .. }
            | What::Remove { name } => name.parent(),
            What::Write { .. }
            | What::Resize { .. }
            | What::Sync { .. }
            | What::SyncNames { .. }
            | What::Acknowledge { .. } => None,
        }
    }
}

fn change(names: &mut BTreeMap<PathBuf, Node>, what: &What) {
    match what {
        What::MakeFile { name, file } => drop(names.insert(name.clone(), Node::File(*file))),
        What::MakeFolder { name } => drop(names.insert(name.clone(), Node::Folder)),
        What::Rename { from, to } => {
            if let Some(node) = names.remove(from) {
                names.insert(to.clone(), node);
            }
        }
        What::Remove { name } => drop(names.remove(name)),
        What::Write { .. }
        | What::Resize { .. }
        | What::Sync { .. }
        | What::SyncNames { .. }
        | What::Acknowledge { .. } => {}
    }
}

fn put(bytes: &mut Vec<u8>, at: usize, part: &[u8]) {
    let end = at + part.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[at..end].copy_from_slice(part);
}

fn index(number: u64) -> usize {
    usize::try_from(number).expect("it is below a length")
}
