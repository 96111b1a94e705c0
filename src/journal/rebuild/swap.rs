//! Putting the rebuilt journal where the damaged one is.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::clock::Clock;
use crate::journal::JournalError;
use crate::journal::archive::status::Inspection;
use crate::journal::archive::{self, Archive, ArchiveError, Settings};
use crate::journal::rebuild::build::BUILDING;
use crate::journal::rebuild::old::Old;
use crate::journal::rebuild::{JOURNAL, Plan, RebuildError};
use crate::journal::sled::SledJournal;
use crate::journal::sled::opening::is_empty;

/// Puts the rebuilt journal in the place of the damaged one, and says where the damaged one is then. Its
/// folder is held until it has its other name, so that nobody begins to write to it.
pub(super) async fn put_in_place(
    data_dir: &Path,
    old: Old,
    clock: &Clock,
) -> Result<Option<PathBuf>, RebuildError> {
    let (place, built) = (data_dir.join(JOURNAL), data_dir.join(BUILDING));
    let failed = |source| RebuildError::Swap { path: place.clone(), source };
    if is_empty(&place) && holds_only_its_lock(&place) {
        fs::remove_dir_all(&place).map_err(failed)?;
        old.close().await;
        fs::rename(&built, &place).map_err(failed)?;
        sync(data_dir)?;
        return Ok(None);
    }
    let aside = free_name(data_dir, clock);
    // Under its last name first: what is under the name of what is being built is removed by the next
    // rebuild, and that must never be the damaged one.
    fs::rename(&built, &aside).map_err(failed)?;
    sync(data_dir)?;
    if let Err(error) = exchange(&aside, &place) {
        tracing::info!(%error, "two names cannot be exchanged here, so there are two renames");
        fs::rename(&aside, &built).map_err(failed)?;
        fs::rename(&place, &aside).map_err(failed)?;
        sync(data_dir)?;
        fs::rename(&built, &place).map_err(failed)?;
    }
    sync(data_dir)?;
    old.close().await;
    Ok(Some(aside))
}

/// Exchanges the names of two folders in one step: there is no moment without a journal, and what a
/// rebuild took from the damaged one is in one of the two at any moment.
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

/// Begins the archive anew with what the rebuilt journal holds. What is damaged in it is kept with the
/// damaged journal.
pub(super) async fn begin_archive(
    data_dir: &Path,
    plan: &Plan,
    aside: Option<&Path>,
    clock: &Clock,
) -> Result<(), RebuildError> {
    let Inspection { segments, damages, .. } = &plan.archive;
    if let Some(aside) = aside.filter(|_| !damages.is_empty()) {
        let kept = aside.join(archive::FOLDER);
        keep(segments, &kept).map_err(|source| RebuildError::Swap { path: kept, source })?;
    }
    let place = data_dir.join(JOURNAL);
    let folder = data_dir.join(archive::FOLDER);
    let clock = clock.clone();
    let (journal, mut archive) = tokio::task::spawn_blocking(move || {
        let journal = SledJournal::open(&place)?;
        let archive = Archive::open(&folder, Settings::default(), clock)?;
        Ok::<_, ArchiveError>((journal, archive))
    })
    .await
    .map_err(|_| JournalError::Closed)??;
    let begun = match journal.commits().last() {
        Ok(Some(last)) => archive.write_anew(&journal, last).await,
        Ok(None) => Ok(()),
        Err(error) => Err(error.into()),
    };
    let closed = journal.close().await;
    begun?;
    Ok(closed?)
}

fn keep(segments: &[PathBuf], folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for segment in segments {
        if let Some(name) = segment.file_name() {
            fs::hard_link(segment, folder.join(name))?;
        }
    }
    Ok(())
}

/// A name beside the journal that nothing has: `journal.damaged-2026-01-31T12-00-00Z`.
fn free_name(data_dir: &Path, clock: &Clock) -> PathBuf {
    let time: String = clock.now().to_string().chars().take("2026-01-31T12:00:00".len()).collect();
    let name = format!("{JOURNAL}.damaged-{}Z", time.replace(':', "-"));
    let mut path = data_dir.join(&name);
    let mut number = 2;
    while path.exists() {
        path = data_dir.join(format!("{name}-{number}"));
        number += 1;
    }
    path
}

/// Whether nothing but what was made to hold the folder is in it.
fn holds_only_its_lock(place: &Path) -> bool {
    let items = fs::read_dir(place);
    items.is_ok_and(|items| items.flatten().all(|item| item.file_name() == "lock"))
}

fn sync(data_dir: &Path) -> Result<(), RebuildError> {
    File::open(data_dir)
        .and_then(|folder| folder.sync_all())
        .map_err(|source| RebuildError::Swap { path: data_dir.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_folders_exchange_their_names() {
        let dir = tempfile::tempdir().unwrap();
        let [one, other] = ["one", "other"].map(|name| dir.path().join(name));
        for (folder, file) in [(&one, "first"), (&other, "second")] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join(file), b"").unwrap();
        }
        exchange(&one, &other).unwrap();
        assert!(one.join("second").exists() && other.join("first").exists());
        assert!(exchange(&one, &dir.path().join("none")).is_err());
    }
}
